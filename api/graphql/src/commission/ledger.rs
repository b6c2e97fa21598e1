//! The ledger.

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use tokio::sync::OnceCell;
use tributary_domain::access::Permission;
use tributary_domain::commission::ledger::{self, TrialBalance};
use tributary_domain::entity::entry;
use tributary_transport::document::directives::{cost, list_size};

use crate::connections::Connection;
use crate::context::{RequestExt, wraps};
use crate::error::{ApiResult, nullable};
use crate::lists::{LedgerEntryFilter, LedgerEntryOrder};
use crate::pages::{self, Arguments, Paged};
use crate::partner::partners::Partner;
use crate::scalars::{Money, Position};

/// The accounts of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entry::LedgerAccount")]
pub enum LedgerAccount {
    /// What partners cost the tenant.
    CommissionExpense,
    /// Owed once the customer pays.
    Accrued,
    /// Owed now.
    Payable,
    /// With a rail.
    InTransit,
    /// Paid.
    Cash,
}

/// What a field costs that adds up the whole ledger.
fn added_up() -> String {
    "400".to_owned()
}

/// The tenant's ledger. Totals are computed on request.
#[derive(Default, Description)]
pub struct Ledger(OnceCell<TrialBalance>);

impl Ledger {
    async fn trial_balance(&self, ctx: &Context<'_>) -> ApiResult<&TrialBalance> {
        let add_up = || ledger::trial_balance(ctx.scope());
        Ok(self.0.get_or_try_init(add_up).await?)
    }
}

#[Object(use_type_description)]
impl Ledger {
    /// The same for every tenant: it is there for caches.
    async fn id(&self) -> ID {
        "ledger".into()
    }

    /// Whether every posting balances in every currency.
    #[graphql(directive = cost::apply(added_up()))]
    async fn balanced(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        Ok(self.trial_balance(ctx).await?.balanced)
    }

    /// How many entries there are.
    #[graphql(directive = cost::apply(added_up()))]
    async fn entry_count(&self, ctx: &Context<'_>) -> ApiResult<u64> {
        Ok(self.trial_balance(ctx).await?.entries)
    }

    /// The balance of each account in each currency in which it has entries.
    #[graphql(
        directive = cost::apply(added_up()),
        directive = list_size::apply(Some(50), None, None)
    )]
    async fn balances(&self, ctx: &Context<'_>) -> ApiResult<Vec<LedgerBalance>> {
        let rows = self.trial_balance(ctx).await?.balances.iter();
        let balances = rows.map(|(&(account, currency), &minor)| LedgerBalance {
            account: account.into(),
            balance: Money::minor(minor, currency),
        });
        Ok(balances.collect())
    }

    /// The entries, oldest first.
    #[graphql(directive = Paged::apply(), directive = cost::apply("100".to_owned()))]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a list")]
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions that they meet; all of them, if absent.")] filter: Option<
            LedgerEntryFilter,
        >,
        #[graphql(desc = "The order; by creation, if absent.")] order_by: Option<LedgerEntryOrder>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<LedgerEntry>> {
        let arguments = Arguments {
            filter,
            order_by,
            first,
            after,
            last,
            before,
        };
        pages::root::<LedgerEntry>(ctx, "Ledger.entries", arguments)
    }
}

/// One account's balance in one currency.
#[derive(SimpleObject)]
pub struct LedgerBalance {
    /// The account.
    account: LedgerAccount,
    /// Debits less credits.
    balance: Money,
}

/// One line of the double-entry ledger.
#[derive(Description)]
pub struct LedgerEntry(pub entry::Model);
wraps!(LedgerEntry, entry::Model);

#[Object(use_type_description)]
impl LedgerEntry {
    /// Its id, `ent_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The position in the log of the event that it books. The entries of one
    /// position balance.
    async fn position(&self, ctx: &Context<'_>) -> Position {
        Position::of(ctx, self.0.position)
    }

    /// The account.
    async fn account(&self) -> LedgerAccount {
        self.0.account.into()
    }

    /// The partner whom it concerns. Null where it concerns no partner, or the look-up fails.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().maybe(self.0.partner_id).await?.map(Partner))
    }

    /// How much: a debit is positive, a credit negative.
    async fn amount(&self) -> Money {
        Money::minor(self.0.amount_minor, self.0.currency)
    }
}

/// Reading the ledger.
#[derive(Default)]
pub struct LedgerQueries;

#[Object]
impl LedgerQueries {
    /// The tenant's books. For keys that may read them: null with `FORBIDDEN` for others.
    async fn ledger(&self, ctx: &Context<'_>) -> Option<ApiResult<Ledger>> {
        let allowed = ctx.scope().require(Permission::BooksRead);
        nullable(allowed.map(|()| Ledger::default()).map_err(Into::into))
    }
}
