//! Tests that the functions `accounts` and `revalidation` reject invalid requests.

mod credentials;

use acceptance::TestApp;
use gangway_model::Partition;
use serde_json::{Value, json};

use self::credentials::credential_cases;
use crate::{
    KEY_ID, SECRET, bodies,
    case::{
        InvalidRequestCase, PATH_RULE, Transport, direct_event, invocation, post, proxy_payload,
        put, request_without_body,
    },
    incoming_secrets,
    runner::assert_rejected,
};

const FUNCTION: &str = "accounts";
const ACCOUNTS_PATH: &str = "/v1/tenant/accounts";
const POLICIES_PATH: &str = "/v1/policies";
const GATEWAYS_PATH: &str = "/v1/tenant/private-cloud-gateways";
const ACCOUNT_PATH: &str = "/v1/tenant/accounts/5f0c1a2b3c4d5e6f70818293";

/// Returns the cases that can be built without a local cloud.
pub(crate) fn invalid_requests() -> Vec<InvalidRequestCase> {
    [body_cases(), credential_cases(), query_cases(), uid_cases(), route_cases()]
        .into_iter()
        .flatten()
        .collect()
}

fn access_key_request() -> Value {
    json!({ "accessKeyId": KEY_ID, "secretAccessKey": SECRET })
}

fn body_cases() -> Vec<InvalidRequestCase> {
    let mut invalid_requests = bodies::malformed_json_cases(POLICIES_PATH);
    invalid_requests.extend(bodies::size_and_content_type_cases(
        POLICIES_PATH,
        &access_key_request().to_string(),
    ));
    invalid_requests.extend(bodies::unknown_event_cases(POLICIES_PATH));
    invalid_requests
}

/// Returns cases with invalid query parameters, and with projects in the path or the query.
fn query_cases() -> Vec<InvalidRequestCase> {
    let limit = "limit must be a number from 1 to 50";
    let project = "project must be a uid, or a name of 1 to 64 of the characters";
    let limits = [
        "0",
        "51",
        "-1",
        "abc",
        "",
        "256",
        "1.5",
        "1e1",
        "0x10",
        "%205",
        "5%00",
        "99999999999999999999",
        "NaN",
        "null",
        "١",
    ];
    let mut invalid_requests: Vec<_> = limits
        .iter()
        .map(|value| {
            let path = format!("{ACCOUNTS_PATH}?limit={value}");
            request_without_body(&format!("limit {value:?}"), "GET", &path)
                .expect_400(&["/limit"], limit)
        })
        .collect();
    invalid_requests.push(
        request_without_body("two limits", "GET", "/v1/tenant/accounts?limit=5&limit=500")
            .expect_400(&["/limit"], limit),
    );
    invalid_requests.push(
        request_without_body("an empty next", "GET", "/v1/tenant/accounts?next=")
            .expect_400(&["/next"], "next must be the member next of the page before"),
    );
    invalid_requests.push(
        request_without_body("two nexts", "GET", "/v1/tenant/accounts?next=a&next=b")
            .expect_400(&["/next"], "next must be the member next of the page before"),
    );
    invalid_requests.push(
        request_without_body("an unknown parameter", "GET", "/v1/tenant/accounts?filter=prod")
            .expect_400(&["/filter"], "filter is unknown: remove it, or use one of limit, next"),
    );
    invalid_requests.push(
        request_without_body(
            "a limit in a project",
            "GET",
            "/v1/projects/Default/accounts?limit=0",
        )
        .expect_400(&["/limit"], limit),
    );
    let long_name = "p".repeat(65);
    for (verb, path) in [
        ("GET", "accounts"),
        ("GET", "accounts/5f0c1a2b3c4d5e6f70818293"),
        ("GET", "accounts/5f0c1a2b3c4d5e6f70818293/policies"),
        ("DELETE", "accounts/5f0c1a2b3c4d5e6f70818293"),
        ("POST", "accounts/5f0c1a2b3c4d5e6f70818293/validate"),
        ("GET", "private-cloud-gateways"),
    ] {
        for (value, pointer, rule) in [
            ("a%00b", "/path", PATH_RULE),
            ("a%20b", "/path", PATH_RULE),
            ("a%2Fb", "/path", PATH_RULE),
            ("a,b", "/project", project),
            ("*", "/project", project),
            (&long_name, "/project", project),
        ] {
            let name = format!("{verb} {path}, project {value:.10}");
            let path = format!("/v1/projects/{value}/{path}");
            invalid_requests
                .push(request_without_body(&name, verb, &path).expect_400(&[pointer], rule));
        }
        // In an earlier version of the API, the scope was a query parameter. A caller who still
        // sends it expects another scope than that of the path.
        let name = format!("{verb} {path}, project in the query");
        let path = format!("/v1/tenant/{path}?project=Default");
        invalid_requests.push(
            request_without_body(&name, verb, &path)
                .expect_400(&["/project"], "the scope is in the path: send the request below"),
        );
    }
    invalid_requests
}

