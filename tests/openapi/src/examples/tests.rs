//! Examples match their schemas, and every problem type has one.

use std::collections::BTreeSet;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::*;
use crate::document;

/// Returns the documented response of an error, or why it has none.
fn documented_response(error: &ApiError) -> Result<&'static str, &'static str> {
    match error {
        ApiError::RouteNotFound | ApiError::MethodNotAllowed { .. } => {
            Err("API Gateway sends no such request to a function")
        }
        ApiError::UnrecognizedEvent => Err("API Gateway sends only known payloads"),
        ApiError::PayloadTooLarge => Ok("TooLarge"),
        ApiError::UnsupportedMediaType => Ok("NotJson"),
        ApiError::Internal
        | ApiError::Registration(RegistrationError::Upstream(
            UpstreamError::AccessDenied { .. } | UpstreamError::NotFound { .. },
        )) => Ok("Broken"),
        ApiError::Registration(RegistrationError::Upstream(UpstreamError::ProjectNotFound {
            ..
        })) => Err("it is reported as an unprocessable field"),
        ApiError::Registration(RegistrationError::Invalid(errors)) => {
            match errors.first().map(|it| it.kind) {
                Some(gangway_model::FieldErrorKind::Malformed) => Ok("Invalid"),
                Some(gangway_model::FieldErrorKind::Unprocessable) | None => Ok("Refused"),
            }
        }
        ApiError::Registration(
            RegistrationError::ChecksFailed(_)
            | RegistrationError::Upstream(UpstreamError::Rejected { .. }),
        ) => Ok("Refused"),
        ApiError::Registration(
            RegistrationError::Conflict(_)
            | RegistrationError::ConcurrentModification(_)
            | RegistrationError::Upstream(
                UpstreamError::AlreadyExists { .. } | UpstreamError::NotPermittedNow { .. },
            ),
        ) => Ok("Conflict"),
        ApiError::Registration(RegistrationError::NotFound(_)) => Ok("NotFound"),
        ApiError::Registration(RegistrationError::Upstream(UpstreamError::Throttled {
            ..
        })) => Ok("Busy"),
        ApiError::Registration(RegistrationError::Upstream(UpstreamError::TimedOut { .. })) => {
            Ok("TimedOut")
        }
        ApiError::Registration(RegistrationError::Upstream(
            UpstreamError::RejectedOrFailed { .. } | UpstreamError::Unavailable { .. },
        )) => Ok("UpstreamFailed"),
    }
}

#[test]
fn every_problem_type_has_an_example_at_its_status() {
    let document = document();
    let all = example_errors();
    let mut kinds = BTreeSet::new();
    for error in &all {
        let (_, problem) = error.document(REQUEST_ID);
        let response = documented_response(error).expect("an error that callers receive");
        let examples =
            format!("/components/responses/{response}/content/application~1problem+json/examples");
        let shown = document.pointer(&examples).and_then(Value::as_object).expect("examples");
        assert!(shown.values().any(|example| example["value"] == problem), "{response}: {problem}");
        kinds.insert(problem["type"].to_string());
    }
    // Each has a type of its own, so that none replaces another.
    assert_eq!(kinds.len(), all.len(), "{kinds:?}");
}

#[test]
fn every_example_matches_its_schema() {
    let document = document();
    let mut seen = 0;
    visit(&document, &mut |holder| {
        let Some(schema) = holder.get("schema") else { return };
        let one = holder.get("example");
        let several = holder.get("examples").and_then(Value::as_object);
        let several = several.into_iter().flat_map(|all| all.values()).map(|it| &it["value"]);
        for example in one.into_iter().chain(several) {
            let faults = schema_errors(&document, schema, example);
            assert!(faults.is_empty(), "{faults:?}\nin {example:#}");
            seen += 1;
        }
    });
    assert!(seen > 70, "{seen} examples");
    for (name, schema) in document["components"]["schemas"].as_object().expect("types") {
        visit(schema, &mut |part| {
            for example in part.get("examples").and_then(Value::as_array).into_iter().flatten() {
                let faults = schema_errors(&document, part, example);
                assert!(faults.is_empty(), "{name}: {faults:?}");
            }
        });
    }
}

#[test]
fn every_response_with_a_body_has_an_example() {
    let document = document();
    let mut seen = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        visit(operations, &mut |part| {
            for content in part.get("content").and_then(Value::as_object).into_iter().flatten() {
                let (kind, content) = content;
                let shown = content.get("examples").or_else(|| content.get("example"));
                assert!(shown.is_some_and(|shown| *shown != json!({})), "{path}: {kind}");
                seen += 1;
            }
        });
    }
    for (name, response) in document["components"]["responses"].as_object().expect("responses") {
        let shown = &response["content"]["application/problem+json"]["examples"];
        assert!(shown.as_object().is_some_and(|shown| !shown.is_empty()), "{name}");
    }
    assert!(seen > 30, "{seen} bodies");
}

#[test]
fn an_example_that_violates_its_schema_is_found() {
    let document = document();
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    assert!(!schema_errors(&document, &schema, &json!({ "type": "urn:other" })).is_empty());
}

/// Calls `look` with every object in a value, including the value itself.
fn visit(value: &Value, look: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(members) => {
            look(value);
            members.values().for_each(|member| visit(member, look));
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, look)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn schema_errors(document: &Value, schema: &Value, example: &Value) -> Vec<String> {
    let schema = json!({ "allOf": [schema], "components": document["components"] });
    let validator: Validator = jsonschema::validator_for(&schema).expect("a schema");
    validator.iter_errors(example).map(|fault| fault.to_string()).collect()
}
