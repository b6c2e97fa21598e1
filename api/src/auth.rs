//! From a bearer token to a scope: the only place that makes one for a caller.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Data;
use tokio::time::timeout;
use tributary_domain::error::Error;
use tributary_domain::outage;
use tributary_domain::scope::{Engine, Origin, Scope};
use tributary_domain::tenant::keys;
use tributary_transport::gateway::{Authenticate, Caller, Denied};
use tributary_transport::shares::Group;
use tributary_transport::sharing::Audience;

use tributary_graphql::context::PublicUrl;
use tributary_graphql::loaders::Loaders;
use tributary_web::requests;

/// How long a key is looked up. Whoever waits longer is told that the database
/// cannot be used, and may try again.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(4);

/// The scope of a caller's key, as of now.
///
/// # Errors
///
/// [`Denied::Unauthenticated`] without a key, or with one that is unknown or
/// revoked; [`Denied::Unavailable`] where keys cannot be looked up.
pub async fn authenticate(engine: &Engine, caller: Caller) -> Result<Scope, Denied> {
    let token = caller.token.ok_or(Denied::Unauthenticated)?;
    let origin = Origin {
        ip: caller.ip,
        user_agent: caller.user_agent,
    };
    let found = timeout(LOOKUP_TIMEOUT, keys::authenticate(engine, &token, origin));
    let scope = match found.await {
        Ok(Ok(scope)) => scope.ok_or(Denied::Unauthenticated)?,
        Ok(Err(Error::Unavailable(error))) => {
            outage::warn_of(&error);
            return Err(Denied::Unavailable);
        }
        Ok(Err(error)) => {
            tracing::error!(?error, "a key could not be looked up");
            return Err(Denied::Unavailable);
        }
        Err(late) => {
            outage::warn_of(&late);
            return Err(Denied::Unavailable);
        }
    };
    requests::note_caller(scope.tenant(), scope.actor());
    Ok(scope)
}

/// What resolvers find in a request. Made anew for each operation: what
/// loaders batch is one caller's.
pub fn request_data(scope: Scope, public_url: String) -> Data {
    let mut data = Data::default();
    data.insert(PublicUrl(public_url));
    data.insert(Group {
        group: scope.tenant().0.as_u128(),
        party: scope.partner().map(|partner| partner.0.as_u128()),
    });
    // What is told of an event depends on no more of who asks.
    let audience = format!(
        "{} {:?} {} {:?}",
        scope.tenant(),
        scope.partner(),
        scope.actor(),
        scope.role()
    );
    data.insert(Audience(audience.into()));
    data.insert(Loaders::new(scope.clone()));
    data.insert(scope);
    data
}

/// Authenticates callers of GraphQL, for a server that is reached at `public_url`.
pub fn authenticator(engine: Engine, public_url: String) -> Authenticate {
    Arc::new(move |caller| {
        let (engine, public_url) = (engine.clone(), public_url.clone());
        Box::pin(async move {
            Ok(request_data(
                authenticate(&engine, caller).await?,
                public_url,
            ))
        })
    })
}
