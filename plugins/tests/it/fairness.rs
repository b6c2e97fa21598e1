//! Tenants share one sandbox, and none waits for what another has in line.

use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use tributary_domain::calculator::{Calculator, Fault, Outcome};
use tributary_domain::ids::TenantId;

use crate::guests::{ACME, BRACKETS, SANDBOX, case, decide, example, misbehaving};

/// Evaluations that one tenant keeps in line, each of which burns all its fuel.
const GREEDY: usize = 200;

/// A machine that is too busy aborts what waits or runs, but not sooner. What finds the
/// line full is told at once.
const SOONEST_DEADLINE: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_greedy_tenant_does_not_keep_its_neighbours_waiting() {
    let (greedy, good) = (misbehaving(), example());
    assert!(decide(&good, case(3_000_000, 0, BRACKETS)).await.0.is_ok());
    let rival = TenantId::new();
    let burning = (0..GREEDY).map(|_| {
        let greedy = greedy.clone();
        tokio::spawn(async move {
            let looping = case(1, 0, r#"{"do":"loop"}"#);
            SANDBOX.evaluate(rival, greedy, looping).await
        })
    });
    let burning: Vec<_> = burning.collect();
    let neighbour = tokio::spawn(async move {
        // The line is there before it asks.
        while SANDBOX.load().evaluations.queued < GREEDY / 2 {
            tokio::task::yield_now().await;
        }
        let good = case(3_000_000, 0, BRACKETS);
        SANDBOX.evaluate(*ACME, example(), good).await
    });
    // In which order they run, the tests of the workers say: from out here, a busy machine
    // may show one answer long after another.
    let (burnt, neighbour) = join(join_all(burning), neighbour).await;
    assert!(matches!(
        neighbour.unwrap(),
        Outcome::Decided { result: Ok(_), .. }
    ));
    let out_of_fuel = |outcome: &Outcome| {
        let Outcome::Decided { result, .. } = outcome else {
            return false;
        };
        *result == Err(Fault::OutOfFuel)
    };
    assert!(
        burnt
            .iter()
            .all(|outcome| out_of_fuel(outcome.as_ref().unwrap()))
    );
}

/// More than a tenant may have in line is not run, and says nothing of the rule.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_has_an_end() {
    let (tenant, greedy) = (TenantId::new(), misbehaving());
    let looping = || case(1, 0, r#"{"do":"loop"}"#);
    // Compiled, so that none waits for that.
    SANDBOX.evaluate(tenant, greedy.clone(), looping()).await;
    let burning = (0..600).map(|_| async {
        let asked = Instant::now();
        let outcome = SANDBOX.evaluate(tenant, greedy.clone(), looping()).await;
        outcome == Outcome::Aborted && asked.elapsed() < SOONEST_DEADLINE
    });
    let refused = join_all(burning)
        .await
        .into_iter()
        .filter(|refused| *refused);
    assert!((1..=600 - 256).contains(&refused.count()));
}
