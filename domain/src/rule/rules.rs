//! Rules at work: the case that is put to them, and the invariants that every answer is
//! held to.

use std::collections::{BTreeMap, HashMap};

use sea_orm::entity::prelude::*;
use sea_orm::{JoinType, QueryOrder, QuerySelect, RelationTrait};

use crate::calculator::{Case, CaseCredit, CaseDeal, CaseHistory, CaseTerms, Fault, Verdict};
use crate::clock::Moment;
use crate::entity::credit_share::Role;
use crate::entity::{
    Owned, commission, credit, credit_share, deal, enrollment, program, rule, terms,
};
use crate::error::{Error, Result};
use crate::ids::{DealId, PartnerId, TermsId};
use crate::money::Exact;
use crate::scope::Scope;
use crate::sums::whole_sum;

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
        config: rule.config.clone(),
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
    let volume = whole_sum(deal::Column::AmountMinor);
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
        let deals = i32::try_from(deals)
            .map_err(|_| Error::broken(format!("{deals} deals of {}", credit.partner)))?;
        Ok(CaseHistory {
            partner: credit.partner,
            year,
            deals,
            volume_minor,
        })
    });
    history.collect()
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
    if sum <= cap {
        Ok(verdict)
    } else {
        Err(Fault::CapExceeded)
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
