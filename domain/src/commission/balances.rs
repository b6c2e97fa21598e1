//! What partners have coming and have got, by currency.

use std::collections::HashMap;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{Condition, QueryOrder, QuerySelect};

use crate::clock::Moment;
use crate::entity::earning::{self, State};
use crate::error::Result;
use crate::ids::PartnerId;
use crate::money::Currency;
use crate::reads::Visible;
use crate::scope::Scope;

/// What a partner holds, is owed and was paid in one currency, in minor units. The figures add
/// up to all that was ever released less what was taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartnerBalance {
    /// Released, and its hold has not ended.
    pub on_hold_minor: i64,
    /// Its hold has ended, and it is in no payout.
    pub payable_minor: i64,
    /// Taken back by refunds and not set off yet; negative.
    pub taken_back_minor: i64,
    /// In payouts that are not finished.
    pub in_payout_minor: i64,
    /// Paid, or set off.
    pub paid_minor: i64,
    /// When the next hold ends.
    pub next_payable_at: Option<Moment>,
}

/// What these partners have coming and have got, as far as the actor may see it: for each
/// by currency, in the order of their codes.
pub async fn of(
    scope: &Scope,
    partners: &[PartnerId],
) -> Result<HashMap<PartnerId, Vec<(Currency, PartnerBalance)>>> {
    use earning::Column;
    let taken_back = Column::AmountMinor.lt(0);
    let ended = Column::PayableAt.lte(scope.now());
    let share = |condition: Condition| {
        let amount = Expr::case(condition, Column::AmountMinor.into_expr()).finally(0);
        Expr::expr(amount).sum().cast_as("bigint")
    };
    let held = || Condition::all().add(Column::State.eq(State::Held));
    let earned = || held().add(taken_back.clone().not());
    let waiting = Expr::case(
        earned().add(ended.clone().not()),
        Column::PayableAt.into_expr(),
    );
    let stored = |state: State| Condition::all().add(Column::State.eq(state));
    type Row = (PartnerId, Currency, i64, i64, i64, i64, i64, Option<Moment>);
    let rows: Vec<Row> = earning::Entity::visible(scope)
        .filter(Column::PartnerId.is_in(partners.iter().copied()))
        .select_only()
        .column(Column::PartnerId)
        .column(Column::Currency)
        .column_as(share(earned().add(ended.clone().not())), "on_hold")
        .column_as(share(earned().add(ended.clone())), "payable")
        .column_as(share(held().add(taken_back.clone())), "taken_back")
        .column_as(share(stored(State::InPayout)), "in_payout")
        .column_as(share(stored(State::Paid)), "paid")
        .column_as(Expr::expr(waiting).min(), "next_payable_at")
        .group_by(Column::PartnerId)
        .group_by(Column::Currency)
        .order_by_asc(Column::Currency)
        .into_tuple()
        .all(&scope.read().await?)
        .await?;
    let mut found: HashMap<PartnerId, Vec<(Currency, PartnerBalance)>> = HashMap::new();
    for (partner, currency, on_hold, payable, taken_back, in_payout, paid, next) in rows {
        let balance = PartnerBalance {
            on_hold_minor: on_hold,
            payable_minor: payable,
            taken_back_minor: taken_back,
            in_payout_minor: in_payout,
            paid_minor: paid,
            next_payable_at: next,
        };
        found.entry(partner).or_default().push((currency, balance));
    }
    Ok(found)
}
