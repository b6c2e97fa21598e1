//! What is read together is of one moment, and what was first is so by the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use serde_json::{Value, json};
use tributary_domain::access;
use tributary_domain::clock::{Clock, Moment, SystemClock};
use tributary_domain::deal::credits;
use tributary_domain::entity::credit_share::Role;
use tributary_domain::entity::{credit_share, event, tenant};
use tributary_domain::scope::Engine;

use crate::support::acme::{Acme, Deal};
use crate::support::office::{Office, person};
use crate::support::rail::TestRail;
use crate::support::world::World;

/// Answers that are compared.
const ANSWERS: usize = 150;

/// Cents that an answer says a deal has.
fn cents(amount: &Value) -> i64 {
    let text = amount["amount"].as_str().unwrap();
    text.replace('.', "").parse().unwrap()
}

/// What was collected on the deal, and what its commissions earned of it.
async fn look(acme: &Acme, deal: &Deal) -> (i64, i64) {
    let document = "query($id: ID!) { node(id: $id) { ... on Deal {
        collected { amount } commissions { nodes { earned { amount } } } } } }";
    let answer = acme.owner.asks(document, json!({ "id": deal.id })).await;
    let deal = &answer["node"];
    (
        cents(&deal["collected"]),
        cents(&deal["commissions"]["nodes"][0]["earned"]),
    )
}

story! {
    /// Whoever reads while the customer pays sees what was collected and what was
    /// earned of it at the same moment.
    async fn an_answer_mixes_no_moments(world: World) {
        let acme = Acme::new(&world).await;
        let partner = acme.partner("Northwind").await;
        let deal = acme.deal(&partner, "100000.00").await;
        acme.wins(&deal).await;
        acme.collects(&deal, "10.00").await;
        let done = AtomicBool::new(false);
        let writes = async {
            let mut count = 0;
            while !done.load(Ordering::Relaxed) {
                acme.collects(&deal, "10.00").await;
                count += 1;
            }
            count
        };
        let reads = async {
            let mut seen = std::collections::BTreeSet::new();
            for _ in 0..ANSWERS {
                let (collected, earned) = look(&acme, &deal).await;
                assert_eq!(earned * 10, collected, "two moments in one answer");
                seen.insert(collected);
            }
            done.store(true, Ordering::Relaxed);
            seen.len()
        };
        let (written, seen) = tokio::join!(writes, reads);
        assert!(written > 10 && seen > 10, "{written} written, {seen} seen: nothing was compared");
    }
}

/// A clock that is half a minute slow.
struct Slow;

impl Clock for Slow {
    fn now(&self) -> Moment {
        Moment(SystemClock.now().0 - 30_000)
    }
}

story! {
    /// Two servers record two partners' parts; the clock of the second is slow. Who
    /// was first is whose part stands first in the log.
    async fn a_slow_clock_takes_no_credit(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let first = office.partner("First").await;
        let second = office.partner("Second").await;
        let real = tenant::ActiveModel {
            id: Set(office.tenant),
            kind: Set(tenant::Kind::Live),
            clock_at: Set(None),
            ..Default::default()
        };
        tenant::Entity::update(real).exec(&*office.engine.db).await.unwrap();
        let base = &office.engine;
        let slow = Engine::new(
            base.db.clone(), base.calculator.clone(), base.rails.to_vec(), Arc::new(Slow), base.keyring.clone(),
        );
        let ada = person(base, office.tenant, "Ada", access::Role::Owner, None).await;
        let slow = person(&slow, office.tenant, "Ada", access::Role::Owner, None).await;
        assert!(slow.now() < ada.now(), "the second server is slow");
        let deal = office.open_deal(1_000_000).await;
        for (scope, partner) in [(&ada, first), (&slow, second)] {
            office.involves_through(scope, deal, partner, Role::Sourced).await;
        }
        office.wins(deal).await;
        // What happens later in the log never happens earlier in time: what a date decides
        // is decided from one place in the log on.
        let mut last = Moment(0);
        let looks = base.system(office.tenant).await.unwrap();
        let events = event::Entity::find()
            .filter(event::Column::TenantId.eq(office.tenant))
            .order_by_asc(event::Column::Position)
            .all(&looks.read().await.unwrap())
            .await
            .unwrap();
        for event in events {
            assert!(event.occurred_at >= last, "{event:?} is before {last}");
            last = event.occurred_at;
        }
        let credit = credits::latest(&ada, &[deal]).await.unwrap().remove(&deal).unwrap();
        let shares = credits::shares(&ada, &[credit.id]).await.unwrap();
        let sourced: Vec<_> = shares.iter().filter(|row: &&credit_share::Model| row.role == Role::Sourced).collect();
        assert_eq!(sourced.len(), 1);
        assert_eq!(sourced[0].partner_id, first);
    }
}
