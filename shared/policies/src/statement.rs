//! The statements of a policy document, in every form that IAM's policy grammar allows.

use gangway_model::Arn;
use serde_json::Value;

use crate::wildcard::{matches_pattern, matches_pattern_ignore_case};

/// Returns the statements of a document. The member `Statement` may be a list or one object.
pub(crate) fn statements(document: &Value) -> Vec<Statement<'_>> {
    values_of(document.get("Statement")).map(Statement).collect()
}

/// Returns the items of a list, or the value if it is not a list, or nothing if it is `None`.
pub(crate) fn values_of(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (list, one) = match value {
        Some(Value::Array(items)) => (items.as_slice(), None),
        Some(item) => (&[][..], Some(item)),
        None => (&[][..], None),
    };
    list.iter().chain(one)
}

/// Returns the items of a list, or the value if it is not a list, as text. Converts numbers and
/// booleans to text, and leaves out all other values that are not strings.
pub(crate) fn texts_of(value: Option<&Value>) -> impl Iterator<Item = String> {
    values_of(value).filter_map(|item| match item {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(item.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    })
}

/// One statement of a policy document.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'a>(&'a Value);

/// One operator and one condition key of a statement's condition block, with the values that the
/// statement compares.
pub(crate) struct Condition<'a> {
    pub(crate) operator: &'a str,
    pub(crate) key: &'a str,
    pub(crate) values: Vec<String>,
}

impl<'a> Statement<'a> {
    /// Returns the member of the statement with this name, such as `Principal`.
    pub(crate) fn member(self, name: &str) -> Option<&'a Value> {
        self.0.get(name)
    }

    /// Returns `true` for a statement with the effect `Allow`.
    pub(crate) fn allows(self) -> bool {
        self.member("Effect").and_then(Value::as_str) == Some("Allow")
    }

    /// Returns `true` for a statement with the effect `Deny`.
    pub(crate) fn denies(self) -> bool {
        self.member("Effect").and_then(Value::as_str) == Some("Deny")
    }

    /// Returns the names and patterns in the member `Action`.
    pub(crate) fn action_names(self) -> impl Iterator<Item = &'a str> {
        values_of(self.member("Action")).filter_map(Value::as_str)
    }

    /// Returns the ARNs and patterns in the member `Resource`.
    pub(crate) fn resources(self) -> Vec<String> {
        texts_of(self.member("Resource")).collect()
    }

    /// Returns `true` if the statement applies to an action: `Action` contains the action, or
    /// `NotAction` does not contain it.
    pub(crate) fn covers_action(self, action: &str) -> bool {
        let contains_action = |member| {
            texts_of(self.member(member)).any(|name| matches_pattern_ignore_case(&name, action))
        };
        match self.member("NotAction") {
            Some(_) => !contains_action("NotAction"),
            None => contains_action("Action"),
        }
    }

    /// Returns `true` if the statement can apply to a resource in the partition. Returns `false` if
    /// `Resource` contains only ARNs of other partitions.
    pub(crate) fn covers_partition(self, partition: &str) -> bool {
        self.member("NotResource").is_some()
            || texts_of(self.member("Resource")).any(|resource| {
                let pattern = Arn::partition_of(&resource).unwrap_or("*");
                matches_pattern(pattern, partition)
            })
    }

    /// Returns every condition of the statement. The statement applies only if all of them hold.
    pub(crate) fn conditions(self) -> Vec<Condition<'a>> {
        let blocks = self.member("Condition").and_then(Value::as_object);
        let mut conditions = Vec::new();
        for (operator, keys) in blocks.into_iter().flatten() {
            for (key, values) in keys.as_object().into_iter().flatten() {
                conditions.push(Condition {
                    operator,
                    key,
                    values: texts_of(Some(values)).collect(),
                });
            }
        }
        conditions
    }
}
