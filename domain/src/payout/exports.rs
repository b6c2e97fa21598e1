//! Payments that people make by hand, from a list.

use std::collections::HashMap;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{Condition, QueryOrder, QuerySelect, QueryTrait};

use crate::access::Permission;
use crate::entity::payout::{self, State};
use crate::entity::{Owned, partner, payout_method, payout_report, payout_run, work};
use crate::error::{About, Error, Result};
use crate::ids::{PartnerId, PayoutId, PayoutRunId};
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::keyring::Secret;
use crate::money::Money;
use crate::partner::{payout_methods, readiness};
use crate::payout::{departure, settlement};
use crate::scope::{Fact, Scope, Tx};

/// One payment to make by hand.
#[derive(Clone, Debug)]
pub struct ManualPayment {
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

/// Some payments of a run.
#[derive(Debug)]
pub struct Export {
    /// Those that are to be made.
    pub payments: Vec<ManualPayment>,
    /// The last payout that was looked at; the next ones come after it.
    pub last: Option<PayoutId>,
    /// Whether there are next ones.
    pub has_more: bool,
}

/// The most payments that are told at a time: each is looked at before it is.
const MOST_PAYMENTS: usize = 200;

/// Some payments of a run that are to be made by hand, after one of them, oldest
/// first: sent over a rail that tells nothing, of which nobody has reported yet. The log
/// says who took them.
///
/// This is when their money leaves. What must be true then is looked at here: what was
/// never exported before, and is not to be paid any more, fails; what was exported is not
/// exported again.
pub async fn export(
    scope: &Scope,
    run: impl Into<Given<PayoutRunId>>,
    after: Option<Given<PayoutId>>,
) -> Result<Export> {
    scope.require(Permission::PayoutExport)?;
    let mut check = Check::default();
    let run = check.given(run)?;
    let after = check.optional(after)?;
    let Some(run) = run else {
        return Err(check.failed());
    };
    check.done()?;
    let mut tx = scope.begin().await?;
    let run = payout_run::Entity::get(&tx, tx.tenant(), run)
        .await
        .at("id")?;
    let beyond = after.map(|after| payout::Column::Id.gt(after));
    let mut rows = payout::Entity::of(tx.tenant())
        .filter(to_be_made(scope).add(payout::Column::RunId.eq(run.id)))
        .filter(Condition::all().add_option(beyond))
        .order_by_asc(payout::Column::Id)
        .limit(MOST_PAYMENTS as u64 + 1)
        .all(&tx)
        .await?;
    let has_more = rows.len() > MOST_PAYMENTS;
    rows.truncate(MOST_PAYMENTS);
    let last = rows.last().map(|payout| payout.id);
    let payable = still_payable(&mut tx, &run, rows).await?;
    let payouts = payable.len();
    let fact = Fact::PayoutRunExported(facts::ExportedRun { payouts });
    tx.record(run.id, None, fact).await?;
    let payments = payments_of(&tx, payable).await?;
    tx.commit().await?;
    Ok(Export {
        payments,
        last,
        has_more,
    })
}

/// The payouts of a list that are to be paid as things stand, noted as listed.
async fn still_payable(
    tx: &mut Tx,
    run: &payout_run::Model,
    payouts: Vec<payout::Model>,
) -> Result<Vec<payout::Model>> {
    let partners: Vec<PartnerId> = payouts.iter().map(|payout| payout.partner_id).collect();
    let papers = readiness::papers(tx, tx.tenant(), &partners, tx.now()).await?;
    let mut payable = Vec::new();
    for payout in payouts {
        let papers = papers.get(&payout.partner_id);
        let papers = papers.cloned().unwrap_or_default();
        let unready = departure::no_longer_ready(tx, run, &payout, &papers).await?;
        match (unready, payout.exported_at) {
            (None, _) => payable.push(payout),
            (Some(reason), None) => {
                let id = payout.id;
                settlement::fail(tx, payout, reason.to_owned()).await?;
                tx.enqueue(work::Kind::ApplyPayout, id.0, None).await?;
            }
            // Somebody may be paying it.
            (Some(_), Some(_)) => {}
        }
    }
    payout::Entity::update_many()
        .col_expr(payout::Column::ExportedAt, Expr::value(Some(tx.now())))
        .col_expr(payout::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(payout::Column::TenantId.eq(tx.tenant()))
        .filter(payout::Column::Id.is_in(payable.iter().map(|payout| payout.id)))
        .filter(payout::Column::ExportedAt.is_null())
        .exec(tx)
        .await?;
    Ok(payable)
}

/// The filter that payouts pass which people are to make: sent over a rail that tells
/// nothing. Of what somebody has reported, the payment was made, or must not be any more.
fn to_be_made(scope: &Scope) -> Condition {
    let reported = payout_report::Entity::find()
        .filter(payout_report::Column::TenantId.eq(scope.tenant()))
        .select_only()
        .column(payout_report::Column::PayoutId)
        .into_query();
    Condition::all()
        .add(payout::Column::State.eq(State::Sent))
        .add(by_hand(scope))
        .add(payout::Column::Id.not_in_subquery(reported))
}

/// The filter that payouts pass which people are to make, and nobody was told of.
pub(crate) fn untold(scope: &Scope) -> Condition {
    to_be_made(scope).add(payout::Column::ExportedAt.is_null())
}

/// The filter that payouts pass which failed before anybody was told of them.
pub(crate) fn failed_untold(scope: &Scope) -> Condition {
    Condition::all()
        .add(payout::Column::State.eq(State::Failed))
        .add(by_hand(scope))
        .add(payout::Column::ExportedAt.is_null())
}

/// The filter that payouts pass whose rail tells nothing of them.
fn by_hand(scope: &Scope) -> SimpleExpr {
    let rails = scope.engine().rails.iter();
    let silent = rails.filter(|rail| !rail.answers());
    payout::Column::Rail.is_in(silent.map(|rail| rail.name()))
}

async fn payments_of(tx: &Tx, payouts: Vec<payout::Model>) -> Result<Vec<ManualPayment>> {
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
    let payment = |payout: payout::Model| {
        let without = |what| Error::broken(format!("{} has no {what}", payout.id));
        let method = methods.get(&payout.method_id);
        let method = method.ok_or_else(|| without("payout method"))?;
        let partner = names.get(&payout.partner_id).cloned();
        Ok(ManualPayment {
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
    payouts.into_iter().map(payment).collect()
}