/// Returns cases with invalid uids in the path.
fn uid_cases() -> Vec<InvalidRequestCase> {
    let rule = "uid must be a Palette uid: 1 to 36 letters, digits and '-'";
    let long_name = "a".repeat(65);
    let very_long = "a".repeat(8000);
    let mut invalid_requests = Vec::new();
    for uid in [
        "a%2F..%2Fb",
        "%00",
        "a%20b",
        "a%C3%A9",
        "%FF",
        "a.b",
        "a_b",
        "a%0Ab",
        "*",
        "a;b",
        "%24%7Bx%7D",
        "a%3Fb%3Dc",
        &long_name,
        &very_long,
    ] {
        let (pointer, rule) = if uid.contains('%') { ("/path", PATH_RULE) } else { ("/uid", rule) };
        let path = format!("/v1/tenant/accounts/{uid}");
        invalid_requests.extend([
            request_without_body(&format!("GET {uid:.20} {}", uid.len()), "GET", &path)
                .expect_400(&[pointer], rule),
            request_without_body(&format!("DELETE {uid:.20} {}", uid.len()), "DELETE", &path)
                .expect_400(&[pointer], rule),
            request_without_body(
                &format!("POST {uid:.20} {}", uid.len()),
                "POST",
                &format!("{path}/validate"),
            )
            .expect_400(&[pointer], rule),
        ]);
    }
    for uid in ["..", "%2e%2e", "a%252Fb", "%2e"] {
        for (verb, path) in [
            ("GET", format!("/v1/tenant/accounts/{uid}")),
            ("DELETE", format!("/v1/tenant/accounts/{uid}")),
            ("POST", format!("/v1/tenant/accounts/{uid}/validate")),
        ] {
            let case = invocation(
                &format!("{verb} {uid}, past the gateway"),
                proxy_payload(verb, &path, ""),
            );
            invalid_requests.push(case.expect_400(&["/path"], PATH_RULE));
        }
    }
    for (verb, path) in [
        ("GET", "/v1/projects/Default/accounts/a.b"),
        ("DELETE", "/v1/projects/Default/accounts/a.b"),
        ("POST", "/v1/projects/Default/accounts/a.b/validate"),
    ] {
        let case = request_without_body(&format!("{verb} of a wrong uid in a project"), verb, path);
        invalid_requests.push(case.expect_400(&["/uid"], rule));
    }
    invalid_requests
}

