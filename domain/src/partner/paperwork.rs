//! The paperwork without which nobody is paid: agreements and tax forms.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::access::Permission;
use crate::clock::Moment;
use crate::entity::{Owned, agreement, enrollment, partner, tax_form, terms};
use crate::error::{About, Conflict, Error, Result};
use crate::idempotency::Command;
use crate::ids::{AgreementId, PartnerId, TaxFormId, TermsId};
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::partner::{partners, readiness};
use crate::scope::{Fact, Scope, Tx};
use crate::{idempotency, limits, people, reads};

/// Who accepted, by what authority, and how.
#[derive(Debug)]
pub struct Signature {
    /// The signer's name.
    pub signer_name: String,
    /// The signer's authority, as a job title.
    pub signer_authority: String,
    /// The affirmative act in words, as `clicked "I agree"`.
    pub act: String,
}

/// Accepts terms for a partner: those in force, or earlier ones that a deal of
/// its own is under. `document_digest` must be the digest of the document that the
/// signer was shown. Accepting the same terms again is harmless.
pub async fn accept_agreement(
    scope: &Scope,
    key: Option<&str>,
    partner: impl Into<Given<PartnerId>>,
    terms: impl Into<Given<TermsId>>,
    document_digest: &str,
    signature: Signature,
) -> Result<agreement::Model> {
    scope.require(Permission::PartnerFile)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read_optional(key))?;
    let partner = check.given(partner)?;
    let terms = check.given(terms)?;
    let signer_name = check.take(limits::name("signerName", &signature.signer_name))?;
    let authority = limits::name("signerAuthority", &signature.signer_authority);
    let authority = check.take(authority)?;
    let act = check.take(limits::sentence("act", &signature.act))?;
    let (Some(key), Some(partner), Some(terms), Some(signer_name), Some(authority), Some(act)) =
        (key, partner, terms, signer_name, authority, act)
    else {
        if let Some(id) = partner {
            check.take(
                reads::get::<partner::Entity>(scope, id)
                    .await
                    .at("partnerId"),
            )?;
        }
        if let Some(id) = terms {
            check.take(reads::get::<terms::Entity>(scope, id).await.at("termsId"))?;
        }
        return Err(check.failed());
    };
    scope.require_partner(partner)?;
    let arguments = (
        partner,
        terms,
        document_digest,
        &signer_name,
        &authority,
        &act,
    );
    let command = Command::repeatable("agreement.accept", key, &arguments)?;
    let done = command.once::<agreement::Entity>(scope, async |tx: &mut Tx| {
        let found = partner::Entity::get(tx, tx.tenant(), partner).await;
        check.take(found.at("partnerId"))?;
        let terms = reads::named::<terms::Entity>(scope, tx, terms).await;
        let Some(terms) = check.take(terms.at("termsId"))? else {
            return Err(check.failed());
        };
        if document_digest != terms.document_digest {
            let message = "not the digest of these terms' document: show the document again";
            check.take::<()>(Err(Error::invalid("documentDigest", message)))?;
        }
        check.done()?;
        let enrollment = partners::enrollment_in(tx, partner, terms.program_id).await?;
        if let Some(earlier) = agreement_for(tx, partner, terms.id).await? {
            return Ok(earlier);
        }
        let open = matches!(terms.state, terms::State::Scheduled | terms::State::InForce);
        if !open && !is_required(tx, partner, terms.id).await? {
            let message = "these terms are not in force: accept those that are";
            return Err(Error::conflict(Conflict::WrongState, message));
        }
        let row = agreement::ActiveModel {
            tenant_id: Set(tx.tenant()),
            id: Set(AgreementId::new()),
            partner_id: Set(partner),
            terms_id: Set(terms.id),
            document_digest: Set(terms.document_digest),
            rendered_text: Set(terms.document),
            signer_name: Set(signer_name),
            signer_authority: Set(authority),
            method: Set(agreement::Method::Api),
            act: Set(act),
            ip: Set(scope.origin().ip.clone()),
            user_agent: Set(scope.origin().user_agent.clone()),
            recorded_by: Set(tx.actor()),
            state: Set(agreement::State::Accepted),
            accepted_at: Set(tx.now()),
        };
        let agreement = row.insert(tx).await?;
        let mut change: enrollment::ActiveModel = enrollment.into();
        change.state = Set(enrollment::State::Active);
        tx.update(change).await?;
        let terms = terms.id;
        let fact = Fact::AgreementAccepted(facts::Acceptance { partner, terms });
        tx.record(agreement.id, None, fact).await?;
        partners::settle_state(tx, partner).await?;
        Ok(agreement)
    });
    done.await
}

async fn is_required(tx: &Tx, partner: PartnerId, terms: TermsId) -> Result<bool> {
    let papers = readiness::papers(tx, tx.tenant(), &[partner], tx.now()).await?;
    let papers = papers.get(&partner);
    Ok(papers.is_some_and(|papers| papers.required.contains(&terms)))
}

