//! Statements of a policy document, in every form that IAM's grammar allows.

use gangway_model::Arn;
use serde_json::Value;

use crate::wildcard::{wildcard_match, wildcard_match_ignore_case};

/// Returns a document's statements: a list, or a single one.
pub(crate) fn statements(document: &Value) -> Vec<Statement<'_>> {
    many(document.get("Statement")).map(Statement).collect()
}

/// Returns a member's values: a list, a single one, or none.
pub(crate) fn many(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (list, one) = match value {
        Some(Value::Array(items)) => (items.as_slice(), None),
        Some(item) => (&[][..], Some(item)),
        None => (&[][..], None),
    };
    list.iter().chain(one)
}

/// Returns a member's values as text. Numbers and booleans are formatted; other values are left
/// out.
pub(crate) fn texts(value: Option<&Value>) -> impl Iterator<Item = String> {
    many(value).filter_map(|item| match item {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(item.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    })
}

/// One statement.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'a>(&'a Value);

/// One operator and key of a condition block, with the accepted values.
pub(crate) struct Condition<'a> {
    pub(crate) operator: &'a str,
    pub(crate) key: &'a str,
    pub(crate) values: Vec<String>,
}

impl<'a> Statement<'a> {
    pub(crate) fn member(self, name: &str) -> Option<&'a Value> {
        self.0.get(name)
    }

    pub(crate) fn allows(self) -> bool {
        self.member("Effect").and_then(Value::as_str) == Some("Allow")
    }

    pub(crate) fn denies(self) -> bool {
        self.member("Effect").and_then(Value::as_str) == Some("Deny")
    }

    /// Returns the names in `Action`.
    pub(crate) fn action_names(self) -> impl Iterator<Item = &'a str> {
        many(self.member("Action")).filter_map(Value::as_str)
    }

    pub(crate) fn resources(self) -> Vec<String> {
        texts(self.member("Resource")).collect()
    }

    /// Returns `true` if the statement applies to an action, through `Action` or `NotAction`.
    pub(crate) fn covers_action(self, action: &str) -> bool {
        let named = |member| {
            texts(self.member(member)).any(|name| wildcard_match_ignore_case(&name, action))
        };
        match self.member("NotAction") {
            Some(_) => !named("NotAction"),
            None => named("Action"),
        }
    }

    /// Returns `true` if the statement applies to any resource in a partition. An ARN of another
    /// partition never matches.
    pub(crate) fn covers_partition(self, partition: &str) -> bool {
        self.member("NotResource").is_some()
            || texts(self.member("Resource")).any(|resource| {
                let own = Arn::partition_of(&resource).unwrap_or("*");
                wildcard_match(own, partition)
            })
    }

    /// Returns every entry of the condition block. All of them must hold.
    pub(crate) fn conditions(self) -> Vec<Condition<'a>> {
        let blocks = self.member("Condition").and_then(Value::as_object);
        let mut lines = Vec::new();
        for (operator, keys) in blocks.into_iter().flatten() {
            for (key, values) in keys.as_object().into_iter().flatten() {
                lines.push(Condition { operator, key, values: texts(Some(values)).collect() });
            }
        }
        lines
    }
}
