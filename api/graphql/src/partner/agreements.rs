//! Agreements: partners' acceptances of terms.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use tributary_domain::entity::agreement;
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::partner::paperwork::{self, Signature};
use tributary_domain::scope::Scope;

use crate::context::{RequestExt, given, wraps};
use crate::error::{ApiResult, commands};
use crate::lists::root_lists;
use crate::partner::partners::Partner;
use crate::program::terms::Terms;
use crate::scalars::DateTime;

/// By what means a partner signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "agreement::Method")]
pub enum SignatureMethod {
    /// A key of the partner sent the acceptance.
    Api,
}

/// Where an agreement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "agreement::State")]
pub enum AgreementState {
    /// In effect.
    Accepted,
}

/// A partner's acceptance of one version of terms.
#[derive(Description)]
pub struct Agreement(pub agreement::Model);
wraps!(Agreement, agreement::Model);

#[Object(use_type_description)]
impl Agreement {
    /// Its id, `agr_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The partner. Null only where its look-up fails.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// The terms that it accepted. Null only where its look-up fails.
    async fn terms(&self, ctx: &Context<'_>) -> ApiResult<Option<Terms>> {
        Ok(ctx.loaders().one(self.0.terms_id).await?.map(Terms))
    }

    /// SHA-256 in hexadecimal of the text that the signer saw.
    async fn document_digest(&self) -> &str {
        &self.0.document_digest
    }

    /// Who accepted.
    async fn signer_name(&self) -> &str {
        &self.0.signer_name
    }

    /// By what authority, as a job title.
    async fn signer_authority(&self) -> &str {
        &self.0.signer_authority
    }

    /// By what means.
    async fn method(&self) -> SignatureMethod {
        self.0.method.into()
    }

    /// The affirmative act, in words.
    async fn act(&self) -> &str {
        &self.0.act
    }

    /// When it was accepted.
    async fn accepted_at(&self) -> DateTime {
        DateTime(self.0.accepted_at)
    }

    /// Its state.
    async fn state(&self) -> AgreementState {
        self.0.state.into()
    }
}

root_lists! {
    /// Reading agreements.
    AgreementQueries {
        /// The agreements that the key may see, oldest first.
        agreements: Agreement;
    }
}

/// An agreement to accept.
#[derive(InputObject)]
pub struct AcceptAgreementInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The partner.
    partner_id: ID,
    /// The terms that it accepts: those in force, or earlier ones that a deal of
    /// its own is under. `Readiness.termsToAccept` names them.
    terms_id: ID,
    /// `Terms.documentDigest` of the document that the signer was shown.
    document_digest: String,
    /// Who accepts, 1 to 200 characters.
    signer_name: String,
    /// By what authority, as a job title, 1 to 200 characters.
    signer_authority: String,
    /// The affirmative act in words, as `clicked "I agree"`: 1 to 2,000
    /// characters.
    act: String,
}

impl AcceptAgreementInput {
    async fn run(self, scope: &Scope) -> Result<agreement::Model> {
        let partner = given(Noun::Partner, "partnerId", &self.partner_id);
        let terms = given(Noun::Terms, "termsId", &self.terms_id);
        let signature = Signature {
            signer_name: self.signer_name,
            signer_authority: self.signer_authority,
            act: self.act,
        };
        paperwork::accept_agreement(
            scope,
            self.idempotency_key.as_deref(),
            partner,
            terms,
            &self.document_digest,
            signature,
        )
        .await
    }
}

commands! {
    /// Changing agreements.
    AgreementMutations {
        /// Accepts terms for a partner. Accepting the same terms again is harmless.
        accept_agreement(AcceptAgreementInput, "The acceptance.") needs PartnerFile ->
        /// Result of `acceptAgreement`.
        AcceptAgreementPayload {
            /// The agreement; null where nothing was accepted.
            agreement: Agreement
        }
    }
}
