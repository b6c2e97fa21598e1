//! Partners' parts in deals.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use tributary_domain::deal::decisions;
use tributary_domain::deal::involvements::{self, NewInvolvement};
use tributary_domain::entity::involvement;
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::scope::Scope;

use crate::context::{RequestExt, given, wraps};
use crate::deal::credits::CreditRole;
use crate::deal::deals::Deal;
use crate::deal::registrations::Registration;
use crate::error::{ApiResult, commands};
use crate::lists::root_lists;
use crate::partner::partners::Partner;
use crate::scalars::DateTime;
use crate::tenant::actors::Actor;
use tributary_domain::access::Permission;

/// What a partner did for a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "involvement::Kind")]
pub enum InvolvementKind {
    /// It made the introduction.
    Introduced,
    /// It recommended the product to the customer.
    Vouched,
    /// It shaped what the customer asked for.
    ShapedRequirements,
    /// It checked that the product works for the customer.
    Validated,
    /// It sold alongside.
    CoSold,
    /// It built the connection.
    Integrated,
}

/// Where an involvement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "involvement::State")]
pub enum InvolvementState {
    /// A person has to look at it.
    Proposed,
    /// It counts when credit is settled.
    Confirmed,
    /// It does not.
    Declined,
}

/// One partner's part in one deal.
#[derive(Description)]
pub struct Involvement(pub involvement::Model);
wraps!(Involvement, involvement::Model);

#[Object(use_type_description)]
impl Involvement {
    /// Its id, `inv_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The deal. Null only where its look-up fails.
    async fn deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        Ok(ctx.loaders().one(self.0.deal_id).await?.map(Deal))
    }

    /// The partner. Null only where its look-up fails.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// Whether the partner brought the deal or influenced the win.
    async fn role(&self) -> CreditRole {
        self.0.role.into()
    }

    /// What it did.
    async fn kind(&self) -> InvolvementKind {
        self.0.kind.into()
    }

    /// What shows it: a link, a meeting, a document.
    async fn evidence(&self) -> &str {
        &self.0.evidence
    }

    /// The registration that shows it; null where that is not the evidence.
    async fn registration(&self, ctx: &Context<'_>) -> ApiResult<Option<Registration>> {
        let registration = ctx.loaders().maybe(self.0.registration_id).await?;
        Ok(registration.map(Registration))
    }

    /// Its state.
    async fn state(&self) -> InvolvementState {
        self.0.state.into()
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.0.occurred_at)
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }

    /// By whom. Null for a partner's key unless it was that
    /// key's own person, or the server.
    async fn recorded_by(&self) -> Option<Actor> {
        Actor::shown(self.0.recorded_by)
    }

    /// When it was confirmed or declined; null before.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }

    /// By whom; null before.
    async fn decided_by(&self) -> Option<Actor> {
        self.0.decided_by.and_then(Actor::shown)
    }

    /// Why it was declined; null where it was not.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Whether the key may confirm or decline it, while its deal allows it.
    async fn viewer_can_decide(&self, ctx: &Context<'_>) -> bool {
        let waits = self.0.state == involvement::State::Proposed;
        waits && ctx.scope().role().may(Permission::InvolvementDecide)
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

root_lists! {
    /// Reading involvements.
    InvolvementQueries {
        /// The partners' parts in deals that the key may see, oldest first. Those in
        /// state PROPOSED wait for somebody to decide.
        involvements: Involvement;
    }
}

/// An involvement to record.
#[derive(InputObject)]
pub struct RecordInvolvementInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The deal; open.
    deal_id: ID,
    /// The partner; at work in the deal's program.
    partner_id: ID,
    /// Whether it brought the deal or influenced the win.
    role: CreditRole,
    /// What it did.
    kind: InvolvementKind,
    /// What shows it: a link, a meeting, a document. 1 to 2,000 characters.
    evidence: String,
    /// When it happened; not in the future. Now, if not given.
    occurred_at: Option<DateTime>,
}

impl RecordInvolvementInput {
    async fn run(self, scope: &Scope) -> Result<involvement::Model> {
        let new = NewInvolvement {
            deal: given(Noun::Deal, "dealId", &self.deal_id),
            partner: given(Noun::Partner, "partnerId", &self.partner_id),
            role: self.role.into(),
            kind: self.kind.into(),
            evidence: self.evidence,
            occurred_at: self.occurred_at.map(|moment| moment.0),
        };
        involvements::record(scope, &self.idempotency_key, new).await
    }
}

/// An involvement to confirm.
#[derive(InputObject)]
pub struct ConfirmInvolvementInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The involvement.
    id: ID,
}

impl ConfirmInvolvementInput {
    async fn run(self, scope: &Scope) -> Result<involvement::Model> {
        let involvement = given(Noun::Involvement, "id", &self.id);
        decisions::decide(scope, &self.idempotency_key, involvement, None).await
    }
}

/// An involvement to decline.
#[derive(InputObject)]
pub struct DeclineInvolvementInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The involvement.
    id: ID,
    /// Why, for the partner: 1 to 2,000 characters.
    reason: String,
}

impl DeclineInvolvementInput {
    async fn run(self, scope: &Scope) -> Result<involvement::Model> {
        let involvement = given(Noun::Involvement, "id", &self.id);
        let (key, reason) = (&self.idempotency_key, self.reason.as_str());
        decisions::decide(scope, key, involvement, Some(reason)).await
    }
}

commands! {
    /// Changing involvements.
    InvolvementMutations {
        /// Proposes a partner's part in a deal, with its evidence, for a person to
        /// confirm.
        record_involvement(RecordInvolvementInput, "The involvement.") needs InvolvementRecord ->
        /// Result of `recordInvolvement`.
        RecordInvolvementPayload {
            /// The involvement; null where nothing was recorded.
            involvement: Involvement
        }

        /// Confirms an involvement while its deal is open, or won with credit that
        /// waits. The last decision there settles the credit.
        confirm_involvement(ConfirmInvolvementInput, "Which involvement.") needs InvolvementDecide ->
        /// Result of `confirmInvolvement`.
        ConfirmInvolvementPayload {
            /// The involvement; null where nothing was decided.
            involvement: Involvement
        }

        /// Declines an involvement while its deal is open, or won with credit that
        /// waits. The last decision there settles the credit.
        decline_involvement(DeclineInvolvementInput, "Which involvement, and why.") needs InvolvementDecide ->
        /// Result of `declineInvolvement`.
        DeclineInvolvementPayload {
            /// The involvement; null where nothing was decided.
            involvement: Involvement
        }
    }
}
