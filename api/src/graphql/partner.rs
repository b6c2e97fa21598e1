//! Partners, and where they stand in programs.

use async_graphql::{ID, Object};
use tributary_domain::entity::{enrollment, partner};

use super::context::wraps;

/// A partner organisation.
pub struct Partner(pub partner::Model);
wraps!(Partner, partner::Model);

#[Object]
impl Partner {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}

/// A partner in a program.
pub struct Enrollment(pub enrollment::Model);
wraps!(Enrollment, enrollment::Model);

#[Object]
impl Enrollment {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
