//! What an operation selects, as the executor is to run it: equal fields are
//! one, conditions are decided, fragments are written out and arguments have
//! their values. The executor does none of these, or not as the language says.

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{Argument, Directive, Value as Literal};
use apollo_compiler::collections::IndexMap;
use apollo_compiler::executable;
use apollo_compiler::executable::{ExecutableDocument, Operation, Selection, SelectionSet};
use apollo_compiler::schema::FieldDefinition;
use apollo_compiler::{Name, Node};
use async_graphql::Value;

use super::checks::Checking;
use super::coerce::{Coerced, default_of, literal};
use super::definitions::Definitions;
use super::expansion::MAX_SELECTIONS;
use super::problem::{Problem, Problems, Subject};

/// The most bytes in the arguments of an operation, a variable counted wherever
/// it is used.
pub const MAX_ARGUMENTS: usize = 1024 * 1024;

/// A field to run.
pub struct Field<'a> {
    /// What it is called in the answer, if not by its name.
    pub alias: Option<&'a Name>,
    /// Its name.
    pub name: &'a Name,
    /// The byte of the document that it stands at.
    pub at: usize,
    /// What the schema says of it.
    pub definition: &'a FieldDefinition,
    /// The arguments that have a value, each with its place in the document.
    pub arguments: Vec<(&'a Name, usize, Value)>,
    /// What is selected of its value.
    pub branches: Vec<Branch<'a>>,
}

/// Fields to run on objects of one type, or on all.
pub struct Branch<'a> {
    /// The type; of any object, if not given.
    pub on: Option<&'a Name>,
    /// The fields, each response key once.
    pub fields: Vec<Field<'a>>,
}

/// Why an operation cannot be run.
pub enum Refused {
    /// More than one operation may have, as a sentence.
    TooLarge(String),
    /// Arguments with values that are not accepted.
    Arguments(Vec<Problem>),
}

/// Works out what a valid operation selects.
///
/// # Errors
///
/// Why it cannot be run.
pub fn operation<'a>(
    definitions: &'a Definitions,
    document: &'a ExecutableDocument,
    operation: &'a Operation,
    variables: &Coerced,
) -> Result<Vec<Field<'a>>, Refused> {
    let mut collecting = Collecting {
        definitions,
        document,
        variables,
        fields: 0,
        bytes: 0,
        problems: Problems::default(),
    };
    let root = operation.object_type();
    let fields = collecting.object(root, &[&operation.selection_set])?;
    let problems = collecting.problems.into_result();
    problems.map_err(Refused::Arguments).map(|()| fields)
}

struct Collecting<'a, 'v> {
    definitions: &'a Definitions,
    document: &'a ExecutableDocument,
    variables: &'v Coerced,
    fields: usize,
    /// The size of the arguments so far.
    bytes: usize,
    problems: Problems,
}

/// Fields of one response key, in the order of the document.
type Grouped<'a> = IndexMap<&'a Name, Vec<&'a Node<executable::Field>>>;

