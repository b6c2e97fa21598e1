//! The rails that a server has.

use async_graphql::{Context, Object, SimpleObject};
use tributary_domain::rails;
use tributary_transport::document::directives::list_size;

use crate::context::RequestExt;
use crate::error::ApiResult;
use crate::partner::payout_methods::RailName;

/// A way for money to reach partners.
#[derive(SimpleObject)]
pub struct Rail {
    /// Its name, as payout methods give it.
    name: RailName,
    /// Whether the rail reports the status of a payout. Where it does not, people make the
    /// payment, one reports it, and another confirms.
    answers: bool,
}

/// Reading which rails there are.
#[derive(Default)]
pub struct RailQueries;

#[Object]
impl RailQueries {
    /// The rails of this server that serve the tenant: for a live one those that move
    /// money.
    #[graphql(directive = list_size::apply(Some(10), None, None))]
    async fn rails(&self, ctx: &Context<'_>) -> ApiResult<Vec<Rail>> {
        let rails = rails::of(ctx.scope()).await?.into_iter();
        let rail = |rail: std::sync::Arc<dyn tributary_domain::rail::Rail>| Rail {
            name: rail.name().into(),
            answers: rail.answers(),
        };
        Ok(rails.map(rail).collect())
    }
}
