//! Routing and request validation.

use http::{Method, StatusCode};
use serde_json::Value;

use super::{paging::ListQuery, response::PaletteError};
use crate::{
    contract::{Schema, SchemaError},
    server::Request,
};

/// Palette's operations that Gangway or an operator calls.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Operation {
    UserInfo,
    Projects,
    ResourceLimits,
    Overlords,
    Overlord,
    ListAccounts,
    SummarizeAccounts,
    CreateAccount,
    GetAccount,
    PutAccount,
    DeleteAccount,
    Validate,
    StsTrust,
    Policies,
    ValidatePolicyArns,
    StsSource,
    ChangeStsSource,
    Features,
    Endpoints,
    SystemEndpoints,
    ChangeEndpoints,
    PortalKeys,
}

/// An operation, and what the path has in place of `*`. It is empty if the route has no `*`.
pub(super) struct Route {
    pub(super) operation: Operation,
    pub(super) uid: String,
}

const GET: &str = "GET";
const POST: &str = "POST";
const PUT: &str = "PUT";
const DELETE: &str = "DELETE";

/// Paths below `/v1/`; `*` is the variable part.
const ROUTES: [(&str, &str, Operation); 23] = [
    (GET, "users/info", Operation::UserInfo),
    (GET, "users/system/features", Operation::Features),
    (GET, "dashboard/projects/metadata", Operation::Projects),
    (GET, "tenants/*/resourceLimits", Operation::ResourceLimits),
    (GET, "overlords", Operation::Overlords),
    (GET, "overlords/*", Operation::Overlord),
    (GET, "cloudaccounts/aws", Operation::ListAccounts),
    (GET, "cloudaccounts/summary", Operation::SummarizeAccounts),
    (POST, "cloudaccounts/aws", Operation::CreateAccount),
    (GET, "cloudaccounts/aws/*", Operation::GetAccount),
    (PUT, "cloudaccounts/aws/*", Operation::PutAccount),
    (DELETE, "cloudaccounts/aws/*", Operation::DeleteAccount),
    (POST, "clouds/aws/account/validate", Operation::Validate),
    (GET, "clouds/aws/account/sts", Operation::StsTrust),
    (GET, "clouds/aws/apiEndpoints", Operation::Endpoints),
    (POST, "clouds/aws/account/secret/credentials", Operation::PortalKeys),
    (POST, "clouds/aws/policies", Operation::Policies),
    (POST, "clouds/aws/policyArns/validate", Operation::ValidatePolicyArns),
    (GET, "system/config/aws/apiEndpoints", Operation::SystemEndpoints),
    (PUT, "system/config/aws/apiEndpoints", Operation::ChangeEndpoints),
    (GET, "system/config/*/sts/account", Operation::StsSource),
    (PUT, "system/config/*/sts/account", Operation::ChangeStsSource),
    (POST, "system/config/*/sts/account", Operation::ChangeStsSource),
];

/// Returns the variable part if the path matches the pattern.
fn match_pattern(pattern: &str, path: &str) -> Option<String> {
    let mut varying = String::new();
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(varying),
            (Some("*"), Some(part)) if !part.is_empty() => part.clone_into(&mut varying),
            (Some(expected), Some(part)) if expected == part => {}
            (Some(_) | None, Some(_) | None) => return None,
        }
    }
}

/// Returns the operation for the call log and for faults: `GET /v1/cloudaccounts/aws/{uid}`.
pub(crate) fn logged_operation(request: &Request) -> String {
    let (method, path) = (request.method(), request.uri().path());
    let below = path.strip_prefix("/v1/").unwrap_or_default();
    let route = ROUTES.iter().find(|(_verb, pattern, _)| match_pattern(pattern, below).is_some());
    match route {
        Some((_verb, pattern, _)) => format!("{method} /v1/{}", pattern.replace('*', "{uid}")),
        None => format!("{method} {path}"),
    }
}

pub(super) fn find(request: &Request) -> Result<Route, PaletteError> {
    let (path, method) = (request.uri().path(), request.method().as_str());
    let below = path.strip_prefix("/v1/").unwrap_or_default();
    let mut verbs = Vec::new();
    for (allowed, pattern, operation) in ROUTES {
        let Some(uid) = match_pattern(pattern, below) else { continue };
        if allowed == method {
            return Ok(Route { operation, uid });
        }
        verbs.push(allowed);
    }
    if verbs.is_empty() {
        let message = format!("path {path} was not found");
        return Err(PaletteError::with_numeric_code(StatusCode::NOT_FOUND, 404, message));
    }
    let message = format!("method {method} is not allowed, but [{}] are", verbs.join(","));
    Err(PaletteError::with_numeric_code(StatusCode::METHOD_NOT_ALLOWED, 405, message))
}

/// Returns the request schema of an operation.
fn request_schema(operation: Operation, query: &ListQuery) -> Option<Schema> {
    let name = match operation {
        Operation::CreateAccount | Operation::PutAccount => "account",
        Operation::Policies if query.cloud_account.is_some() => "savedAccount",
        Operation::Validate | Operation::Policies => "cloudAccount",
        Operation::ValidatePolicyArns => "policyArns",
        Operation::ChangeStsSource => "stsSource",
        Operation::ChangeEndpoints => "apiEndpoints",
        Operation::PortalKeys => "portalQuestion",
        Operation::UserInfo
        | Operation::Projects
        | Operation::ResourceLimits
        | Operation::Overlords
        | Operation::Overlord
        | Operation::ListAccounts
        | Operation::SummarizeAccounts
        | Operation::GetAccount
        | Operation::DeleteAccount
        | Operation::StsTrust
        | Operation::StsSource
        | Operation::Features
        | Operation::Endpoints
        | Operation::SystemEndpoints => return None,
    };
    Some(Schema::Request(name))
}

pub(super) fn parse_body(
    operation: Operation,
    query: &ListQuery,
    request: &Request,
) -> Result<Value, PaletteError> {
    let Some(shape) = request_schema(operation, query) else {
        let carries_none = *request.method() == Method::GET || request.body().is_empty();
        let fault = SchemaError { code: 601, message: "no body is expected".to_owned() };
        return if carries_none {
            Ok(Value::Null)
        } else {
            Err(PaletteError::unprocessable(&fault))
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
    match shape.validate(&body).first() {
        None => Ok(body),
        Some(fault) => Err(PaletteError::unprocessable(fault)),
    }
}
