//! What waits for somebody.

use async_graphql::{Context, Description, ID, Object};
use tributary_domain::ids::PersonId;

use crate::commission::{Commission, CommissionState};
use crate::context::RequestExt;
use crate::deal::{Involvement, InvolvementState, Registration, RegistrationState};
use crate::lists::waiting_lists;
use crate::partner::{PayoutMethod, PayoutMethodState, TaxForm, TaxFormState};
use crate::payout::{Payout, PayoutRun, PayoutRunState, PayoutState};
use crate::rule::{Activation, ActivationState};

waiting_lists! {
    /// The lists of what waits.
    InboxLists {
        /// Registrations that wait for a person.
        registrations: Registration by responsible_id in RegistrationState [Submitted, InConflict];
        /// Involvements that nobody has decided.
        involvements: Involvement by responsible_id in InvolvementState [Proposed];
        /// Tax forms to approve or reject.
        tax_forms: TaxForm by responsible_id in TaxFormState [Submitted];
        /// Payout methods to verify.
        payout_methods: PayoutMethod by responsible_id in PayoutMethodState [Unverified];
        /// Payout runs to approve.
        payout_runs: PayoutRun in PayoutRunState [Draft];
        /// Payouts of which nobody knows what became: what a provider shows is to be reported.
        payouts: Payout by responsible_id in PayoutState [Unknown];
        /// Commissions that a fault holds.
        commissions: Commission by responsible_id in CommissionState [Held];
        /// Activations of plugin versions to approve.
        activations: Activation in ActivationState [Proposed];
    }
}

/// What waits for a decision, by what it is: each a list with its count. A partner's key
/// sees its own.
#[derive(Description)]
pub struct Inbox {
    responsible: Option<PersonId>,
}

#[Object(use_type_description)]
impl Inbox {
    /// The same for every key: it is there for caches. That of `mine` is another.
    async fn id(&self) -> ID {
        match self.responsible {
            Some(_) => "inbox-mine".into(),
            None => "inbox".into(),
        }
    }

    #[graphql(flatten)]
    async fn lists(&self) -> InboxLists {
        let responsible = self.responsible;
        InboxLists { responsible }
    }
}

/// Reading what waits.
#[derive(Default)]
pub struct InboxQueries;

#[Object]
impl InboxQueries {
    /// What waits for a decision.
    async fn inbox(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default,
            desc = "Only what concerns partners whom the caller looks after. Payout runs and \
                    activations concern no single partner, and are all listed. Nothing changes \
                    for a partner's key."
        )]
        mine: bool,
    ) -> Inbox {
        let scope = ctx.scope();
        let responsible = scope.person().filter(|_| mine && scope.partner().is_none());
        Inbox { responsible }
    }
}
