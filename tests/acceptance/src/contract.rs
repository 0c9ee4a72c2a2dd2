//! Every answer that a test gets is held against the published description of the API.

use std::{
    collections::BTreeMap,
    sync::{Mutex, OnceLock, PoisonError},
};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::Answer;

/// What the description says of this answer, or why the answer is not as it says.
pub(crate) fn judge(verb: &str, path: &str, answer: &Answer) -> Result<(), String> {
    let path = path.split('?').next().unwrap_or_default();
    let Some(operation) = operation(verb, path) else { return Ok(()) };
    let status = answer.status.to_string();
    let described = operation.get("responses").and_then(|all| all.get(&status));
    let response = described.ok_or_else(|| format!("{verb} {path} may not answer {status}"))?;
    let response = resolved(response);
    let Some(contents) = response.get("content").and_then(Value::as_object) else {
        return if answer.text.is_empty() { Ok(()) } else { Err(format!("{status} has a body")) };
    };
    let content_type = answer.header(reqwest::header::CONTENT_TYPE);
    let schema = contents.get(content_type).and_then(|content| content.get("schema"));
    let schema = schema.ok_or_else(|| format!("{status} may not be of type {content_type}"))?;
    faults(schema, &answer.body)
}

/// The description, as the code makes it.
fn description() -> &'static Value {
    static DESCRIPTION: OnceLock<Value> = OnceLock::new();
    DESCRIPTION.get_or_init(openapi::document)
}

/// The operation that a path has. One that is spelled out wins over one with a placeholder.
fn operation(verb: &str, path: &str) -> Option<&'static Value> {
    let paths = description().get("paths")?.as_object()?;
    let fits = |route: &str| {
        let (mut given, mut wanted) = (path.split('/'), route.split('/'));
        loop {
            match (given.next(), wanted.next()) {
                (None, None) => return true,
                (Some(given), Some(wanted)) if given == wanted => {}
                (Some(given), Some(wanted)) if wanted.starts_with('{') && !given.is_empty() => {}
                _ => return false,
            }
        }
    };
    let route = paths
        .get(path)
        .or_else(|| paths.iter().find(|(route, _)| fits(route.as_str())).map(|(_, route)| route))?;
    route.get(verb.to_lowercase())
}

fn resolved(value: &'static Value) -> &'static Value {
    let pointer = value.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix('#'));
    pointer.and_then(|pointer| description().pointer(pointer)).unwrap_or(value)
}

/// What is wrong with a body. Making a validator costs more than a test's answer is worth, so each is made once.
fn faults(schema: &Value, body: &Value) -> Result<(), String> {
    static VALIDATORS: Mutex<BTreeMap<String, Validator>> = Mutex::new(BTreeMap::new());
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = validators.entry(schema.to_string()).or_insert_with(|| {
        let schema = json!({ "allOf": [schema], "components": description().get("components") });
        jsonschema::validator_for(&schema).expect("a schema")
    });
    let told: Vec<_> = validator
        .iter_errors(body)
        .map(|fault| format!("{} at {}", fault.masked(), fault.instance_path()))
        .collect();
    if told.is_empty() { Ok(()) } else { Err(told.join("; ")) }
}
