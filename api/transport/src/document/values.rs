//! Rules about values in documents that the validator lacks: input fields that
//! are given twice, variables inside lists and objects, `@oneOf`, and defaults
//! that are null.

use std::collections::HashSet;

use apollo_compiler::ast::{Argument, Directive, InputValueDefinition, Type, Value};
use apollo_compiler::executable::{
    ExecutableDocument, Operation, Selection, SelectionSet, VariableDefinition,
};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use apollo_compiler::{Name, Node};

use super::definitions::{Definitions, item};

/// A broken rule, and where.
pub type Broken = (String, Option<SourceSpan>);

/// Finds what is wrong with the values in a document.
pub fn check(definitions: &Definitions, document: &ExecutableDocument) -> Vec<Broken> {
    let mut broken = Vec::new();
    for operation in document.operations.iter() {
        let mut walk = Walk {
            definitions,
            document,
            variables: &operation.variables,
            seen: HashSet::new(),
            broken: &mut broken,
        };
        walk.operation(operation);
    }
    broken
}

struct Walk<'a> {
    definitions: &'a Definitions,
    document: &'a ExecutableDocument,
    variables: &'a [Node<VariableDefinition>],
    /// Fragments are walked once for each operation: its variables differ.
    seen: HashSet<&'a Name>,
    broken: &'a mut Vec<Broken>,
}

impl<'a> Walk<'a> {
    fn operation(&mut self, operation: &'a Operation) {
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                self.value(&variable.ty, false, default);
            }
            self.directives(&variable.directives);
        }
        self.directives(&operation.directives);
        self.selections(&operation.selection_set);
    }

    fn selections(&mut self, set: &'a SelectionSet) {
        for selection in &set.selections {
            self.directives(selection.directives());
            match selection {
                Selection::Field(field) => {
                    self.arguments(&field.definition.arguments, &field.arguments);
                    self.selections(&field.selection_set);
                }
                Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set),
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.fragment_name);
                    if let Some(fragment) = fragment.filter(|found| self.seen.insert(&found.name)) {
                        self.directives(&fragment.directives);
                        self.selections(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn directives(&mut self, directives: &[Node<Directive>]) {
        let definitions = self.definitions;
        for directive in directives {
            let defined = definitions
                .schema
                .directive_definitions
                .get(&directive.name);
            if let Some(defined) = defined {
                self.arguments(&defined.arguments, &directive.arguments);
            }
        }
    }

    fn arguments(&mut self, defined: &[Node<InputValueDefinition>], given: &[Node<Argument>]) {
        for argument in given {
            let mut defined = defined.iter();
            if let Some(defined) = defined.find(|defined| defined.name == argument.name) {
                let has_default = defined.default_value.is_some();
                self.value(&defined.ty, has_default, &argument.value);
            }
        }
    }

    fn refuse(&mut self, message: String, at: &Node<Value>) {
        self.broken.push((message, at.location()));
    }

    /// Checks a value at a place of type `of`, which may have a default.
    fn value(&mut self, of: &Type, has_default: bool, value: &Node<Value>) {
        match (&**value, item(of)) {
            (Value::Variable(name), _) => self.variable(of, has_default, name, value),
            (Value::List(items), Some(item)) => {
                for value in items {
                    self.value(item, false, value);
                }
            }
            (Value::Null, _) => {}
            (_, Some(item)) => self.value(item, false, value),
            (_, None) => self.named(of.inner_named_type(), value),
        }
    }

    fn named(&mut self, name: &Name, value: &Node<Value>) {
        match (self.definitions.schema.types.get(name), &**value) {
            (Some(ExtendedType::InputObject(of)), Value::Object(fields)) => {
                self.once_each(fields, value);
                if of.directives.has("oneOf") {
                    self.one_of(of, fields, value);
                }
                for (name, value) in fields {
                    if let Some(field) = of.fields.get(name) {
                        self.value(&field.ty, field.default_value.is_some(), value);
                    }
                }
            }
            (Some(ExtendedType::Scalar(_)), Value::Object(_) | Value::List(_)) => {
                self.inside_scalar(value);
            }
            _ => {}
        }
    }

    /// In what a custom scalar is written as, names and variables have to make
    /// sense all the same.
    fn inside_scalar(&mut self, value: &Node<Value>) {
        match &**value {
            Value::Variable(name) if !self.is_defined(name) => {
                self.refuse(format!("variable `${name}` is not defined"), value);
            }
            Value::List(items) => items.iter().for_each(|value| self.inside_scalar(value)),
            Value::Object(fields) => {
                self.once_each(fields, value);
                fields
                    .iter()
                    .for_each(|(_, value)| self.inside_scalar(value));
            }
            _ => {}
        }
    }

    fn once_each(&mut self, fields: &[(Name, Node<Value>)], value: &Node<Value>) {
        let mut names = HashSet::new();
        for (name, _) in fields {
            if !names.insert(name) {
                self.refuse(format!("input field `{name}` is given twice"), value);
            }
        }
    }

    fn one_of(
        &mut self,
        of: &InputObjectType,
        fields: &[(Name, Node<Value>)],
        value: &Node<Value>,
    ) {
        let nullable = |value: &Value| match value {
            Value::Null => true,
            Value::Variable(name) => {
                let defined = self.variables.iter().find(|defined| defined.name == *name);
                defined.is_some_and(|defined| !defined.ty.is_non_null())
            }
            _ => false,
        };
        if !matches!(fields, [(_, value)] if !nullable(value)) {
            let message = format!("`{}` takes exactly one field, and not null", of.name);
            self.refuse(message, value);
        }
    }

    fn is_defined(&self, name: &Name) -> bool {
        self.variables.iter().any(|defined| defined.name == *name)
    }

    /// `IsVariableUsageAllowed` of the specification.
    fn variable(&mut self, of: &Type, has_default: bool, name: &Name, value: &Node<Value>) {
        let defined = self.variables.iter().find(|defined| defined.name == *name);
        // One that is not defined is for the validator to refuse.
        let Some(defined) = defined else { return };
        let default = defined.default_value.as_ref();
        let never_null = default.is_some_and(|default| !default.is_null()) || has_default;
        let fits = if of.is_non_null() && !defined.ty.is_non_null() && never_null {
            defined.ty.is_assignable_to(&of.clone().nullable())
        } else {
            defined.ty.is_assignable_to(of)
        };
        if !fits {
            let message = format!(
                "variable `${name}` of type `{}` is used where `{of}` is expected",
                defined.ty
            );
            self.refuse(message, value);
        }
    }
}
