//! Tax forms.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use tributary_domain::entity::tax_form;
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::partner::paperwork;
use tributary_domain::scope::Scope;

use crate::context::is_second;
use crate::context::{RequestExt, given, wraps};
use crate::error::{ApiResult, commands};
use crate::lists::root_lists;
use crate::partner::partners::Partner;
use crate::scalars::DateTime;
use crate::tenant::actors::Actor;
use tributary_domain::access::Permission;

/// Which tax form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "tax_form::Kind")]
pub enum TaxFormKind {
    /// United States: a person or company there.
    W9,
    /// United States: a person abroad.
    W8Ben,
    /// United States: a company abroad.
    W8BenE,
    /// India: permanent account number.
    Pan,
    /// India: goods and services tax number.
    Gstin,
}

/// Where a tax form stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "tax_form::State")]
pub enum TaxFormState {
    /// Nobody has looked at it.
    Submitted,
    /// It is good, until it expires.
    Approved,
    /// It is not.
    Rejected,
    /// It was approved, and its time is over.
    Expired,
}

/// A tax form. Of the tax id only the last four characters are kept.
#[derive(Description)]
pub struct TaxForm(pub tax_form::Model);
wraps!(TaxForm, tax_form::Model);

#[Object(use_type_description)]
impl TaxForm {
    /// Its id, `tax_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The partner. Null only where its look-up fails.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// Which form.
    async fn kind(&self) -> TaxFormKind {
        self.0.kind.into()
    }

    /// The last four characters of the tax id.
    #[graphql(name = "taxIdLast4")]
    async fn tax_id_last4(&self) -> &str {
        &self.0.tax_id_last4
    }

    /// Who signed it.
    async fn signer_name(&self) -> &str {
        &self.0.signer_name
    }

    /// Its state at the tenant's present time.
    async fn state(&self, ctx: &Context<'_>) -> TaxFormState {
        self.0.state_at(ctx.scope().now()).into()
    }

    /// When it was filed.
    async fn submitted_at(&self) -> DateTime {
        DateTime(self.0.submitted_at)
    }

    /// Who filed it. Null for a partner's key unless it was that
    /// key's own person, or the server.
    async fn submitted_by(&self) -> Option<Actor> {
        Actor::shown(self.0.submitted_by)
    }

    /// When it was approved or rejected; null before.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }

    /// By whom; null before.
    async fn decided_by(&self) -> Option<Actor> {
        self.0.decided_by.and_then(Actor::shown)
    }

    /// Why it was rejected; null where it was not.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// When it stops being valid; null where it does not.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }

    /// Whether the key may approve or reject it as it stands: somebody else filed it.
    async fn viewer_can_decide(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        let waits = self.0.state == tax_form::State::Submitted;
        let may = waits && ctx.scope().role().may(Permission::PartnerManage);
        Ok(may && is_second(ctx, self.0.submitted_by).await?)
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

root_lists! {
    /// Reading tax forms.
    TaxFormQueries {
        /// The tax forms that the key may see, oldest first.
        tax_forms: TaxForm;
    }
}

/// A tax form to file.
#[derive(InputObject)]
pub struct SubmitTaxFormInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The partner.
    partner_id: ID,
    /// Which form.
    kind: TaxFormKind,
    /// The tax id, 5 to 20 letters and digits. Only the last four are kept.
    #[graphql(secret)]
    tax_id: String,
    /// Who signed the form, 1 to 200 characters.
    signer_name: String,
}

impl SubmitTaxFormInput {
    async fn run(self, scope: &Scope) -> Result<tax_form::Model> {
        let partner = given(Noun::Partner, "partnerId", &self.partner_id);
        let kind = self.kind.into();
        let (key, tax_id) = (&self.idempotency_key, &self.tax_id);
        paperwork::submit_tax_form(scope, key, partner, kind, tax_id, &self.signer_name).await
    }
}

/// A tax form to approve.
#[derive(InputObject)]
pub struct ApproveTaxFormInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The tax form.
    id: ID,
}

impl ApproveTaxFormInput {
    async fn run(self, scope: &Scope) -> Result<tax_form::Model> {
        paperwork::decide_tax_form(
            scope,
            self.idempotency_key.as_deref(),
            given(Noun::TaxForm, "id", &self.id),
            None,
        )
        .await
    }
}

/// A tax form to reject.
#[derive(InputObject)]
pub struct RejectTaxFormInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The tax form.
    id: ID,
    /// Why, for the partner: 1 to 2,000 characters.
    reason: String,
}

impl RejectTaxFormInput {
    async fn run(self, scope: &Scope) -> Result<tax_form::Model> {
        let form = given(Noun::TaxForm, "id", &self.id);
        paperwork::decide_tax_form(
            scope,
            self.idempotency_key.as_deref(),
            form,
            Some(&self.reason),
        )
        .await
    }
}

commands! {
    /// Changing tax forms.
    TaxFormMutations {
        /// Files a tax form for a partner, for a person of the tenant to approve.
        submit_tax_form(SubmitTaxFormInput, "The form.") needs PartnerFile ->
        /// Result of `submitTaxForm`.
        SubmitTaxFormPayload {
            /// The tax form; null where nothing was filed.
            tax_form: TaxForm
        }

        /// Approves a tax form. Repeating it is harmless.
        approve_tax_form(ApproveTaxFormInput, "Which form.") needs PartnerManage ->
        /// Result of `approveTaxForm`.
        ApproveTaxFormPayload {
            /// The tax form; null where nothing was decided.
            tax_form: TaxForm
        }

        /// Rejects a tax form, with a reason. Repeating it is harmless.
        reject_tax_form(RejectTaxFormInput, "Which form, and why.") needs PartnerManage ->
        /// Result of `rejectTaxForm`.
        RejectTaxFormPayload {
            /// The tax form; null where nothing was decided.
            tax_form: TaxForm
        }
    }
}
