//! Programs, their terms and the rules of those.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use tributary_domain::entity::program;
use tributary_domain::error::Result;
use tributary_domain::program::programs;
use tributary_domain::scope::Scope;

use crate::context::{RequestExt, wraps};
use crate::deal::deals::Deal;
use crate::deal::registrations::Registration;
use crate::error::{ApiResult, commands};
use crate::lists::{nested_lists, root_lists};
use crate::loaders::CurrentTerms;
use crate::partner::partners::Partner;
use crate::payout::payout_runs::PayoutRun;
use crate::program::terms::Terms;
use crate::scalars::{DateTime, currency};

/// How the partners of a program work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "program::ProgramModel")]
pub enum ProgramModel {
    /// They refer customers; the tenant sells.
    Referral,
    /// They resell under their own contract.
    Reseller,
    /// They sell together with the tenant.
    CoSell,
    /// They integrate a product.
    Technology,
}

/// Where a program stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "program::State")]
pub enum ProgramState {
    /// No terms are in force yet.
    Draft,
    /// Partners work under it.
    Open,
}

/// Terms under which partners work.
#[derive(Description)]
pub struct Program(pub program::Model);
wraps!(Program, program::Model);

#[Object(use_type_description)]
impl Program {
    /// Its id, `prg_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How its partners work.
    async fn model(&self) -> ProgramModel {
        self.0.model.into()
    }

    /// The currency of its deals and payouts, as `USD`.
    async fn currency(&self) -> &str {
        self.0.currency.code()
    }

    /// Its state.
    async fn state(&self) -> ProgramState {
        self.0.state.into()
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The terms in force; null before the first are published.
    async fn current_terms(&self, ctx: &Context<'_>) -> ApiResult<Option<Terms>> {
        Ok(ctx.loaders().one(CurrentTerms(self.0.id)).await?.map(Terms))
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    #[graphql(flatten)]
    async fn lists(&self) -> ProgramLists {
        self.nested()
    }
}

nested_lists! {
    ProgramLists of Program {
        /// All its terms, oldest first: a new version supersedes the one before.
        terms: Terms, by terms ProgramId;
        /// The partners that are or were in it, oldest first.
        partners: Partner, through partner partners_of_program;
        /// The registrations in it, oldest first.
        registrations: Registration, by registration ProgramId;
        /// The deals in it, oldest first.
        deals: Deal, by deal ProgramId;
        /// Its payout runs, oldest first.
        payout_runs: PayoutRun, by payout_run ProgramId;
    }
}

root_lists! {
    /// Reading programs.
    ProgramQueries {
        /// The tenant's programs, oldest first.
        programs: Program;
    }
}

/// A program to create.
#[derive(InputObject)]
pub struct CreateProgramInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// Its name, 1 to 200 characters.
    name: String,
    /// How its partners work.
    model: ProgramModel,
    /// The currency of its deals and payouts: three letters of ISO 4217.
    currency: String,
}

impl CreateProgramInput {
    async fn run(self, scope: &Scope) -> Result<program::Model> {
        let currency = currency("currency", &self.currency);
        let (key, model) = (&self.idempotency_key, self.model.into());
        programs::create(scope, key, &self.name, model, currency).await
    }
}

commands! {
    /// Changing programs.
    ProgramMutations {
        /// Creates a program without terms.
        create_program(CreateProgramInput, "The program.") needs ProgramManage ->
        /// Result of `createProgram`.
        CreateProgramPayload {
            /// The program; null where nothing was created.
            program: Program
        }
    }
}
