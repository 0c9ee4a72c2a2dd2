//! Reads the members of a secret's JSON object one by one, and collects every error. No error
//! contains a value.

use std::{fmt::Display, str::FromStr};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

/// Why the text of a secret is invalid. Completes the sentence "the secret …".
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum InvalidPayload {
    /// The text is not JSON. The names of the expected members.
    #[error("must contain a JSON object with {0}; it does not contain JSON")]
    NotJson(&'static str),
    /// The text is not a JSON object. The names of the expected members.
    #[error("must contain a JSON object with {0}; it contains other JSON")]
    NotObject(&'static str),
    /// A required member is missing.
    #[error("must have a string as member {0}")]
    MissingField(&'static str),
    /// A member has an invalid value: the name and the rule.
    #[error("has a member {0} that {1}")]
    InvalidField(&'static str, String),
}

/// The members that have not been read yet, and the errors of those that have.
pub struct PayloadFields {
    members: Map<String, Value>,
    errors: Vec<InvalidPayload>,
}

impl PayloadFields {
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

    /// Parses a member that is not secret.
    pub(super) fn text<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.take_text(name)?;
        text.parse().map_err(|rule: T::Err| self.add_invalid(name, &rule)).ok()
    }

    /// Parses a secret member.
    pub(super) fn secret<T>(&mut self, name: &'static str) -> Option<T>
    where
        T: TryFrom<SecretString, Error: Display>,
    {
        // Wrapped first, so that it is zeroized even if it is invalid.
        let secret = SecretString::from(self.take_text(name)?);
        T::try_from(secret).map_err(|rule| self.add_invalid(name, &rule)).ok()
    }

    pub(super) fn finish<T>(self, contents: Option<T>) -> Result<T, Vec<InvalidPayload>> {
        contents.filter(|_| self.errors.is_empty()).ok_or(self.errors)
    }

    fn take_text(&mut self, name: &'static str) -> Option<String> {
        if let Some(Value::String(text)) = self.members.remove(name) {
            return Some(text);
        }
        self.errors.push(InvalidPayload::MissingField(name));
        None
    }

    fn add_invalid(&mut self, name: &'static str, rule: &dyn Display) {
        self.errors.push(InvalidPayload::InvalidField(name, rule.to_string()));
    }
}
