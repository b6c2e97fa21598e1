//! Values as their types want them: of variables, with what is wrong with
//! them, and of arguments, once their documents are known to be valid.

use std::collections::HashMap;

use apollo_compiler::Node;
use apollo_compiler::ast::{InputValueDefinition, Type, Value as Literal};
use apollo_compiler::executable::Operation;
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, PathSegment, Value, Variables};
use serde_json::Number;

use super::definitions::{Definitions, item, max_items};
use super::problem::{Problem, Problems, Subject, brief, too_many};

/// The values of an operation's variables. A nullable one without a default
/// that was not sent is not among them.
pub type Coerced = HashMap<String, Value>;

/// Reads the variables of an operation as its definitions want them.
///
/// # Errors
///
/// What is wrong with them.
pub fn variables(
    definitions: &Definitions,
    operation: &Operation,
    sent: &Variables,
) -> Result<Coerced, Vec<Problem>> {
    let mut coerced = Coerced::new();
    let mut problems = Problems::default();
    for variable in &operation.variables {
        let name = variable.name.as_str();
        let mut reading = Reading {
            definitions,
            subject: Subject::Variable(name.to_owned()),
            problems: &mut problems,
        };
        let value = if let Some(value) = sent.get(&Name::new(name)) {
            reading.value(&variable.ty, None, value)
        } else if let Some(default) = &variable.default_value {
            literal(definitions, &Coerced::new(), &variable.ty, default)
        } else if variable.ty.is_non_null() {
            reading.refuse("is required")
        } else {
            None
        };
        coerced.extend(value.map(|value| (name.to_owned(), value)));
    }
    problems.into_result().map(|()| coerced)
}

/// Reads one variable.
struct Reading<'a> {
    definitions: &'a Definitions,
    subject: Subject,
    problems: &'a mut Problems,
}

impl Reading<'_> {
    fn refuse(&mut self, message: impl Into<String>) -> Option<Value> {
        self.problems.note(&self.subject, None, message);
        None
    }

    fn within<T>(&mut self, step: PathSegment, inner: impl FnOnce(&mut Reading<'_>) -> T) -> T {
        let (definitions, subject) = (self.definitions, self.subject.clone());
        self.problems.within(step, |problems| {
            inner(&mut Reading {
                definitions,
                subject,
                problems,
            })
        })
    }

    /// Reads a value of type `of`, whose lists have at most so many items.
    fn value(&mut self, of: &Type, most: Option<usize>, value: &Value) -> Option<Value> {
        if *value == Value::Null {
            return if of.is_non_null() {
                self.refuse("must not be null")
            } else {
                Some(Value::Null)
            };
        }
        let Some(item) = item(of) else {
            return self.named(of.inner_named_type(), value);
        };
        let Value::List(values) = value else {
            return Some(Value::List(vec![self.value(item, most, value)?]));
        };
        if most.is_some_and(|most| values.len() > most) {
            return self.refuse(too_many(values.len(), most));
        }
        let mut items = Vec::with_capacity(values.len());
        for (at, value) in values.iter().enumerate() {
            let step = PathSegment::Index(at);
            items.extend(self.within(step, |reading| reading.value(item, most, value)));
            if self.problems.is_full() {
                break;
            }
        }
        Some(Value::List(items))
    }

    fn named(&mut self, name: &str, value: &Value) -> Option<Value> {
        let definitions = self.definitions;
        let read = match (definitions.schema.types.get(name)?, value) {
            (ExtendedType::InputObject(object), Value::Object(fields)) => {
                return self.object(object, fields);
            }
            (ExtendedType::Enum(of), Value::String(text)) => {
                let known = of.values.contains_key(text.as_str());
                known.then(|| Value::Enum(Name::new(text)))
            }
            (ExtendedType::Scalar(_), _) => scalar(definitions, name, value),
            _ => None,
        };
        read.or_else(|| self.refuse(format!("is not a value of type `{name}`")))
    }

    fn object(&mut self, of: &InputObjectType, fields: &IndexMap<Name, Value>) -> Option<Value> {
        for name in fields.keys() {
            if !of.fields.contains_key(name.as_str()) {
                let name = brief(name, 40);
                self.refuse(format!(
                    "has a field `{name}` that `{}` does not define",
                    of.name
                ));
            }
        }
        if of.directives.has("oneOf") && !is_one(fields.values()) {
            self.refuse(format!(
                "is to have exactly one field of `{}`, and not null",
                of.name
            ));
        }
        let mut read = IndexMap::new();
        for (name, field) in &of.fields {
            let step = PathSegment::Field(name.to_string());
            let value = self.within(step, |reading| match fields.get(name.as_str()) {
                Some(value) => reading.value(&field.ty, max_items(field), value),
                None => match default_of(reading.definitions, field) {
                    None if field.ty.is_non_null() => reading.refuse("is required"),
                    default => default,
                },
            });
            read.extend(value.map(|value| (Name::new(name), value)));
        }
        Some(Value::Object(read))
    }
}

