//! How large a document is once its fragments are written out: what every later
//! step walks.

use std::collections::{HashMap, HashSet};

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Document, FragmentDefinition, Selection};

/// The most selections in a document once each fragment is written out where
/// it is spread. A few short fragments that spread each other twice stand for
/// millions of fields.
pub const MAX_SELECTIONS: usize = 5_000;
/// The deepest that fields and fragments together may nest.
pub const MAX_RECURSION: usize = 32;
/// The most aliases in a document, also once fragments are written out.
pub const MAX_ALIASES: usize = 30;
/// The most directives on one selection.
pub const MAX_DIRECTIVES: usize = 10;

/// What is written out for a selection set.
#[derive(Clone, Copy, Default)]
struct Size {
    selections: usize,
    aliases: usize,
    depth: usize,
    /// The most directives on one selection.
    directives: usize,
}

impl Size {
    fn and(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            aliases: self.aliases.saturating_add(other.aliases),
            depth: self.depth.max(other.depth),
            directives: self.directives.max(other.directives),
        }
    }
}

/// Refuses a document that grows out of bounds when its fragments are written
/// out, with the bound that it breaks. A fragment that spreads itself is for
/// validation to refuse: here it counts once.
///
/// # Errors
///
/// What is too large, as a sentence.
pub fn bound(document: &Document) -> Result<(), String> {
    let fragments = document.definitions.iter().filter_map(|definition| {
        let fragment = definition.as_fragment_definition()?;
        Some((&fragment.name, &**fragment))
    });
    let mut sizes = Sizes {
        fragments: fragments.collect(),
        known: HashMap::new(),
        open: HashSet::new(),
    };
    let mut total = Size::default();
    for definition in &document.definitions {
        let selections = match definition {
            Definition::OperationDefinition(operation) => &operation.selection_set,
            // Also one that nothing spreads: it is validated all the same.
            Definition::FragmentDefinition(fragment) => &fragment.selection_set,
            _ => continue,
        };
        let size = sizes.of(selections);
        total = match definition.as_operation_definition() {
            Some(_) => total.and(size),
            None => total.and(Size {
                selections: 0,
                aliases: 0,
                ..size
            }),
        };
    }
    let within = |what: &str, actual: usize, most: usize| {
        if actual > most {
            Err(format!("the document has more than {most} {what}"))
        } else {
            Ok(())
        }
    };
    within(
        "selections once its fragments are written out",
        total.selections,
        MAX_SELECTIONS,
    )?;
    within("levels of fields and fragments", total.depth, MAX_RECURSION)?;
    within("aliases", total.aliases, MAX_ALIASES)?;
    within(
        "directives on one selection",
        total.directives,
        MAX_DIRECTIVES,
    )
}

/// The written-out sizes of fragments, each worked out once.
struct Sizes<'a> {
    fragments: HashMap<&'a Name, &'a FragmentDefinition>,
    known: HashMap<&'a Name, Size>,
    open: HashSet<&'a Name>,
}

impl<'a> Sizes<'a> {
    fn of(&mut self, selections: &'a [Selection]) -> Size {
        let mut total = Size::default();
        for selection in selections {
            let (inner, alias, directives) = match selection {
                Selection::Field(field) => {
                    let alias = usize::from(field.alias.is_some());
                    (self.of(&field.selection_set), alias, &field.directives)
                }
                Selection::InlineFragment(fragment) => {
                    (self.of(&fragment.selection_set), 0, &fragment.directives)
                }
                Selection::FragmentSpread(spread) => (
                    self.of_fragment(&spread.fragment_name),
                    0,
                    &spread.directives,
                ),
            };
            total = total.and(Size {
                selections: inner.selections.saturating_add(1),
                aliases: inner.aliases.saturating_add(alias),
                depth: inner.depth + 1,
                directives: inner.directives.max(directives.len()),
            });
        }
        total
    }

    fn of_fragment(&mut self, name: &'a Name) -> Size {
        if let Some(size) = self.known.get(name) {
            return *size;
        }
        let Some(fragment) = self.fragments.get(name).copied() else {
            return Size::default();
        };
        if !self.open.insert(name) {
            return Size::default();
        }
        let size = self.of(&fragment.selection_set);
        self.open.remove(name);
        self.known.insert(name, size);
        size
    }
}
