//! What the SDL promises of arguments: every list in them has a bound, and every
//! scalar is checked before anything runs.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, InputObjectType, InputValueDefinition, ServiceDocument, Type, TypeDefinition,
    TypeKind, TypeSystemDefinition,
};
use async_graphql::{Request, Value as GraphqlValue, Variables};
use serde_json::{Value, json};
use tributary_graphql::{checks, documents, schema};
use tributary_transport::document::Documents;

/// The schema's types, by name.
struct Types(BTreeMap<String, TypeDefinition>);

impl Types {
    fn new() -> Self {
        let ServiceDocument { definitions } = parse_schema(schema().sdl()).unwrap();
        let types = definitions
            .into_iter()
            .filter_map(|definition| match definition {
                TypeSystemDefinition::Type(of) => Some((of.node.name.node.to_string(), of.node)),
                _ => None,
            });
        Self(types.collect())
    }

    fn input(&self, name: &str) -> Option<&InputObjectType> {
        match &self.0.get(name)?.kind {
            TypeKind::InputObject(of) => Some(of),
            _ => None,
        }
    }

    /// A value that fits a type and gives nothing that it need not.
    fn sample(&self, of: &Type) -> Value {
        let name = match &of.base {
            BaseType::List(item) => return json!([self.sample(item)]),
            BaseType::Named(name) => name.as_str(),
        };
        match self.0.get(name).map(|of| &of.kind) {
            Some(TypeKind::Enum(of)) => json!(of.values[0].node.value.node),
            Some(TypeKind::InputObject(of)) => self.object(of),
            _ => match name {
                "Int" => json!(1),
                "Boolean" => json!(true),
                "DateTime" => json!("2026-01-05T09:00:00Z"),
                "JSON" => json!({}),
                _ => json!("0"),
            },
        }
    }

    fn object(&self, of: &InputObjectType) -> Value {
        let one_of = of.fields.iter().all(|field| field.node.ty.node.nullable);
        let wanted = of.fields.iter().filter(|field| {
            let optional = field.node.ty.node.nullable || field.node.default_value.is_some();
            !optional
        });
        let first = of.fields.iter().take(usize::from(one_of));
        let fields = wanted.chain(first).map(|field| {
            let name = field.node.name.node.to_string();
            (name, self.sample(&field.node.ty.node))
        });
        Value::Object(fields.collect())
    }
}

fn is_list(input: &InputValueDefinition) -> bool {
    matches!(input.ty.node.base, BaseType::List(_))
}

/// What `@maxItems` says.
fn bound(input: &InputValueDefinition) -> Option<usize> {
    let mut directives = input.directives.iter();
    let directive = directives.find(|directive| directive.node.name.node == "maxItems")?;
    match &directive.node.get_argument("count")?.node {
        GraphqlValue::Number(count) => count.as_u64()?.try_into().ok(),
        _ => None,
    }
}

fn inner(of: &Type) -> &str {
    match &of.base {
        BaseType::List(item) => inner(item),
        BaseType::Named(name) => name,
    }
}

/// A list in an argument: the field and argument, the steps from there through
/// input fields, and what it may hold.
struct Place<'a> {
    field: &'a str,
    argument: &'a InputValueDefinition,
    steps: Vec<&'a InputValueDefinition>,
    root: &'a str,
}

impl<'a> Place<'a> {
    fn list(&self) -> &'a InputValueDefinition {
        self.steps.last().copied().unwrap_or(self.argument)
    }

    /// Adds the lists at and below this place.
    fn find(self, types: &'a Types, found: &mut Vec<Self>) {
        let of = inner(&self.list().ty.node);
        if let Some(input) = types.input(of).filter(|_| self.steps.len() < 4) {
            for field in &input.fields {
                let mut steps = self.steps.clone();
                steps.push(&field.node);
                let (field, argument, root) = (self.field, self.argument, self.root);
                Place {
                    field,
                    argument,
                    steps,
                    root,
                }
                .find(types, found);
            }
        }
        if is_list(self.list()) {
            found.push(self);
        }
    }

    /// The value of the argument with so many items in the list.
    fn value(&self, types: &Types, items: usize) -> Value {
        let list = self.list();
        let BaseType::List(item) = &list.ty.node.base else {
            panic!("a list");
        };
        let mut value = json!(vec![types.sample(item); items]);
        for at in (0..self.steps.len()).rev() {
            let holder = match at.checked_sub(1) {
                Some(before) => self.steps[before],
                None => self.argument,
            };
            let mut object = types.object(types.input(inner(&holder.ty.node)).unwrap());
            object[self.steps[at].name.node.as_str()] = value;
            value = if is_list(holder) {
                json!([object])
            } else {
                object
            };
        }
        value
    }
}

fn places(types: &Types) -> Vec<Place<'_>> {
    let mut found = Vec::new();
    for (name, of) in &types.0 {
        let TypeKind::Object(object) = &of.kind else {
            continue;
        };
        for field in &object.fields {
            for argument in &field.node.arguments {
                let place = Place {
                    field: &field.node.name.node,
                    argument: &argument.node,
                    steps: Vec::new(),
                    root: name,
                };
                place.find(types, &mut found);
            }
        }
    }
    found
}

