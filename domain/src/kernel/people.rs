//! People: who they are, and when one of them counts as a second person.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::entity::{Owned, api_key, person};
use crate::error::{Conflict, Error, Result};
use crate::ids::{ApiKeyId, PersonId, TenantId};
use crate::kernel::facts;
use crate::limits;
use crate::scope::{Fact, Scope, Tx};

/// Lets a person in. For the operator and for accepted invitations: whoever is
/// let in through a key of somebody else is no second person to them.
pub(crate) async fn add(tx: &mut Tx, name: &str) -> Result<person::Model> {
    let row = person::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(PersonId::new()),
        name: Set(limits::name("name", name)?),
        added_by: Set(tx.actor()),
        created_at: Set(tx.now()),
    };
    let person = row.insert(tx).await?;
    let name = person.name.clone();
    let fact = Fact::PersonAdded(facts::Named { name });
    tx.record(person.id, None, fact).await?;
    Ok(person)
}

/// The people of this name, in any case, in order of id. For the operator, who
/// must not make a second person of somebody by a spelling.
pub(crate) async fn named(tx: &Tx, name: &str) -> Result<Vec<person::Model>> {
    let name = name.trim().to_lowercase();
    let everybody = person::Entity::of(tx.tenant()).order_by_asc(person::Column::Id);
    let mut people = everybody.all(tx).await?;
    people.retain(|person| person.name.to_lowercase() == name);
    Ok(people)
}

/// Fails unless whoever acts now is another person than whoever acted before.
///
/// A service counts as the person who made its key. The server itself is
/// nobody's second person, and nobody is the server's.
pub(crate) async fn require_second(tx: &Tx, first: Actor, message: &str) -> Result<()> {
    let people = answering(tx, tx.tenant(), &[first, tx.actor()]).await?;
    match (people.get(&first), people.get(&tx.actor())) {
        (Some(first), Some(second)) if first != second => Ok(()),
        _ => Err(Error::conflict(Conflict::SecondPersonNeeded, message)),
    }
}

/// The people who answer for what actors do; the server answers for nobody.
pub async fn answering_for(scope: &Scope, actors: &[Actor]) -> Result<HashMap<Actor, PersonId>> {
    answering(&scope.read().await?, scope.tenant(), actors).await
}

async fn answering<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    actors: &[Actor],
) -> Result<HashMap<Actor, PersonId>> {
    let mut people = HashMap::new();
    let mut services: Vec<ApiKeyId> = Vec::new();
    for &actor in actors {
        match actor {
            Actor::Person(id) => {
                people.insert(actor, id);
            }
            Actor::Service(id) => services.push(id),
            Actor::System | Actor::Hidden => {}
        }
    }
    if !services.is_empty() {
        let keys = api_key::Entity::of(tenant).filter(api_key::Column::Id.is_in(services));
        let keys = keys.all(db).await?.into_iter();
        people.extend(keys.map(|key| (Actor::Service(key.id), key.person_id)));
    }
    Ok(people)
}

/// What actors are called, for whoever sees that they did something.
pub async fn names(scope: &Scope, actors: &[Actor]) -> Result<HashMap<Actor, String>> {
    let mut people: Vec<PersonId> = Vec::new();
    let mut services: Vec<ApiKeyId> = Vec::new();
    let mut names = HashMap::new();
    for &actor in actors {
        match actor {
            Actor::Person(id) => people.push(id),
            Actor::Service(id) => services.push(id),
            Actor::System | Actor::Hidden => {
                names.insert(actor, actor.to_string());
            }
        }
    }
    if !people.is_empty() {
        let query = person::Entity::of(scope.tenant()).filter(person::Column::Id.is_in(people));
        let rows = query.all(&scope.read().await?).await?;
        names.extend(
            rows.into_iter()
                .map(|row| (Actor::Person(row.id), row.name)),
        );
    }
    if !services.is_empty() {
        let query = api_key::Entity::of(scope.tenant()).filter(api_key::Column::Id.is_in(services));
        let rows = query.all(&scope.read().await?).await?;
        names.extend(
            rows.into_iter()
                .map(|row| (Actor::Service(row.id), row.name)),
        );
    }
    Ok(names)
}
