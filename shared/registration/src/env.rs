//! Reads environment variables and collects every error.

use std::{fmt::Display, str::FromStr};

use gangway_model::FieldError;

/// Parses environment variables and collects their errors. An empty variable counts as unset. An
/// error contains the name of the variable and its rule, never the value.
pub struct EnvReader<V> {
    variable: V,
    errors: Vec<FieldError>,
}

impl<V: Fn(&str) -> Option<String>> EnvReader<V> {
    /// Creates a reader. The function `variable` returns the value of a variable.
    pub const fn new(variable: V) -> Self {
        Self { variable, errors: Vec::new() }
    }

    /// Parses an optional variable. Returns `None` if the variable is unset or invalid.
    pub fn optional<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.read_text(name)?;
        text.parse().map_err(|rule| self.add_error(name, rule)).ok()
    }

    /// Parses a required variable. Returns `None` and records an error if the variable is unset or
    /// invalid.
    pub fn required<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        // The error for an unset variable is the error for an empty text.
        let text = self.read_text(name).unwrap_or_default();
        text.parse().map_err(|rule| self.add_error(name, rule)).ok()
    }

    /// Parses an optional variable with the function `parse`. If `parse` returns `None`, records an
    /// error with `rule`.
    pub fn optional_with<T>(
        &mut self,
        name: &str,
        rule: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = parse(&self.read_text(name)?);
        if value.is_none() {
            self.add_error(name, rule);
        }
        value
    }

    /// Parses a required variable with the function `parse`. If the variable is unset or `parse`
    /// returns `None`, records an error with `rule`.
    pub fn required_with<T>(
        &mut self,
        name: &str,
        rule: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.read_text(name).as_deref().and_then(parse);
        if value.is_none() {
            self.add_error(name, rule);
        }
        value
    }

    /// Parses a comma-separated list, each entry with the function `entry`. Returns an empty list
    /// if the variable is unset. Records an error for each invalid entry, and skips the entry.
    pub fn list<T>(
        &mut self,
        name: &str,
        rule: impl Display,
        entry: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let Some(text) = self.read_text(name) else { return Vec::new() };
        let entries: Vec<_> = text.split(',').map(|text| entry(text.trim())).collect();
        for (place, _) in entries.iter().enumerate().filter(|(_, entry)| entry.is_none()) {
            self.add_error(name, format_args!("{rule}; entry {} is not", place + 1));
        }
        entries.into_iter().flatten().collect()
    }

    /// Records an error. The message is the name of the variable, followed by `rule`.
    pub fn add_error(&mut self, name: &str, rule: impl Display) {
        self.errors.push(FieldError::malformed(name, rule));
    }

    pub const fn error_count(&self) -> usize {
        self.errors.len()
    }

    pub fn into_errors(self) -> Vec<FieldError> {
        self.errors
    }

    /// Returns the value of a variable. Returns `None` if the variable is unset or empty.
    fn read_text(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gangway_model::AccountId;

    #[test]
    fn every_error_is_collected_without_the_value() {
        let mut variables = EnvReader::new(|name: &str| match name {
            "GOOD" => Some("123456789012".to_owned()),
            "BAD" => Some("secret".to_owned()),
            "LIST" => Some("123456789012, 1,210987654321,".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        });
        assert!(variables.required::<AccountId>("GOOD").is_some());
        assert_eq!(variables.optional::<AccountId>("EMPTY"), None);
        assert_eq!(variables.optional::<AccountId>("BAD"), None);
        assert_eq!(variables.required::<AccountId>("ABSENT"), None);
        let rule = "must be account ids";
        let list = variables.list("LIST", rule, |entry| entry.parse::<AccountId>().ok());
        assert_eq!(list.len(), 2);
        assert!(variables.list("EMPTY", rule, |entry| Some(entry.to_owned())).is_empty());
        let errors: Vec<_> = variables
            .into_errors()
            .into_iter()
            .map(|fault| format!("{} {}", fault.pointer, fault.detail))
            .collect();
        assert_eq!(
            errors,
            [
                "BAD must be an AWS account id of 12 digits",
                "ABSENT must be an AWS account id of 12 digits",
                "LIST must be account ids; entry 2 is not",
                "LIST must be account ids; entry 4 is not",
            ]
        );
    }
}
