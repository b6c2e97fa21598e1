//! What is refused at the door, check by check.

use tributary_domain::calculator::{Calculator, Unadmitted};

use crate::guests::{ACME, Hand, SANDBOX, example, refusal, refused, upload};

#[tokio::test]
async fn a_good_rule_is_admitted_with_what_it_says_of_itself() {
    let description = SANDBOX
        .admit(*ACME, example().bytes)
        .await
        .expect("admitted");
    assert_eq!(description.name, "tiered-accelerator");
    assert_eq!(description.version, "1.0.0");
    assert_eq!(description.basis_codes, ["bracket"]);
    assert!(description.config_schema.contains("brackets"));

    let description = SANDBOX
        .admit(*ACME, Hand::GOOD.code().bytes)
        .await
        .expect("admitted");
    assert_eq!(
        (
            description.name.as_str(),
            description.config_schema.as_str()
        ),
        ("hand", "{}")
    );
}

#[tokio::test]
async fn more_bytes_than_are_looked_at_are_refused() {
    let mut bytes = Hand::GOOD.component();
    bytes.resize((2 << 20) + 1, 0);
    assert_eq!(refusal(&bytes).await, "TOO_LARGE");
}

#[tokio::test]
async fn what_is_no_component_is_refused() {
    let component = Hand::GOOD.component();
    let cut = &component[..component.len() - 10];
    let module = wat::parse_str("(module)").unwrap();
    for bytes in [
        b"".as_slice(),
        b"\0asm",
        b"MZ rest of a program",
        &module,
        cut,
    ] {
        assert_eq!(refusal(bytes).await, "NOT_A_COMPONENT", "{bytes:?}");
    }
}

#[tokio::test]
async fn proposals_that_are_off_are_refused() {
    for text in [
        "(component (core module (memory 1) (memory 1)))",
        "(component (core module (memory i64 1)))",
        "(component (core module (memory 1 1 shared)))",
        "(component (core module (func (param v128))))",
        "(component (core module (func (return_call 0))))",
        "(component (core module (tag)))",
        "(component (core module (type (struct))))",
    ] {
        let bytes = wat::parse_str(text).unwrap();
        assert_eq!(refusal(&bytes).await, "FORBIDDEN_FEATURE", "{text}");
    }
}

#[tokio::test]
async fn imports_are_refused_and_named() {
    let text = r#"(component
        (import "wasi:clocks/wall-clock@0.2.0" (instance (export "now" (func))))
        (import "log" (func)))"#;
    let refused = SANDBOX
        .admit(*ACME, upload(&wat::parse_str(text).unwrap()))
        .await;
    let Err(Unadmitted::Refused(refused)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(refused.code, "HAS_IMPORTS");
    assert!(
        refused
            .message
            .contains("`wasi:clocks/wall-clock@0.2.0`, `log`"),
        "{refused}"
    );
}

#[tokio::test]
async fn another_world_is_refused() {
    for text in [
        "(component)",
        r#"(component
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $e (export "describe" (func $f)) (export "evaluate" (func $f)))
            (export "tributary:rule/calculation@1.0.0" (instance $e)))"#,
        r#"(component
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $e (export "describe" (func $f)))
            (export "tributary:rule/calculation@1.0.0" (instance $e)))"#,
    ] {
        assert_eq!(
            refusal(&wat::parse_str(text).unwrap()).await,
            "WRONG_WORLD",
            "{text}"
        );
    }
}

#[tokio::test]
async fn what_would_take_long_to_compile_is_refused() {
    let locals = format!(
        "(component (core module (func (local {}))))",
        "i64 ".repeat(1_001)
    );
    let body = format!(
        "(component (core module (func {})))",
        "(drop (i64.const 123456789))".repeat(12_000)
    );
    let functions = format!("(component (core module {}))", "(func)".repeat(5_001));
    let signature = format!(
        "(component (core module (func (param {}))))",
        "i32 ".repeat(51)
    );
    let nested = format!("(component {})", "(component)".repeat(40));
    let tangle = format!(
        "(component (core module (func (local {}) {})))",
        "i64 ".repeat(1_000),
        "(block (br_if 0 (i64.eqz (local.get 0))))".repeat(1_500)
    );
    let loops = format!(
        "(component (core module (func {} {})))",
        "(loop ".repeat(4_000),
        ")".repeat(4_000)
    );
    let memory = "(component (core module (memory 257)))".to_owned();
    let instances = format!(
        "(component (core module $m) {})",
        "(core instance (instantiate $m))".repeat(5)
    );
    let modules = format!("(component {})", "(core module)".repeat(5));
    let code = format!(
        "(component (core module {}))",
        format!("(func {})", "(drop (i64.const 123456789))".repeat(6_000)).repeat(15)
    );
    let globals = format!(
        "(component (core module {}))",
        "(global i32 (i32.const 0))".repeat(1_001)
    );
    let imports = format!(
        "(component (core module {}))",
        "(import \"\" \"\" (func))".repeat(1_001)
    );
    // Fifty values a call, and none of them used before the end.
    let stack = format!(
        "(component (core module (func $many (result {}) {}) (func {} {})))",
        "i64 ".repeat(50),
        "i64.const 1 ".repeat(50),
        "(call $many)".repeat(200),
        "drop ".repeat(10_000)
    );
    let stacked_branches = format!(
        "(component (core module (func {} {} {})))",
        "i64.const 1 ".repeat(900),
        "(block (br_if 0 (i32.const 1)))".repeat(600),
        "drop ".repeat(900)
    );
    for text in [
        tangle,
        loops,
        locals,
        body,
        functions,
        signature,
        nested,
        memory,
        instances,
        modules,
        code,
        globals,
        imports,
        stack,
        stacked_branches,
    ] {
        let bytes = wat::parse_str(&text).unwrap();
        assert_eq!(refusal(&bytes).await, "COMPILE_LIMIT", "{}", &text[..50]);
    }
}

