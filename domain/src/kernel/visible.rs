//! A noun of which each audience sees its rows, and of them its part. What that is stands
//! in `audience`.

use std::future::{Future, ready};

use sea_orm::entity::prelude::*;

use crate::entity::Owned;
use crate::error::{Error, Result};
use crate::scope::Scope;

/// A noun whose rows are not all for everybody.
pub trait Visible: Owned {
    /// The rows that the actor may see.
    fn visible(scope: &Scope) -> Select<Self>;

    /// What the actor sees of rows that it may see.
    fn shown(
        scope: &Scope,
        rows: Vec<Self::Model>,
    ) -> impl Future<Output = Result<Vec<Self::Model>>> + Send {
        let _ = scope;
        ready(Ok(rows))
    }
}

/// One row as the actor sees it.
pub async fn shown<E: Visible>(scope: &Scope, row: E::Model) -> Result<E::Model> {
    let rows = E::shown(scope, vec![row]).await?;
    rows.into_iter().next().ok_or(Error::NotFound(E::NOUN))
}
