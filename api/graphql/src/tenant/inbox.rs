//! What waits for somebody.

use async_graphql::{Description, ID, Object};

use crate::commission::{Commission, CommissionState};
use crate::deal::{Involvement, InvolvementState, Registration, RegistrationState};
use crate::lists::waiting_lists;
use crate::partner::{PayoutMethod, PayoutMethodState, TaxForm, TaxFormState};
use crate::payout::{Payout, PayoutRun, PayoutRunState, PayoutState};
use crate::rule::{Activation, ActivationState};

waiting_lists! {
    /// The lists of what waits.
    InboxLists {
        /// Registrations that wait for a person.
        registrations: Registration in RegistrationState [Submitted, InConflict];
        /// Involvements that nobody has decided.
        involvements: Involvement in InvolvementState [Proposed];
        /// Tax forms to approve or reject.
        tax_forms: TaxForm in TaxFormState [Submitted];
        /// Payout methods to verify.
        payout_methods: PayoutMethod in PayoutMethodState [Unverified];
        /// Payout runs to approve.
        payout_runs: PayoutRun in PayoutRunState [Draft];
        /// Payouts of which nobody knows what became: what a provider shows is to be reported.
        payouts: Payout in PayoutState [Unknown];
        /// Commissions that a fault holds.
        commissions: Commission in CommissionState [Held];
        /// Activations of plugin versions to approve.
        activations: Activation in ActivationState [Proposed];
    }
}

/// What waits for a decision, by what it is: each a list with its count. A partner's key
/// sees its own.
#[derive(Description)]
pub struct Inbox;

#[Object(use_type_description)]
impl Inbox {
    /// The same for every key: it is there for caches.
    async fn id(&self) -> ID {
        "inbox".into()
    }

    #[graphql(flatten)]
    async fn lists(&self) -> InboxLists {
        InboxLists
    }
}

/// Reading what waits.
#[derive(Default)]
pub struct InboxQueries;

#[Object]
impl InboxQueries {
    /// What waits for a decision.
    async fn inbox(&self) -> Inbox {
        Inbox
    }
}