/// The compiler would write out a thousand instances of each component, for each
/// of the thousand of the one around it, and so on.
#[tokio::test]
async fn a_bomb_of_components_is_refused() {
    let thousand = "(instance (instantiate $c))".repeat(1_000);
    let mut text = "(component $c)".to_owned();
    for _ in 0..3 {
        text = format!("(component $c {text} {thousand})");
    }
    let wide = format!("(component $c (component $c) {thousand})");
    let lowered = r#"(component
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f")))
        (core func (canon lower (func $f))))"#;
    for text in [text.as_str(), &wide, lowered] {
        let bytes = wat::parse_str(text).unwrap();
        assert_eq!(refusal(&bytes).await, "COMPILE_LIMIT", "{}", &text[..50]);
    }
}

#[tokio::test]
async fn a_rule_that_cannot_describe_itself_is_refused() {
    let describes = |describe| Hand {
        describe,
        ..Hand::GOOD
    };
    let starts = |more| Hand { more, ..Hand::GOOD };
    for hand in [
        describes("unreachable"),
        describes("(loop (br 0)) unreachable"),
        describes("(drop (memory.grow (i32.const 300))) i32.const 64"),
        // An empty name; a name beyond the memory; a name that is not UTF-8;
        // no basis codes; four thousand million basis codes; no schema; a broken schema.
        describes("(i32.store (i32.const 68) (i32.const 0)) i32.const 64"),
        describes("(i32.store (i32.const 64) (i32.const -1)) i32.const 64"),
        describes("(i32.store (i32.const 0) (i32.const -1)) i32.const 64"),
        describes("(i32.store (i32.const 84) (i32.const 0)) i32.const 64"),
        describes("(i32.store (i32.const 84) (i32.const -1)) i32.const 64"),
        describes("(i32.store (i32.const 92) (i32.const 0)) i32.const 64"),
        describes("(i32.store (i32.const 92) (i32.const 1)) i32.const 64"),
        // An address that is not aligned, and one outside the memory.
        describes("i32.const 65"),
        describes("i32.const 65530"),
        starts("(func $start unreachable) (start $start)"),
        starts("(func $start (loop (br 0))) (start $start)"),
    ] {
        let code = refusal(&hand.component()).await;
        assert_eq!(code, "DESCRIBE_FAILED", "{} {}", hand.describe, hand.more);
    }
}

/// Each took many seconds and up to gigabytes to compile, and was admitted or kept
/// both places meanwhile. What was counted is named, and how much of it there is.
#[tokio::test]
async fn bombs_for_the_compiler_are_refused_with_what_was_counted() {
    let calls = |functions: usize, calls: usize| {
        let values = "i64 ".repeat(25);
        let body = format!(
            "(func (param {values}) (result {values}) {} {})",
            (0..25)
                .map(|at| format!("(local.get {at})"))
                .collect::<String>(),
            "(call $f)".repeat(calls)
        );
        format!(
            "(component (core module (type (func)) (func $f (param {values}) (result {values}) unreachable) {}))",
            body.repeat(functions)
        )
    };
    let elements = |count: usize| {
        format!(
            "(component (core module (func $f) (elem func {})))",
            "$f ".repeat(count)
        )
    };
    let roots = format!(
        "(component (core module {}))",
        format!(
            "(func (param f64) (result f64) (local.get 0) {})",
            "f64.sqrt ".repeat(63_000)
        )
        .repeat(8)
    );
    for (text, counted) in [
        (
            calls(1, 30_000),
            "calls with their parameters and results: 47100000",
        ),
        (
            calls(8, 30_000),
            "calls with their parameters and results: 47100000",
        ),
        (
            elements(500_000),
            "elements in element segments: 500000 of at most",
        ),
        (
            elements(1_500_000),
            "elements in element segments: 1500000 of at most",
        ),
        (roots, "operators on floats: 7560000"),
    ] {
        let bytes = wat::parse_str(&text).unwrap();
        let refusal = refused(&bytes).await;
        assert_eq!(refusal.code, "COMPILE_LIMIT", "{counted}");
        assert!(refusal.message.contains(counted), "{}", refusal.message);
    }
}

/// Neither is the machine's fault: whoever is told to try again tries for ever.
#[tokio::test]
async fn what_never_runs_is_refused_for_good() {
    let twice = "(component (core module $m (memory 1)) (core instance (instantiate $m))
        (core instance (instantiate $m)))";
    // An instance type that declares one type, which is an instance type: 42 01 01.
    let mut types = [0x42, 0x01, 0x01].repeat(1_000);
    types.extend([0x42, 0x00]);
    // A section of types, of 3,003 bytes in LEB128, with one type.
    let mut nested = b"\0asm\x0d\0\x01\0\x07\xbb\x17\x01".to_vec();
    nested.extend(types);
    for (bytes, counted) in [
        (wat::parse_str(twice).unwrap(), "memories: 2 of at most 1"),
        (nested, "within one another: 1001 of at most 32"),
    ] {
        let refusal = refused(&bytes).await;
        assert_eq!(refusal.code, "COMPILE_LIMIT", "{}", refusal.message);
        assert!(refusal.message.contains(counted), "{}", refusal.message);
    }
}
