//! Gangway's HTTP API as an OpenAPI 3.1 document, generated from types.

mod examples;
mod parts;
#[expect(dead_code, reason = "described, never made")]
mod plan;
mod requests;
#[expect(dead_code, reason = "described, never made")]
mod response_types;
mod routes;
#[expect(dead_code, reason = "described, never made")]
mod values;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema, openapi::RefOr, openapi::schema::Schema};

/// Returns the OpenAPI document of Gangway's HTTP API.
pub fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Gangway",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Registers AWS accounts in Spectro Cloud Palette and VerteX.",
            "description": "Every request is signed with SigV4 for `execute-api`. Requests and responses are JSON; errors are `application/problem+json`. \
                            A deployment serves one partition and offers the methods of that partition.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{
            "url": "https://{api}.execute-api.{region}.{suffix}/live",
            "description": "The stack's output ApiUrl.",
            "variables": {
                "api": { "default": "a1b2c3d4e5" },
                "region": { "default": "us-east-1" },
                "suffix": { "default": "amazonaws.com", "enum": suffixes() },
            },
        }],
        "security": [{ "sigv4": [] }],
        "tags": routes::tags(),
        "paths": routes::paths(),
        "components": {
            "schemas": schemas(),
            "parameters": parts::parameters(),
            "responses": parts::responses(),
            "headers": parts::headers(),
            "securitySchemes": {
                "sigv4": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "AWS Signature Version 4, service execute-api.",
                    "x-amazon-apigateway-authtype": "awsSigv4",
                },
            },
        },
    })
}

/// Returns the DNS suffixes of all partitions.
fn suffixes() -> Vec<&'static str> {
    let mut suffixes: Vec<_> =
        gangway_model::PARTITIONS.iter().map(|facts| facts.dns_suffix).collect();
    suffixes.dedup();
    suffixes
}

/// Returns every type of a response or a request, by name.
fn schemas() -> Map<String, Value> {
    let mut all = Vec::new();
    add_schema::<requests::StaticCredentialsRequest>(&mut all);
    add_schema::<requests::StsRequest>(&mut all);
    add_schema::<requests::PodIdentityRequest>(&mut all);
    add_schema::<requests::ScapRequest>(&mut all);
    add_schema::<requests::PoliciesRequest>(&mut all);
    add_schema::<response_types::Report>(&mut all);
    add_schema::<response_types::Receipt>(&mut all);
    add_schema::<response_types::Account>(&mut all);
    add_schema::<response_types::Accounts>(&mut all);
    add_schema::<response_types::Policies>(&mut all);
    add_schema::<response_types::Gateways>(&mut all);
    add_schema::<response_types::History>(&mut all);
    add_schema::<response_types::Rotation>(&mut all);
    add_schema::<response_types::Trust>(&mut all);
    add_schema::<plan::Plan>(&mut all);
    add_schema::<response_types::Problem>(&mut all);
    add_schema::<response_types::GatewayProblem>(&mut all);
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    all.into_iter().map(|(name, schema)| (name, remove_null_types(json!(schema)))).collect()
}

/// Adds the schema of a type and the schemas of its members.
fn add_schema<T: ToSchema>(all: &mut Vec<(String, RefOr<Schema>)>) {
    all.push((T::name().into_owned(), <T as PartialSchema>::schema()));
    T::schemas(all);
}

/// Removes `null` from the types of optional members, because Gangway omits a member that has no
/// value, and rejects `null` in requests. Does not change the types of required members.
fn remove_null_types(schema: Value) -> Value {
    match schema {
        Value::Object(members) => {
            let required = members.get("required").and_then(Value::as_array).into_iter().flatten();
            let required: Vec<_> = required.filter_map(Value::as_str).map(str::to_owned).collect();
            let types = required.into_iter().filter_map(|name| {
                let kind = members.get("properties")?.get(&name)?.get("type")?.clone();
                Some((name, kind))
            });
            let types: Vec<_> = types.collect();
            let mut members: Map<String, Value> =
                members.into_iter().map(|(name, value)| (name, remove_null_types(value))).collect();
            for (name, kind) in types {
                let properties = members.get_mut("properties");
                let member = properties.and_then(|properties| properties.get_mut(&name));
                if let Some(present) = member.and_then(|member| member.get_mut("type")) {
                    *present = kind;
                }
            }
            if let Some(Value::Array(types)) = members.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    members.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(alternatives)) = members.get_mut("oneOf") {
                alternatives.retain(|alternative| *alternative != json!({ "type": "null" }));
                if let [Value::Object(only)] = alternatives.as_slice() {
                    let only = only.clone();
                    members.remove("oneOf");
                    members.extend(only);
                }
            }
            Value::Object(members)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(remove_null_types).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}
