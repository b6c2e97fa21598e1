//! Agreements, tax forms and payout methods.

use async_graphql::{ID, Object};
use tributary_domain::entity::{agreement, payout_method, tax_form};

use super::context::wraps;

/// A partner's acceptance of one version of terms.
pub struct Agreement(pub agreement::Model);
wraps!(Agreement, agreement::Model);

#[Object]
impl Agreement {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}

/// A tax form.
pub struct TaxForm(pub tax_form::Model);
wraps!(TaxForm, tax_form::Model);

#[Object]
impl TaxForm {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}

/// Where a partner is paid.
pub struct PayoutMethod(pub payout_method::Model);
wraps!(PayoutMethod, payout_method::Model);

#[Object]
impl PayoutMethod {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
