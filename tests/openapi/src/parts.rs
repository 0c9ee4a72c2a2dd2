//! Common parts of the routes: parameters, bodies, responses.

use gangway_model::AuthMethod;
use serde_json::{Map, Value, json};

use crate::examples;

/// Returns the name of a method with which the names of its types and operation ids begin.
pub(crate) const fn method_type_prefix(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::StaticCredentials => "StaticCredentials",
        AuthMethod::Sts => "Sts",
        AuthMethod::PodIdentity => "PodIdentity",
        AuthMethod::Scap => "Scap",
    }
}

/// The kind of scope with which a path begins.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum RouteScope {
    Tenant,
    Project,
}

impl RouteScope {
    pub(crate) const ALL: [Self; 2] = [Self::Tenant, Self::Project];

    /// Returns the path that the routes of this scope begin with.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Tenant => "/v1/tenant",
            Self::Project => "/v1/projects/{project}",
        }
    }

    /// Returns the last word of the ids of this scope's operations, which must be unique.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Tenant => "OfTenant",
            Self::Project => "OfProject",
        }
    }

    /// Returns the path parameters of the scope.
    pub(crate) fn parameters(self) -> Vec<Value> {
        match self {
            Self::Tenant => Vec::new(),
            Self::Project => vec![parameter("project")],
        }
    }
}

/// Returns a reference to a schema of the document.
pub(crate) fn schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Returns a reference to a parameter of the document.
pub(crate) fn parameter(name: &str) -> Value {
    json!({ "$ref": format!("#/components/parameters/{name}") })
}

/// Returns every parameter of a path or a query, by name.
pub(crate) fn parameters() -> Value {
    let query = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "description": description, "schema": schema });
    let mut all = json!({
        "uid": {
            "name": "uid", "in": "path", "required": true,
            "description": "The account's uid in Palette.", "schema": schema("Uid"),
        },
        "project": {
            "name": "project", "in": "path", "required": true,
            "description": "A project: its uid, or its name if that has no other characters.",
            "schema": { "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$", "examples": ["Default"] },
        },
        "limit": query("limit", "The maximum number of accounts.", json!({ "type": "integer", "minimum": 1, "maximum": 50, "default": 50 })),
        "next": query("next", "The value of `next` of the previous page.", json!({ "type": "string", "minLength": 1 })),
        "ready": query("ready", "Only accounts that are ready, that are not, or of which nothing shows it.", json!({ "type": "string", "enum": ["true", "false", "unproven"] })),
        "expiringWithin": query("expiringWithin", "Only accounts with a key or certificate that expires within this number of days.", json!({ "type": "integer", "minimum": 0, "maximum": 3650 })),
        "sort": query("sort", "By name, by the time of the last change (newest first), or by the next expiration.", json!({ "type": "string", "enum": ["name", "since", "expires"], "default": "name" })),
        "partition": query("partition", "The partition of the deployment. It may be left out.", schema("PartitionId")),
        "permissionProfile": query("permissionProfile", "A set of Palette's IAM policies; `core-eks` by default.", schema("Profile")),
        "addOns": query(
            "addOns",
            "Documents that go with the profile: `cloudformation`, `host-resource-groups`, or both with a comma between.",
            json!({ "type": "string", "pattern": "^(cloudformation|host-resource-groups)(,(cloudformation|host-resource-groups))*$" }),
        ),
    });
    if let (Some(all), Value::Object(plan_parameters)) = (all.as_object_mut(), plan_parameters()) {
        all.extend(plan_parameters);
    }
    all
}

