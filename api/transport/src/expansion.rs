//! How large a document is once its fragments are written out.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    ExecutableDocument, FragmentDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError};

use super::refusal::Refusal;

/// The most selections in a document once each fragment is written out where
/// it is spread. A few short fragments that spread each other twice stand for
/// millions of fields, and every later check walks them all.
pub const MAX_SELECTIONS: usize = 5_000;

/// The fragments of a document, by name.
pub type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// Refuses a document that grows out of bounds when its fragments are written
/// out, or never stops growing.
pub fn bound(document: &ExecutableDocument) -> Result<(), ServerError> {
    let mut sizes = Sizes {
        fragments: &document.fragments,
        known: HashMap::new(),
        open: HashSet::new(),
    };
    let mut total = 0_usize;
    for (_, operation) in document.operations.iter() {
        total = total.saturating_add(sizes.of(&operation.node.selection_set)?);
    }
    if total > MAX_SELECTIONS {
        let message = format!(
            "the document has more than {MAX_SELECTIONS} selections once its fragments are written out"
        );
        return Err(Refusal::TooComplex.error(message, None));
    }
    Ok(())
}

/// The written-out sizes of fragments, each worked out once.
struct Sizes<'a> {
    fragments: &'a Fragments,
    known: HashMap<&'a Name, usize>,
    open: HashSet<&'a Name>,
}

impl<'a> Sizes<'a> {
    fn of(&mut self, set: &'a Positioned<SelectionSet>) -> Result<usize, ServerError> {
        let mut total = 0_usize;
        for selection in &set.node.items {
            let inner = match &selection.node {
                Selection::Field(field) => self.of(&field.node.selection_set)?,
                Selection::InlineFragment(fragment) => self.of(&fragment.node.selection_set)?,
                Selection::FragmentSpread(spread) => {
                    self.of_fragment(&spread.node.fragment_name)?
                }
            };
            total = total.saturating_add(inner).saturating_add(1);
        }
        Ok(total)
    }

    fn of_fragment(&mut self, name: &'a Positioned<Name>) -> Result<usize, ServerError> {
        if let Some(size) = self.known.get(&name.node) {
            return Ok(*size);
        }
        // A spread of nothing is for validation to refuse, in its own words.
        let Some(fragment) = self.fragments.get(&name.node) else {
            return Ok(0);
        };
        if !self.open.insert(&name.node) {
            let message = format!("fragment `{}` spreads itself", name.node);
            return Err(Refusal::ValidationFailed.error(message, Some(name.pos)));
        }
        let size = self.of(&fragment.node.selection_set)?;
        self.open.remove(&name.node);
        self.known.insert(&name.node, size);
        Ok(size)
    }
}
