//! What the audiences of all nouns are made of.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;

use crate::access::Permission;
use crate::actor::Actor;
use crate::scope::Scope;

/// The filter that no row passes, unless the condition holds.
pub(super) fn only_if(holds: bool) -> Condition {
    let none = (!holds).then(|| Expr::value(false));
    Condition::all().add_option(none)
}

/// The filter that every row passes for the tenant's own people, and none for
/// a partner's.
pub(super) fn staff_only(scope: &Scope) -> Condition {
    only_if(scope.partner().is_none())
}

/// The filter that rows pass for those who have a permission.
pub(super) fn with_permission(scope: &Scope, permission: Permission) -> Condition {
    only_if(scope.role().may(permission))
}

/// Who did something, as the actor may know it.
pub(super) trait Told {
    /// A partner's people are told of the server and of themselves, and not who of the
    /// tenant's people it was.
    fn told(self, scope: &Scope) -> Self;
}

impl Told for Actor {
    fn told(self, scope: &Scope) -> Self {
        let known = self == Self::System || self == scope.actor();
        if scope.partner().is_none() || known {
            self
        } else {
            Self::Hidden
        }
    }
}

impl Told for Option<Actor> {
    fn told(self, scope: &Scope) -> Self {
        self.map(|actor| actor.told(scope))
    }
}

/// Entities with a `partner_id` of which a partner sees its own rows, and the columns
/// that say who did something.
macro_rules! own_rows {
    ($($entity:ident $([$($by:ident)+])?)+) => {$(
        impl crate::kernel::visible::Visible for crate::entity::$entity::Entity {
            fn visible(scope: &crate::scope::Scope) -> sea_orm::Select<Self> {
                use crate::entity::Owned;
                let own = crate::kernel::audience::basis::own_of::<Self>(
                    scope,
                    crate::entity::$entity::Column::PartnerId,
                );
                sea_orm::QueryFilter::filter(Self::of(scope.tenant()), own)
            }

            $(async fn shown(
                scope: &crate::scope::Scope,
                mut rows: Vec<Self::Model>,
            ) -> crate::error::Result<Vec<Self::Model>> {
                for row in &mut rows {
                    $(row.$by = crate::kernel::audience::basis::Told::told(row.$by, scope);)+
                }
                Ok(rows)
            })?
        }
    )+};
}
pub(super) use own_rows;

/// The filter that rows of the actor's partner pass; all, for the tenant's people.
pub(super) fn own_of<E: EntityTrait>(scope: &Scope, column: E::Column) -> Condition {
    let own = scope.partner().map(|own| column.eq(own));
    Condition::all().add_option(own)
}