/// Returns the parameters of the plan for EKS Pod Identity.
fn plan_parameters() -> Value {
    let query = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "description": description, "schema": schema });
    json!({
        "clusterName": {
            "name": "clusterName", "in": "query", "required": true,
            "description": "The EKS cluster that Palette runs on.",
            "schema": { "type": "string", "pattern": "^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$" },
        },
        "clusterRegion": query("clusterRegion", "The cluster's Region; the Region of the deployment by default.", json!({ "type": "string", "examples": ["us-east-1"] })),
        "clusterAccountId": query("clusterAccountId", "The cluster's account; that of the roles named for it, else the deployment's own.", schema("AccountId")),
        "targetAccountId": query("targetAccountId", "The account in which Palette works; the cluster's account by default.", schema("AccountId")),
        "roleArn": query("roleArn", "Palette's role, or its target role; a standard name by default.", schema("RoleArn")),
        "hubbleRoleArn": query("hubbleRoleArn", "Hubble's role in the cluster's account; a standard name by default.", schema("RoleArn")),
        "identityRoleArn": query("identityRoleArn", "The identity service's role in the cluster's account; a standard name by default.", schema("RoleArn")),
        "hubbleTargetRoleArn": query("hubbleTargetRoleArn", "Hubble's target role, if Palette works in another account; a standard name by default.", schema("RoleArn")),
    })
}

/// Returns the request body of a registration.
pub(crate) fn body(request: &str, method: AuthMethod, scope: RouteScope) -> Value {
    json!({
        "required": true,
        "content": { "application/json": { "schema": schema(request), "examples": examples(method, scope) } },
    })
}

/// Returns examples of valid requests without secrets.
fn examples(method: AuthMethod, scope: RouteScope) -> Value {
    let role = |name: &str| format!("arn:aws:iam::123456789012:role/{name}");
    let folder = if scope == RouteScope::Tenant { "tenant" } else { "projects/payments" };
    let secret = |place: &str, name: &str| {
        format!("arn:{place}:123456789012:secret:gangway/incoming/{folder}/{name}-AbCdEf")
    };
    match method {
        AuthMethod::StaticCredentials => json!({
            "secret": { "summary": "Keys in an incoming secret", "value": {
                "name": "team-payments-dev",
                "secretArn": secret("aws:secretsmanager:us-east-1", "dev"),
            } },
        }),
        AuthMethod::Sts if scope == RouteScope::Tenant => json!({
            "tenant": { "summary": "For the whole tenant", "value": { "name": "team-payments-prod", "roleArn": role("SpectroCloudRole") } },
        }),
        AuthMethod::Sts => json!({
            "project": { "summary": "For one project, with fewer permissions", "value": {
                "name": "team-payments-prod",
                "roleArn": role("SpectroCloudRole"),
                "permissionProfile": "minimum-eks-dynamic",
            } },
        }),
        AuthMethod::PodIdentity => json!({
            "sameAccount": { "summary": "In the account of Palette's own cluster", "value": {
                "name": "palette-own-account",
                "roleArn": role("SpectroCloudPaletteRole"),
                "clusterName": "palette",
                "hubbleRoleArn": role("SpectroCloudHubbleRole"),
                "identityRoleArn": role("SpectroCloudIdentityRole"),
            } },
        }),
        AuthMethod::Scap => json!({
            "secret": { "summary": "Certificates in an incoming secret", "value": {
                "name": "mission-one",
                "agency": "agency",
                "accountName": "mission-one",
                "role": "DevOps",
                "secretArn": secret("aws-iso-b:secretsmanager:us-isob-east-1", "one"),
            } },
        }),
    }
}

/// Returns the responses of a route: the successful ones in `good` (status and type), and the
/// problems with these statuses. `registration` is the method and the scope if the route registers
/// accounts.
pub(crate) fn responses_of_route(
    good: &[(&str, &str)],
    registration: Option<(AuthMethod, RouteScope)>,
    problems: &[u16],
) -> Map<String, Value> {
    let good = good.iter().map(|(status, name)| {
        let description = match (*name, *status) {
            ("Receipt", "201") => "The account was created.",
            ("Receipt", _) => "The account existed and is as requested.",
            _ => "Success.",
        };
        let headers = json!({ "x-request-id": { "$ref": "#/components/headers/RequestId" } });
        let examples =
            examples::examples_of_type(name, status, registration.map(|(method, _)| method));
        let content =
            json!({ "application/json": { "schema": schema(name), "examples": examples } });
        let mut answer =
            json!({ "description": description, "headers": headers, "content": content });
        if let (Some((_, scope)), Some(members)) = (registration, answer.as_object_mut())
            && *name == "Receipt"
        {
            members.insert("links".to_owned(), links(scope));
        }
        ((*status).to_owned(), answer)
    });
    // Every route can return these.
    let always = [403, 429, 500, 502, 504];
    let problems = problems.iter().chain(&always);
    let problems = problems.map(|status| {
        let name = problem(*status);
        (status.to_string(), json!({ "$ref": format!("#/components/responses/{name}") }))
    });
    good.chain(problems).collect()
}