/// Returns cases with unknown paths and HTTP methods.
fn route_cases() -> Vec<InvalidRequestCase> {
    let body = access_key_request().to_string();
    let not_found = |name: &str, verb: &str, path: &str| {
        invocation(name, proxy_payload(verb, path, "")).expect_404()
    };
    let wrong_verb = |name: &str, verb: &str, path: &str, remedy: &str| {
        invocation(name, proxy_payload(verb, path, "")).expect_405(remedy)
    };
    let validate = format!("{ACCOUNT_PATH}/validate");
    let deeper_path = format!("{ACCOUNT_PATH}/validate/again");
    vec![
        post("POST to the list", ACCOUNTS_PATH, &*body).expect_gateway_403(),
        request_without_body("DELETE of everything", "DELETE", ACCOUNTS_PATH).expect_gateway_403(),
        put("PUT to an account", ACCOUNT_PATH, &*body).expect_gateway_403(),
        request_without_body("PATCH of an account", "PATCH", ACCOUNT_PATH).expect_gateway_403(),
        request_without_body("GET validate", "GET", &validate).expect_gateway_403(),
        request_without_body("GET policies", "GET", POLICIES_PATH).expect_gateway_403(),
        post("POST to gateways", GATEWAYS_PATH, &*body).expect_gateway_403(),
        request_without_body("GET one gateway", "GET", "/v1/tenant/private-cloud-gateways/abc")
            .expect_gateway_403(),
        request_without_body("below validate", "POST", &deeper_path).expect_gateway_403(),
        request_without_body("an unknown route", "GET", "/v1/users").expect_gateway_403(),
        request_without_body("another version", "GET", "/v2/accounts").expect_gateway_403(),
        request_without_body("no version", "GET", "/accounts").expect_gateway_403(),
        request_without_body("an empty uid", "GET", "/v1/tenant/accounts//validate")
            .expect_gateway_403(),
        wrong_verb("POST to the list, past the gateway", "POST", ACCOUNTS_PATH, "use GET"),
        wrong_verb("PUT to an account, past the gateway", "PUT", ACCOUNT_PATH, "use GET, DELETE"),
        wrong_verb("OPTIONS of an account", "OPTIONS", ACCOUNT_PATH, "use GET, DELETE"),
        not_found("a route of revalidation, past the gateway", "GET", &validate),
        wrong_verb("GET policies, past the gateway", "GET", POLICIES_PATH, "use POST"),
        wrong_verb("DELETE of gateways", "DELETE", GATEWAYS_PATH, "use GET"),
        not_found("an unknown route, past the gateway", "GET", "/v1/users"),
        not_found("another version, past the gateway", "GET", "/v2/accounts"),
        not_found("below validate, past the gateway", "POST", &deeper_path),
        not_found("an empty segment", "GET", "/v1/tenant//accounts"),
        invocation("an encoded path", proxy_payload("GET", "/v1%2Faccounts", ""))
            .expect_400(&["/path"], PATH_RULE),
        not_found("the root", "GET", "/"),
        not_found("a secret in the path", "GET", &format!("/v1/{SECRET}")),
        direct_event(
            "an event, which is for others",
            json!({ "method": "accounts", "name": "prod" }),
        )
        .expect_404(),
    ]
}

/// Asserts that `revalidation` rejects the requests whose path ends with `/validate`, and that
/// `accounts` rejects all other requests.
async fn assert_rejected_by_accounts_or_revalidation(invalid_requests: Vec<InvalidRequestCase>) {
    let is_revalidation = |case: &InvalidRequestCase| matches!(&case.transport, Transport::Http { path, .. } if path.split('?').next().is_some_and(|path| path.ends_with("/validate")));
    let (revalidations, others): (Vec<_>, Vec<_>) =
        invalid_requests.into_iter().partition(is_revalidation);
    assert!(!revalidations.is_empty() && !others.is_empty());
    let app = TestApp::start(Partition::Aws).await;
    assert_rejected(&app, FUNCTION, others).await;
    assert_rejected(&app, "revalidation", revalidations).await;
}

/// Acceptance rows: F03.
#[tokio::test]
async fn accounts_rejects_bodies_that_are_not_json_objects() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, body_cases()).await;
}

/// Acceptance rows: F20.
#[tokio::test]
async fn accounts_rejects_invalid_credentials_in_policy_requests() {
    let app = TestApp::start(Partition::Aws).await;
    let mut invalid_requests = credential_cases();
    invalid_requests
        .extend(incoming_secrets::store_invalid_secrets(&app, POLICIES_PATH, &json!({})).await);
    assert_rejected(&app, FUNCTION, invalid_requests).await;
}

#[tokio::test]
async fn accounts_and_revalidation_reject_invalid_queries() {
    assert_rejected_by_accounts_or_revalidation(query_cases()).await;
}

#[tokio::test]
async fn accounts_and_revalidation_reject_invalid_uids() {
    assert_rejected_by_accounts_or_revalidation(uid_cases()).await;
}

#[tokio::test]
async fn accounts_rejects_unknown_paths_and_http_methods() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, route_cases()).await;
}
