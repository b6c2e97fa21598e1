//! The same case gives the same answer, whatever ran before, beside or since.

use futures_util::future::join_all;
use tributary_domain::calculator::Calculator;
use tributary_domain::money::Exact;
use tributary_plugins::Sandbox;

use crate::guests::{ACME, BRACKETS, Hand, SANDBOX, case, decide, deed, example};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_case_gives_the_same_bytes_and_fuel() {
    let asked = || case(12_000_000, 3_000_000, BRACKETS);
    let answers = (0..64).map(|_| async {
        let (result, fuel) = decide(&example(), asked()).await;
        (
            serde_json::to_string(&result.expect("a verdict")).expect("JSON"),
            fuel,
        )
    });
    let mut answers = join_all(answers).await;
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");

    let elsewhere = Sandbox::new().expect("another sandbox");
    assert_eq!(elsewhere.policy_digest(), SANDBOX.policy_digest());
    let again = elsewhere.evaluate(*ACME, example(), asked()).await;
    assert_eq!(again, SANDBOX.evaluate(*ACME, example(), asked()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_one_evaluation_is_left_for_the_next() {
    let calls = join_all((0..100).map(|_| deed("remember"))).await;
    for answer in calls {
        let verdict = answer.expect("a verdict");
        assert_eq!(verdict.entries[0].amount, Exact::from_minor(1));
    }
}

/// Writes a secret over its whole first page, then answers by what it finds in
/// memory that it never wrote: zeroes are an empty verdict.
#[tokio::test(flavor = "multi_thread")]
async fn no_guest_reads_what_another_wrote() {
    let writer = Hand {
        evaluate: "(drop (memory.grow (i32.const 100)))
            (memory.fill (i32.const 131072) (i32.const 83) (i32.const 4000000)) i32.const 256",
        ..Hand::GOOD
    };
    let reader = Hand {
        evaluate: "(local $at i32) (local.set $at (i32.const 131072))
            (drop (memory.grow (i32.const 100)))
            (loop $on
                (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then unreachable))
                (local.set $at (i32.add (local.get $at) (i32.const 512)))
                (br_if $on (i32.lt_u (local.get $at) (i32.const 4000000))))
            i32.const 256",
        ..Hand::GOOD
    };
    let (writer, reader) = (writer.code(), reader.code());
    let rounds = (0..40).map(|_| async {
        decide(&writer, case(1, 0, "{}")).await.0.expect("written");
        decide(&reader, case(1, 0, "{}"))
            .await
            .0
            .expect("nothing to read");
    });
    join_all(rounds).await;
}

/// A golden number of the price list: it changes only with the policy. By hand,
/// since what a compiler makes of a source changes with the compiler.
#[tokio::test]
async fn fuel_is_what_it_always_was() {
    let (_, by_hand) = decide(&Hand::GOOD.code(), case(1_000, 0, "{}")).await;
    assert_eq!(by_hand, 134);
}
