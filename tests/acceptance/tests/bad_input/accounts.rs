//! Invalid requests to `accounts`.

mod credentials;

use acceptance::TestApp;
use gangway_model::Partition;
use serde_json::{Value, json};

use self::credentials::credentials;
use crate::{
    KEY_ID, SECRET, bodies,
    case::{
        InvalidRequestCase, PATH_RULE, Transport, delivered_event, invocation, post, proxied, put,
        without_body,
    },
    incoming_secrets,
    runner::assert_rejected,
};

const FUNCTION: &str = "accounts";
const LIST: &str = "/v1/tenant/accounts";
const POLICIES: &str = "/v1/policies";
const GATEWAYS: &str = "/v1/tenant/private-cloud-gateways";
const UID: &str = "/v1/tenant/accounts/5f0c1a2b3c4d5e6f70818293";

/// The cases that need no local cloud.
pub(crate) fn invalid_requests() -> Vec<InvalidRequestCase> {
    [request_bodies(), credentials(), queries(), uids(), routes()].into_iter().flatten().collect()
}

fn access_key() -> Value {
    json!({ "accessKeyId": KEY_ID, "secretAccessKey": SECRET })
}

fn request_bodies() -> Vec<InvalidRequestCase> {
    let mut invalid_requests = bodies::malformed(POLICIES);
    invalid_requests.extend(bodies::wrong_size_or_type(POLICIES, &access_key().to_string()));
    invalid_requests.extend(bodies::unknown_events(POLICIES));
    invalid_requests
}

fn queries() -> Vec<InvalidRequestCase> {
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
            let path = format!("{LIST}?limit={value}");
            without_body(&format!("limit {value:?}"), "GET", &path).expect_400(&["/limit"], limit)
        })
        .collect();
    invalid_requests.push(
        without_body("two limits", "GET", "/v1/tenant/accounts?limit=5&limit=500")
            .expect_400(&["/limit"], limit),
    );
    invalid_requests.push(
        without_body("an empty next", "GET", "/v1/tenant/accounts?next=")
            .expect_400(&["/next"], "next must be the member next of the page before"),
    );
    invalid_requests.push(
        without_body("two nexts", "GET", "/v1/tenant/accounts?next=a&next=b")
            .expect_400(&["/next"], "next must be the member next of the page before"),
    );
    invalid_requests.push(
        without_body("an unknown parameter", "GET", "/v1/tenant/accounts?filter=prod")
            .expect_400(&["/filter"], "filter is unknown: remove it, or use one of limit, next"),
    );
    invalid_requests.push(
        without_body("a limit in a project", "GET", "/v1/projects/Default/accounts?limit=0")
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
            invalid_requests.push(without_body(&name, verb, &path).expect_400(&[pointer], rule));
        }
        // The scope was a query parameter once. A caller who sends it expects another scope.
        let name = format!("{verb} {path}, project in the query");
        let path = format!("/v1/tenant/{path}?project=Default");
        invalid_requests.push(
            without_body(&name, verb, &path)
                .expect_400(&["/project"], "the scope is in the path: send the request below"),
        );
    }
    invalid_requests
}

fn uids() -> Vec<InvalidRequestCase> {
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
            without_body(&format!("GET {uid:.20} {}", uid.len()), "GET", &path)
                .expect_400(&[pointer], rule),
            without_body(&format!("DELETE {uid:.20} {}", uid.len()), "DELETE", &path)
                .expect_400(&[pointer], rule),
            without_body(
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
            let case =
                invocation(&format!("{verb} {uid}, past the gateway"), proxied(verb, &path, ""));
            invalid_requests.push(case.expect_400(&["/path"], PATH_RULE));
        }
    }
    for (verb, path) in [
        ("GET", "/v1/projects/Default/accounts/a.b"),
        ("DELETE", "/v1/projects/Default/accounts/a.b"),
        ("POST", "/v1/projects/Default/accounts/a.b/validate"),
    ] {
        let case = without_body(&format!("{verb} of a wrong uid in a project"), verb, path);
        invalid_requests.push(case.expect_400(&["/uid"], rule));
    }
    invalid_requests
}

