//! Payout destinations are sealed: they open for the rail alone, in their own row,
//! and under keys that rotate.

use std::fs;
use std::sync::Arc;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde_json::json;
use tributary_domain::access::Role;
use tributary_domain::entity::payout_method::RailName;
use tributary_domain::entity::{payout, payout_method};
use tributary_domain::keyring::Keyring;
use tributary_domain::partner::payout_methods;
use tributary_domain::scope::Engine;
use tributary_domain::tenant::sealing;

use crate::support::acme::Acme;
use crate::support::office::{Office, person};
use crate::support::rail::TestRail;
use crate::support::world::World;

/// The same server with another keyring.
fn keyed(engine: &Engine, keyring: Keyring) -> Engine {
    let mut engine = engine.clone();
    engine.keyring = keyring;
    engine
}

story! {
    /// A new key is put first in the file while a server runs. Everything is sealed
    /// with it, the running server pays to the same places, and repeating a command
    /// from before is still the same command.
    async fn keys_rotate_under_a_server_that_runs(world: World) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("keyring");
        let [old, new] = [(); 2].map(|()| Keyring::new_key().unwrap());
        fs::write(&file, old.expose()).unwrap();
        let rail = Arc::new(TestRail::new([]));
        let mut office = Office::open(&world, rail.clone()).await;
        office.uses(keyed(&office.engine, Keyring::open_file(&file).unwrap())).await;
        let northwind = office.partner("Northwind").await;
        let add = payout_methods::add(&office.ada, "again", northwind, RailName::Paypal, "elsewhere");
        let added = add.await.unwrap();
        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;

        fs::write(&file, format!("{}\n{}", new.expose(), old.expose())).unwrap();
        let operator = keyed(&office.engine, Keyring::open_file(&file).unwrap());
        assert_eq!(sealing::seal_anew(&operator).await.unwrap(), 2);
        assert_eq!(sealing::seal_anew(&operator).await.unwrap(), 0);
        let current = operator.keyring.current().unwrap();
        for method in office.all::<payout_method::Entity>().await {
            assert_eq!(method.destination.key_id(), current);
        }

        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 100_000);
        let add = payout_methods::add(&office.ada, "again", northwind, RailName::Paypal, "elsewhere");
        assert_eq!(add.await.unwrap().id, added.id);
        let other = payout_methods::add(&office.ada, "again", northwind, RailName::Paypal, "another place");
        assert!(other.await.is_err());
    }
}

story! {
    /// Whoever writes to the database alone cannot send a partner's money to
    /// another's destination: nothing leaves, and the run can be cancelled.
    async fn a_destination_that_was_moved_pays_nobody(world: World) {
        let rail = Arc::new(TestRail::new([]));
        let office = Office::open(&world, rail.clone()).await;
        let (northwind, mallory) = (office.partner("Northwind").await, office.partner("Mallory").await);
        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        let run = office.approved_run().await;
        let methods = office.all::<payout_method::Entity>().await;
        let of = |partner| methods.iter().find(|row| row.partner_id == partner).unwrap().clone();
        let mut change: payout_method::ActiveModel = of(northwind).into();
        change.destination = Set(of(mallory).destination);
        let tx = office.engine.system(office.tenant).await.unwrap().begin().await.unwrap();
        change.update(&tx).await.unwrap();
        tx.commit().await.unwrap();

        office.executes().await;
        assert!(rail.moved().is_empty());
        let payouts = office.payouts().await;
        assert_eq!(payouts[0].state, payout::State::Scheduled);
        let run = office.cancels(run).await;
        assert_eq!(run.state, tributary_domain::entity::payout_run::State::Cancelled);
    }
}

story! {
    /// Without the key that sealed a destination nothing is sent, and nothing is
    /// booked as sent.
    async fn a_lost_key_sends_nothing(world: World) {
        let rail = Arc::new(TestRail::new([]));
        let office = Office::open(&world, rail.clone()).await;
        let northwind = office.partner("Northwind").await;
        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        office.approved_run().await;
        let other = Keyring::parse(Keyring::new_key().unwrap().expose()).unwrap();
        let keyless = keyed(&office.engine, other);
        office.executing(&keyless).await.unwrap();
        assert!(rail.moved().is_empty());
        assert_eq!(office.payouts().await[0].state, payout::State::Scheduled);
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 100_000);
    }
}

story! {
    /// Whoever verifies a payout method sees which others pay to the same place.
    /// Partners do not, and other tenants are not found.
    async fn equal_destinations_are_found(world: World) {
        let (acme, rival) = (Acme::new(&world).await, Acme::new(&world).await);
        let north = acme.partner_without_papers("Northwind").await;
        let mallory = acme.partner_without_papers("Mallory").await;
        let stranger = rival.partner_without_papers("Northwind").await;
        for (acme, partner, destination) in [
            (&acme, &north, "bank-0042@sandbox"),
            (&acme, &mallory, "bank-0042@sandbox"),
            (&acme, &mallory, "bank-0043@sandbox"),
            (&rival, &stranger, "bank-0042@sandbox"),
        ] {
            acme.adds_payout_method(partner, destination).await;
        }
        let document = "{ partners(first: 10) { nodes { name payoutMethods { nodes {
            label sameDestination { partner { name } } } } } } }";
        let seen = acme.owner.asks(document, json!({})).await;
        let shared = |name: &str| {
            let partners = seen["partners"]["nodes"].as_array().unwrap();
            let partner = partners.iter().find(|partner| partner["name"] == name).unwrap();
            partner["payoutMethods"]["nodes"].clone()
        };
        let with = |name: &str| json!([{ "partner": { "name": name } }]);
        assert_eq!(shared("Northwind")[0]["sameDestination"], with("Mallory"));
        assert_eq!(shared("Mallory")[0]["sameDestination"], with("Northwind"));
        assert_eq!(shared("Mallory")[1]["sameDestination"], json!([]));
        let own = north.client.asks(document, json!({})).await;
        let methods = &own["partners"]["nodes"][0]["payoutMethods"]["nodes"];
        assert_eq!(methods[0]["sameDestination"], json!([]));
    }
}

impl Office {
    /// Everybody works through this engine from now on.
    async fn uses(&mut self, engine: Engine) {
        let tenant = self.tenant;
        self.ada = person(&engine, tenant, "Ada", Role::Owner, None).await;
        self.ben = person(&engine, tenant, "Ben", Role::Finance, None).await;
        self.cleo = person(&engine, tenant, "Cleo", Role::Manager, None).await;
        self.engine = engine;
    }
}
