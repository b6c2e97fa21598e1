//! What reading the schema costs: the fields of the answer are counted before
//! they are resolved. A few selections that go back and forth between types
//! stand for millions of fields.

use apollo_compiler::Name;
use apollo_compiler::ast::{InputValueDefinition, Type};
use apollo_compiler::schema::{DirectiveDefinition, ExtendedType, FieldDefinition};
use async_graphql::Value;

use super::collect::Field;
use super::definitions::Definitions;
use crate::MAX_COMPLEXITY;

/// The fields about the schema that cost as much as one of its own: nothing is
/// looked up for them.
pub const FIELDS_PER_POINT: usize = 5;

/// The cost of a field at the root of a query that reads the schema; `None` for
/// other fields.
pub fn cost(definitions: &Definitions, field: &Field<'_>) -> Option<usize> {
    let node = match field.name.as_str() {
        "__schema" => Some(Node::Schema),
        "__type" => {
            let name = field
                .arguments
                .iter()
                .find_map(|(_, _, value)| match value {
                    Value::String(name) => Some(name.as_str()),
                    _ => None,
                });
            let found = name.and_then(|name| definitions.schema.types.get_key_value(name));
            found.map(|(name, _)| Node::Named(name))
        }
        _ => return None,
    };
    let mut counting = Counting {
        definitions,
        left: MAX_COMPLEXITY.saturating_mul(FIELDS_PER_POINT),
    };
    let whole = counting.left;
    counting.take();
    if let Some(node) = node {
        counting.fields(field, node);
    }
    let counted = match counting.left {
        // Counting stopped there: it costs more than anything may.
        0 => return Some(MAX_COMPLEXITY + 1),
        left => whole - left,
    };
    Some(counted.div_ceil(FIELDS_PER_POINT))
}

/// A part of the schema.
#[derive(Clone, Copy)]
enum Node<'a> {
    Schema,
    Named(&'a Name),
    Wrapped(&'a Type),
    Field(&'a FieldDefinition),
    Input(&'a InputValueDefinition),
    EnumValue,
    Directive(&'a DirectiveDefinition),
}

struct Counting<'a> {
    definitions: &'a Definitions,
    /// How many fields more are counted.
    left: usize,
}

impl<'a> Counting<'a> {
    fn take(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    /// Counts what is selected of a part of the schema.
    fn fields(&mut self, field: &Field<'_>, node: Node<'a>) {
        for child in field.branches.iter().flat_map(|branch| &branch.fields) {
            if !self.take() {
                return;
            }
            if !child.branches.is_empty() {
                self.each(child, node);
            }
        }
    }

    /// Counts what is selected of each part that a field leads to.
    fn each(&mut self, field: &Field<'_>, node: Node<'a>) {
        let definitions = self.definitions;
        let schema = &definitions.schema;
        match (node, field.name.as_str()) {
            (Node::Schema, "types") => {
                schema
                    .types
                    .keys()
                    .for_each(|name| self.fields(field, Node::Named(name)));
            }
            (Node::Schema, "directives") => {
                let directives = schema.directive_definitions.values();
                directives.for_each(|directive| self.fields(field, Node::Directive(directive)));
            }
            (Node::Schema, "queryType") => {
                self.root(field, schema.schema_definition.query.as_ref())
            }
            (Node::Schema, "mutationType") => {
                self.root(field, schema.schema_definition.mutation.as_ref());
            }
            (Node::Schema, "subscriptionType") => {
                self.root(field, schema.schema_definition.subscription.as_ref());
            }
            (Node::Directive(directive), "args") => {
                let arguments = directive.arguments.iter();
                arguments.for_each(|argument| self.fields(field, Node::Input(argument)));
            }
            (Node::Field(of), "args") => {
                let arguments = of.arguments.iter();
                arguments.for_each(|argument| self.fields(field, Node::Input(argument)));
            }
            (Node::Field(of), "type") => self.fields(field, reference(&of.ty)),
            (Node::Input(of), "type") => self.fields(field, reference(&of.ty)),
            (Node::Wrapped(of), "ofType") => self.wrapped(field, of),
            (Node::Named(name), inner) => {
                if let Some(of) = schema.types.get(name) {
                    self.of_type(field, name, of, inner);
                }
            }
            _ => {}
        }
    }

    fn root(
        &mut self,
        field: &Field<'_>,
        root: Option<&'a apollo_compiler::schema::ComponentName>,
    ) {
        if let Some(root) = root {
            self.fields(field, Node::Named(&root.name));
        }
    }

    fn wrapped(&mut self, field: &Field<'_>, of: &'a Type) {
        match of {
            Type::Named(name) | Type::NonNullNamed(name) => self.fields(field, Node::Named(name)),
            Type::List(item) => self.fields(field, reference(item)),
            // Without its exclamation mark it is a list still.
            Type::NonNullList(item) => self.list(field, item),
        }
    }

    /// What is selected of a list type that holds `item`.
    fn list(&mut self, field: &Field<'_>, item: &'a Type) {
        for child in field.branches.iter().flat_map(|branch| &branch.fields) {
            if !self.take() {
                return;
            }
            if child.name == "ofType" {
                self.fields(child, reference(item));
            }
        }
    }

    fn of_type(&mut self, field: &Field<'_>, name: &'a Name, of: &'a ExtendedType, inner: &str) {
        let definitions = self.definitions;
        match (of, inner) {
            (ExtendedType::Object(of), "fields") => {
                of.fields
                    .values()
                    .for_each(|of| self.fields(field, Node::Field(of)));
            }
            (ExtendedType::Interface(of), "fields") => {
                of.fields
                    .values()
                    .for_each(|of| self.fields(field, Node::Field(of)));
            }
            (ExtendedType::Object(of), "interfaces") => {
                let interfaces = of.implements_interfaces.iter();
                interfaces.for_each(|of| self.fields(field, Node::Named(&of.name)));
            }
            (ExtendedType::Interface(of), "interfaces") => {
                let interfaces = of.implements_interfaces.iter();
                interfaces.for_each(|of| self.fields(field, Node::Named(&of.name)));
            }
            (ExtendedType::Interface(_) | ExtendedType::Union(_), "possibleTypes") => {
                let possible = definitions.possible(name).iter();
                possible.for_each(|name| self.fields(field, Node::Named(name)));
            }
            (ExtendedType::Enum(of), "enumValues") => {
                of.values
                    .iter()
                    .for_each(|_| self.fields(field, Node::EnumValue));
            }
            (ExtendedType::InputObject(of), "inputFields") => {
                of.fields
                    .values()
                    .for_each(|of| self.fields(field, Node::Input(of)));
            }
            _ => {}
        }
    }
}

/// A type as it is referred to: by its name, or within its wrappings.
fn reference(of: &Type) -> Node<'_> {
    match of {
        Type::Named(name) => Node::Named(name),
        _ => Node::Wrapped(of),
    }
}
