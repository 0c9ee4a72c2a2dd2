//! Checks every outcome event that a test produces against its published schema.

use std::{collections::BTreeMap, path::Path, sync::OnceLock};

use jsonschema::Validator;
use serde_json::Value;

use crate::text;

/// The schemas of `events/schema`, by detail type.
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
                let schema: Value = serde_json::from_str(&content).expect("JSON");
                let title = text(&schema, "title").to_owned();
                (title, jsonschema::validator_for(&schema).expect("a valid schema"))
            })
            .collect()
    })
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