/// Files a tax form. Of the tax id only the last four characters are kept, also
/// in what a repeated command is known by.
pub async fn submit_tax_form(
    scope: &Scope,
    key: &str,
    partner: impl Into<Given<PartnerId>>,
    kind: tax_form::Kind,
    tax_id: &str,
    signer_name: &str,
) -> Result<tax_form::Model> {
    scope.require(Permission::PartnerFile)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let partner = check.given(partner)?;
    let signer_name = check.take(limits::name("signerName", signer_name))?;
    let last4 = check.take(last4(tax_id))?;
    let (Some(key), Some(partner), Some(signer_name), Some(last4)) =
        (key, partner, signer_name, last4)
    else {
        return Err(reads::failed::<partner::Entity>(check, scope, "partnerId", partner).await);
    };
    scope.require_partner(partner)?;
    let arguments = (partner, kind, &last4, &signer_name);
    let command = Command::new("tax_form.submit", Some(key), &arguments)?;
    let done = command.once::<tax_form::Entity>(scope, async |tx: &mut Tx| {
        partner::Entity::get(tx, tx.tenant(), partner)
            .await
            .at("partnerId")?;
        let row = tax_form::ActiveModel {
            updated_at: Set(tx.now()),
            tenant_id: Set(tx.tenant()),
            id: Set(TaxFormId::new()),
            partner_id: Set(partner),
            kind: Set(kind),
            tax_id_last4: Set(last4),
            signer_name: Set(signer_name),
            state: Set(tax_form::State::Submitted),
            submitted_by: Set(tx.actor()),
            submitted_at: Set(tx.now()),
            decided_at: Set(None),
            decided_by: Set(None),
            reason: Set(None),
            expires_at: Set(expiry(kind, tx.now())),
        };
        let form = row.insert(tx).await?;
        let fact = Fact::TaxFormSubmitted(facts::FiledForm { partner, kind });
        tx.record(form.id, None, fact).await?;
        Ok(form)
    });
    reads::shown::<tax_form::Entity>(scope, done.await?).await
}

/// The last four letters and digits of a tax id.
fn last4(tax_id: &str) -> Result<String> {
    let characters: Vec<char> = tax_id
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .collect();
    match characters.len() {
        5..=20 => Ok(characters[characters.len() - 4..].iter().collect()),
        _ => {
            let message = "a tax id has 5 to 20 letters and digits";
            Err(Error::invalid("taxId", message))
        }
    }
}

/// When a form stops being valid: W-8 forms with the third year after the one
/// they were signed in (instructions to Form W-8BEN); the others do not.
fn expiry(kind: tax_form::Kind, signed: Moment) -> Option<Moment> {
    match kind {
        tax_form::Kind::W8Ben | tax_form::Kind::W8BenE => {
            Some(Moment::start_of_year(signed.year() + 4))
        }
        _ => None,
    }
}

/// Approves a tax form, or rejects it with a reason.
pub async fn decide_tax_form(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<TaxFormId>>,
    rejection: Option<&str>,
) -> Result<tax_form::Model> {
    scope.require(Permission::PartnerManage)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read_optional(key))?;
    let id = check.given(id)?;
    let reason = rejection.map(|text| limits::sentence("reason", text));
    let reason = check.take(reason.transpose())?;
    let (Some(key), Some(id), Some(reason)) = (key, id, reason) else {
        return Err(reads::failed::<tax_form::Entity>(check, scope, "id", id).await);
    };
    let state = match &reason {
        None => tax_form::State::Approved,
        Some(_) => tax_form::State::Rejected,
    };
    let command = Command::repeatable("tax_form.decide", key, &(id, &reason))?;
    let done = command.once::<tax_form::Entity>(scope, async |tx: &mut Tx| {
        let form = tax_form::Entity::get(tx, tx.tenant(), id).await.at("id")?;
        if form.state == state {
            return Ok(form);
        }
        if form.state != tax_form::State::Submitted {
            return Err(Error::conflict(
                Conflict::WrongState,
                "the form is decided already",
            ));
        }
        let message = "whoever filed a form cannot decide on it: ask a second person";
        people::require_second(tx, form.submitted_by, message).await?;
        let mut change: tax_form::ActiveModel = form.into();
        change.state = Set(state);
        change.reason = Set(reason);
        change.decided_at = Set(Some(tx.now()));
        change.decided_by = Set(Some(tx.actor()));
        let form = tx.update(change).await?;
        let partner = facts::OfPartner {
            partner: form.partner_id,
        };
        let fact = match state {
            tax_form::State::Approved => Fact::TaxFormApproved(partner),
            _ => Fact::TaxFormRejected(partner),
        };
        tx.record(id, None, fact).await?;
        partners::settle_state(tx, form.partner_id).await?;
        Ok(form)
    });
    done.await
}

async fn agreement_for(
    tx: &Tx,
    partner: PartnerId,
    terms: TermsId,
) -> Result<Option<agreement::Model>> {
    let query = agreement::Entity::of(tx.tenant())
        .filter(agreement::Column::PartnerId.eq(partner))
        .filter(agreement::Column::TermsId.eq(terms));
    Ok(query.one(tx).await?)
}
