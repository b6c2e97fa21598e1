//! Saying that a registration is a deal that was open already.

use async_graphql::{ID, InputObject};
use tributary_domain::deal::deals;
use tributary_domain::entity::deal;
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::scope::Scope;

use crate::context::given;
use crate::deal::deals::Deal;
use crate::error::commands;

/// A registration to link to a deal.
#[derive(InputObject)]
pub struct LinkRegistrationInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The registration; approved.
    id: ID,
    /// The deal; open, of the same account and program, and without a registration.
    deal_id: ID,
}

impl LinkRegistrationInput {
    async fn run(self, scope: &Scope) -> Result<deal::Model> {
        let registration = given(Noun::Registration, "id", &self.id);
        let deal = given(Noun::Deal, "dealId", &self.deal_id);
        deals::link(scope, &self.idempotency_key, registration, deal).await
    }
}

commands! {
    /// Linking registrations.
    RegistrationLinkMutations {
        /// Links an approved registration to a deal that was open already: its partner sourced
        /// the deal. The deal keeps its terms.
        link_registration(LinkRegistrationInput, "Which registration, and which deal.") needs RegistrationDecide ->
        /// Result of `linkRegistration`.
        LinkRegistrationPayload {
            /// The deal; null where nothing was linked.
            deal: Deal
        }
    }
}
