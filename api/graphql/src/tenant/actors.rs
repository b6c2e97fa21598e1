//! Who did something.

use async_graphql::{Context, Description, Enum, ID, Object};
use tributary_domain::actor;
use tributary_domain::scope::Scope;

use crate::context::RequestExt;
use crate::error::ApiResult;
use crate::loaders::NameOfActor;

/// What kind of actor it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ActorKind {
    /// A person.
    Person,
    /// A service with a key of its own. A person answers for it.
    Service,
    /// The server: a policy of the terms, or the passing of time.
    System,
}

/// Who did something. To a partner's key, its own person or the server; where it was
/// anybody else, the field is null.
#[derive(Description)]
pub struct Actor(actor::Actor);

impl Actor {
    /// The caller itself, to which it is told.
    pub fn caller(scope: &Scope) -> Self {
        Self(scope.actor())
    }

    /// The actor, unless the audience is not told who it is.
    pub fn shown(actor: actor::Actor) -> Option<Self> {
        (actor != actor::Actor::Hidden).then_some(Self(actor))
    }
}

#[Object(use_type_description)]
impl Actor {
    /// A person, a service or the server.
    async fn kind(&self) -> ActorKind {
        match self.0 {
            actor::Actor::Person(_) => ActorKind::Person,
            actor::Actor::Service(_) => ActorKind::Service,
            actor::Actor::System | actor::Actor::Hidden => ActorKind::System,
        }
    }

    /// The id of the person, `per_…`, or of the service's key, `key_…`; null for
    /// the server.
    async fn id(&self) -> Option<ID> {
        match self.0 {
            actor::Actor::Person(id) => Some(id.to_string().into()),
            actor::Actor::Service(id) => Some(id.to_string().into()),
            actor::Actor::System | actor::Actor::Hidden => None,
        }
    }

    /// What it is called; `system` for the server.
    async fn name(&self, ctx: &Context<'_>) -> ApiResult<String> {
        let name = ctx.loaders().one(NameOfActor(self.0)).await?;
        Ok(name.unwrap_or_else(|| self.0.to_string()))
    }
}
