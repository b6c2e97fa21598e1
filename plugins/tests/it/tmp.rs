use crate::guests::*;
#[tokio::test]
async fn tmp() {
    for (a, v, c) in [
        (12_000_000, 3_000_000, BRACKETS),
        (3_000_000, 0, BRACKETS),
        (1, 0, r#"{"brackets":[]}"#),
        (1, 0, ""),
        (1, 0, r#"{"brackets":[{"percent":"10"}]}"#),
    ] {
        let (r, f) = decide(&example(), case(a, v, c)).await;
        eprintln!("{f} {:?}", r.map(|v| v.entries.len()));
    }
    let (r, f) = decide(&misbehaving(), case(1_000_000, 0, r#"{"do":"behave"}"#)).await;
    eprintln!("{f} {:?}", r.map(|v| v.entries.len()));
}
