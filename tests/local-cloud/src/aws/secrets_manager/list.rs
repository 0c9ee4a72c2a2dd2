//! Lists secrets by filter, and the versions of a secret.
use serde_json::{Value, json};

use super::StoredSecret;
use super::call::{SecretsCall, invalid_parameter, validation_error};
use super::lifecycle::description_json;
use crate::aws::error::AwsError;

const FILTER_KEYS: [&str; 6] =
    ["name", "description", "tag-key", "tag-value", "primary-region", "all"];

pub(super) fn list_secrets(call: &SecretsCall<'_>) -> Result<Value, AwsError> {
    let context = call.store.context(call.caller);
    call.store.authorize(call.caller, "secretsmanager:ListSecrets", "*", "*", &context)?;
    let filters =
        call.member("Filters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut parsed_filters = Vec::new();
    for filter in filters {
        let key = filter.get("Key").and_then(Value::as_str).filter(|key| FILTER_KEYS.contains(key));
        let key = key.ok_or_else(|| validation_error("1 validation error detected: Value at 'filters.1.member.key' failed to satisfy constraint"))?;
        let values =
            filter.get("Values").and_then(Value::as_array).filter(|values| !values.is_empty());
        let values = values.ok_or_else(|| invalid_parameter("A filter needs values."))?;
        parsed_filters.push((key, values.iter().filter_map(Value::as_str).collect::<Vec<_>>()));
    }
    let planned = call.member("IncludePlannedDeletion").and_then(Value::as_bool).unwrap_or(false);
    let all = call
        .store
        .account(&call.caller.account_key)
        .into_iter()
        .flat_map(|account| &account.secrets);
    let mut found: Vec<&StoredSecret> = all
        .filter(|((region, _), secret)| {
            *region == call.caller.region && (planned || secret.deletion_date.is_none())
        })
        .map(|(_, secret)| secret)
        .filter(|secret| {
            parsed_filters.iter().all(|(key, values)| matches_filter(secret, key, values))
        })
        .collect();
    found.sort_by(|a, b| (b.created, &b.name).cmp(&(a.created, &a.name)));

    let max_results = call
        .member("MaxResults")
        .map_or(Some(100), Value::as_u64)
        .filter(|max_results| (1..=100).contains(max_results));
    let max_results = max_results.ok_or_else(|| validation_error("1 validation error detected: Value at 'maxResults' failed to satisfy constraint: Member must have value between 1 and 100"))?;
    let max_results = usize::try_from(max_results).unwrap_or(100);
    let from = match call.string("NextToken")? {
        None => 0,
        Some(token) => {
            token.strip_prefix("n.").and_then(|rest| rest.parse().ok()).ok_or_else(|| {
                AwsError::new(400, "InvalidNextTokenException", "The NextToken value is invalid.")
            })?
        }
    };
    let more = found.len() > from + max_results;
    let page: Vec<Value> = found
        .into_iter()
        .skip(from)
        .take(max_results)
        .map(|secret| {
            let mut members = description_json(secret);
            if let Some(stages) = members.remove("VersionIdsToStages") {
                members.insert("SecretVersionsToStages".into(), stages);
            }
            Value::Object(members)
        })
        .collect();
    let next = more.then(|| format!("n.{}", from + max_results));
    Ok(match next {
        Some(next) => json!({ "SecretList": page, "NextToken": next }),
        None => json!({ "SecretList": page }),
    })
}

/// Returns `true` if a value is a prefix of the field. A value that starts with `!` is negated.
fn matches_filter(secret: &StoredSecret, key: &str, values: &[&str]) -> bool {
    let starts = |text: &str, value: &str| text.starts_with(value);
    let starts_ignoring_case =
        |text: &str, value: &str| text.to_lowercase().starts_with(&value.to_lowercase());
    let holds = |value: &str| match key {
        "name" => starts(&secret.name, value),
        "description" => {
            starts_ignoring_case(secret.description.as_deref().unwrap_or_default(), value)
        }
        "tag-key" => secret.tags.keys().any(|tag| starts(tag, value)),
        "tag-value" => secret.tags.values().any(|tag| starts(tag, value)),
        "all" => {
            let tags = secret.tags.iter().flat_map(|(tag, value)| [tag, value]);
            let words = tags.chain([&secret.name]).chain(&secret.description);
            words.into_iter().any(|word| starts_ignoring_case(word, value))
        }
        _ => true,
    };
    values
        .iter()
        .any(|value| value.strip_prefix('!').map_or_else(|| holds(value), |value| !holds(value)))
}

pub(super) fn list_versions(call: &mut SecretsCall<'_>) -> Result<Value, AwsError> {
    let name = call.authorized_secret()?;
    let deprecated = call.member("IncludeDeprecated").and_then(Value::as_bool).unwrap_or(false);
    let secret = call.active_secret_mut(&name)?;
    let shown = secret.versions.iter().filter(|version| deprecated || !version.stages.is_empty());
    let shown: Vec<_> = shown
        .map(|version| json!({ "VersionId": version.id, "VersionStages": version.stages, "CreatedDate": version.created }))
        .collect();
    Ok(json!({ "ARN": secret.arn, "Name": name, "Versions": shown }))
}
