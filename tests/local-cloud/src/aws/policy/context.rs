//! Condition keys of one call. Keys are case-insensitive.
use std::collections::BTreeMap;

/// The condition keys and their values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    values: BTreeMap<String, Vec<String>>,
}

impl Context {
    /// Adds a key with one value.
    #[must_use]
    pub(crate) fn with(self, key: &str, value: impl Into<String>) -> Context {
        self.with_list(key, vec![value.into()])
    }

    /// Adds a key with a list of values.
    #[must_use]
    pub(crate) fn with_list(mut self, key: &str, values: Vec<String>) -> Context {
        self.values.insert(key.to_ascii_lowercase(), values);
        self
    }

    /// Returns the values of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&[String]> {
        self.values.get(&key.to_ascii_lowercase()).map(Vec::as_slice)
    }
}
