//! The ledger: double entry, balanced in every currency, never edited.
//!
//! | What happens | Debit | Credit |
//! |---|---|---|
//! | a commission is assessed | commission expense | accrued |
//! | a collection releases an earning | accrued | payable |
//! | a deal is written off | accrued | commission expense |
//! | a collection releases an earning all the same | commission expense | payable |
//! | a payout leaves | payable | in transit |
//! | a payout arrives | in transit | cash |
//! | a payout fails | in transit | payable |
//!
//! A refund is a release with the sign turned.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use uuid::Uuid;

use crate::access::Permission;
use crate::entity::entry::LedgerAccount;
use crate::entity::ledger_transaction::Kind;
use crate::entity::{Owned, entry, ledger_transaction};
use crate::error::{Error, Result};
use crate::ids::{EntryId, PartnerId};
use crate::money::{Currency, Money};
use crate::scope::{Scope, Tx};
use crate::sums::whole_sum;

/// Books the event at `position`: debits one account and credits another by
/// the same money, for one partner. A negative amount books the reverse.
pub(crate) async fn post(
    tx: &Tx,
    position: i64,
    kind: Kind,
    subject: Uuid,
    partner: PartnerId,
    money: Money,
) -> Result<()> {
    use LedgerAccount::{Accrued, Cash, CommissionExpense, InTransit, Payable};
    let (debit, credit) = match kind {
        Kind::Accrual => (CommissionExpense, Accrued),
        Kind::Release => (Accrued, Payable),
        Kind::WriteOff => (Accrued, CommissionExpense),
        Kind::LateRelease => (CommissionExpense, Payable),
        Kind::PayoutSent => (Payable, InTransit),
        Kind::PayoutSettled => (InTransit, Cash),
        Kind::PayoutFailed => (InTransit, Payable),
    };
    let opposite = money
        .minor
        .checked_neg()
        .ok_or_else(|| Error::broken("ledger overflow"))?;
    let header = ledger_transaction::ActiveModel {
        tenant_id: Set(tx.tenant()),
        position: Set(position),
        kind: Set(kind),
        subject: Set(subject),
        posted_at: Set(tx.now()),
    };
    ledger_transaction::Entity::insert(header)
        .exec_without_returning(tx)
        .await?;
    let line = |account, minor| entry::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(EntryId::new()),
        position: Set(position),
        account: Set(account),
        partner_id: Set(Some(partner)),
        amount_minor: Set(minor),
        currency: Set(money.currency),
    };
    let lines = [line(debit, money.minor), line(credit, opposite)];
    entry::Entity::insert_many(lines)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// What the books say when they are added up anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialBalance {
    /// Whether every posting balances in every currency.
    pub balanced: bool,
    /// How many lines there are.
    pub entries: u64,
    /// The balance of each account in each currency, in minor units: debits
    /// are positive.
    pub balances: BTreeMap<(LedgerAccount, Currency), i64>,
}

/// Adds all lines up: by posting, to see that each balances, and by account.
pub async fn trial_balance(scope: &Scope) -> Result<TrialBalance> {
    scope.require(Permission::BooksRead)?;
    let db = scope.read().await?;
    let sum = || whole_sum(entry::Column::AmountMinor);
    let unbalanced = entry::Entity::of(scope.tenant())
        .select_only()
        .column(entry::Column::Position)
        .group_by(entry::Column::Position)
        .group_by(entry::Column::Currency)
        .having(ExprTrait::ne(sum(), 0))
        .into_tuple::<i64>()
        .one(&db)
        .await?;
    let sums: Vec<(LedgerAccount, Currency, i64, i64)> = entry::Entity::of(scope.tenant())
        .select_only()
        .column(entry::Column::Account)
        .column(entry::Column::Currency)
        .column_as(sum(), "balance")
        .column_as(entry::Column::Id.count(), "entries")
        .group_by(entry::Column::Account)
        .group_by(entry::Column::Currency)
        .into_tuple()
        .all(&db)
        .await?;
    let entries = sums.iter().map(|(.., count)| count.unsigned_abs()).sum();
    let balances = sums
        .into_iter()
        .map(|(account, currency, sum, _)| ((account, currency), sum));
    Ok(TrialBalance {
        balanced: unbalanced.is_none(),
        entries,
        balances: balances.collect(),
    })
}
