//! Payments that people make by hand, from a list.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{Condition, QuerySelect, QueryTrait};

use crate::access::Permission;
use crate::entity::payout::{self, State};
use crate::entity::{Owned, partner, payout_method, payout_report, payout_run, work};
use crate::error::{About, Error, Result};
use crate::ids::{PartnerId, PayoutId, PayoutRunId};
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::keyring::Secret;
use crate::money::Money;
use crate::partner::payout_methods;
use crate::payout::{departure, settlement};
use crate::reads::{self, Page, Window};
use crate::scope::{Fact, Scope, Tx};

/// One payment to make by hand.
#[derive(Clone, Debug)]
pub struct Order {
    /// The payout.
    pub payout: PayoutId,
    /// What to write on the payment, so that it can be told from others.
    pub reference: String,
    /// Who is paid.
    pub partner: String,
    /// Where to.
    pub destination: Secret,
    /// How much.
    pub money: Money,
}

/// The most payments that are told at a time: each is looked at before it is.
const ORDERS: u64 = 200;

/// Some payments of a run that are to be made by hand, after one of them, oldest
/// first: sent over a rail that tells nothing, of which nobody has reported yet. The log
/// says who took them.
///
/// This is when their money leaves. What must be true then is looked at here: what was
/// never listed before, and is not to be paid any more, fails; what was listed is not
/// listed again.
pub async fn list(
    scope: &Scope,
    run: impl Into<Given<PayoutRunId>>,
    after: Option<Given<PayoutId>>,
) -> Result<Page<Order>> {
    scope.require(Permission::PayoutExport)?;
    let mut check = Check::default();
    let run = check.given(run)?;
    let after = check.optional(after)?;
    let Some(run) = run else {
        return Err(check.failed());
    };
    check.done()?;
    let window = Window {
        after,
        ..Window::first(ORDERS)
    };
    let mut tx = scope.begin().await?;
    payout_run::Entity::get(&tx, tx.tenant(), run)
        .await
        .at("id")?;
    // Of what somebody has reported, the payment was made, or must not be any more.
    let reported = payout_report::Entity::find()
        .filter(payout_report::Column::TenantId.eq(tx.tenant()))
        .select_only()
        .column(payout_report::Column::PayoutId)
        .into_query();
    let filter = reads::all()
        .add(payout::Column::RunId.eq(run))
        .add(payout::Column::State.eq(State::Sent))
        .add(payout::Column::Rail.is_in(silent(scope)))
        .add(payout::Column::Id.not_in_subquery(reported));
    let page = reads::page_of(&tx, payout::Entity::of(tx.tenant()), filter, window).await?;
    let payable = still_payable(&mut tx, page.rows).await?;
    let payouts = payable.len();
    let fact = Fact::PayoutRunExported(facts::ExportedRun { payouts });
    tx.record(run, None, fact).await?;
    let rows = orders_for(&tx, payable).await?;
    tx.commit().await?;
    Ok(Page {
        rows,
        has_next: page.has_next,
        has_previous: page.has_previous,
    })
}

/// The payouts of a list that are to be paid as things stand, noted as listed.
async fn still_payable(tx: &mut Tx, payouts: Vec<payout::Model>) -> Result<Vec<payout::Model>> {
    let mut payable = Vec::new();
    for payout in payouts {
        let run = payout_run::Entity::get(tx, tx.tenant(), payout.run_id).await?;
        let unready = departure::no_longer_ready(tx, &run, &payout).await?;
        match (unready, payout.listed_at) {
            (None, listed_at) => {
                let mut change: payout::ActiveModel = payout.into();
                change.listed_at = Set(listed_at.or(Some(tx.now())));
                payable.push(change.update(tx).await?);
            }
            (Some(reason), None) => {
                let id = payout.id;
                settlement::fail(tx, payout, reason.to_owned()).await?;
                tx.enqueue(work::Kind::ApplyPayout, id.0, None).await?;
            }
            // Somebody may be paying it.
            (Some(_), Some(_)) => {}
        }
    }
    Ok(payable)
}

/// The filter that payouts pass which nobody was told to pay: they are to be paid by hand,
/// and were never listed.
pub(crate) fn never_listed(scope: &Scope) -> Condition {
    Condition::all()
        .add(payout::Column::State.eq(State::Sent))
        .add(of_silent_rails(scope))
        .add(payout::Column::ListedAt.is_null())
}

/// The filter that payouts pass whose rail tells nothing of them.
pub(crate) fn of_silent_rails(scope: &Scope) -> SimpleExpr {
    payout::Column::Rail.is_in(silent(scope))
}

/// The rails that tell nothing of what they pay.
fn silent(scope: &Scope) -> Vec<&'static str> {
    let rails = scope.engine().rails.iter();
    rails
        .filter(|rail| !rail.answers())
        .map(|rail| rail.name())
        .collect()
}

async fn orders_for(tx: &Tx, payouts: Vec<payout::Model>) -> Result<Vec<Order>> {
    let partners = payouts.iter().map(|row| row.partner_id);
    let partners = partner::Entity::of(tx.tenant()).filter(partner::Column::Id.is_in(partners));
    let names = partners
        .all(tx)
        .await?
        .into_iter()
        .map(|row| (row.id, row.name));
    let names: HashMap<PartnerId, String> = names.collect();
    let methods = payouts.iter().map(|row| row.method_id);
    let methods =
        payout_method::Entity::of(tx.tenant()).filter(payout_method::Column::Id.is_in(methods));
    let methods = methods.all(tx).await?.into_iter().map(|row| (row.id, row));
    let methods: HashMap<_, _> = methods.collect();
    let order = |payout: payout::Model| {
        let without = |what| Error::broken(format!("{} has no {what}", payout.id));
        let method = methods.get(&payout.method_id);
        let method = method.ok_or_else(|| without("payout method"))?;
        let partner = names.get(&payout.partner_id).cloned();
        Ok(Order {
            payout: payout.id,
            partner: partner.ok_or_else(|| without("partner"))?,
            destination: payout_methods::destination(tx.keyring(), method)?,
            money: Money::new(payout.amount_minor, payout.currency),
            reference: payout
                .reference
                .clone()
                .ok_or_else(|| without("reference"))?,
        })
    };
    payouts.into_iter().map(order).collect()
}
