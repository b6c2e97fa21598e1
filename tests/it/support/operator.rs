//! What whoever runs the server does: gives people keys, and lets it work.

use std::time::Duration;

use sea_orm::entity::prelude::*;
use tributary_domain::access::Role;
use tributary_domain::background;
use tributary_domain::entity::work;
use tributary_domain::ids::{PartnerId, TenantId};
use tributary_domain::scope::{Engine, Origin, Scope};
use tributary_domain::tenant::keys;

/// Somebody whom the operator gives a key.
pub async fn person(
    engine: &Engine,
    tenant: TenantId,
    name: &str,
    role: Role,
    partner: Option<PartnerId>,
) -> Scope {
    let key = keys::create_for(engine, tenant, name, role, partner).await;
    scope(engine, &key.unwrap().token).await
}

/// A server does the tenant's work as if all pauses were over. Another server,
/// which lacks the rail, may have some of it in its hands for a moment.
pub async fn works(engine: &Engine, tenant: TenantId) {
    let own = || work::Column::TenantId.eq(tenant);
    let system = engine.system(tenant).await.unwrap();
    for _ in 0..200 {
        work::Entity::update_many()
            .col_expr(work::Column::NotBefore, Expr::value(0_i64))
            .col_expr(work::Column::LeaseUntil, Expr::value(None::<i64>))
            .filter(own())
            .exec(&*engine.db)
            .await
            .unwrap();
        if background::run(&system).await.unwrap() > 0 {
            return;
        }
        let left = work::Entity::find().filter(own()).all(&*engine.db).await;
        if left.unwrap().iter().all(|item| item.due_at.is_some()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody lets go of the work");
}

/// Who holds a token.
pub async fn scope(engine: &Engine, token: &str) -> Scope {
    let scope = keys::authenticate(engine, token, Origin::default())
        .await
        .unwrap();
    scope.expect("the key was just made")
}
