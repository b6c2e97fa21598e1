//! Enrollments: partners in programs.

use async_graphql::{Context, Description, Enum, ID, Object};
use tributary_domain::entity::enrollment;

use crate::context::{RequestExt, wraps};
use crate::error::ApiResult;
use crate::partner::partners::Partner;
use crate::program::programs::Program;
use crate::scalars::DateTime;

/// Where an enrollment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "enrollment::State")]
pub enum EnrollmentState {
    /// The agreement is not accepted.
    Invited,
    /// The partner works under the terms.
    Active,
}

/// A partner in a program.
#[derive(Description)]
pub struct Enrollment(pub enrollment::Model);
wraps!(Enrollment, enrollment::Model);

#[Object(use_type_description)]
impl Enrollment {
    /// Its id, `enr_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The program. Null only where its look-up fails.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Option<Program>> {
        Ok(ctx.loaders().one(self.0.program_id).await?.map(Program))
    }

    /// The partner. Null only where its look-up fails.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// Its tier there, in the tenant's words; null where it has none.
    async fn tier(&self) -> Option<&str> {
        self.0.tier.as_deref()
    }

    /// Its state.
    async fn state(&self) -> EnrollmentState {
        self.0.state.into()
    }

    /// When the partner was invited.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}
