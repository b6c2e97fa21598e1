//! A subscription selects one field. The validator counts a field that is
//! selected twice as two, which the language does not.

use std::collections::HashSet;

use apollo_compiler::Name;
use apollo_compiler::executable::{ExecutableDocument, Field, Selection, SelectionSet};

use super::values::Broken;

/// What the validator calls its own rule.
pub const REPLACED_RULE: &str = "SubscriptionUsesMultipleFields";

/// Finds subscriptions that select more than one field.
pub fn check(document: &ExecutableDocument) -> Vec<Broken> {
    let operations = document.operations.iter();
    let subscriptions = operations.filter(|operation| operation.is_subscription());
    let broken = subscriptions.filter_map(|operation| {
        let mut fields = Vec::new();
        let mut seen = HashSet::new();
        collect(document, &operation.selection_set, &mut seen, &mut fields);
        let keys: HashSet<&Name> = fields.iter().map(|field| field.response_key()).collect();
        (keys.len() > 1).then(|| {
            let message = "a subscription selects exactly one field".to_owned();
            (message, operation.location())
        })
    });
    broken.collect()
}

fn collect<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    seen: &mut HashSet<&'a Name>,
    fields: &mut Vec<&'a Field>,
) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => fields.push(field),
            Selection::InlineFragment(fragment) => {
                collect(document, &fragment.selection_set, seen, fields);
            }
            Selection::FragmentSpread(spread) => {
                let fragment = document.fragments.get(&spread.fragment_name);
                if let Some(fragment) = fragment.filter(|found| seen.insert(&found.name)) {
                    collect(document, &fragment.selection_set, seen, fields);
                }
            }
        }
    }
}
