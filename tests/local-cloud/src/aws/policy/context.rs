//! The condition keys of a call. The case of a key does not matter.
use std::collections::BTreeMap;

/// The condition keys of a call with their values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    /// Values by lower-case condition key.
    values: BTreeMap<String, Vec<String>>,
}

impl Context {
    /// Adds a condition key with one value. Replaces the values that the key had.
    #[must_use]
    pub(crate) fn with(self, key: &str, value: impl Into<String>) -> Context {
        self.with_list(key, vec![value.into()])
    }

    /// Adds a condition key with a list of values. Replaces the values that the key had.
    #[must_use]
    pub(crate) fn with_list(mut self, key: &str, values: Vec<String>) -> Context {
        self.values.insert(key.to_ascii_lowercase(), values);
        self
    }

    /// Returns the values of a condition key, or `None` if the call does not have the key.
    pub(crate) fn get(&self, key: &str) -> Option<&[String]> {
        self.values.get(&key.to_ascii_lowercase()).map(Vec::as_slice)
    }
}
