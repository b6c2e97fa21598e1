//! What is checked of an argument when its value is known: how many items its
//! lists have, and whether its custom scalars can be read.

use apollo_compiler::ast::{InputValueDefinition, Type};
use apollo_compiler::schema::ExtendedType;
use async_graphql::{PathSegment, Value};

use super::definitions::{Definitions, item, max_items};
use super::problem::{Problems, Subject, too_many};

/// Checks the value of an argument that was given at a byte of the document.
pub struct Checking<'a> {
    /// The schema.
    pub definitions: &'a Definitions,
    /// The argument.
    pub subject: &'a Subject,
    /// Where it was given.
    pub at: Option<usize>,
    /// What was found so far.
    pub problems: &'a mut Problems,
}

impl Checking<'_> {
    /// Notes what is wrong with an argument or input field.
    pub fn input(&mut self, input: &InputValueDefinition, value: &Value) {
        self.value(&input.ty, max_items(input), value);
    }

    fn refuse(&mut self, message: &str) {
        self.problems.note(self.subject, self.at, message);
    }

    fn within(&mut self, step: PathSegment, inner: impl FnOnce(&mut Checking<'_>)) {
        let (definitions, subject, at) = (self.definitions, self.subject, self.at);
        self.problems.within(step, |problems| {
            inner(&mut Checking {
                definitions,
                subject,
                at,
                problems,
            });
        });
    }

    fn value(&mut self, of: &Type, most: Option<usize>, value: &Value) {
        if self.problems.is_full() {
            return;
        }
        match (value, item(of)) {
            // A nullable variable may stand where there is a default, and be null.
            (Value::Null, _) if of.is_non_null() => self.refuse("must not be null"),
            (Value::Null, _) => {}
            (Value::List(values), Some(_)) if most.is_some_and(|most| values.len() > most) => {
                self.refuse(&too_many(values.len(), most));
            }
            (Value::List(values), Some(item)) => {
                for (at, value) in values.iter().enumerate() {
                    self.within(PathSegment::Index(at), |checking| {
                        checking.value(item, most, value)
                    });
                }
            }
            _ => self.named(of.inner_named_type(), value),
        }
    }

    fn named(&mut self, name: &str, value: &Value) {
        match (self.definitions.schema.types.get(name), value) {
            (Some(ExtendedType::InputObject(of)), Value::Object(fields)) => {
                for (name, field) in &of.fields {
                    if let Some(value) = fields.get(name.as_str()) {
                        let step = PathSegment::Field(name.to_string());
                        self.within(step, |checking| checking.input(field, value));
                    }
                }
            }
            (Some(ExtendedType::Scalar(_)), _) if !self.definitions.reads(name, value) => {
                self.refuse(&format!("is not a value of type `{name}`"));
            }
            _ => {}
        }
    }
}
