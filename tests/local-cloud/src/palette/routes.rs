//! Finds the operation of a request, and validates the request body.

use http::{Method, StatusCode};
use serde_json::Value;

use super::{paging::ListQuery, response::PaletteError};
use crate::{
    contract::{Schema, SchemaError},
    server::Request,
};

/// An operation of Palette's API that Gangway or the operator of the instance calls.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Operation {
    GetUserInfo,
    ListProjects,
    GetResourceLimits,
    ListGateways,
    GetGateway,
    ListAccounts,
    SummarizeAccounts,
    CreateAccount,
    GetAccount,
    PutAccount,
    DeleteAccount,
    ValidateAccount,
    GetStsTrust,
    ListPolicies,
    ValidatePolicyArns,
    GetStsSource,
    PutStsSource,
    ListFeatures,
    GetEndpoints,
    GetSystemEndpoints,
    PutEndpoints,
    GetPortalCredentials,
}

/// The operation of a request, and the uid in its path.
pub(super) struct Route {
    pub(super) operation: Operation,
    /// The path segment in place of `*`; empty if the pattern has no `*`.
    pub(super) uid: String,
}

const GET: &str = "GET";
const POST: &str = "POST";
const PUT: &str = "PUT";
const DELETE: &str = "DELETE";

/// Method, path pattern below `/v1/` and operation of each route. `*` matches any path segment.
const ROUTES: [(&str, &str, Operation); 23] = [
    (GET, "users/info", Operation::GetUserInfo),
    (GET, "users/system/features", Operation::ListFeatures),
    (GET, "dashboard/projects/metadata", Operation::ListProjects),
    (GET, "tenants/*/resourceLimits", Operation::GetResourceLimits),
    (GET, "overlords", Operation::ListGateways),
    (GET, "overlords/*", Operation::GetGateway),
    (GET, "cloudaccounts/aws", Operation::ListAccounts),
    (GET, "cloudaccounts/summary", Operation::SummarizeAccounts),
    (POST, "cloudaccounts/aws", Operation::CreateAccount),
    (GET, "cloudaccounts/aws/*", Operation::GetAccount),
    (PUT, "cloudaccounts/aws/*", Operation::PutAccount),
    (DELETE, "cloudaccounts/aws/*", Operation::DeleteAccount),
    (POST, "clouds/aws/account/validate", Operation::ValidateAccount),
    (GET, "clouds/aws/account/sts", Operation::GetStsTrust),
    (GET, "clouds/aws/apiEndpoints", Operation::GetEndpoints),
    (POST, "clouds/aws/account/secret/credentials", Operation::GetPortalCredentials),
    (POST, "clouds/aws/policies", Operation::ListPolicies),
    (POST, "clouds/aws/policyArns/validate", Operation::ValidatePolicyArns),
    (GET, "system/config/aws/apiEndpoints", Operation::GetSystemEndpoints),
    (PUT, "system/config/aws/apiEndpoints", Operation::PutEndpoints),
    (GET, "system/config/*/sts/account", Operation::GetStsSource),
    (PUT, "system/config/*/sts/account", Operation::PutStsSource),
    (POST, "system/config/*/sts/account", Operation::PutStsSource),
];

/// Returns the path segment in place of `*` if the path matches the pattern, and an empty string if
/// the pattern has no `*`.
fn match_pattern(pattern: &str, path: &str) -> Option<String> {
    let mut variable_segment = String::new();
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(variable_segment),
            (Some("*"), Some(segment)) if !segment.is_empty() => {
                segment.clone_into(&mut variable_segment);
            }
            (Some(expected), Some(segment)) if expected == segment => {}
            (Some(_) | None, Some(_) | None) => return None,
        }
    }
}