impl<'a> Collecting<'a, '_> {
    /// What is selected of a value of type `of`.
    fn branches(
        &mut self,
        of: &'a Name,
        sets: &[&'a SelectionSet],
    ) -> Result<Vec<Branch<'a>>, Refused> {
        let possible = self.definitions.possible(of);
        let is_abstract = self.definitions.schema.get_object(of).is_none();
        if !is_abstract || !self.distinguishes(possible, sets, &mut HashSet::new()) {
            // Any of the types stands for all.
            let fields = match possible.first() {
                Some(object) => self.object(object, sets)?,
                None => Vec::new(),
            };
            return Ok(vec![Branch { on: None, fields }]);
        }
        let mut branches = Vec::new();
        for object in possible {
            let fields = self.object(object, sets)?;
            if !fields.is_empty() {
                branches.push(Branch {
                    on: Some(object),
                    fields,
                });
            }
        }
        Ok(branches)
    }

    /// Whether some fragment is on some of these types and not on others.
    fn distinguishes(
        &self,
        possible: &[Name],
        sets: &[&'a SelectionSet],
        seen: &mut HashSet<&'a Name>,
    ) -> bool {
        sets.iter()
            .flat_map(|set| &set.selections)
            .any(|selection| {
                let (condition, set) = match selection {
                    Selection::Field(_) => return false,
                    Selection::InlineFragment(fragment) => {
                        (fragment.type_condition.as_ref(), &fragment.selection_set)
                    }
                    Selection::FragmentSpread(spread) => {
                        let fragment = self.document.fragments.get(&spread.fragment_name);
                        let Some(fragment) = fragment.filter(|found| seen.insert(&found.name))
                        else {
                            return false;
                        };
                        (Some(fragment.type_condition()), &fragment.selection_set)
                    }
                };
                let some = condition.is_some_and(|condition| {
                    possible
                        .iter()
                        .any(|object| !self.definitions.is_a(object, condition))
                });
                some || self.distinguishes(possible, &[set], seen)
            })
    }

    /// What is selected of an object: `CollectFields` of the specification.
    fn object(
        &mut self,
        object: &'a Name,
        sets: &[&'a SelectionSet],
    ) -> Result<Vec<Field<'a>>, Refused> {
        let mut grouped = Grouped::default();
        let mut seen = HashSet::new();
        for set in sets {
            self.group(object, set, &mut seen, &mut grouped);
        }
        let mut fields = Vec::with_capacity(grouped.len());
        for same in grouped.into_values() {
            fields.extend(self.field(object, &same)?);
        }
        Ok(fields)
    }

    fn group(
        &mut self,
        object: &Name,
        set: &'a SelectionSet,
        seen: &mut HashSet<&'a Name>,
        grouped: &mut Grouped<'a>,
    ) {
        for selection in &set.selections {
            if !self.is_included(selection.directives()) {
                continue;
            }
            let (condition, set) = match selection {
                Selection::Field(field) => {
                    grouped.entry(field.response_key()).or_default().push(field);
                    continue;
                }
                Selection::InlineFragment(fragment) => {
                    (fragment.type_condition.as_ref(), &fragment.selection_set)
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.fragment_name);
                    let Some(fragment) = fragment.filter(|found| seen.insert(&found.name)) else {
                        continue;
                    };
                    (Some(fragment.type_condition()), &fragment.selection_set)
                }
            };
            if condition.is_none_or(|condition| self.definitions.is_a(object, condition)) {
                self.group(object, set, seen, grouped);
            }
        }
    }

    fn is_included(&mut self, directives: &'a [Node<Directive>]) -> bool {
        directives
            .iter()
            .all(|directive| match directive.name.as_str() {
                "skip" => !self.condition(directive),
                "include" => self.condition(directive),
                _ => true,
            })
    }

    fn condition(&mut self, directive: &'a Directive) -> bool {
        let value = directive.specified_argument_by_name("if");
        match value.map(|value| &**value) {
            Some(Literal::Boolean(value)) => *value,
            Some(Literal::Variable(name)) => match self.variables.get(name.as_str()) {
                Some(Value::Boolean(value)) => *value,
                // A nullable variable with a default may be sent as null.
                _ => {
                    let name = directive.name.to_string();
                    let subject = Subject::Argument(format!("@{name}"), "if".to_owned());
                    let at = value.map(|value| offset(value.location()));
                    self.problems.note(&subject, at, "must not be null");
                    false
                }
            },
            _ => false,
        }
    }

    /// One field for all that are selected under its key.
    fn field(
        &mut self,
        object: &'a Name,
        same: &[&'a Node<executable::Field>],
    ) -> Result<Option<Field<'a>>, Refused> {
        let Some(first) = same.first() else {
            return Ok(None);
        };
        self.fields += 1;
        if self.fields > MAX_SELECTIONS {
            let message = format!("the operation selects more than {MAX_SELECTIONS} fields");
            return Err(Refused::TooLarge(message));
        }
        let definition = match self.definitions.field(object, &first.name) {
            Some(definition) => definition,
            None => &first.definition,
        };
        let sets: Vec<&SelectionSet> = same.iter().map(|field| &field.selection_set).collect();
        let inner = definition.ty.inner_named_type();
        let branches = if sets.iter().all(|set| set.selections.is_empty()) {
            Vec::new()
        } else {
            self.branches(inner, &sets)?
        };
        Ok(Some(Field {
            alias: first.alias.as_ref(),
            name: &first.name,
            at: offset(first.location()),
            definition,
            arguments: self.arguments(definition, &first.arguments)?,
            branches,
        }))
    }

    fn arguments(
        &mut self,
        field: &'a FieldDefinition,
        given: &'a [Node<Argument>],
    ) -> Result<Vec<(&'a Name, usize, Value)>, Refused> {
        let given: HashMap<&Name, &Node<Argument>> = given
            .iter()
            .map(|argument| (&argument.name, argument))
            .collect();
        let mut arguments = Vec::new();
        for defined in &field.arguments {
            let argument = given.get(&defined.name);
            let value = argument.and_then(|argument| {
                literal(
                    self.definitions,
                    self.variables,
                    &defined.ty,
                    &argument.value,
                )
            });
            let Some(value) = value.or_else(|| default_of(self.definitions, defined)) else {
                continue;
            };
            let at = argument.map(|argument| offset(argument.value.location()));
            let subject = Subject::Argument(field.name.to_string(), defined.name.to_string());
            let mut checking = Checking {
                definitions: self.definitions,
                subject: &subject,
                at,
                problems: &mut self.problems,
            };
            checking.input(defined, &value);
            self.bytes = self.bytes.saturating_add(size(&value));
            if self.bytes > MAX_ARGUMENTS {
                let message =
                    format!("the arguments are larger than {MAX_ARGUMENTS} bytes together");
                return Err(Refused::TooLarge(message));
            }
            arguments.push((&defined.name, at.unwrap_or_default(), value));
        }
        Ok(arguments)
    }
}

fn offset(location: Option<apollo_compiler::parser::SourceSpan>) -> usize {
    location.map_or(0, |location| location.offset())
}

/// Roughly the bytes that a value takes.
fn size(value: &Value) -> usize {
    const NODE: usize = 8;
    NODE + match value {
        Value::String(text) => text.len(),
        Value::List(items) => items.iter().map(size).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| name.len() + size(value))
            .sum(),
        _ => 0,
    }
}
