//! Reads the members of the JSON object in a secret one by one, and collects all errors. No error
//! contains the value of a member.

use std::{fmt::Display, str::FromStr};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

/// Reason why the text of a secret is invalid. The message completes the sentence "the secret …".
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum InvalidPayload {
    /// The text is not JSON. Contains the names of the required members.
    #[error("must contain a JSON object with {0}; it does not contain JSON")]
    NotJson(&'static str),
    /// The text is JSON, but not a JSON object. Contains the names of the required members.
    #[error("must contain a JSON object with {0}; it contains other JSON")]
    NotObject(&'static str),
    /// A required member is missing or is not a string. Contains its name.
    #[error("must have a string as member {0}")]
    MissingField(&'static str),
    /// A member has an invalid value. Contains its name, and the rule that the value violates.
    #[error("has a member {0} that {1}")]
    InvalidField(&'static str, String),
}

/// Members of a secret that have not been read yet, and the errors found in members that have been
/// read.
pub struct PayloadFields {
    members: Map<String, Value>,
    errors: Vec<InvalidPayload>,
}

impl PayloadFields {
    /// Parses the text of a secret as a JSON object. `expected` names the required members in an
    /// error message.
    pub(super) fn parse(
        text: &SecretString,
        expected: &'static str,
    ) -> Result<Self, Vec<InvalidPayload>> {
        #[expect(clippy::disallowed_methods, reason = "it is parsed into types that hide it again")]
        let text = text.expose_secret();
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Ok(Self { members, errors: Vec::new() }),
            Ok(_) => Err(vec![InvalidPayload::NotObject(expected)]),
            Err(_says_where) => Err(vec![InvalidPayload::NotJson(expected)]),
        }
    }

    /// Parses a required member whose value is not secret. Records an error and returns `None` if
    /// the member is missing or invalid.
    pub(super) fn parse_text<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.take_string(name)?;
        text.parse().map_err(|rule: T::Err| self.record_invalid_member(name, &rule)).ok()
    }

    /// Parses a required member whose value is secret. Records an error and returns `None` if the
    /// member is missing or invalid.
    pub(super) fn parse_secret<T>(&mut self, name: &'static str) -> Option<T>
    where
        T: TryFrom<SecretString, Error: Display>,
    {
        // The text is wrapped first, so that it is zeroized even if it is invalid.
        let secret = SecretString::from(self.take_string(name)?);
        T::try_from(secret).map_err(|rule| self.record_invalid_member(name, &rule)).ok()
    }

    /// Returns `contents` if no error was recorded, otherwise all errors.
    pub(super) fn finish<T>(self, contents: Option<T>) -> Result<T, Vec<InvalidPayload>> {
        contents.filter(|_| self.errors.is_empty()).ok_or(self.errors)
    }

    /// Removes a member and returns its text. Records an error if the member is missing or is not a
    /// string.
    fn take_string(&mut self, name: &'static str) -> Option<String> {
        if let Some(Value::String(text)) = self.members.remove(name) {
            return Some(text);
        }
        self.errors.push(InvalidPayload::MissingField(name));
        None
    }

    fn record_invalid_member(&mut self, name: &'static str, rule: &dyn Display) {
        self.errors.push(InvalidPayload::InvalidField(name, rule.to_string()));
    }
}
