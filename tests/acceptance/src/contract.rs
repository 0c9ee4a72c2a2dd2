//! Checks the responses that tests receive against the published `OpenAPI` document.

use std::{
    collections::BTreeMap,
    sync::{Mutex, OnceLock, PoisonError},
};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::HttpResponse;

/// Checks a response against its operation in the `OpenAPI` document. Accepts any response if the
/// document has no such operation.
///
/// # Errors
/// Describes the difference: an undocumented status or content type, or a body that does not match
/// the schema.
pub(crate) fn check_response(
    verb: &str,
    path: &str,
    response: &HttpResponse,
) -> Result<(), String> {
    let path = path.split('?').next().unwrap_or_default();
    let Some(operation) = find_operation(verb, path) else { return Ok(()) };
    let status = response.status.to_string();
    let documented = operation.get("responses").and_then(|all| all.get(&status));
    let documented =
        documented.ok_or_else(|| format!("{verb} {path} may not return status {status}"))?;
    let Some(contents) = resolve_reference(documented).get("content").and_then(Value::as_object)
    else {
        return if response.text.is_empty() { Ok(()) } else { Err(format!("{status} has a body")) };
    };
    let content_type = response.header(reqwest::header::CONTENT_TYPE);
    let schema = contents.get(content_type).and_then(|content| content.get("schema"));
    let schema = schema.ok_or_else(|| format!("{status} may not be of type {content_type}"))?;
    check_schema(schema, &response.body)
}

/// Returns the `OpenAPI` document, as crate `openapi` generates it.
fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(openapi::document)
}

/// Finds the operation of a path in the `OpenAPI` document. If several routes match, a literal
/// segment has precedence over a parameter.
fn find_operation(verb: &str, path: &str) -> Option<&'static Value> {
    let paths = document().get("paths")?.as_object()?;
    let matches = |route: &str| {
        let (mut actual, mut template) = (path.split('/'), route.split('/'));
        loop {
            match (actual.next(), template.next()) {
                (None, None) => return true,
                (Some(actual), Some(template)) if actual == template => {}
                (Some(actual), Some(template))
                    if template.starts_with('{') && !actual.is_empty() => {}
                _ => return false,
            }
        }
    };
    let (_, route) =
        paths.iter().filter(|(route, _)| matches(route)).min_by_key(|(route, _)| {
            route.split('/').map(|part| part.starts_with('{')).collect::<Vec<_>>()
        })?;
    route.get(verb.to_lowercase())
}

/// Returns the object that a `$ref` names, or the value itself if it is no reference.
fn resolve_reference(value: &'static Value) -> &'static Value {
    let pointer = value.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix('#'));
    pointer.and_then(|pointer| document().pointer(pointer)).unwrap_or(value)
}

/// Checks a body against a schema. Keeps the validator of each schema, because building one is
/// slow.
fn check_schema(schema: &Value, body: &Value) -> Result<(), String> {
    static VALIDATORS: Mutex<BTreeMap<String, Validator>> = Mutex::new(BTreeMap::new());
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = validators.entry(schema.to_string()).or_insert_with(|| {
        let schema = json!({ "allOf": [schema], "components": document().get("components") });
        jsonschema::validator_for(&schema).expect("a valid schema")
    });
    let errors: Vec<_> = validator
        .iter_errors(body)
        .map(|error| format!("{} at {}", error.masked(), error.instance_path()))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
}
