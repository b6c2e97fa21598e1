//! Places in a tenant's log, as clients keep them.
//!
//! A restored log lacks what came after its backup, and goes on with other facts
//! under the same numbers. A position therefore names the epoch of the log as well,
//! and a restore begins a new one: whoever followed the log past the backup is told,
//! and misses nothing without knowing.

use std::fmt;
use std::str::FromStr;

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::digest::random;
use crate::entity::log_epoch;
use crate::error::{Error, Result};
use crate::kernel::facts;
use crate::reads;
use crate::scope::{Engine, Fact, Scope};
use crate::tenant::tenants;

/// A place in a tenant's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The epoch in which it was told; 0 for the first one.
    pub epoch: i64,
    /// The number of the last fact up to there; 0 before the first.
    pub number: i64,
}

impl Position {
    /// A place in the log of the scope's tenant, as it is now.
    pub fn new(scope: &Scope, number: i64) -> Self {
        let epoch = scope.epoch();
        Self { epoch, number }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.epoch, self.number)
    }
}

impl FromStr for Position {
    type Err = ();

    /// Reads what [`Display`](fmt::Display) writes, and `0` as the beginning.
    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "0" {
            return Ok(Self {
                epoch: 0,
                number: 0,
            });
        }
        let (epoch, number) = text.split_once('-').ok_or(())?;
        let read = Self {
            epoch: i64::from_str_radix(epoch, 16).map_err(|_| ())?,
            number: number.parse().map_err(|_| ())?,
        };
        let is_place = read.epoch >= 0 && read.number >= 0;
        if is_place && read.to_string() == text {
            Ok(read)
        } else {
            Err(())
        }
    }
}

/// The number to go on reading from.
///
/// # Errors
/// [`Error::PositionUnknown`] where the log has no such place: it is beyond the end,
/// or of what a restore took away.
pub async fn resume(scope: &Scope, position: Position) -> Result<i64> {
    let head = reads::tenant(scope).await?;
    if position.epoch == head.epoch {
        return known(position, position.number <= head.last_position);
    }
    let epochs = log_epoch::Entity::find()
        .filter(log_epoch::Column::TenantId.eq(scope.tenant()))
        .order_by_asc(log_epoch::Column::Number)
        .all(&scope.read().await?)
        .await?;
    let later = match position.epoch {
        0 => Some(0),
        epoch => epochs
            .iter()
            .position(|row| row.epoch == epoch)
            .map(|at| at + 1),
    };
    let is_kept = later.is_some_and(|later| {
        let mut later = epochs.iter().skip(later);
        later.all(|epoch| position.number <= epoch.began_after)
    });
    known(position, is_kept)
}

fn known(position: Position, is_known: bool) -> Result<i64> {
    if is_known && position.number >= 0 {
        Ok(position.number)
    } else {
        Err(Error::PositionUnknown)
    }
}

/// Begins a new epoch of every tenant's log, as the operator does once a backup was
/// put back. May be repeated. Returns how many tenants there are.
///
/// # Errors
/// Where the database fails; those tenants that had their turn keep their epoch.
pub async fn begin_epochs(engine: &Engine) -> Result<usize> {
    let tenants = tenants::all(engine).await?;
    for &tenant in &tenants {
        begin_epoch(&engine.system(tenant).await?).await?;
    }
    Ok(tenants.len())
}

async fn begin_epoch(scope: &Scope) -> Result<()> {
    let mut tx = scope.begin().await?;
    let earlier = log_epoch::Entity::find()
        .filter(log_epoch::Column::TenantId.eq(tx.tenant()))
        .order_by_desc(log_epoch::Column::Number)
        .one(&tx)
        .await?;
    let number = earlier.map_or(1, |row| row.number + 1);
    // Positive, and not that of the first.
    let epoch = i64::from(u32::from_le_bytes(random()?).max(1));
    let row = log_epoch::ActiveModel {
        tenant_id: Set(tx.tenant()),
        number: Set(number),
        epoch: Set(epoch),
        began_after: Set(tx.next_position() - 1),
        began_at: Set(tx.machine_now()),
    };
    log_epoch::Entity::insert(row)
        .exec_without_returning(&tx)
        .await?;
    tx.begin_epoch(epoch);
    let subject = tx.tenant();
    let fact = Fact::LogRestored(facts::Restored { epoch: number });
    tx.record(subject, None, fact).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_is_written() {
        for text in ["0-0", "0-42", "5f3a9c01-7"] {
            assert_eq!(text.parse::<Position>().unwrap().to_string(), text);
        }
        let beginning = Position {
            epoch: 0,
            number: 0,
        };
        assert_eq!("0".parse(), Ok(beginning));
        for bad in [
            "",
            "42",
            "-1",
            "0--1",
            "0-1-2",
            "-",
            "0-",
            "-0",
            "00-1",
            "0-01",
            "F-1",
            "+f-1",
            "f-+1",
            "0- 1",
            "x-1",
            "0-99999999999999999999",
        ] {
            assert_eq!(bad.parse::<Position>(), Err(()), "{bad}");
        }
    }
}