fn routes() -> Vec<InvalidRequestCase> {
    let body = access_key().to_string();
    let not_found =
        |name: &str, verb: &str, path: &str| invocation(name, proxied(verb, path, "")).expect_404();
    let wrong_verb = |name: &str, verb: &str, path: &str, remedy: &str| {
        invocation(name, proxied(verb, path, "")).expect_405(remedy)
    };
    let validate = format!("{UID}/validate");
    let deeper_path = format!("{UID}/validate/again");
    vec![
        post("POST to the list", LIST, &*body).expect_gateway_403(),
        without_body("DELETE of everything", "DELETE", LIST).expect_gateway_403(),
        put("PUT to an account", UID, &*body).expect_gateway_403(),
        without_body("PATCH of an account", "PATCH", UID).expect_gateway_403(),
        without_body("GET validate", "GET", &validate).expect_gateway_403(),
        without_body("GET policies", "GET", POLICIES).expect_gateway_403(),
        post("POST to gateways", GATEWAYS, &*body).expect_gateway_403(),
        without_body("GET one gateway", "GET", "/v1/tenant/private-cloud-gateways/abc")
            .expect_gateway_403(),
        without_body("below validate", "POST", &deeper_path).expect_gateway_403(),
        without_body("an unknown route", "GET", "/v1/users").expect_gateway_403(),
        without_body("another version", "GET", "/v2/accounts").expect_gateway_403(),
        without_body("no version", "GET", "/accounts").expect_gateway_403(),
        without_body("an empty uid", "GET", "/v1/tenant/accounts//validate").expect_gateway_403(),
        wrong_verb("POST to the list, past the gateway", "POST", LIST, "use GET"),
        wrong_verb("PUT to an account, past the gateway", "PUT", UID, "use GET, DELETE"),
        wrong_verb("OPTIONS of an account", "OPTIONS", UID, "use GET, DELETE"),
        not_found("a route of revalidation, past the gateway", "GET", &validate),
        wrong_verb("GET policies, past the gateway", "GET", POLICIES, "use POST"),
        wrong_verb("DELETE of gateways", "DELETE", GATEWAYS, "use GET"),
        not_found("an unknown route, past the gateway", "GET", "/v1/users"),
        not_found("another version, past the gateway", "GET", "/v2/accounts"),
        not_found("below validate, past the gateway", "POST", &deeper_path),
        not_found("an empty segment", "GET", "/v1/tenant//accounts"),
        invocation("an encoded path", proxied("GET", "/v1%2Faccounts", ""))
            .expect_400(&["/path"], PATH_RULE),
        not_found("the root", "GET", "/"),
        not_found("a secret in the path", "GET", &format!("/v1/{SECRET}")),
        delivered_event(
            "an event, which is for others",
            json!({ "method": "accounts", "name": "prod" }),
        )
        .expect_404(),
    ]
}

/// Sends each invalid request to `revalidation` if that has its route, else to `accounts`.
async fn assert_rejected_by_its_function(invalid_requests: Vec<InvalidRequestCase>) {
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
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, request_bodies()).await;
}

/// Acceptance rows: F20.
#[tokio::test]
async fn accounts_rejects_invalid_credentials_for_policies() {
    let app = TestApp::start(Partition::Aws).await;
    let mut invalid_requests = credentials();
    invalid_requests.extend(incoming_secrets::invalid_contents(&app, POLICIES, &json!({})).await);
    assert_rejected(&app, FUNCTION, invalid_requests).await;
}

#[tokio::test]
async fn accounts_rejects_invalid_queries() {
    assert_rejected_by_its_function(queries()).await;
}

#[tokio::test]
async fn accounts_rejects_invalid_uids() {
    assert_rejected_by_its_function(uids()).await;
}

#[tokio::test]
async fn accounts_rejects_other_routes_and_verbs() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, routes()).await;
}
