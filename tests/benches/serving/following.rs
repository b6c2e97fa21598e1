//! Sockets that follow all deals of a tenant.

use std::time::Instant;

use futures_util::future::join_all;
use serde_json::json;

use crate::median;
use crate::support::acme::{Acme, Deal};
use crate::support::follower::{Socket, Told};

/// How many follow.
const SOCKETS: usize = 500;

/// Commands of each measurement.
const COMMANDS: usize = 25;

/// How long a command takes alone and while many follow, and how many events they are told.
pub async fn compare(acme: &Acme) {
    let partner = acme.partner("Northgate").await;
    let deal = acme.deal(&partner, "1000.00").await;
    let alone = moves(acme, &deal, COMMANDS).await;
    let mut keys = Vec::new();
    // One key may keep a hundred sockets open.
    for _ in 0..SOCKETS.div_ceil(100) {
        keys.push(acme.person("Fay", "OWNER").await);
    }
    let mut sockets = Vec::new();
    // A burst of a hundred connections of one address is cut.
    for key in &keys {
        for _ in 0..5 {
            let open = (0..20).map(|_| Socket::follow(key, None, None));
            sockets.extend(join_all(open).await);
        }
    }
    let began = Instant::now();
    let told = async {
        join_all(sockets.iter_mut().map(async |socket| {
            for _ in 0..COMMANDS {
                assert!(matches!(socket.next().await, Told::Event(_)));
            }
        }))
        .await
    };
    let (followed, _) = tokio::join!(moves(acme, &deal, COMMANDS), told);
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let events = (SOCKETS * COMMANDS) as f64 / began.elapsed().as_secs_f64();
    let (alone, followed) = (median(alone), median(followed));
    println!(
        "a command while {SOCKETS} follow: {followed:.1} ms beside {alone:.1} ms alone: {:.1}; \
         {events:.0} events a second",
        followed / alone
    );
}

/// The milliseconds that each command takes.
async fn moves(acme: &Acme, deal: &Deal, count: usize) -> Vec<f64> {
    let mut took = Vec::new();
    for number in 0..count {
        let input = json!({
            "idempotencyKey": acme.key(), "id": deal.id, "stage": format!("{} {number}", acme.key()),
        });
        let began = Instant::now();
        acme.owner.does("moveDeal", "deal { stage }", input).await;
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    took
}
