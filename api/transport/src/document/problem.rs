//! What is wrong with the value of a variable or an argument, and how that is
//! told. Values are not repeated: they may be secret, or huge.

use async_graphql::{PathSegment, Pos, ServerError, Value};

use super::source::Lines;
use crate::refusal::Refusal;

/// The most problems that are told of one request.
pub const MOST_PROBLEMS: usize = 10;

/// What a value was given for.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A variable, by its name.
    Variable(String),
    /// An argument of a field or directive, by both names.
    Argument(String, String),
}

/// One thing that is wrong with a value.
#[derive(Debug)]
pub struct Problem {
    /// What the value was given for.
    pub subject: Subject,
    /// From there to what is wrong: input fields and positions in lists.
    pub path: Vec<PathSegment>,
    /// What is wrong, as the end of a sentence.
    pub message: String,
    /// The byte of the document that it was given at; of a variable, none.
    pub at: Option<usize>,
}

/// Problems as they are found, no more than [`MOST_PROBLEMS`].
#[derive(Default)]
pub struct Problems {
    found: Vec<Problem>,
    path: Vec<PathSegment>,
}

impl Problems {
    /// Notes a problem at the present place.
    pub fn note(&mut self, subject: &Subject, at: Option<usize>, message: impl Into<String>) {
        if !self.is_full() {
            self.found.push(Problem {
                subject: subject.clone(),
                path: self.path.clone(),
                message: message.into(),
                at,
            });
        }
    }

    /// Does something one step further in.
    pub fn within<T>(&mut self, step: PathSegment, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let done = inner(self);
        self.path.pop();
        done
    }

    /// How many were found.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// Whether no more are noted.
    pub fn is_full(&self) -> bool {
        self.found.len() >= MOST_PROBLEMS
    }

    /// All of them.
    ///
    /// # Errors
    ///
    /// If there are any.
    pub fn into_result(self) -> Result<(), Vec<Problem>> {
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(self.found)
        }
    }
}

impl Problem {
    /// The problem as an error for the caller.
    pub fn error(&self, lines: &Lines<'_>) -> ServerError {
        let mut place = String::new();
        for step in &self.path {
            match step {
                PathSegment::Field(name) => place.push_str(&format!(".{name}")),
                PathSegment::Index(at) => place.push_str(&format!("[{at}]")),
            }
        }
        let (message, place) = (&self.message, brief(&place, 120));
        let text = match &self.subject {
            Subject::Variable(name) => {
                let name = brief(name, 40);
                format!("variable `${name}{place}` {message}")
            }
            Subject::Argument(field, name) => {
                format!("argument `{name}{place}` of `{field}` {message}")
            }
        };
        let at: Option<Pos> = self.at.map(|at| lines.position(at));
        let mut error = Refusal::ValidationFailed.error(brief(&text, 300), at);
        let extensions = error.extensions.get_or_insert_default();
        match &self.subject {
            Subject::Variable(name) => extensions.set("variable", name),
            Subject::Argument(_, name) => extensions.set("argument", name),
        }
        let path = self.path.iter().map(|step| match step {
            PathSegment::Field(name) => Value::from(name.as_str()),
            PathSegment::Index(at) => Value::from(*at),
        });
        extensions.set("inputPath", Value::List(path.collect()));
        error
    }
}

/// What is said of a list with more items than it may have.
pub fn too_many(items: usize, most: Option<usize>) -> String {
    format!(
        "has {items} items, and at most {}",
        most.unwrap_or_default()
    )
}

/// At most so many characters of a text.
pub fn brief(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
