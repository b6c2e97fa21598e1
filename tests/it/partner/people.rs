//! What takes a person, a second one, or the partner's own word.

use std::sync::Arc;

use serde_json::json;
use tributary_domain::access::Role;
use tributary_domain::deal::accounts::NewAccount;
use tributary_domain::deal::conflicts;
use tributary_domain::deal::decisions;
use tributary_domain::deal::registrations::{self, NewRegistration};
use tributary_domain::entity::payout_method::RailName;
use tributary_domain::entity::{deal, payout, payout_method, tax_form};
use tributary_domain::error::{Conflict, Error};
use tributary_domain::partner::paperwork::{self, Signature};
use tributary_domain::partner::partners;
use tributary_domain::partner::payout_methods;
use tributary_domain::reads;

use crate::support::acme::{Acme, text};
use crate::support::client::Client;
use crate::support::office::{Office, person};
use crate::support::rail::TestRail;
use crate::support::world::World;

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Conflict {
    match result {
        Err(Error::Conflict { code, .. }) => code,
        other => panic!("no conflict: {other:?}"),
    }
}

impl Office {
    async fn registrations(
        &self,
        partner: tributary_domain::ids::PartnerId,
        domain: &str,
    ) -> Result<tributary_domain::entity::registration::Model, Error> {
        let new = NewRegistration {
            program: self.program.id.into(),
            partner: partner.into(),
            account: NewAccount {
                name: domain.to_owned(),
                domain: domain.to_owned(),
                crm_id: None,
            },
            opportunity: "Forty seats".to_owned(),
            expected: None,
        };
        registrations::register(&self.ada, &self.key(), new).await
    }
}

story! {
    /// A system that sends registrations does not end one: that takes a person, or the
    /// partner itself.
    async fn a_machine_ends_no_protection(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let northwind = office.partner("Northwind").await;
        let registration = office.registrations(northwind, "globex.example").await.unwrap();
        let crm = person(&office.engine, office.tenant, "CRM", Role::Integrator, None).await;
        let refused = registrations::withdraw(&crm, None, registration.id, "the CRM says so").await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");

        let own = office.speaks_for(northwind).await;
        let withdrawn = registrations::withdraw(&own, None, registration.id, "we were too late").await.unwrap();
        assert!(!withdrawn.protects);
    }
}

story! {
    /// One person alone never sends a partner's money elsewhere.
    async fn a_payout_method_takes_two_people(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let northwind = office.partner("Northwind").await;
        let method = payout_methods::add(&office.cleo, "mine", northwind, RailName::Paypal, "cleo").await.unwrap();
        let refused = payout_methods::verify(&office.cleo, None, method.id).await;
        assert_eq!(code(refused), Conflict::SecondPersonNeeded);
        let verified = payout_methods::verify(&office.ada, None, method.id).await.unwrap();
        assert_eq!((verified.added_by, verified.verified_by), (office.cleo.actor(), Some(office.ada.actor())));
    }
}

story! {
    /// A mistyped payout method is taken out of use by whoever sees it first, and another
    /// partner's is not there.
    async fn a_payout_method_is_disabled_by_its_partner_or_the_tenant(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let (northwind, eastbay) = (office.partner("Northwind").await, office.partner("Eastbay").await);
        let (north, east) = (office.speaks_for(northwind).await, office.speaks_for(eastbay).await);
        let typo = payout_methods::add(&north, "typo", northwind, RailName::Paypal, "Nortwind").await.unwrap();
        let foreign = payout_methods::disable(&east, None, typo.id, "a guess").await;
        assert!(matches!(foreign, Err(Error::Unknown { .. })), "{foreign:?}");
        let disabled = payout_methods::disable(&north, None, typo.id, "mistyped").await.unwrap();
        assert_eq!(disabled.state, payout_method::State::Disabled);
        assert_eq!(payout_methods::disable(&north, None, typo.id, "mistyped").await.unwrap(), disabled);
        let late = payout_methods::verify(&office.cleo, None, typo.id).await;
        assert_eq!(code(late), Conflict::WrongState);

        // One that payouts go to: what has not left waits.
        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(30).await;
        let methods = office.all::<payout_method::Entity>().await;
        let verified = methods.iter().find(|row| row.partner_id == northwind && row.id != typo.id).unwrap();
        let run = office.approved_run().await;
        payout_methods::disable(&office.cleo, None, verified.id, "the bank closed it").await.unwrap();
        office.executes().await;
        let states: Vec<_> = office.payouts().await.into_iter().map(|row| row.state).collect();
        assert_eq!(states, [payout::State::Failed]);
        office.adds_method(northwind, "Northwind Ltd").await;
        office.approved_run().await;
        office.executes().await;
        let paid = office.payouts().await.into_iter().filter(|row| row.run_id != run);
        assert_eq!(paid.map(|row| row.state).collect::<Vec<_>>(), [payout::State::Paid]);
    }
}

