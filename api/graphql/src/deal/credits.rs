//! Credit: who gets what part of a won deal.

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use tributary_domain::entity::{credit, credit_share};
use tributary_transport::document::directives::list_size;

use crate::context::{RequestExt, wraps};
use crate::deal::deals::Deal;
use crate::deal::involvements::Involvement;
use crate::error::ApiResult;
use crate::loaders::SharesOfCredit;
use crate::partner::partners::Partner;
use crate::scalars::DateTime;
use crate::tenant::actors::Actor;

/// The two ways in which a partner is credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "credit_share::Role")]
pub enum CreditRole {
    /// It brought the deal.
    Sourced,
    /// It influenced the win.
    Influenced,
}

/// One version of the settled credit on a deal. Never changed.
#[derive(Description)]
pub struct Credit(pub credit::Model);
wraps!(Credit, credit::Model);

#[Object(use_type_description)]
impl Credit {
    /// Its id, `crd_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The deal. Null only where its look-up fails.
    async fn deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        Ok(ctx.loaders().one(self.0.deal_id).await?.map(Deal))
    }

    /// Its number on the deal, from 1.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Why this version was made.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// By whom. Null for a partner's key unless it was that
    /// key's own person, or the server.
    async fn settled_by(&self) -> Option<Actor> {
        Actor::shown(self.0.settled_by)
    }

    /// When.
    async fn settled_at(&self) -> DateTime {
        DateTime(self.0.settled_at)
    }

    /// The partners' shares, the sourced one first. A partner's key sees its own
    /// alone.
    #[graphql(directive = list_size::apply(Some(20), None, None))]
    async fn shares(&self, ctx: &Context<'_>) -> ApiResult<Vec<CreditShare>> {
        let shares = ctx.loaders().one(SharesOfCredit(self.0.id)).await?;
        Ok(shares
            .unwrap_or_default()
            .into_iter()
            .map(CreditShare)
            .collect())
    }
}

/// An exact part of a whole, as one of three.
#[derive(SimpleObject)]
pub struct Share {
    /// How many parts.
    numerator: i32,
    /// Of how many equal ones.
    denominator: i32,
}

/// One partner's share of the credit on a deal.
#[derive(Description)]
pub struct CreditShare(pub credit_share::Model);

#[Object(use_type_description)]
impl CreditShare {
    /// The partner. Null only where its look-up fails.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// Whether it brought the deal or influenced the win.
    async fn role(&self) -> CreditRole {
        self.0.role.into()
    }

    /// Its share of that role, exactly: the shares of a role add up to 1.
    async fn share(&self) -> Share {
        Share {
            numerator: self.0.share_numerator,
            denominator: self.0.share_denominator,
        }
    }

    /// Why it gets this share.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The involvement that it rests on. Null only where its look-up fails.
    async fn involvement(&self, ctx: &Context<'_>) -> ApiResult<Option<Involvement>> {
        let involvement = ctx.loaders().one(self.0.involvement_id).await?;
        Ok(involvement.map(Involvement))
    }
}