/// The code and message of a refusal.
fn refused(
    documents: &Documents,
    place: &Place<'_>,
    types: &Types,
    items: usize,
) -> Option<String> {
    let (field, name) = (place.field, &place.argument.name.node);
    let of = &place.argument.ty.node;
    // What else the field needs.
    let others = match (place.root, field) {
        ("Query", "search") => "query: \"a\", ",
        ("Query", "pipeline") => "groupBy: STAGE, ",
        _ => "",
    };
    let selected = format!("{field}({others}{name}: $v) {{ __typename }}");
    let document = match place.root {
        "Query" => format!("query ($v: {of}) {{ {selected} }}"),
        "Mutation" => format!("mutation ($v: {of}) {{ {selected} }}"),
        "Ledger" => format!("query ($v: {of}) {{ ledger {{ {selected} }} }}"),
        "Inbox" => format!("query ($v: {of}) {{ inbox {{ {selected} }} }}"),
        node => {
            format!("query ($v: {of}) {{ node(id: \"\") {{ ... on {node} {{ {selected} }} }} }}")
        }
    };
    let variables = Variables::from_json(json!({ "v": place.value(types, items) }));
    let mut request = Request::new(document).variables(variables);
    let refused = documents.prepare(&mut request).err()?;
    Some(refused.errors[0].message.clone())
}

#[test]
fn every_list_in_an_argument_has_a_bound_and_keeps_it() {
    let types = Types::new();
    let documents = documents(&schema());
    let found = places(&types);
    assert!(found.len() >= 5, "{}", found.len());
    for place in found {
        let steps = place.steps.iter().map(|step| step.name.node.as_str());
        let path = std::iter::once(place.argument.name.node.as_str()).chain(steps);
        let path = format!("{}({})", place.field, path.collect::<Vec<_>>().join("."));
        let most = bound(place.list()).unwrap_or_else(|| panic!("{path} has no @maxItems"));
        assert_eq!(refused(&documents, &place, &types, most), None, "{path}");
        let message = refused(&documents, &place, &types, most + 1).unwrap_or_default();
        let expected = format!("has {} items, and at most {most}", most + 1);
        assert!(message.ends_with(&expected), "{path}: {message}");
    }
}

/// What is selected of a list costs as often as it has items.
#[test]
fn every_list_of_objects_says_how_long_it_may_be() {
    let types = Types::new();
    for (name, of) in &types.0 {
        let TypeKind::Object(object) = &of.kind else {
            continue;
        };
        for field in &object.fields {
            let (field, of) = (field.node.name.node.as_str(), &field.node);
            let is_list = matches!(of.ty.node.base, BaseType::List(_));
            let target = types.0.get(inner(&of.ty.node)).map(|of| &of.kind);
            let of_objects = matches!(target, Some(TypeKind::Object(_) | TypeKind::Interface(_)));
            // The connection's own field says it, and mistakes are few.
            let exempt = name.ends_with("Connection") || field == "userErrors";
            let sized = of
                .directives
                .iter()
                .any(|one| one.node.name.node == "listSize");
            assert!(!is_list || !of_objects || exempt || sized, "{name}.{field}");
            let connection = inner(&of.ty.node).ends_with("Connection");
            assert!(!connection || sized, "{name}.{field}");
        }
    }
}

#[test]
fn a_filter_of_thousands_of_values_is_refused_with_its_bound() {
    let document = "query($s:[DealState!]){deals(filter:{state:$s},first:1){nodes{id}}}";
    let variables = Variables::from_json(json!({ "s": vec!["OPEN"; 33_000] }));
    let mut request = Request::new(document).variables(variables);
    let refused = documents(&schema()).prepare(&mut request).unwrap_err();
    let message = "argument `filter.state` of `deals` has 33000 items, and at most 100";
    assert_eq!(refused.errors[0].message, message);
}

/// A scalar that cannot be read fails while the operation runs, and with it
/// what other fields of a mutation have done.
#[test]
fn every_scalar_of_the_schema_is_checked_before_anything_runs() {
    let types = Types::new();
    let standard = ["Int", "Float", "String", "Boolean", "ID"];
    let scalars = types
        .0
        .iter()
        .filter(|(_, of)| matches!(of.kind, TypeKind::Scalar));
    let own: Vec<&str> = scalars
        .map(|(name, _)| name.as_str())
        .filter(|name| !standard.contains(name))
        .collect();
    let checks = checks();
    let mut checked: Vec<&str> = checks.names().collect();
    checked.sort_unstable();
    assert_eq!(checked, own);

    let document = "mutation ($i: RecordCollectionInput!) { recordCollection(input: $i) { collection { id } } }";
    let amount = json!({ "amount": "1.00", "currency": "USD" });
    let input = json!({ "idempotencyKey": "k", "dealId": "d", "amount": amount, "receivedAt": "yesterday" });
    let mut request = Request::new(document).variables(Variables::from_json(json!({ "i": input })));
    let refused = documents(&schema()).prepare(&mut request).unwrap_err();
    let message = "variable `$i.receivedAt` is not a value of type `DateTime`";
    assert_eq!(refused.errors[0].message, message);
}