/// Returns links to the operations of a registered account.
fn links(scope: RouteScope) -> Value {
    let link = |operation: &str, description: &str| {
        json!({
            "operationId": format!("{operation}{}", scope.suffix()),
            "description": description,
            "parameters": match scope {
                RouteScope::Tenant => json!({ "uid": "$response.body#/uid" }),
                RouteScope::Project => json!({
                    "project": "$request.path.project",
                    "uid": "$response.body#/uid",
                }),
            },
        })
    };
    json!({
        "show": link("showAccount", "Show the account."),
        "revalidate": link("validateAccount", "Validate the account again."),
        "remove": link("removeAccount", "Remove the account."),
    })
}

/// Returns the name of the response with this status.
const fn problem(status: u16) -> &'static str {
    match status {
        400 => "Invalid",
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        413 => "TooLarge",
        415 => "NotJson",
        422 => "Refused",
        429 => "Busy",
        502 => "UpstreamFailed",
        504 => "TimedOut",
        _ => "Broken",
    }
}

/// Returns the response of every problem, with an example of each.
pub(crate) fn responses() -> Value {
    let problem_response = |status: u16, description: &str| {
        let ours = examples::problem_examples(status);
        let gateway = examples::gateway_problem_examples(status);
        // API Gateway and a function may return the same status with different bodies.
        let schemas = match (ours.is_empty(), gateway.is_empty()) {
            (false, false) => json!({ "anyOf": [schema("Problem"), schema("GatewayProblem")] }),
            (true, _) => schema("GatewayProblem"),
            (_, true) => schema("Problem"),
        };
        let examples: Map<_, _> = ours.into_iter().chain(gateway).collect();
        json!({
            "description": description,
            "headers": { "x-request-id": { "$ref": "#/components/headers/RequestId" } },
            "content": { "application/problem+json": { "schema": schemas, "examples": examples } },
        })
    };
    let mut busy = problem_response(429, "Palette, AWS or this API limits the request rate.");
    if let Some(headers) = busy.get_mut("headers").and_then(Value::as_object_mut) {
        let seconds = json!({ "description": "Seconds to wait.", "schema": { "type": "integer", "minimum": 1 } });
        headers.insert("retry-after".to_owned(), seconds);
    }
    json!({
        "Invalid": problem_response(400, "The request is invalid: every error with its pointer."),
        "Forbidden": problem_response(403, "The signature is missing or wrong, or its identity may not call this route."),
        "NotFound": problem_response(404, "The resource does not exist in this scope."),
        "Conflict": problem_response(409, "The name belongs to another account, or Palette does not permit the change now, and nothing was changed; or other requests change this account at the same time."),
        "TooLarge": problem_response(413, "The body is larger than 256 KiB."),
        "NotJson": problem_response(415, "The content type is not JSON."),
        "Refused": problem_response(422, "The request is valid but not possible here, the account is not ready (with the report), or AWS or Palette rejected it."),
        "Busy": busy,
        "Broken": problem_response(500, "Gangway failed, or its operator must correct the deployment: AWS or Palette denied access, or has no such resource."),
        "UpstreamFailed": problem_response(502, "Palette or AWS cannot be reached or failed, or the function did not answer: send the request again."),
        "TimedOut": problem_response(504, "Palette or AWS did not answer in time."),
    })
}

/// Returns the headers of responses.
pub(crate) fn headers() -> Value {
    json!({
        "RequestId": { "description": "The request id in the log.", "schema": { "type": "string" } },
    })
}