story! {
    /// Nobody enters into anything new under terms that it has not accepted, and
    /// nobody accepts superseded ones to get round those in force.
    async fn new_terms_are_accepted_before_new_claims(world: World) {
        let mut office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let northwind = office.partner("Northwind").await;
        let earlier = office.terms.clone();
        office.publishes_again().await;
        assert_eq!(code(office.registrations(northwind, "globex.example").await), Conflict::AgreementNeeded);
        office.accepts(northwind).await;
        office.registrations(northwind, "globex.example").await.unwrap();

        let eastbay = office.invites("Eastbay").await;
        let signature = Signature {
            signer_name: "Elif".to_owned(),
            signer_authority: "Director".to_owned(),
            act: "clicked".to_owned(),
        };
        let superseded = paperwork::accept_agreement(
            &office.ada, None, eastbay, earlier.id, &earlier.document_digest, signature,
        );
        assert_eq!(code(superseded.await), Conflict::WrongState);
    }
}

story! {
    /// A part that was declined opens the deal to nobody.
    async fn a_declined_part_shows_nothing_of_the_deal(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let (northwind, eastbay) = (office.partner("Northwind").await, office.partner("Eastbay").await);
        let id = office.deal(1_000_000, northwind, &[eastbay]).await;
        let own = office.speaks_for(eastbay).await;
        let seen = reads::get::<deal::Entity>(&own, id).await.unwrap();
        let parts = office.all::<tributary_domain::entity::involvement::Entity>().await;
        let part = parts.iter().find(|row| row.partner_id == eastbay).unwrap();
        decisions::decide(&office.ada, &office.key(), part.id, Some("another Eastbay")).await.unwrap();
        own.end_read().await;
        let hidden = reads::get::<deal::Entity>(&own, id).await;
        assert!(matches!(hidden, Err(Error::NotFound(_))), "{seen:?}");
        let account = reads::get::<tributary_domain::entity::account::Entity>(&own, seen.account_id).await;
        assert!(account.is_err());
    }
}

story! {
    /// A registration that came second tells its maker nothing of who was first, nor
    /// when.
    async fn a_contested_registration_shows_nothing_of_the_account(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let (northwind, eastbay) = (office.partner("Northwind").await, office.partner("Eastbay").await);
        let first = office.registrations(northwind, "globex.example").await.unwrap();
        let second = office.registrations(eastbay, "www.globex.example").await.unwrap();
        assert_eq!(first.account_id, second.account_id);
        for (partner, sees) in [(northwind, true), (eastbay, false)] {
            let own = office.speaks_for(partner).await;
            let account = reads::get::<tributary_domain::entity::account::Entity>(&own, first.account_id).await;
            assert_eq!(account.is_ok(), sees);
        }
    }
}

story! {
    /// A crowd of registrations on one account does not keep the whole crowd each.
    async fn conflicts_are_kept_up_to_a_number(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let northwind = office.partner("Northwind").await;
        for _ in 0..23 {
            office.registrations(northwind, "globex.example").await.unwrap();
        }
        let last = office.registrations(northwind, "globex.example").await.unwrap();
        let conflicts = conflicts::conflicts_of(&office.ada, &[last.id]).await.unwrap();
        assert_eq!(conflicts.len(), 20);
    }
}

story! {
    /// Inviting, and filing papers, may be repeated.
    async fn repeated_paperwork_is_filed_once(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let invite = || partners::invite(&office.ada, "invite", "Northwind", office.program.id, None, None);
        let northwind = invite().await.unwrap();
        assert_eq!(invite().await.unwrap().id, northwind.id);
        let other = partners::invite(&office.ada, "invite", "Eastbay", office.program.id, None, None).await;
        assert!(matches!(other, Err(Error::IdempotencyMismatch)), "{other:?}");

        let form = |tax_id| paperwork::submit_tax_form(
            &office.ada, "form", northwind.id, tax_form::Kind::W8Ben, tax_id, "Nora",
        );
        let filed = form("12-3456789").await.unwrap();
        assert_eq!(form("12-3456789").await.unwrap().id, filed.id);
        let method = || payout_methods::add(&office.ada, "method", northwind.id, RailName::Paypal, "nora");
        assert_eq!(method().await.unwrap().id, method().await.unwrap().id);
        assert_eq!(office.all::<tax_form::Entity>().await.len(), 1);
        let bad = partners::invite(&office.ada, "a\0b", "Eastbay", office.program.id, None, None).await;
        assert!(matches!(bad, Err(Error::Invalid { ref field, .. }) if field == "idempotencyKey"), "{bad:?}");
    }
}

story! {
    /// Whoever files a form approves none, nor does a key that it minted for anybody.
    async fn a_tax_form_takes_two_people(world: World) {
        let acme = Acme::new(&world).await;
        let partner = acme.partner_without_papers("Northwind").await;
        let input = json!({
            "idempotencyKey": acme.key(), "partnerId": partner.id, "kind": "W9",
            "taxId": "12-3456789", "signerName": "Sam",
        });
        let form = acme.owner.does("submitTaxForm", "taxForm { id }", input).await;
        let input = json!({ "name": "Ben", "role": "OWNER" });
        let document = "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { token } }";
        let minted = acme.owner.asks(document, json!({ "input": input })).await;
        let minted = Client::new(&acme.owner.url, &text(&minted["createApiKey"]["token"]));
        for one in [&acme.owner, &minted] {
            let refused = one.tries("approveTaxForm", "taxForm { id }", json!({ "id": form["id"] })).await;
            refused.fails_with("SECOND_PERSON_NEEDED");
        }
        let second = acme.person("Ben", "MANAGER").await;
        let input = json!({ "id": form["id"] });
        let approved = second.does("approveTaxForm", "taxForm { state }", input).await;
        assert_eq!(approved["state"], "APPROVED");
    }
}
