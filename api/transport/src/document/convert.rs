//! An operation as the executor takes it.

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field as RunField, InlineFragment, OperationDefinition,
    OperationType, Selection, SelectionSet, TypeCondition,
};
use async_graphql::{Name, Pos, Positioned};

use super::collect::{Branch, Field};
use super::source::Lines;

/// The document of one operation, which the executor need not prepare: without
/// variables, named fragments and conditions.
pub fn document(
    kind: OperationType,
    fields: Vec<Field<'_>>,
    lines: &Lines<'_>,
    name: Option<&str>,
) -> ExecutableDocument {
    let operation = OperationDefinition {
        ty: kind,
        variable_definitions: Vec::new(),
        directives: Vec::new(),
        selection_set: at(Pos::default(), selection_set(fields, lines)),
    };
    let operation = at(Pos::default(), operation);
    let operations = match name {
        Some(name) => DocumentOperations::Multiple([(Name::new(name), operation)].into()),
        None => DocumentOperations::Single(operation),
    };
    ExecutableDocument {
        operations,
        fragments: Default::default(),
    }
}

fn at<T>(pos: Pos, node: T) -> Positioned<T> {
    Positioned::new(node, pos)
}

fn selection_set(fields: Vec<Field<'_>>, lines: &Lines<'_>) -> SelectionSet {
    let fields = fields.into_iter().map(|field| {
        let pos = lines.position(field.at);
        at(pos, Selection::Field(at(pos, run(field, pos, lines))))
    });
    SelectionSet {
        items: fields.collect(),
    }
}

fn run(field: Field<'_>, pos: Pos, lines: &Lines<'_>) -> RunField {
    let arguments = field.arguments.into_iter().map(|(name, offset, value)| {
        let pos = lines.position(offset);
        (at(pos, Name::new(name)), at(pos, value.into_value()))
    });
    let mut inner = SelectionSet::default();
    for branch in field.branches {
        inner.items.extend(selections(branch, pos, lines));
    }
    RunField {
        alias: field.alias.map(|alias| at(pos, Name::new(alias))),
        name: at(pos, Name::new(field.name)),
        arguments: arguments.collect(),
        directives: Vec::new(),
        selection_set: at(pos, inner),
    }
}

fn selections(branch: Branch<'_>, pos: Pos, lines: &Lines<'_>) -> Vec<Positioned<Selection>> {
    let set = selection_set(branch.fields, lines);
    let Some(on) = branch.on else {
        return set.items;
    };
    let condition = TypeCondition {
        on: at(pos, Name::new(on)),
    };
    let fragment = InlineFragment {
        type_condition: Some(at(pos, condition)),
        directives: Vec::new(),
        selection_set: at(pos, set),
    };
    vec![at(pos, Selection::InlineFragment(at(pos, fragment)))]
}
