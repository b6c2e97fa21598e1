//! Partners: inviting them, and letting them work.

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::access::Permission;
use crate::entity::{Owned, agreement, api_key, enrollment, partner, person, program};
use crate::error::{About, Conflict, Error, Result};
use crate::idempotency::Command;
use crate::ids::{EnrollmentId, PartnerId, PersonId, ProgramId, TermsId};
use crate::kernel::check::{Check, Given};
use crate::kernel::external_ids::{self, Subject};
use crate::kernel::facts;
use crate::kernel::search::Audience;
use crate::partner::readiness;
use crate::program::in_force;
use crate::reads::Visible;
use crate::scope::{Fact, Scope, Tx};
use crate::{idempotency, limits, reads};

/// Invites a partner into a program whose terms are published.
pub async fn invite(
    scope: &Scope,
    key: &str,
    name: &str,
    program: impl Into<Given<ProgramId>>,
    tier: Option<&str>,
    external_id: Option<&str>,
) -> Result<partner::Model> {
    scope.require(Permission::PartnerManage)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let name = check.take(limits::name("name", name))?;
    let program = check.given(program)?;
    let tier = check.take(tier.map(|tier| limits::name("tier", tier)).transpose())?;
    let external_id = check.take(external_ids::read(external_id))?;
    let (Some(key), Some(name), Some(program), Some(tier), Some(external_id)) =
        (key, name, program, tier, external_id)
    else {
        return Err(reads::failed::<program::Entity>(check, scope, "programId", program).await);
    };
    let command = Command::new(
        "partner.invite",
        Some(key),
        &(&name, program, &tier, &external_id),
    )?;
    let done = command.once::<partner::Entity>(scope, async |tx: &mut Tx| {
        in_force::of_open(tx, program).await.at("programId")?;
        let row = partner::ActiveModel {
            responsible_id: Set(None),
            updated_at: Set(tx.now()),
            tenant_id: Set(tx.tenant()),
            id: Set(PartnerId::new()),
            name: Set(name),
            state: Set(partner::State::Onboarding),
            created_at: Set(tx.now()),
        };
        let partner = row.insert(tx).await?;
        let called = [(Audience::Everybody, &*partner.name)];
        tx.make_findable::<partner::Entity>(partner.id, called)
            .await?;
        if let Some(external_id) = &external_id {
            external_ids::keep(tx, Subject::Partner(partner.id), external_id).await?;
        }
        let row = enrollment::ActiveModel {
            updated_at: Set(tx.now()),
            tenant_id: Set(tx.tenant()),
            id: Set(EnrollmentId::new()),
            partner_id: Set(partner.id),
            program_id: Set(program),
            tier: Set(tier),
            state: Set(enrollment::State::Invited),
            created_at: Set(tx.now()),
        };
        enrollment::Entity::insert(row)
            .exec_without_returning(tx)
            .await?;
        let name = partner.name.clone();
        let fact = Fact::PartnerInvited(facts::Invitation { name, program });
        tx.record(partner.id, None, fact).await?;
        Ok(partner)
    });
    done.await
}

/// Suspends a partner, or lets it work again. Paying it waits meanwhile. A late
/// repetition does not undo a later change: it has its key.
pub async fn suspend(
    scope: &Scope,
    key: &str,
    id: impl Into<Given<PartnerId>>,
    suspended: bool,
) -> Result<partner::Model> {
    scope.require(Permission::PartnerManage)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let id = check.given(id)?;
    let (Some(key), Some(id)) = (key, id) else {
        return Err(reads::failed::<partner::Entity>(check, scope, "id", id).await);
    };
    let command = Command::new("partner.suspend", Some(key), &(id, suspended))?;
    let done = command.once::<partner::Entity>(scope, async |tx: &mut Tx| {
        let partner = partner::Entity::get(tx, tx.tenant(), id).await.at("id")?;
        if (partner.state == partner::State::Suspended) == suspended {
            return Ok(partner);
        }
        let nothing = facts::Nothing {};
        let (state, fact) = if suspended {
            (partner::State::Suspended, Fact::PartnerSuspended(nothing))
        } else {
            (partner::State::Onboarding, Fact::PartnerResumed(nothing))
        };
        let mut change: partner::ActiveModel = partner.into();
        change.state = Set(state);
        tx.update(change).await?;
        tx.record(id, None, fact).await?;
        settle_state(tx, id).await
    });
    done.await
}

