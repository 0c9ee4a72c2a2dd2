//! Checks every outcome event that a test produces against its published schema.

use std::{collections::BTreeMap, path::Path, sync::OnceLock};

use jsonschema::Validator;
use serde_json::Value;

use crate::text;

/// Returns the JSON Schemas of `events/schema`, by detail type.
fn schemas() -> &'static BTreeMap<String, Validator> {
    static SCHEMAS: OnceLock<BTreeMap<String, Validator>> = OnceLock::new();
    SCHEMAS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/schema");
        let files = std::fs::read_dir(folder).expect("the schemas");
        let files = files.map(|file| file.expect("a file").path());
        files
            .filter(|file| file.extension().is_some_and(|extension| extension == "json"))
            .map(|file| {
                let content = std::fs::read_to_string(file).expect("a schema");
                let mut schema: Value = serde_json::from_str(&content).expect("JSON");
                forbid_unknown_members(&mut schema);
                let title = text(&schema, "title").to_owned();
                (title, jsonschema::validator_for(&schema).expect("a valid schema"))
            })
            .collect()
    })
}

/// Changes a schema so that it forbids unknown members. The published schemas allow unknown
/// members, which receivers ignore. Gangway itself must not send any.
fn forbid_unknown_members(schema: &mut Value) {
    if let Value::Array(items) = schema {
        items.iter_mut().for_each(forbid_unknown_members);
    }
    let Some(members) = schema.as_object_mut() else { return };
    members.values_mut().for_each(forbid_unknown_members);
    if members.get("type").is_some_and(|it| it == "object")
        && members.get("properties").is_some_and(Value::is_object)
    {
        members.insert("additionalProperties".to_owned(), false.into());
    }
}

/// Checks an event against the schema of its detail type.
///
/// # Errors
/// Describes the first difference.
pub fn check_schema(event: &Value) -> Result<(), String> {
    let kind = text(event, "detail-type");
    let schema = schemas().get(kind).ok_or_else(|| format!("no schema is for {kind}"))?;
    schema
        .validate(event.get("detail").unwrap_or(&Value::Null))
        .map_err(|error| format!("{kind} at {}: {error}: {event:#}", error.instance_path()))
}

/// Members of an event that have another value in each run of a test. Comparisons ignore them.
const VARYING_MEMBERS: [&str; 6] =
    ["requestId", "correlationId", "traceparent", "caller", "uid", "secretArn"];

/// Asserts that the sample `events/outcome/{file}.json` has the same detail as an event, except for
/// the members that differ in each run. `ids` are pairs: a text of the event, and the text that the
/// sample has instead.
///
/// # Panics
/// If the details differ.
pub fn assert_sample(file: &str, detail: &Value, ids: &[(&str, &str)]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/outcome");
    let content = std::fs::read_to_string(folder.join(format!("{file}.json"))).expect("a sample");
    let sample: Value = serde_json::from_str(&content).expect("JSON");
    let mut sample = sample.get("detail").expect("a detail").clone();
    let uid = (text(detail, "uid"), text(&sample, "uid"));
    let sent = ids.iter().chain([&uid]).filter(|(own, _)| !own.is_empty());
    let sent = sent.fold(detail.to_string(), |all, (own, other)| all.replace(own, other));
    let mut sent: Value = serde_json::from_str(&sent).expect("JSON");
    for detail in [&mut sample, &mut sent] {
        let members = detail.as_object_mut().expect("an object");
        members.retain(|name, _| !VARYING_MEMBERS.contains(&&**name));
    }
    assert!(sample == sent, "events/outcome/{file}.json has no such detail: {sent:#}");
}
