//! The pipeline of deals.

use async_graphql::{Context, Enum, Object};
use tributary_domain::deal::pipeline::{self, Common, Group};
use tributary_transport::document::directives::{cost, list_size};

use crate::context::RequestExt;
use crate::deal::deals::DealState;
use crate::error::ApiResult;
use crate::lists::DealFilter;
use crate::pages::{ListFilter, USUAL_PAGE};
use crate::program::Program;
use crate::scalars::Money;

/// Currencies that a group usually has.
const USUAL_CURRENCIES: i32 = 3;

/// What deals are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "pipeline::GroupBy")]
pub enum PipelineGroupBy {
    /// Their stage, in the tenant's own words.
    Stage,
    /// Their state.
    State,
    /// Their program.
    Program,
}

/// Deals that have something in common.
pub struct PipelineGroup(Group);

/// Deals that have their stage, state or program in common.
#[Object]
impl PipelineGroup {
    /// Their stage; null where they are grouped otherwise.
    async fn stage(&self) -> Option<&str> {
        match &self.0.common {
            Common::Stage(stage) => Some(stage),
            Common::State(_) | Common::Program(_) => None,
        }
    }

    /// Their state; null where they are grouped otherwise.
    async fn state(&self) -> Option<DealState> {
        match self.0.common {
            Common::State(state) => Some(state.into()),
            Common::Stage(_) | Common::Program(_) => None,
        }
    }

    /// Their program; null where they are grouped otherwise.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Option<Program>> {
        match self.0.common {
            Common::Program(id) => Ok(ctx.loaders().one(id).await?.map(Program)),
            Common::Stage(_) | Common::State(_) => Ok(None),
        }
    }

    /// How many there are.
    async fn count(&self) -> i64 {
        self.0.count
    }

    /// What they are worth, by currency in the order of their codes.
    #[graphql(directive = list_size::apply(Some(USUAL_CURRENCIES), None, None))]
    async fn amount_totals(&self) -> Vec<Money> {
        let totals = self.0.totals.iter();
        totals
            .map(|total| Money::minor(total.minor, total.currency))
            .collect()
    }
}

/// Reading the pipeline.
#[derive(Default)]
pub struct PipelineQueries;

#[Object]
impl PipelineQueries {
    /// The deals that meet the conditions, in groups: how many, and what they are worth.
    /// For the open pipeline filter by state OPEN. At most 400 pairs of a group and a currency
    /// are told, the first by their order.
    #[graphql(directive = cost::apply("400".to_owned()), directive = list_size::apply(Some(USUAL_PAGE), None, None))]
    async fn pipeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What they are grouped by.")] group_by: PipelineGroupBy,
        #[graphql(desc = "The conditions that they meet; all of them, if absent.")] filter: Option<
            DealFilter,
        >,
    ) -> ApiResult<Vec<PipelineGroup>> {
        let filter = filter.unwrap_or_default().read()?;
        let groups = pipeline::groups(ctx.scope(), group_by.into(), &filter).await?;
        Ok(groups.into_iter().map(PipelineGroup).collect())
    }
}
