//! The ledger.

use async_graphql::{Context, Description, ID, Object, SimpleObject};
use tributary_domain::entity::entry;
use tributary_domain::ledger::{self, TrialBalance};
use tributary_domain::reads;

use super::context::{Beside, mirrors, wraps};
use super::error::ApiResult;
use super::pages::{Connection, Slice, connection, cost};
use super::partner::Partner;
use super::scalars::{Money, Position};

mirrors! {
    /// The accounts of the ledger.
    LedgerAccount = entry::LedgerAccount {
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
}

/// The tenant's books, added up anew.
#[derive(Description)]
pub struct Ledger(TrialBalance);
wraps!(Ledger, TrialBalance);

#[Object(use_type_description)]
impl Ledger {
    /// Whether every posting balances in every currency.
    async fn balanced(&self) -> bool {
        self.0.balanced
    }

    /// How many entries there are.
    async fn entry_count(&self) -> u64 {
        self.0.entries
    }

    /// The balance of each account in each currency in which it has entries.
    async fn balances(&self) -> Vec<LedgerBalance> {
        let rows = self.0.balances.iter();
        rows.map(|(&(account, currency), &minor)| LedgerBalance {
            account: account.into(),
            balance: Money::minor(minor, currency),
        })
        .collect()
    }

    /// The entries, oldest first.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<LedgerEntry>> {
        let window = Slice {
            first,
            after,
            last,
            before,
        }
        .window()?;
        let page = reads::page::<entry::Entity>(ctx.scope(), reads::all(), window).await?;
        Ok(connection::<entry::Entity, _>(page))
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
    async fn position(&self) -> Position {
        Position(self.0.position)
    }

    /// The account.
    async fn account(&self) -> LedgerAccount {
        self.0.account.into()
    }

    /// The partner whom it concerns.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
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
    /// The tenant's books. For keys that may read them.
    async fn ledger(&self, ctx: &Context<'_>) -> ApiResult<Ledger> {
        Ok(ledger::trial_balance(ctx.scope()).await?.into())
    }
}
