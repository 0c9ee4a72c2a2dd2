//! Handles a request for credentials, after the authentication of the client.

use http::{Method, header::HOST};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{
    PortalState,
    entitlement::{EntitlementResult, check_entitlement},
    responses,
};
use crate::{
    clock::iso8601,
    cloud::CloudState,
    server::{Request, Response},
};

/// Returns the response to a request. `name` is the common name of the client, or `None` if the
/// client could not be authenticated.
pub(super) fn handle(
    state: &PortalState,
    cloud: &CloudState,
    name: Option<&str>,
    request: &Request,
) -> Response {
    // An unauthenticated client gets a login page with status 200, as from the real portals.
    let Some(name) = name else { return responses::build_login_page() };
    let records = state.records();
    let behaviour = &records.behaviour;
    if let Some(response) = &behaviour.fixed_response {
        return responses::build_response(response.status, &response.content_type, &response.body);
    }
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let has_expected_host = host == Some(state.host_and_port().as_str());
    if !has_expected_host || request.uri().path() != state.kind.path() {
        return responses::build_not_found_page();
    }
    if !behaviour.enabled {
        let body = json!({"success": false, "message": "API not enabled."});
        return responses::build_json_response(404, &body);
    }
    if request.method() != Method::GET {
        return build_error_response(405, "only GET is served here");
    }
    let query = match parse_query(state, request.uri().query().unwrap_or_default()) {
        Ok(query) => query,
        Err(message) => return build_error_response(400, &message),
    };
    let [agency, account, role] = &query;
    match check_entitlement(
        &records.entitlements,
        name,
        [agency, account, role],
        behaviour.lifetime,
    ) {
        EntitlementResult::Unknown => build_error_response(400, "Invalid agency, account or role"),
        EntitlementResult::Forbidden => {
            build_error_response(403, "Not authorized for this agency, account and role")
        }
        EntitlementResult::Granted(keys, lifetime) => {
            let mut body = json!({"AccessKeyId": keys.id, "SecretAccessKey": keys.secret});
            let token = keys.token.filter(|_token| behaviour.returns_token);
            let lifetime = lifetime.filter(|_lifetime| behaviour.returns_expiration);
            let expiration =
                lifetime.map(|seconds| iso8601(cloud.clock().now() + i64::from(seconds)));
            for (member, value) in [("SessionToken", token), ("Expiration", expiration)] {
                if let (Some(value), Some(members)) = (value, body.as_object_mut()) {
                    members.insert(member.to_owned(), Value::String(value));
                }
            }
            responses::build_json_response(200, &json!({"Credentials": body}))
        }
    }
}

/// Builds a JSON response with an error message.
fn build_error_response(status: u16, message: &str) -> Response {
    responses::build_json_response(status, &json!({"status": status, "message": message}))
}

/// Returns agency, account and role in a query. Each parameter must occur exactly once, and other
/// parameters are rejected.
fn parse_query(state: &PortalState, query: &str) -> Result<[String; 3], String> {
    let names = state.kind.parameters();
    let mut values = [None, None, None];
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let index = names.iter().position(|expected_name| *expected_name == name);
        let index = index.ok_or_else(|| format!("Unknown parameter {name}"))?;
        let value = percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned();
        if value.is_empty() {
            return Err(format!("Parameter {name} is empty"));
        }
        if values[index].replace(value).is_some() {
            return Err(format!("Parameter {name} is given twice"));
        }
    }
    let [agency, account, role] = values;
    match (agency, account, role) {
        (Some(agency), Some(account), Some(role)) => Ok([agency, account, role]),
        _ => Err(format!("Parameters {} are required", names.join(", "))),
    }
}
