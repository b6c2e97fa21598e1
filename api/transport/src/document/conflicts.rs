//! Fields under one response key with different arguments. The validator finds
//! most of them, but takes a list for equal to a longer one that begins with it.

use std::collections::HashSet;

use apollo_compiler::ast::{Argument, Value};
use apollo_compiler::collections::IndexMap;
use apollo_compiler::executable::{ExecutableDocument, Field, Selection, SelectionSet};
use apollo_compiler::{Name, Node};

use super::definitions::Definitions;
use super::values::Broken;

/// The most fields that are compared in one document, each once for every way
/// in which it can be reached. Documents that fit the other limits stay far
/// below.
const MOST_COMPARED: usize = 100_000;

/// Too much would have to be compared.
pub struct TooMany;

/// Finds fields that cannot be merged.
///
/// # Errors
///
/// [`TooMany`], for a document that is made to be expensive.
pub fn check(
    definitions: &Definitions,
    document: &ExecutableDocument,
) -> Result<Vec<Broken>, TooMany> {
    let mut merging = Merging {
        definitions,
        document,
        compared: 0,
        broken: Vec::new(),
    };
    for operation in document.operations.iter() {
        merging.sets(&[&operation.selection_set])?;
    }
    Ok(merging.broken)
}

struct Merging<'a> {
    definitions: &'a Definitions,
    document: &'a ExecutableDocument,
    compared: usize,
    broken: Vec<Broken>,
}

/// A field and the type that it is selected on.
type Selected<'a> = (&'a Name, &'a Node<Field>);

impl<'a> Merging<'a> {
    fn sets(&mut self, sets: &[&'a SelectionSet]) -> Result<(), TooMany> {
        let mut by_key: IndexMap<&Name, Vec<Selected<'a>>> = IndexMap::default();
        let mut seen = HashSet::new();
        for set in sets {
            self.collect(set, &mut seen, &mut by_key)?;
        }
        for fields in by_key.values() {
            for group in self.overlapping(fields) {
                self.group(&group)?;
            }
        }
        Ok(())
    }

    fn collect(
        &mut self,
        set: &'a SelectionSet,
        seen: &mut HashSet<&'a Name>,
        by_key: &mut IndexMap<&'a Name, Vec<Selected<'a>>>,
    ) -> Result<(), TooMany> {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    self.compared += 1;
                    if self.compared > MOST_COMPARED {
                        return Err(TooMany);
                    }
                    let fields = by_key.entry(field.response_key()).or_default();
                    fields.push((&set.ty, field));
                }
                Selection::InlineFragment(fragment) => {
                    self.collect(&fragment.selection_set, seen, by_key)?;
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.fragment_name);
                    if let Some(fragment) = fragment.filter(|found| seen.insert(&found.name)) {
                        self.collect(&fragment.selection_set, seen, by_key)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Fields of one object type may meet each other, and those of interfaces
    /// may meet all.
    fn overlapping(&self, fields: &[Selected<'a>]) -> Vec<Vec<Selected<'a>>> {
        let is_object = |name: &Name| self.definitions.schema.get_object(name).is_some();
        let (concrete, general): (Vec<_>, Vec<_>) =
            fields.iter().copied().partition(|(of, _)| is_object(of));
        let mut groups: IndexMap<&Name, Vec<Selected<'a>>> = IndexMap::default();
        for field in concrete {
            groups.entry(field.0).or_default().push(field);
        }
        if groups.is_empty() {
            return vec![general];
        }
        let groups = groups.into_values();
        groups
            .map(|mut group| {
                group.extend(&general);
                group
            })
            .collect()
    }

    fn group(&mut self, fields: &[Selected<'a>]) -> Result<(), TooMany> {
        let Some(((_, first), rest)) = fields.split_first() else {
            return Ok(());
        };
        for (_, field) in rest {
            if !same_arguments(&first.arguments, &field.arguments) {
                let key = field.response_key();
                let message = format!("`{key}` is selected twice with different arguments");
                self.broken.push((message, field.location()));
            }
        }
        let sets: Vec<&SelectionSet> = fields
            .iter()
            .map(|(_, field)| &field.selection_set)
            .collect();
        self.sets(&sets)
    }
}

fn same_arguments(these: &[Node<Argument>], those: &[Node<Argument>]) -> bool {
    these.len() == those.len()
        && these.iter().all(|this| {
            let mut those = those.iter();
            let that = those.find(|that| that.name == this.name);
            that.is_some_and(|that| same(&this.value, &that.value))
        })
}

fn same(this: &Value, that: &Value) -> bool {
    match (this, that) {
        (Value::List(these), Value::List(those)) => {
            these.len() == those.len()
                && these.iter().zip(those).all(|(this, that)| same(this, that))
        }
        (Value::Object(these), Value::Object(those)) => {
            these.len() == those.len()
                && these.iter().all(|(name, this)| {
                    let mut those = those.iter();
                    let that = those.find(|(other, _)| other == name);
                    that.is_some_and(|(_, that)| same(this, that))
                })
        }
        _ => this == that,
    }
}
