//! Condition keys of one call and their values. Keys know no case.
use std::collections::BTreeMap;

/// What is known about a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    values: BTreeMap<String, Vec<String>>,
}

impl Context {
    /// Adds a key of one value.
    #[must_use]
    pub(crate) fn with(self, key: &str, value: impl Into<String>) -> Context {
        self.with_list(key, vec![value.into()])
    }

    /// Adds a key of any number of values.
    #[must_use]
    pub(crate) fn with_list(mut self, key: &str, values: Vec<String>) -> Context {
        self.values.insert(key.to_ascii_lowercase(), values);
        self
    }

    /// The values of a key; nothing where the call has no such key.
    pub(crate) fn get(&self, key: &str) -> Option<&[String]> {
        self.values.get(&key.to_ascii_lowercase()).map(Vec::as_slice)
    }
}
