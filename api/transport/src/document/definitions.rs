//! The schema that documents are held to, read from its SDL once.

use std::collections::HashMap;

use apollo_compiler::ast::{InputValueDefinition, Type, Value};
use apollo_compiler::schema::{ExtendedType, FieldDefinition};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node, Schema};
use async_graphql::{InputType, ScalarType, Value as ConstValue};

/// What the executor tells of types and the validator does not know of.
const INTROSPECTION: &str = "extend type __Type { isOneOf: Boolean }";

/// Whether a value can be read as one of a custom scalar.
type Check = fn(&ConstValue) -> bool;

/// How values of custom scalars are checked before anything runs. A scalar
/// that is not among them takes any value here.
#[derive(Clone, Default)]
pub struct Scalars(HashMap<String, Check>);

impl Scalars {
    /// Checks values of `T` by reading them.
    #[must_use]
    pub fn with<T: ScalarType + InputType>(mut self) -> Self {
        let check: Check = |value| <T as ScalarType>::parse(value.clone()).is_ok();
        self.0.insert(T::type_name().into_owned(), check);
        self
    }

    /// The names of the scalars that are checked.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// A schema, with what is looked up in it for every document.
pub struct Definitions {
    /// The schema.
    pub schema: Valid<Schema>,
    /// The object types that an interface or union stands for.
    possible: HashMap<Name, Vec<Name>>,
    scalars: Scalars,
}

impl Definitions {
    /// Reads SDL.
    ///
    /// # Errors
    ///
    /// SDL that is not valid, with what is wrong with it.
    pub fn new(sdl: &str, scalars: Scalars) -> Result<Self, String> {
        let sdl = format!("{sdl}\n{INTROSPECTION}");
        let schema = Schema::parse_and_validate(sdl, "schema.graphql")
            .map_err(|invalid| invalid.errors.to_string())?;
        let mut possible: HashMap<Name, Vec<Name>> = HashMap::new();
        for (name, of) in &schema.types {
            match of {
                ExtendedType::Object(object) => {
                    for interface in &object.implements_interfaces {
                        let interface = interface.name.clone();
                        possible.entry(interface).or_default().push(name.clone());
                    }
                }
                ExtendedType::Union(union) => {
                    let members = union.members.iter().map(|member| member.name.clone());
                    possible.insert(name.clone(), members.collect());
                }
                _ => {}
            }
        }
        Ok(Self {
            schema,
            possible,
            scalars,
        })
    }

    /// The object types that a type stands for: itself, if it is one.
    pub fn possible<'a>(&'a self, of: &'a Name) -> &'a [Name] {
        match self.schema.types.get(of) {
            Some(ExtendedType::Object(_)) => std::slice::from_ref(of),
            _ => self.possible.get(of).map_or(&[], Vec::as_slice),
        }
    }

    /// Whether objects of type `object` are meant by a fragment on `condition`.
    pub fn is_a(&self, object: &Name, condition: &Name) -> bool {
        object == condition || self.possible(condition).contains(object)
    }

    /// The definition of a field; for one that a type lacks, none.
    pub fn field(&self, of: &str, name: &str) -> Option<&Node<FieldDefinition>> {
        let field = self.schema.type_field(of, name).ok()?;
        Some(&field.node)
    }

    /// Whether `value` can be read as the custom scalar `name`.
    pub fn reads(&self, name: &str, value: &ConstValue) -> bool {
        self.scalars.0.get(name).is_none_or(|check| check(value))
    }
}

/// The most items that a list in an argument or input field may have, as
/// `@maxItems` on it says.
pub fn max_items(input: &InputValueDefinition) -> Option<usize> {
    let bound = input.directives.get("maxItems")?;
    integer(bound.specified_argument_by_name("count")?)
}

/// A whole number of the SDL that is not negative.
pub fn integer(value: &Value) -> Option<usize> {
    match value {
        Value::Int(number) => number.as_str().parse().ok(),
        Value::String(number) => number.parse().ok(),
        _ => None,
    }
}

/// The type without an exclamation mark, and what a list of it holds.
pub fn item(of: &Type) -> Option<&Type> {
    of.is_list().then(|| of.item_type())
}
