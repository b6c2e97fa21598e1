//! What resolvers find in a request, and how ids come in and go out.

use std::str::FromStr;

use crate::error::ApiResult;
use crate::loaders::PersonOfActor;
use async_graphql::{Context, ID};
use tributary_domain::actor::Actor;
use tributary_domain::error::{Error, Result};
use tributary_domain::ids::{Identifies, Noun};
use tributary_domain::kernel::check::Given;
use tributary_domain::scope::Scope;

use crate::loaders::Loaders;

/// Where clients reach this server, without a slash at the end.
pub struct PublicUrl(pub String);

/// What every request carries.
pub trait RequestExt {
    /// Who asks, and for which tenant.
    fn scope(&self) -> &Scope;

    /// This request's batches.
    fn loaders(&self) -> &Loaders;
}

impl RequestExt for Context<'_> {
    fn scope(&self) -> &Scope {
        self.data_unchecked()
    }

    fn loaders(&self) -> &Loaders {
        self.data_unchecked()
    }
}

/// Reads an id. One that is malformed or another noun's is as unknown as one
/// that belongs to somebody else.
pub fn id<T: FromStr>(noun: Noun, id: &ID) -> Result<T> {
    id.parse().map_err(|_| Error::NotFound(noun))
}

/// Reads the ids of a filter.
pub fn ids<T: Identifies>(given: &[ID]) -> Result<Vec<T>> {
    given.iter().map(|given| id(T::NOUN, given)).collect()
}

/// Reads an id of an input; `field` is what it is called there.
pub fn given<T: FromStr>(noun: Noun, field: &'static str, text: &ID) -> Given<T> {
    id(noun, text).map_err(|error| error.at(field)).into()
}

/// Makes a GraphQL type out of a model that it wraps.
macro_rules! wraps {
    ($name:ident, $model:ty) => {
        impl From<$model> for $name {
            fn from(model: $model) -> Self {
                Self(model)
            }
        }
    };
}
pub(crate) use wraps;

/// Whether the caller is another person than whoever did something, as two people have to
/// stand behind money.
pub async fn is_second(ctx: &Context<'_>, first: Actor) -> ApiResult<bool> {
    let (own, first) = (
        ctx.scope().person(),
        ctx.loaders().one(PersonOfActor(first)).await?,
    );
    Ok(matches!((first, own), (Some(first), Some(own)) if first != own))
}
