//! Evaluates label selectors, such as `a=b,c!=d,e in (f,g),h,!i`.

use serde_json::Value;

/// Returns whether the labels of an object match a selector, or `None` if the selector is invalid.
pub(super) fn matches(object: &Value, selector: &str) -> Option<bool> {
    let label = |key: &str| {
        let labels = object.get("metadata").and_then(|metadata| metadata.get("labels"));
        labels.and_then(|labels| labels.get(key.trim())).and_then(Value::as_str)
    };
    let mut matches_all = true;
    for requirement in split_requirements(selector) {
        let matches = if let Some((key, values)) = requirement.split_once(" notin ") {
            !label(key).is_some_and(|value| parse_set(values).any(|listed| listed == value))
        } else if let Some((key, values)) = requirement.split_once(" in ") {
            label(key).is_some_and(|value| parse_set(values).any(|listed| listed == value))
        } else if let Some((key, value)) = requirement.split_once("!=") {
            label(key) != Some(value.trim())
        } else if let Some((key, value)) = requirement.split_once('=') {
            label(key) == Some(value.trim_start_matches('=').trim())
        } else if let Some(key) = requirement.strip_prefix('!') {
            label(key).is_none()
        } else if requirement.is_empty() || requirement.contains(['(', ')', ' ']) {
            return None;
        } else {
            label(requirement).is_some()
        };
        matches_all &= matches;
    }
    Some(matches_all)
}

/// Returns the values in a list such as `(f,g)`.
fn parse_set(values: &str) -> impl Iterator<Item = &str> {
    values.trim().trim_start_matches('(').trim_end_matches(')').split(',').map(str::trim)
}

/// Splits a selector at the commas that are not in parentheses.
fn split_requirements(selector: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let is_separator = move |character: char| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    };
    selector.split(is_separator).map(str::trim).collect()
}
