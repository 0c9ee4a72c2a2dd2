//! One request for keys.

use http::{Method, header::HOST};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{
    PortalState,
    entitlement::{EntitlementResult, check_entitlement},
    page,
};
use crate::{
    clock::iso8601,
    cloud::Parts,
    server::{Request, Response},
};

/// `name` is whose certificate was recognised.
pub(super) fn respond(
    desk: &PortalState,
    cloud: &Parts,
    name: Option<&str>,
    request: &Request,
) -> Response {
    // As the real ones do: whom it does not know gets a page to log in on, and status 200.
    let Some(name) = name else { return page::login_page() };
    let records = desk.records();
    let behaviour = &records.behaviour;
    if let Some(instead) = &behaviour.instead {
        return page::response(instead.status, &instead.content_type, &instead.body);
    }
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let by_name = host == Some(desk.host_and_port().as_str());
    if !by_name || request.uri().path() != desk.kind.path() {
        return page::not_found();
    }
    if !behaviour.enabled {
        let told = json!({"success": false, "message": "API not enabled."});
        return page::json_response(404, &told);
    }
    if request.method() != Method::GET {
        return refused(405, "only GET is served here");
    }
    let asked = match parse_query(desk, request.uri().query().unwrap_or_default()) {
        Ok(asked) => asked,
        Err(fault) => return refused(400, &fault),
    };
    let [agency, account, role] = &asked;
    match check_entitlement(
        &records.entitlements,
        name,
        [agency, account, role],
        behaviour.lifetime,
    ) {
        EntitlementResult::Unknown => refused(400, "Invalid agency, account or role"),
        EntitlementResult::Forbidden => {
            refused(403, "Not authorized for this agency, account and role")
        }
        EntitlementResult::Given(keys, lifetime) => {
            let mut told = json!({"AccessKeyId": keys.id, "SecretAccessKey": keys.secret});
            let token = keys.token.filter(|_token| behaviour.tells_token);
            let lifetime = lifetime.filter(|_lifetime| behaviour.tells_expiration);
            let ends = lifetime.map(|seconds| iso8601(cloud.clock().now() + i64::from(seconds)));
            for (member, value) in [("SessionToken", token), ("Expiration", ends)] {
                if let (Some(value), Some(members)) = (value, told.as_object_mut()) {
                    members.insert(member.to_owned(), Value::String(value));
                }
            }
            page::json_response(200, &json!({"Credentials": told}))
        }
    }
}

fn refused(status: u16, message: &str) -> Response {
    page::json_response(status, &json!({"status": status, "message": message}))
}

/// Agency, account and role; each exactly once, and nothing else.
fn parse_query(desk: &PortalState, query: &str) -> Result<[String; 3], String> {
    let names = desk.kind.parameters();
    let mut values = [None, None, None];
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let place = names.iter().position(|known| *known == name);
        let place = place.ok_or_else(|| format!("Unknown parameter {name}"))?;
        let value = percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned();
        if value.is_empty() {
            return Err(format!("Parameter {name} is empty"));
        }
        if values[place].replace(value).is_some() {
            return Err(format!("Parameter {name} is given twice"));
        }
    }
    let [agency, account, role] = values;
    match (agency, account, role) {
        (Some(agency), Some(account), Some(role)) => Ok([agency, account, role]),
        _ => Err(format!("Parameters {} are required", names.join(", "))),
    }
}
