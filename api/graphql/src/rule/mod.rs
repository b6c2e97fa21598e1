//! Rules, and the plugins that they are written in.

pub mod activations;
pub mod evaluations;
pub mod plugins;
pub mod rules;

use async_graphql::MergedObject;

pub use self::activations::*;
pub use self::evaluations::*;
pub use self::plugins::*;
pub use self::rules::*;

/// Reading what is in this folder.
#[derive(Default, MergedObject)]
#[graphql(name = "RuleFolderQueries")]
pub struct Queries(PluginQueries, ActivationQueries);

/// Changing what is in this folder.
#[derive(Default, MergedObject)]
#[graphql(name = "RuleFolderMutations")]
pub struct Mutations(EvaluationMutations, PluginMutations, ActivationMutations);