/// Returns the operation's name for the call log and for faults, such as
/// `GET /v1/cloudaccounts/aws/{uid}`.
pub(crate) fn describe_operation(request: &Request) -> String {
    let (method, path) = (request.method(), request.uri().path());
    let subpath = path.strip_prefix("/v1/").unwrap_or_default();
    let route =
        ROUTES.iter().find(|(_method, pattern, _)| match_pattern(pattern, subpath).is_some());
    match route {
        Some((_method, pattern, _)) => format!("{method} /v1/{}", pattern.replace('*', "{uid}")),
        None => format!("{method} {path}"),
    }
}

/// Finds the route of a request.
///
/// # Errors
/// 404 for an unknown path, 405 for a known path with another method.
pub(super) fn find_route(request: &Request) -> Result<Route, PaletteError> {
    let (path, method) = (request.uri().path(), request.method().as_str());
    let subpath = path.strip_prefix("/v1/").unwrap_or_default();
    let mut allowed_methods = Vec::new();
    for (route_method, pattern, operation) in ROUTES {
        let Some(uid) = match_pattern(pattern, subpath) else { continue };
        if route_method == method {
            return Ok(Route { operation, uid });
        }
        allowed_methods.push(route_method);
    }
    if allowed_methods.is_empty() {
        let message = format!("path {path} was not found");
        return Err(PaletteError::with_numeric_code(StatusCode::NOT_FOUND, 404, message));
    }
    let message =
        format!("method {method} is not allowed, but [{}] are", allowed_methods.join(","));
    Err(PaletteError::with_numeric_code(StatusCode::METHOD_NOT_ALLOWED, 405, message))
}

/// Returns the schema of an operation's request body, or `None` if the operation takes no body.
fn request_schema(operation: Operation, query: &ListQuery) -> Option<Schema> {
    let name = match operation {
        Operation::CreateAccount | Operation::PutAccount => "account",
        Operation::ListPolicies if query.cloud_account.is_some() => "savedAccount",
        Operation::ValidateAccount | Operation::ListPolicies => "cloudAccount",
        Operation::ValidatePolicyArns => "policyArns",
        Operation::PutStsSource => "stsSource",
        Operation::PutEndpoints => "apiEndpoints",
        Operation::GetPortalCredentials => "portalQuestion",
        Operation::GetUserInfo
        | Operation::ListProjects
        | Operation::GetResourceLimits
        | Operation::ListGateways
        | Operation::GetGateway
        | Operation::ListAccounts
        | Operation::SummarizeAccounts
        | Operation::GetAccount
        | Operation::DeleteAccount
        | Operation::GetStsTrust
        | Operation::GetStsSource
        | Operation::ListFeatures
        | Operation::GetEndpoints
        | Operation::GetSystemEndpoints => return None,
    };
    Some(Schema::Request(name))
}

/// Parses and validates the request body. Returns `null` for an operation that takes no body.
///
/// # Errors
/// 400 for invalid JSON, 415 for another media type, 422 for a body that violates the schema.
pub(super) fn parse_body(
    operation: Operation,
    query: &ListQuery,
    request: &Request,
) -> Result<Value, PaletteError> {
    let Some(schema) = request_schema(operation, query) else {
        let has_no_body = *request.method() == Method::GET || request.body().is_empty();
        let error = SchemaError { code: 601, message: "no body is expected".to_owned() };
        return if has_no_body {
            Ok(Value::Null)
        } else {
            Err(PaletteError::unprocessable(&error))
        };
    };
    let content_type = request.headers().get("content-type").and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(|value| value.starts_with("application/json")) {
        let message =
            format!("unsupported media type {content_type:?}, only [application/json] are allowed");
        return Err(PaletteError::with_numeric_code(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            415,
            message,
        ));
    }
    let body = serde_json::from_slice(request.body()).map_err(|error| {
        let message =
            format!("parsing body body failed: {:?} at line {}", error.classify(), error.line());
        PaletteError::with_numeric_code(StatusCode::BAD_REQUEST, 400, message)
    })?;
    match schema.validate(&body).first() {
        None => Ok(body),
        Some(error) => Err(PaletteError::unprocessable(error)),
    }
}
