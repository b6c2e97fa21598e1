//! Entitlements.

use async_graphql::resolver_utils::EnumType;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use tributary_domain::commission::commissions;
use tributary_domain::entity::commission;
use tributary_domain::error::{Error, Result};
use tributary_domain::ids::Noun;
use tributary_domain::scope::Scope;

use crate::commission::earnings::Earning;
use crate::context::{RequestExt, given, wraps};
use crate::deal::credits::CreditRole;
use crate::deal::deals::Deal;
use crate::error::{ApiResult, commands};
use crate::lists::{nested_lists, root_lists};
use crate::loaders::SumsOfCommission;
use crate::partner::partners::Partner;
use crate::rule::evaluations::Evaluation;
use crate::rule::rules::Rule;
use crate::scalars::{DateTime, Money};
use tributary_domain::access::Permission;

/// Where a commission stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "commission::State")]
pub enum CommissionState {
    /// It is not assessed yet.
    Pending,
    /// Its total stands; collections release it.
    Approved,
    /// Its rule faulted; nothing is released until it is tried again.
    Held,
    /// Its deal is written off. Nothing more is expected; a later payment is still
    /// released.
    Closed,
}

/// What kind of fault a rule has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum FaultCode {
    /// The rule itself refused the case, with its reason.
    Refused,
    /// It trapped.
    Trapped,
    /// It used more fuel than it may.
    OutOfFuel,
    /// It asked for more memory than it may have.
    OutOfMemory,
    /// Its answer is larger than it may be.
    OutputTooLarge,
    /// It paid a partner without credit in the role.
    PayeeWithoutCredit,
    /// It gave a basis that it does not declare.
    UndeclaredBasis,
    /// It gave a negative amount.
    NegativeAmount,
    /// It gave more than the terms let a rule give.
    CapExceeded,
    /// Its code cannot be run here.
    NotRunnable,
    /// Its configuration cannot be read.
    BadConfiguration,
}

impl FaultCode {
    /// The code that is stored so.
    ///
    /// # Errors
    /// For another text.
    pub fn stored(code: &str) -> ApiResult<Self> {
        let known = Self::items().iter().find(|item| item.name == code);
        let unknown = || Error::broken(format!("the fault {code}"));
        Ok(known.map(|item| item.value).ok_or_else(unknown)?)
    }
}

/// Why a commission is held.
#[derive(SimpleObject)]
pub struct CommissionFault {
    /// What kind of fault.
    code: FaultCode,
    /// What happened, in words.
    message: String,
}

/// One partner's entitlement on one deal under one rule.
#[derive(Description)]
pub struct Commission(pub commission::Model);
wraps!(Commission, commission::Model);

#[Object(use_type_description)]
impl Commission {
    /// Its id, `com_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The deal. Null only where its look-up fails.
    async fn deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        Ok(ctx.loaders().one(self.0.deal_id).await?.map(Deal))
    }

    /// Whose it is. Null only where its look-up fails.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// The rule that it is computed by. Null only where its look-up fails.
    async fn rule(&self, ctx: &Context<'_>) -> ApiResult<Option<Rule>> {
        Ok(ctx.loaders().one(self.0.rule_id).await?.map(Rule))
    }

    /// Which credit it pays.
    async fn role(&self) -> CreditRole {
        self.0.role.into()
    }

    /// Its state.
    async fn state(&self) -> CommissionState {
        self.0.state.into()
    }

    /// The entitlement, in the deal's currency; null until it is assessed.
    async fn total(&self) -> Option<Money> {
        let total = self.0.total_minor?;
        Some(Money::minor(total, self.0.currency))
    }

    /// What collections have released of it so far, less what refunds took
    /// back. Equals the total once the deal is fully collected.
    async fn earned(&self, ctx: &Context<'_>) -> ApiResult<Money> {
        let sums = ctx.loaders().one(SumsOfCommission(self.0.id)).await?;
        let earned = sums.unwrap_or_default().earned_minor;
        Ok(Money::minor(earned, self.0.currency))
    }

    /// What of it the partner has.
    async fn paid(&self, ctx: &Context<'_>) -> ApiResult<Money> {
        let sums = ctx.loaders().one(SumsOfCommission(self.0.id)).await?;
        let paid = sums.unwrap_or_default().paid_minor;
        Ok(Money::minor(paid, self.0.currency))
    }

    /// How the figure came about, in words, a line for each of the rule's
    /// entries; null until it is assessed.
    async fn explanation(&self) -> Option<&str> {
        self.0.explanation.as_deref()
    }

    /// The receipt of the rule run that computed it; null until there is one, and for
    /// keys that may not read the books.
    async fn evaluation(&self, ctx: &Context<'_>) -> ApiResult<Option<Evaluation>> {
        Ok(ctx
            .loaders()
            .maybe(self.0.evaluation_id)
            .await?
            .map(Evaluation))
    }

    /// Why it is held; null where it is not, and for a partner's key: it is the
    /// tenant's rule that faulted.
    async fn fault(&self) -> ApiResult<Option<CommissionFault>> {
        let Some(code) = self.0.fault_code.as_deref() else {
            return Ok(None);
        };
        Ok(Some(CommissionFault {
            code: FaultCode::stored(code)?,
            message: self.0.fault_message.clone().unwrap_or_default(),
        }))
    }

    /// The moment as of which its rule was asked: the win, or when it was last tried
    /// again.
    async fn as_of(&self) -> DateTime {
        DateTime(self.0.as_of_at)
    }

    /// When the credit was settled.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was assessed or held; null until then.
    async fn assessed_at(&self) -> Option<DateTime> {
        self.0.assessed_at.map(DateTime)
    }

    /// Whether the key may try it again as it stands.
    async fn viewer_can_retry(&self, ctx: &Context<'_>) -> bool {
        let held = self.0.state == commission::State::Held;
        held && ctx.scope().role().may(Permission::CommissionManage)
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    #[graphql(flatten)]
    async fn lists(&self) -> CommissionLists {
        self.nested()
    }
}

nested_lists! {
    CommissionLists of Commission {
        /// What collections released of it, oldest first.
        earnings: Earning, by earning CommissionId;
    }
}

root_lists! {
    /// Reading commissions.
    CommissionQueries {
        /// The commissions that the key may see, oldest first.
        commissions: Commission;
    }
}

/// A commission to try again.
#[derive(InputObject)]
pub struct RetryCommissionInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The commission.
    id: ID,
}

impl RetryCommissionInput {
    async fn run(self, scope: &Scope) -> Result<commission::Model> {
        commissions::retry(
            scope,
            self.idempotency_key.as_deref(),
            given(Noun::Commission, "id", &self.id),
        )
        .await
    }
}

commands! {
    /// Changing commissions.
    CommissionMutations {
        /// Runs the rule of a HELD commission again, with the code that is used now; also for
        /// the others that the same run of the rule held. For one that is not held it does
        /// nothing.
        retry_commission(RetryCommissionInput, "Which.") needs CommissionManage ->
        /// Result of `retryCommission`.
        RetryCommissionPayload {
            /// The commission, approved or held once more; null where there is none.
            commission: Commission
        }
    }
}
