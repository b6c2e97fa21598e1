//! What a transaction appends and never reads back: facts, terms to be found by, the key of
//! its command. It is written at the end, each kind in one statement, so that the head of
//! the tenant's log is held for as few round trips as can be.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::entity::{command, event, search_term};
use crate::error::Result;

/// The most rows of a kind that wait: each row is up to eleven parameters of one statement.
const MOST: usize = 500;

/// Rows that wait.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) facts: Vec<event::ActiveModel>,
    pub(super) terms: Vec<search_term::ActiveModel>,
    pub(super) command: Option<command::ActiveModel>,
}

impl Pending {
    /// Whether so many wait that they are to be written now.
    pub(super) fn is_full(&self) -> bool {
        self.facts.len() >= MOST || self.terms.len() >= MOST
    }

    /// Writes all that waits.
    pub(super) async fn write<C: ConnectionTrait>(self, db: &C) -> Result<()> {
        let Self {
            mut facts,
            mut terms,
            command,
        } = self;
        while !facts.is_empty() {
            let rest = facts.split_off(facts.len().min(MOST));
            event::Entity::insert_many(facts)
                .exec_without_returning(db)
                .await?;
            facts = rest;
        }
        while !terms.is_empty() {
            let rest = terms.split_off(terms.len().min(MOST));
            search_term::Entity::insert_many(terms)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(db)
                .await?;
            terms = rest;
        }
        if let Some(command) = command {
            command::Entity::insert(command)
                .exec_without_returning(db)
                .await?;
        }
        Ok(())
    }
}
