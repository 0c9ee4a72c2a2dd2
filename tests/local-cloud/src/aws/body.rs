//! Fields of a JSON request body.
use serde_json::{Map, Value};

use super::error::AwsError;

/// The body of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'a>(&'a Map<String, Value>);

fn serialization(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "SerializationException", message)
}

impl<'a> Body<'a> {
    pub(super) fn from_value(value: &'a Value) -> Result<Body<'a>, AwsError> {
        value.as_object().map(Body).ok_or_else(|| serialization("The request is no JSON object."))
    }

    /// Returns the names of the members that are not null.
    pub(super) fn names(self) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.as_str())
    }

    pub(super) fn member(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn string(self, name: &str) -> Result<Option<&'a str>, AwsError> {
        let wrong = || serialization(format!("{name} is not a string."));
        self.member(name).map(|value| value.as_str().ok_or_else(wrong)).transpose()
    }

    pub(super) fn number(self, name: &str) -> Result<Option<i64>, AwsError> {
        let wrong = || serialization(format!("{name} is not a number."));
        self.member(name).map(|value| value.as_i64().ok_or_else(wrong)).transpose()
    }

    pub(super) fn list(self, name: &str) -> Result<&'a [Value], AwsError> {
        match self.member(name) {
            None => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(serialization(format!("{name} is not a list."))),
        }
    }

    pub(super) fn strings(self, name: &str) -> Result<Vec<&'a str>, AwsError> {
        let texts: Option<_> = self.list(name)?.iter().map(Value::as_str).collect();
        texts.ok_or_else(|| serialization(format!("{name} is not a list of strings.")))
    }
}
