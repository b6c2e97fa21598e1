//! Each way for a rule to do wrong, and the fault it becomes.

use tributary_domain::calculator::{Calculator, Code, Fault, Outcome};
use tributary_domain::money::Exact;

use crate::guests::{ACME, BRACKETS, Hand, SANDBOX, case, code, dana, decide, deed, example};

fn trapped(kind: &str) -> Fault {
    let kind = kind.to_owned();
    Fault::Trapped { kind }
}

#[tokio::test]
async fn the_worked_example_pays_what_the_story_says() {
    let (first, _) = decide(&example(), case(3_000_000, 0, BRACKETS)).await;
    let first = first.expect("a verdict");
    assert_eq!(first.entries.len(), 1);
    assert_eq!(first.entries[0].amount, Exact::from_minor(300_000));

    let (second, _) = decide(&example(), case(12_000_000, 3_000_000, BRACKETS)).await;
    let second = second.expect("a verdict");
    let amounts: Vec<_> = second.entries.iter().map(|entry| entry.amount).collect();
    assert_eq!(amounts, [200_000, 600_000, 750_000].map(Exact::from_minor));
    assert!(second.entries.iter().all(|entry| entry.partner == dana()));
    assert_eq!(
        second.entries[0].explanation,
        "20,000.00 USD of this deal at 10 % (volume 30,000.00 to 50,000.00)"
    );

    let (refused, _) = decide(&example(), case(1, 0, r#"{"brackets":[]}"#)).await;
    let message = "there are no brackets".to_owned();
    assert_eq!(refused, Err(Fault::BadConfiguration { message }));
}

#[tokio::test]
async fn a_rule_that_does_not_stop_runs_out_of_fuel() {
    assert_eq!(deed("loop").await, Err(Fault::OutOfFuel));
}

#[tokio::test]
async fn a_rule_that_traps_is_a_fault_of_a_known_kind() {
    assert_eq!(deed("panic").await, Err(trapped("unreachable")));
    // Rust keeps a stack of its own in linear memory, and leaves it downwards.
    assert_eq!(deed("recurse").await, Err(trapped("memory-out-of-bounds")));
}

#[tokio::test]
async fn a_rule_that_hoards_memory_is_stopped() {
    assert_eq!(deed("grow").await, Err(Fault::OutOfMemory));
}

#[tokio::test]
async fn a_rule_that_refuses_is_heard() {
    let refused = |code: &str, message: &str| {
        let (code, message) = (code.to_owned(), message.to_owned());
        Err(Fault::Refused { code, message })
    };
    assert_eq!(deed("refuse").await, refused("NOT_TODAY", "as configured"));
    let unsupported = "the rule does not answer cases of this kind";
    assert_eq!(deed("shrug").await, refused("UNSUPPORTED", unsupported));
    let overflow = "the amount is too large";
    assert_eq!(deed("overflow").await, refused("AMOUNT_OVERFLOW", overflow));
    // Named in the message, which must be no longer or wilder for it.
    for odd in ["somersault", &"jump ".repeat(500), "\\u0000\\u001b"] {
        let unknown = deed(odd).await;
        assert!(
            matches!(unknown, Err(Fault::BadConfiguration { .. })),
            "{unknown:?}"
        );
    }
}

#[tokio::test]
async fn only_partners_with_credit_are_paid() {
    assert_eq!(deed("stranger").await, Err(Fault::PayeeWithoutCredit));
    assert_eq!(deed("nobody").await, Err(Fault::PayeeWithoutCredit));
}

#[tokio::test]
async fn only_declared_bases_are_used() {
    let basis = "surprise".to_owned();
    assert_eq!(
        deed("undeclared").await,
        Err(Fault::UndeclaredBasis { basis })
    );
}

#[tokio::test]
async fn an_answer_too_large_is_not_read() {
    for excess in ["flood", "shout", "ramble"] {
        assert_eq!(deed(excess).await, Err(Fault::OutputTooLarge), "{excess}");
    }
}

/// The sandbox hands amounts on as they are: what may be paid is the domain's to say.
#[tokio::test]
async fn amounts_arrive_exactly_whatever_their_sign_and_size() {
    let negative = deed("negative").await.expect("a verdict");
    assert_eq!(negative.entries[0].amount, Exact::from_minor(-1_000_000));
    let excess = deed("excess").await.expect("a verdict");
    assert_eq!(excess.entries[0].amount, Exact::from_minor(100_000_000));
}

#[tokio::test]
async fn guests_that_break_the_contract_by_hand_fault() {
    let evaluates = |evaluate| Hand {
        evaluate,
        ..Hand::GOOD
    };
    let allocates = |realloc| Hand {
        realloc,
        ..Hand::GOOD
    };
    let malformed = || trapped("malformed-answer");
    for (hand, fault) in [
        (
            evaluates("(i32.div_u (i32.const 1) (i32.const 0))"),
            trapped("division-by-zero"),
        ),
        (
            evaluates("(i32.load (i32.const -4))"),
            trapped("memory-out-of-bounds"),
        ),
        (
            evaluates("(memory.fill (i32.const 0) (i32.const 0) (i32.const -1)) i32.const 0"),
            Fault::OutOfFuel,
        ),
        (
            evaluates("(i32.trunc_f64_s (f64.const nan))"),
            trapped("bad-conversion"),
        ),
        (
            evaluates("(memory.grow (i32.const 256))"),
            Fault::OutOfMemory,
        ),
        (
            Hand {
                evaluate: "(drop (table.grow $t (ref.null func) (i32.const 100000))) i32.const 256",
                more: "(table $t 1 funcref)",
                ..Hand::GOOD
            },
            Fault::OutOfMemory,
        ),
        // An address off its alignment, one outside, and neither ok nor error.
        (evaluates("i32.const 257"), malformed()),
        (evaluates("i32.const 65532"), malformed()),
        (
            evaluates("(i32.store8 (i32.const 256) (i32.const 7)) i32.const 256"),
            malformed(),
        ),
        (
            Hand {
                evaluate: "(call $deep) i32.const 256",
                more: "(func $deep (call $deep))",
                ..Hand::GOOD
            },
            trapped("stack-overflow"),
        ),
        // A list of more entries than there is memory; and one of a thousand.
        (
            evaluates("(i32.store (i32.const 264) (i32.const -1)) i32.const 256"),
            malformed(),
        ),
        (
            evaluates("(i64.store (i32.const 260) (i64.const 0x3e800002000)) i32.const 256"),
            Fault::OutputTooLarge,
        ),
        // Allocation: never ends, gives an address outside, is off its alignment.
        (allocates("(loop (br 0)) unreachable"), Fault::OutOfFuel),
        (allocates("i32.const -8"), malformed()),
        (allocates("i32.const 4097"), malformed()),
        (allocates("unreachable"), trapped("unreachable")),
    ] {
        let (result, _) = decide(&hand.code(), case(1_000, 0, "{}")).await;
        assert_eq!(result, Err(fault), "{} {}", hand.evaluate, hand.realloc);
    }
    let (empty, _) = decide(&Hand::GOOD.code(), case(1_000, 0, "{}")).await;
    assert_eq!(empty, Ok(Default::default()));
}

/// As the standard has it, and on every machine: the module said so itself.
#[tokio::test]
async fn growing_beyond_its_own_maximum_fails_as_the_guest_sees() {
    let table = Hand {
        evaluate: "(if (i32.ne (table.grow $t (ref.null func) (i32.const 2)) (i32.const -1))
                (then unreachable))
            (i32.add (table.grow $t (ref.null func) (i32.const 1)) (i32.const 255))",
        more: "(table $t 1 2 funcref)",
        ..Hand::GOOD
    };
    let (answer, _) = decide(&table.code(), case(1_000, 0, "{}")).await;
    assert_eq!(answer, Ok(Default::default()));
}

/// Whatever was admitted once: code that does not compile is a fault of its own,
/// so that its commissions are held and not tried for ever.
#[tokio::test]
async fn code_that_does_not_compile_is_a_fault() {
    for bytes in [
        b"no component".to_vec(),
        wat::parse_str("(component)").unwrap(),
    ] {
        let (result, fuel) = decide(&code(bytes, &["flat"]), case(1_000, 0, "{}")).await;
        assert_eq!((result, fuel), (Err(Fault::NotRunnable), 0));
    }
}

/// Bytes under another's digest would run as the other's code.
#[tokio::test]
async fn bytes_that_are_not_of_the_digest_do_not_run() {
    let digest = "00".repeat(32);
    let code = Code {
        digest,
        ..example()
    };
    let outcome = SANDBOX
        .evaluate(*ACME, code, case(1_000, 0, BRACKETS))
        .await;
    assert_eq!(outcome, Outcome::Aborted);
}
