//! Customer companies.

use async_graphql::{Context, Description, ID, InputObject, Object};
use tributary_domain::deal::accounts::NewAccount;
use tributary_domain::entity::account;
use tributary_domain::entity::account_identifier::Kind;

use crate::context::{RequestExt, wraps};
use crate::deal::deals::Deal;
use crate::deal::registrations::Registration;
use crate::error::ApiResult;
use crate::lists::{nested_lists, root_lists};
use crate::loaders::IdentifiersOfAccount;
use crate::scalars::DateTime;

/// A customer company, actual or prospective.
#[derive(Description)]
pub struct Account(pub account::Model);
wraps!(Account, account::Model);

#[Object(use_type_description)]
impl Account {
    /// Its id, `acc_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its name, as it was first recorded. A partner's key sees the name that the partner
    /// registered, or the domain of a customer that it did not register.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The registrable domains that it is known by, in alphabetical order. A
    /// partner's key sees the one that the partner registered.
    async fn domains(&self, ctx: &Context<'_>) -> ApiResult<Vec<String>> {
        self.identifiers(ctx, Kind::Domain).await
    }

    /// The ids that it has in the tenant's CRM, in alphabetical order. A
    /// partner's key sees none.
    async fn crm_ids(&self, ctx: &Context<'_>) -> ApiResult<Vec<String>> {
        self.identifiers(ctx, Kind::CrmId).await
    }

    /// When it was first recorded; for a partner's key, no earlier than the partner's own
    /// involvement.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    #[graphql(flatten)]
    async fn lists(&self) -> AccountLists {
        self.nested()
    }
}

nested_lists! {
    AccountLists of Account {
        /// Its registrations, oldest first.
        registrations: Registration, by registration AccountId;
        /// The deals with it, oldest first.
        deals: Deal, by deal AccountId;
    }
}

impl Account {
    async fn identifiers(&self, ctx: &Context<'_>, kind: Kind) -> ApiResult<Vec<String>> {
        let rows = ctx.loaders().one(IdentifiersOfAccount(self.0.id)).await?;
        let rows = rows.unwrap_or_default().into_iter();
        Ok(rows
            .filter(|row| row.kind == kind)
            .map(|row| row.value)
            .collect())
    }
}

root_lists! {
    /// Reading accounts.
    AccountQueries {
        /// The customers, actual and prospective, oldest first. A partner's key sees those
        /// that it registered or has a deal with.
        accounts: Account;
    }
}

/// A customer company, as the caller knows it.
#[derive(InputObject)]
pub struct AccountInput {
    /// Its name, however spelled: 1 to 200 characters.
    name: String,
    /// Its domain, or any web address of it.
    domain: String,
    /// The id of the company in the tenant's CRM.
    crm_id: Option<String>,
}

impl From<AccountInput> for NewAccount {
    fn from(input: AccountInput) -> Self {
        Self {
            name: input.name,
            domain: input.domain,
            crm_id: input.crm_id,
        }
    }
}
