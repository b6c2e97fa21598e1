//! Rules at work: the case that is put to them, the one that is built in, and
//! the invariants that every answer is held to.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use sea_orm::entity::prelude::*;
use sea_orm::{ExprTrait, JoinType, QueryOrder, QuerySelect, RelationTrait};

use crate::calculator::{
    Case, CaseCredit, CaseDeal, CaseHistory, CaseTerms, Fault, Verdict, VerdictEntry,
};
use crate::clock::Moment;
use crate::entity::credit_share::Role;
use crate::entity::{
    Owned, commission, credit, credit_share, deal, enrollment, program, rule, terms,
};
use crate::error::{Error, Result};
use crate::ids::{DealId, PartnerId, TermsId};
use crate::money::{Exact, Money};
use crate::scope::Scope;

/// Everything that the answer on one deal under one rule may depend on.
pub(crate) async fn case(
    scope: &Scope,
    deal: &deal::Model,
    rule: &rule::Model,
    commissions: &[commission::Model],
) -> Result<Case> {
    let db = scope.read().await?;
    let tenant = scope.tenant();
    let terms = terms::Entity::get(&db, tenant, rule.terms_id).await?;
    let program = program::Entity::get(&db, tenant, deal.program_id).await?;
    let (Some(closed_at), Some(position)) = (deal.closed_at, deal.closed_position) else {
        return Err(Error::broken(format!(
            "{} has commissions and is not won",
            deal.id
        )));
    };
    let partners: Vec<PartnerId> = commissions.iter().map(|row| row.partner_id).collect();
    let credit = commissions.first().map(|row| row.credit_id);
    let credit = credit.ok_or_else(|| Error::broken("a case without commissions"))?;
    let tiers: HashMap<PartnerId, Option<String>> = enrollment::Entity::of(tenant)
        .filter(enrollment::Column::ProgramId.eq(deal.program_id))
        .filter(enrollment::Column::PartnerId.is_in(partners.iter().copied()))
        .all(&db)
        .await?
        .into_iter()
        .map(|row| (row.partner_id, row.tier))
        .collect();
    let shares = credit_share::Entity::find()
        .filter(credit_share::Column::TenantId.eq(tenant))
        .filter(credit_share::Column::CreditId.eq(credit))
        .filter(credit_share::Column::Role.eq(rule.role))
        .order_by_asc(credit_share::Column::PartnerId)
        .all(&db)
        .await?;
    let mut credits: Vec<CaseCredit> = shares
        .into_iter()
        .map(|share| CaseCredit {
            partner: share.partner_id,
            share_numerator: share.share_numerator,
            share_denominator: share.share_denominator,
            tier: tiers.get(&share.partner_id).cloned().flatten(),
        })
        .collect();
    credits.sort_by_key(|credit| credit.partner);
    let history = history(&db, deal, closed_at, position, &credits).await?;
    Ok(Case {
        evaluated_at: closed_at,
        deal: CaseDeal {
            id: deal.id,
            amount_minor: deal.amount_minor,
            currency: deal.currency,
            opened_at: deal.opened_at,
            closed_at,
        },
        role: rule.role,
        credits,
        terms: CaseTerms {
            id: terms.id,
            version: terms.version,
            model: program.model,
        },
        history,
        config: config(rule)?,
    })
}

/// A plain case by which a configuration is tried.
pub(crate) fn trial(now: Moment, role: Role, program: &program::Model, config: &str) -> Case {
    let partner = PartnerId::new();
    Case {
        evaluated_at: now,
        deal: CaseDeal {
            id: DealId::new(),
            amount_minor: 1_000 * 10_i64.pow(program.currency.exponent()),
            currency: program.currency,
            opened_at: now,
            closed_at: now,
        },
        role,
        credits: vec![CaseCredit {
            partner,
            share_numerator: 1,
            share_denominator: 1,
            tier: None,
        }],
        terms: CaseTerms {
            id: TermsId::new(),
            version: 1,
            model: program.model,
        },
        history: vec![CaseHistory {
            partner,
            year: now.year(),
            deals: 0,
            volume_minor: 0,
        }],
        config: config.to_owned(),
    }
}

/// What a rule is configured with, as JSON text.
fn config(rule: &rule::Model) -> Result<String> {
    match rule.kind {
        rule::Kind::Plugin => Ok(rule.config.clone()),
        rule::Kind::Percentage => {
            let config = Percentage {
                rate: rule
                    .rate
                    .clone()
                    .ok_or_else(|| Error::broken("a rule without rate"))?,
                cap_minor: rule.cap_minor,
            };
            serde_json::to_string(&config).map_err(|error| Error::broken(error.to_string()))
        }
    }
}