/// A value of a scalar, as it is sent in JSON.
fn scalar(definitions: &Definitions, name: &str, value: &Value) -> Option<Value> {
    match (name, value) {
        ("Int", _) => i32::try_from(integer(value)?).ok().map(Value::from),
        ("Float", Value::Number(_))
        | ("String", Value::String(_))
        | ("Boolean", Value::Boolean(_))
        | ("ID", Value::String(_)) => Some(value.clone()),
        ("ID", Value::Number(number)) => whole(number).map(Value::String),
        ("Float" | "String" | "Boolean" | "ID", _) => None,
        _ => definitions.reads(name, value).then(|| value.clone()),
    }
}

/// Whether there is one value, and it is not null.
fn is_one<'a>(mut values: impl Iterator<Item = &'a Value>) -> bool {
    values.next().is_some_and(|value| *value != Value::Null) && values.next().is_none()
}

/// A number without a fraction; `1.0` is one, as JSON has but one kind of them.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| whole(number).and_then(|digits| digits.parse().ok())),
        _ => None,
    }
}

/// The digits of a number without a fraction.
fn whole(number: &Number) -> Option<String> {
    if number.is_i64() || number.is_u64() {
        return Some(number.to_string());
    }
    let number = number.as_f64().filter(|number| number.fract() == 0.0)?;
    // Negative zero is zero.
    Some(format!("{:.0}", if number == 0.0 { 0.0 } else { number }))
}

/// The default of an argument or input field, as a value of its type.
pub fn default_of(definitions: &Definitions, input: &InputValueDefinition) -> Option<Value> {
    let default = input.default_value.as_ref()?;
    literal(definitions, &HashMap::new(), &input.ty, default)
}

/// Reads a literal of a valid document as its type wants it. `None` where it is
/// a variable that has no value.
pub fn literal(
    definitions: &Definitions,
    variables: &Coerced,
    of: &Type,
    value: &Node<Literal>,
) -> Option<Value> {
    match (&**value, item(of)) {
        (Literal::Variable(name), _) => variables.get(name.as_str()).cloned(),
        (Literal::Null, _) => Some(Value::Null),
        (Literal::List(items), Some(item)) => {
            let items = items.iter().map(|value| {
                let value = literal(definitions, variables, item, value);
                value.unwrap_or(Value::Null)
            });
            Some(Value::List(items.collect()))
        }
        (_, Some(item)) => {
            let value = literal(definitions, variables, item, value)?;
            Some(Value::List(vec![value]))
        }
        (value, None) => named(definitions, variables, of.inner_named_type(), value),
    }
}

fn named(
    definitions: &Definitions,
    variables: &Coerced,
    name: &str,
    value: &Literal,
) -> Option<Value> {
    match (definitions.schema.types.get(name)?, value) {
        (ExtendedType::InputObject(of), Literal::Object(fields)) => {
            let mut read = IndexMap::new();
            for (name, field) in &of.fields {
                let given = fields.iter().find(|(given, _)| given == name);
                let given =
                    given.and_then(|(_, value)| literal(definitions, variables, &field.ty, value));
                let value = given.or_else(|| default_of(definitions, field));
                read.extend(value.map(|value| (Name::new(name), value)));
            }
            Some(Value::Object(read))
        }
        (_, Literal::Int(number)) if name == "ID" => {
            Some(Value::String(number.as_str().to_owned()))
        }
        _ => Some(untyped(variables, value)),
    }
}

/// A literal as it stands. Of a custom scalar that is all there is to it.
fn untyped(variables: &Coerced, value: &Literal) -> Value {
    match value {
        Literal::Null => Value::Null,
        Literal::Enum(name) => Value::Enum(Name::new(name)),
        Literal::Variable(name) => variables.get(name.as_str()).cloned().unwrap_or(Value::Null),
        Literal::String(text) => Value::String(text.clone()),
        Literal::Boolean(value) => Value::Boolean(*value),
        Literal::Int(number) => parsed(number.as_str()),
        Literal::Float(number) => parsed(number.as_str()),
        Literal::List(items) => {
            Value::List(items.iter().map(|item| untyped(variables, item)).collect())
        }
        Literal::Object(fields) => {
            let given = fields.iter().filter(|(_, value)| match &**value {
                Literal::Variable(name) => variables.contains_key(name.as_str()),
                _ => true,
            });
            let fields = given.map(|(name, value)| (Name::new(name), untyped(variables, value)));
            Value::Object(fields.collect())
        }
    }
}

/// A number; more digits than fit are as good as a floating-point number has.
fn parsed(digits: &str) -> Value {
    let whole = digits.parse::<i64>().ok().map(Number::from);
    let number = whole.or_else(|| Number::from_f64(digits.parse().ok()?));
    number.map_or(Value::Null, Value::Number)
}
