//! What an operation costs, from what the schema's directives say of its
//! fields, before any of it runs.
//!
//! A field costs its `@cost(weight:)`, or 1. What is selected of a list is
//! counted once for each of the items that `@listSize` says there may be.

use apollo_compiler::Name;
use apollo_compiler::ast::Value as Literal;
use apollo_compiler::schema::FieldDefinition;
use async_graphql::Value;

use super::collect::Field;
use super::definitions::{Definitions, integer};
use super::introspection;

/// The items of a list whose size the schema does not say.
pub const ASSUMED_ITEMS: usize = 10;

/// What an operation asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// In the unit that one field costs.
    pub cost: usize,
    /// The deepest nesting of fields.
    pub depth: usize,
    /// Whether it asks for a list without saying how long: what it costs is then no bound.
    pub is_assumed: bool,
}

/// Works out the price of fields at the root of an operation.
pub fn of(definitions: &Definitions, fields: &[Field<'_>]) -> Price {
    let mut price = Price::default();
    for field in fields {
        let one = of_field(definitions, field, None);
        price.cost = price.cost.saturating_add(one.cost);
        price.depth = price.depth.max(one.depth);
        price.is_assumed |= one.is_assumed;
    }
    price
}

/// The price of a field, whose list has so many items if what it is in says so; and whether
/// that was asked for.
fn of_field(definitions: &Definitions, field: &Field<'_>, above: Option<(usize, bool)>) -> Price {
    let (items, asked_above) = above.unzip();
    if let Some(cost) = introspection::cost(definitions, field) {
        return Price {
            cost,
            depth: depth(field),
            is_assumed: false,
        };
    }
    let size = ListSize::of(field);
    let sized = |name: &Name| match &size {
        Some(size) if size.fields.contains(&name.as_str()) => Some((size.items, size.is_asked)),
        _ => None,
    };
    // Of several types, the dearest: an object is of one of them.
    let mut inner = Price::default();
    for branch in &field.branches {
        let mut sum = 0_usize;
        for child in &branch.fields {
            let one = of_field(definitions, child, sized(child.name));
            sum = sum.saturating_add(one.cost);
            inner.depth = inner.depth.max(one.depth);
            inner.is_assumed |= one.is_assumed;
        }
        inner.cost = inner.cost.max(sum);
    }
    let items = match (&size, items) {
        (_, Some(items)) => items,
        (Some(size), None) if size.fields.is_empty() => size.items,
        (None, None) if field.definition.ty.is_list() => ASSUMED_ITEMS,
        _ => 1,
    };
    // The items of a field that is the list itself were asked for by an argument of it, or
    // of the field above.
    let is_list = field.definition.ty.is_list() && !field.branches.is_empty();
    let is_assumed = match (&size, asked_above) {
        _ if !is_list => false,
        (_, Some(is_asked)) => !is_asked,
        (Some(size), None) => !size.is_asked,
        (None, None) => true,
    };
    let weight = weight(field.definition);
    Price {
        cost: weight.saturating_add(inner.cost.saturating_mul(items)),
        depth: inner.depth + 1,
        is_assumed: inner.is_assumed || is_assumed,
    }
}

fn depth(field: &Field<'_>) -> usize {
    let branches = field.branches.iter().flat_map(|branch| &branch.fields);
    branches.map(depth).max().unwrap_or_default() + 1
}

/// What a field costs by itself.
fn weight(definition: &FieldDefinition) -> usize {
    let cost = definition.directives.get("cost");
    let weight = cost.and_then(|cost| cost.specified_argument_by_name("weight"));
    weight.and_then(|weight| integer(weight)).unwrap_or(1)
}

/// What `@listSize` says of a field.
struct ListSize<'a> {
    items: usize,
    /// Whether an argument says so.
    is_asked: bool,
    /// The fields below that are the list; none where the field itself is.
    fields: Vec<&'a str>,
}

impl<'a> ListSize<'a> {
    fn of(field: &Field<'a>) -> Option<Self> {
        let directive = field.definition.directives.get("listSize")?;
        let names = |argument: &str| -> Vec<&'a str> {
            let names = directive.specified_argument_by_name(argument);
            let names = names.and_then(|names| names.as_list()).unwrap_or_default();
            names.iter().filter_map(|name| name.as_str()).collect()
        };
        let slices = names("slicingArguments");
        let sliced = field
            .arguments
            .iter()
            .filter(|(name, _, _)| slices.contains(&name.as_str()));
        let asked = sliced.filter_map(|(_, _, value)| items(value)).max();
        let assumed = directive.specified_argument_by_name("assumedSize");
        let assumed = assumed.and_then(|value: &apollo_compiler::Node<Literal>| integer(value));
        Some(Self {
            items: asked.or(assumed).unwrap_or(ASSUMED_ITEMS),
            is_asked: asked.is_some(),
            fields: names("sizedFields"),
        })
    }
}

/// How many items an argument asks for: its number, or the length of its list.
fn items(value: &Value) -> Option<usize> {
    match value {
        Value::Number(number) => Some(
            number
                .as_u64()
                .map_or(0, |number| usize::try_from(number).unwrap_or(usize::MAX)),
        ),
        Value::List(items) => Some(items.len()),
        _ => None,
    }
}
