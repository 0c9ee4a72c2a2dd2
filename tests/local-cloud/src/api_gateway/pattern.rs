//! Evaluates event patterns of EventBridge.

use serde_json::Value;

/// Returns `true` if an event matches a pattern: it has every member of the pattern, with one of
/// the values that the pattern lists.
pub(super) fn matches(pattern: &Value, event: Option<&Value>) -> bool {
    match pattern {
        Value::Object(members) => members.iter().all(|(name, member)| {
            // `$or` lists alternatives for the object that contains it.
            match member.as_array().filter(|_| name == "$or") {
                Some(choices) => choices.iter().any(|choice| matches(choice, event)),
                None => matches(member, event.and_then(|event| event.get(name))),
            }
        }),
        Value::Array(choices) => choices.iter().any(|choice| value_matches(choice, event)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Returns `true` if the value `found` in an event matches one value or rule in a pattern. `found`
/// is `None` if the event does not have the member.
fn value_matches(choice: &Value, found: Option<&Value>) -> bool {
    if let Some(Value::Array(values)) = found {
        return values.iter().any(|value| value_matches(choice, Some(value)));
    }
    let Value::Object(rule) = choice else { return found == Some(choice) };
    let text = found.and_then(Value::as_str);
    rule.iter().all(|(kind, argument)| {
        let argument_text = argument.as_str().unwrap_or_default();
        match kind.as_str() {
            "exists" => argument.as_bool() == Some(found.is_some()),
            "prefix" => text.is_some_and(|text| text.starts_with(argument_text)),
            "suffix" => text.is_some_and(|text| text.ends_with(argument_text)),
            "equals-ignore-case" => {
                text.is_some_and(|text| text.eq_ignore_ascii_case(argument_text))
            }
            "anything-but" => found.is_some_and(|found| match argument {
                Value::Array(excluded) => !excluded.contains(found),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Object(_) => argument != found,
            }),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn event_pattern_matches_as_eventbridge_documents_it() {
        let event = json!({"source": "portal", "detail-type": "Gangway Registration Requested",
                           "detail": {"method": "sts", "tags": ["a", "b"], "n": 1}});
        for (pattern, is_match) in [
            (json!({}), true),
            (json!({"detail-type": ["Gangway Registration Requested"]}), true),
            (json!({"detail": {"method": ["static-credentials", "sts"]}}), true),
            (json!({"detail": {"method": ["static-credentials"]}}), false),
            (json!({"detail": {"tags": ["b"], "n": [1]}}), true),
            (json!({"detail": {"region": [{"exists": false}]}}), true),
            (json!({"detail": {"region": ["x"]}}), false),
            (json!({"source": [{"prefix": "por"}]}), true),
            (json!({"source": [{"anything-but": ["portal"]}]}), false),
            (json!({"source": "portal"}), false),
            (json!({"$or": [{"source": ["other"]}, {"detail": {"n": [1]}}]}), true),
            (json!({"$or": [{"source": ["other"]}, {"detail": {"n": [2]}}]}), false),
        ] {
            assert_eq!(matches(&pattern, Some(&event)), is_match, "{pattern}");
        }
    }
}
