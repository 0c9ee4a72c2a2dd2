//! Reads the members of a JSON request body.
use serde_json::{Map, Value};

use super::error::AwsError;

/// The JSON object in the body of a request. A member that is `null` counts as absent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'a>(&'a Map<String, Value>);

/// Returns AWS's error for a request body of another type than the operation expects.
fn serialization_error(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "SerializationException", message)
}

impl<'a> Body<'a> {
    /// Reads a JSON value as request body.
    ///
    /// # Errors
    /// `SerializationException` if the value is not an object.
    pub(super) fn from_value(value: &'a Value) -> Result<Body<'a>, AwsError> {
        value
            .as_object()
            .map(Body)
            .ok_or_else(|| serialization_error("The request is no JSON object."))
    }

    /// Returns the names of the members that are not null.
    pub(super) fn names(self) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.as_str())
    }

    /// Returns a member of any type.
    pub(super) fn member(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Returns a member that must be a string.
    pub(super) fn string(self, name: &str) -> Result<Option<&'a str>, AwsError> {
        let type_error = || serialization_error(format!("{name} is not a string."));
        self.member(name).map(|value| value.as_str().ok_or_else(type_error)).transpose()
    }

    /// Returns a member that must be an integer.
    pub(super) fn number(self, name: &str) -> Result<Option<i64>, AwsError> {
        let type_error = || serialization_error(format!("{name} is not a number."));
        self.member(name).map(|value| value.as_i64().ok_or_else(type_error)).transpose()
    }

    /// Returns a member that must be a list. A list that is absent counts as empty.
    pub(super) fn list(self, name: &str) -> Result<&'a [Value], AwsError> {
        match self.member(name) {
            None => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(serialization_error(format!("{name} is not a list."))),
        }
    }

    /// Returns a member that must be a list of strings. A list that is absent counts as empty.
    pub(super) fn strings(self, name: &str) -> Result<Vec<&'a str>, AwsError> {
        let strings: Option<_> = self.list(name)?.iter().map(Value::as_str).collect();
        strings.ok_or_else(|| serialization_error(format!("{name} is not a list of strings.")))
    }
}