/// Says who of the tenant's people looks after a partner, or that nobody does.
///
/// # Errors
///
/// [`Error::Invalid`] for a person who has no key of the tenant's own that works.
pub async fn assign(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<PartnerId>>,
    person: Option<impl Into<Given<PersonId>>>,
) -> Result<partner::Model> {
    scope.require(Permission::PartnerManage)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read_optional(key))?;
    let id = check.given(id)?;
    let person = match person {
        Some(person) => check.given(person)?.map(Some),
        None => Some(None),
    };
    let (Some(key), Some(id), Some(person)) = (key, id, person) else {
        if let Some(Some(person)) = person {
            let found = reads::get::<person::Entity>(scope, person).await;
            check.take(found.at("personId"))?;
        }
        return Err(reads::failed::<partner::Entity>(check, scope, "id", id).await);
    };
    let command = Command::repeatable("partner.assign", key, &(id, person))?;
    let done = command.once::<partner::Entity>(scope, async |tx: &mut Tx| {
        let mut check = Check::default();
        let partner = partner::Entity::get(tx, tx.tenant(), id).await.at("id");
        let partner = check.take(partner)?;
        if let Some(person) = person {
            check.take(require_of_tenant(tx, person).await)?;
        }
        let Some(partner) = partner else {
            return Err(check.failed());
        };
        check.done()?;
        if partner.responsible_id == person {
            return Ok(partner);
        }
        let mut change: partner::ActiveModel = partner.into();
        change.responsible_id = Set(person);
        let partner = tx.update(change).await?;
        let fact = facts::Responsibility {
            responsible: person,
        };
        tx.record(id, None, Fact::PartnerAssigned(fact)).await?;
        Ok(partner)
    });
    done.await
}

/// Fails unless the person has a key that works and is for no partner.
async fn require_of_tenant(tx: &Tx, person: PersonId) -> Result<()> {
    let person = person::Entity::get(tx, tx.tenant(), person)
        .await
        .at("personId")?;
    let keys = api_key::Entity::of(tx.tenant())
        .filter(api_key::Column::PersonId.eq(person.id))
        .filter(api_key::Column::PartnerId.is_null())
        .filter(api_key::Column::RevokedAt.is_null());
    if keys.one(tx).await?.is_none() {
        let message = "this person is not one of the tenant's own people";
        return Err(Error::invalid("personId", message));
    }
    Ok(())
}

/// The programs that partners are or were in, oldest first.
pub async fn enrollments(scope: &Scope, partners: &[PartnerId]) -> Result<Vec<enrollment::Model>> {
    let query = enrollment::Entity::visible(scope)
        .filter(enrollment::Column::PartnerId.is_in(partners.iter().copied()))
        .order_by_asc(enrollment::Column::Id);
    Ok(query.all(&scope.read().await?).await?)
}

/// The partner's enrollment in a program.
pub(crate) async fn enrollment_in(
    tx: &Tx,
    partner: PartnerId,
    program: ProgramId,
) -> Result<enrollment::Model> {
    let query = enrollment::Entity::of(tx.tenant())
        .filter(enrollment::Column::PartnerId.eq(partner))
        .filter(enrollment::Column::ProgramId.eq(program));
    query.one(tx).await?.ok_or_else(|| {
        Error::conflict(
            Conflict::NotEnrolled,
            "the partner does not take part in the program",
        )
    })
}

/// A partner that may work in a program: enrolled there, with an agreement to
/// some version of its terms, and not suspended.
pub(crate) async fn working_in(
    tx: &Tx,
    partner: &partner::Model,
    program: ProgramId,
) -> Result<()> {
    if partner.state == partner::State::Suspended {
        let message = "the partner is suspended";
        return Err(Error::conflict(Conflict::WrongState, message));
    }
    let enrollment = enrollment_in(tx, partner.id, program).await?;
    if enrollment.state != enrollment::State::Active {
        let message = "the partner has not accepted the program's agreement";
        return Err(Error::conflict(Conflict::AgreementNeeded, message));
    }
    Ok(())
}

/// Fails unless the partner has accepted these terms: nobody enters into
/// anything new under terms that it has not agreed to.
pub(crate) async fn bound_by(tx: &Tx, partner: PartnerId, terms: TermsId) -> Result<()> {
    let accepted = agreement::Entity::of(tx.tenant())
        .filter(agreement::Column::PartnerId.eq(partner))
        .filter(agreement::Column::TermsId.eq(terms));
    match accepted.one(tx).await? {
        Some(_) => Ok(()),
        None => {
            let message = "the partner has not accepted the terms in force: it does so first";
            Err(Error::conflict(Conflict::AgreementNeeded, message))
        }
    }
}

/// Makes an onboarding partner active once its paperwork is complete.
pub(crate) async fn settle_state(tx: &mut Tx, id: PartnerId) -> Result<partner::Model> {
    let partner = partner::Entity::get(tx, tx.tenant(), id).await?;
    let papers = readiness::papers(tx, tx.tenant(), &[id], tx.now()).await?;
    let ready = papers
        .get(&id)
        .is_some_and(|papers| papers.obstacles().is_empty());
    if partner.state != partner::State::Onboarding || !ready {
        return Ok(partner);
    }
    let mut change: partner::ActiveModel = partner.into();
    change.state = Set(partner::State::Active);
    let partner = tx.update(change).await?;
    tx.record(id, None, Fact::PartnerActivated(facts::Nothing {}))
        .await?;
    Ok(partner)
}