/// The deals that each credited partner sourced and that were won earlier in
/// the same calendar year, with credit that was settled before this win. Earlier
/// means a lower place in the log, so that the answer does not depend on when the
/// question is put.
async fn history<C: ConnectionTrait>(
    db: &C,
    deal: &deal::Model,
    closed_at: Moment,
    position: i64,
    credits: &[CaseCredit],
) -> Result<Vec<CaseHistory>> {
    let year = closed_at.year();
    let volume = ExprTrait::cast_as(deal::Column::AmountMinor.sum(), "bigint");
    let won: Vec<(PartnerId, i64, i64)> = credit_share::Entity::find()
        .join(JoinType::InnerJoin, credit_share::Relation::Credit.def())
        .join(JoinType::InnerJoin, credit::Relation::Deal.def())
        .filter(credit_share::Column::TenantId.eq(deal.tenant_id))
        .filter(credit_share::Column::Role.eq(Role::Sourced))
        .filter(credit_share::Column::PartnerId.is_in(credits.iter().map(|row| row.partner)))
        .filter(deal::Column::Currency.eq(deal.currency))
        .filter(deal::Column::ClosedAt.gte(Moment::start_of_year(year)))
        .filter(deal::Column::ClosedAt.lt(Moment::start_of_year(year + 1)))
        .filter(deal::Column::ClosedPosition.lt(position))
        .filter(credit::Column::SettledPosition.lt(position))
        .select_only()
        .column(credit_share::Column::PartnerId)
        .column_as(deal::Column::Id.count(), "deals")
        .column_as(volume, "volume")
        .group_by(credit_share::Column::PartnerId)
        .into_tuple()
        .all(db)
        .await?;
    let history = credits.iter().map(|credit| {
        let own = won.iter().find(|(partner, ..)| *partner == credit.partner);
        let (deals, volume_minor) = own.map_or((0, 0), |&(_, deals, volume)| (deals, volume));
        CaseHistory {
            partner: credit.partner,
            year,
            deals: i32::try_from(deals).unwrap_or(i32::MAX),
            volume_minor,
        }
    });
    Ok(history.collect())
}

/// The configuration of the built-in percentage.
#[derive(serde::Serialize, serde::Deserialize)]
struct Percentage {
    /// Per cent, as decimal text.
    rate: String,
    /// The most on one deal, in minor units.
    cap_minor: Option<i64>,
}

/// What the built-in percentage is called in receipts.
pub(crate) const PERCENTAGE: &str = "builtin:percentage@1";

/// The built-in percentage: a part of the deal's amount, up to a cap, divided
/// by share. Exact to a billionth of a minor unit; what the shares cut off below
/// that goes, a billionth each, to the lowest ids, so that the sum is exact.
pub(crate) fn percentage(case: &Case) -> Result<Verdict, Fault> {
    let bad = |message: &str| Fault::BadConfiguration {
        message: message.to_owned(),
    };
    let config: Percentage =
        serde_json::from_str(&case.config).map_err(|_| bad("not a percentage"))?;
    let rate: Decimal = config.rate.parse().map_err(|_| bad("not a rate"))?;
    // Six decimals of a per cent are hundred-millionths of the amount.
    let parts = rate
        .checked_mul(Decimal::from(1_000_000))
        .filter(Decimal::is_integer)
        .and_then(|parts| parts.to_i128())
        .ok_or_else(|| bad("more than six decimals"))?;
    let per_part = Exact::PER_MINOR / 100_000_000;
    let uncapped = i128::from(case.deal.amount_minor) * parts * per_part;
    let cap = config.cap_minor.map(Exact::from_minor);
    let total = cap.map_or(uncapped, |cap| uncapped.min(cap.0));
    let capped = match config.cap_minor {
        Some(cap) if total < uncapped => {
            format!(", capped at {}", Money::new(cap, case.deal.currency))
        }
        _ => String::new(),
    };
    let amount = Money::new(case.deal.amount_minor, case.deal.currency);
    let entries = case.credits.iter().zip(divided(total, &case.credits));
    let entries = entries.map(|(credit, part)| VerdictEntry {
        partner: credit.partner,
        amount: Exact(part),
        basis: "percentage".to_owned(),
        explanation: match (credit.share_numerator, credit.share_denominator) {
            (one, of) if one == of => format!("{} % of {amount}{capped}", config.rate),
            (one, of) => format!(
                "{} % of {amount}{capped}, of which {one} of {of} parts",
                config.rate
            ),
        },
    });
    Ok(Verdict {
        entries: entries.collect(),
        notes: Vec::new(),
    })
}

/// Billionths divided by share, to the last one.
fn divided(total: i128, credits: &[CaseCredit]) -> Vec<i128> {
    let part = |credit: &CaseCredit| {
        total * i128::from(credit.share_numerator) / i128::from(credit.share_denominator)
    };
    let mut parts: Vec<i128> = credits.iter().map(part).collect();
    let left = total - parts.iter().sum::<i128>();
    for part in parts.iter_mut().take(usize::try_from(left).unwrap_or(0)) {
        *part += 1;
    }
    parts
}

/// Holds an answer to the invariants of money: whoever is paid has credit, no
/// amount is negative, and the sum stays within the terms' cap.
pub fn checked(case: &Case, cap_bps: i32, verdict: Verdict) -> Result<Verdict, Fault> {
    let mut sum = 0_i128;
    for entry in &verdict.entries {
        if !case
            .credits
            .iter()
            .any(|credit| credit.partner == entry.partner)
        {
            return Err(Fault::PayeeWithoutCredit);
        }
        if entry.amount.0 < 0 {
            return Err(Fault::NegativeAmount);
        }
        sum = sum.checked_add(entry.amount.0).ok_or(Fault::CapExceeded)?;
    }
    let cap = Exact::from_minor(case.deal.amount_minor).0 / 10_000 * i128::from(cap_bps);
    match sum <= cap {
        true => Ok(verdict),
        false => Err(Fault::CapExceeded),
    }
}

/// What a verdict gives each credited partner, unrounded; nothing for those
/// it does not name.
pub fn parts(case: &Case, verdict: &Verdict) -> BTreeMap<PartnerId, Exact> {
    let mut parts: BTreeMap<PartnerId, Exact> = case
        .credits
        .iter()
        .map(|credit| (credit.partner, Exact(0)))
        .collect();
    for entry in &verdict.entries {
        // `checked` has added the same amounts up without overflow.
        parts.entry(entry.partner).or_default().0 += entry.amount.0;
    }
    parts
}
