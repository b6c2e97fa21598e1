//! A registration that is approved although its deal was open already.

use serde_json::json;

use crate::support::acme::{Acme, usd};
use crate::support::world::World;

story! {
    /// Whoever approved it meant its partner to have credit: the deal is not won before the
    /// registration is linked to it, converted into another, or rejected.
    async fn an_approved_registration_is_not_passed_over_at_the_win(world: World) {
        let acme = Acme::new(&world).await;
        let east = acme.partner_without_papers("Eastbay").await;
        let opened = |domain: &str| json!({
            "idempotencyKey": acme.key(), "programId": acme.program, "name": "Licences",
            "account": { "name": domain, "domain": domain }, "amount": usd("1000.00"), "stage": "S",
        });
        for linked in [true, false] {
            let domain = if linked { "globex.example" } else { "initech.example" };
            let deal = acme.owner.does("openDeal", "deal { id }", opened(domain)).await;
            let registration = acme.registration(&east, domain, domain);
            let registration = east.client.does("registerDeal", "registration { id state }", registration).await;
            assert_eq!(registration["state"], "IN_CONFLICT");
            let input = json!({ "id": registration["id"], "reason": "it brought the buyer" });
            acme.owner.does("approveRegistration", "registration { id }", input.clone()).await;
            let win = || json!({ "idempotencyKey": acme.key(), "id": deal["id"] });
            let refused = acme.owner.tries("closeDealWon", "deal { id }", win()).await;
            assert_eq!(refused.fails_with("REGISTRATION_UNLINKED")["ids"], json!([registration["id"]]));
            if linked {
                let link = json!({ "idempotencyKey": acme.key(), "id": registration["id"], "dealId": deal["id"] });
                let foreign = json!({ "idempotencyKey": acme.key(), "id": deal["id"], "dealId": deal["id"] });
                acme.owner.tries("linkRegistration", "deal { id }", foreign).await.fails_with("NOT_FOUND");
                let selection = "deal { registration { id state } }";
                let found = acme.owner.does("linkRegistration", selection, link).await;
                assert_eq!(found["registration"], json!({ "id": registration["id"], "state": "CONVERTED" }));
            } else {
                acme.owner.does("rejectRegistration", "registration { id }", input).await;
            }
            let selection = "deal { credit { shares { partner { id } role } } }";
            let won = acme.owner.does("closeDealWon", selection, win()).await;
            let shares = if linked { json!([{ "partner": { "id": east.id }, "role": "SOURCED" }]) } else { json!([]) };
            assert_eq!(won["credit"]["shares"], shares);
        }
    }
}
