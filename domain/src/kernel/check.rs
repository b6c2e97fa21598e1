//! Checking arguments: all that is wrong with a command is said at once.

use crate::error::{Error, Result};

/// An argument as a caller gave it: read, or why it cannot be.
#[derive(Debug)]
pub struct Given<T>(Result<T>);

impl<T> From<T> for Given<T> {
    fn from(value: T) -> Self {
        Self(Ok(value))
    }
}

impl<T> From<Result<T>> for Given<T> {
    fn from(read: Result<T>) -> Self {
        Self(read)
    }
}

impl<T> Given<T> {
    /// The argument, where it is the only one.
    pub(crate) fn read(self) -> Result<T> {
        self.0
    }

    /// The argument, where it could be read.
    pub(crate) fn known(&self) -> Option<&T> {
        self.0.as_ref().ok()
    }
}

/// Collects what is wrong with the arguments of a command.
#[derive(Debug, Default)]
pub(crate) struct Check(Vec<Error>);

impl Check {
    /// What was read, or `None` where it could not be: then why is remembered.
    ///
    /// # Errors
    ///
    /// Those that have nothing to do with the arguments.
    pub(crate) fn take<T>(&mut self, read: Result<T>) -> Result<Option<T>> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(Error::Several(errors)) => {
                self.0.extend(errors);
                Ok(None)
            }
            Err(error) if error.is_mendable() => {
                self.0.push(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The same of an argument.
    pub(crate) fn given<T>(&mut self, given: impl Into<Given<T>>) -> Result<Option<T>> {
        self.take(given.into().0)
    }

    /// The same of an argument that may be left out.
    pub(crate) fn optional<T>(&mut self, given: Option<Given<T>>) -> Result<Option<T>> {
        match given {
            Some(given) => self.given(given),
            None => Ok(None),
        }
    }

    /// Goes on if nothing is wrong.
    ///
    /// # Errors
    ///
    /// All that is wrong.
    pub(crate) fn done(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.failed())
        }
    }

    /// All that is wrong, where something is.
    pub(crate) fn failed(mut self) -> Error {
        match self.0.len() {
            0 => Error::broken("a check failed for no reason"),
            1 => self.0.remove(0),
            _ => Error::Several(self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Noun;

    #[test]
    fn everything_that_is_wrong_is_told_in_order() {
        let mut check = Check::default();
        assert_eq!(check.take(Ok(7)).unwrap(), Some(7));
        let wrong: Result<i32> = Err(Error::NotFound(Noun::Deal).at("dealId"));
        assert_eq!(check.take(wrong).unwrap(), None);
        let wrong: Given<i32> = Err(Error::invalid("name", "empty").within("account")).into();
        assert_eq!(check.given::<i32>(wrong).unwrap(), None);
        let Err(Error::Several(errors)) = check.done() else {
            panic!("two are wrong");
        };
        let told: Vec<String> = errors.iter().map(|error| format!("{error:?}")).collect();
        assert!(told[0].contains("\"dealId\""), "{told:?}");
        assert!(told[1].contains("\"account.name\""), "{told:?}");
    }

    #[test]
    fn what_is_no_argument_of_the_callers_ends_the_check() {
        let mut check = Check::default();
        let broken: Result<i32> = Err(Error::broken("no disk"));
        assert!(matches!(check.take(broken), Err(Error::Broken(_))));
    }
}
