//! Invalid requests to `accounts`.

mod credentials;

use acceptance::TestApp;
use gangway_model::Partition;
use serde_json::{Value, json};

use self::credentials::credentials;
use crate::{
    KEY_ID, SECRET, bodies,
    case::{InvalidRequestCase, proxied},
    incoming_secrets,
    runner::assert_rejected,
};

const FUNCTION: &str = "accounts";
const LIST: &str = "/v1/accounts";
const POLICIES: &str = "/v1/policies";
const GATEWAYS: &str = "/v1/private-cloud-gateways";
const UID: &str = "/v1/accounts/5f0c1a2b3c4d5e6f70818293";

/// The cases that need no local cloud.
pub(crate) fn invalid_requests() -> Vec<InvalidRequestCase> {
    [documents(), credentials(), queries(), uids(), routes()].into_iter().flatten().collect()
}

fn keys() -> Value {
    json!({ "accessKeyId": KEY_ID, "secretAccessKey": SECRET })
}

fn documents() -> Vec<InvalidRequestCase> {
    let mut invalid_requests = bodies::broken(POLICIES);
    invalid_requests.extend(bodies::declared(POLICIES, &keys().to_string()));
    invalid_requests.extend(bodies::unreadable(POLICIES));
    invalid_requests
}

fn queries() -> Vec<InvalidRequestCase> {
    let limit = "limit must be a number from 1 to 50";
    let project = "project must be a uid or a name: 1 to 128 characters";
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
            InvalidRequestCase::bare(&format!("limit {value:?}"), "GET", &path)
                .invalid(&["/limit"], limit)
        })
        .collect();
    invalid_requests.push(
        InvalidRequestCase::bare("two limits", "GET", "/v1/accounts?limit=5&limit=500")
            .invalid(&["/limit"], limit),
    );
    invalid_requests.push(
        InvalidRequestCase::bare("an empty next", "GET", "/v1/accounts?next=")
            .invalid(&["/next"], "next must not be empty: leave it out"),
    );
    let long = "p".repeat(129);
    for (verb, path) in [
        ("GET", LIST.to_owned()),
        ("GET", UID.to_owned()),
        ("DELETE", UID.to_owned()),
        ("POST", format!("{UID}/validate")),
        ("GET", GATEWAYS.to_owned()),
    ] {
        for value in ["", "a%00b", "a%0Ab", &long] {
            let name = format!("{verb} {path}, project {value:.10?}");
            let case = InvalidRequestCase::bare(&name, verb, &format!("{path}?project={value}"));
            invalid_requests.push(case.invalid(&["/project"], project));
        }
    }
    invalid_requests.push(
        InvalidRequestCase::post(
            "policies of no project",
            "/v1/policies?project=",
            keys().to_string(),
        )
        .invalid(&["/project"], project),
    );
    invalid_requests
}

fn uids() -> Vec<InvalidRequestCase> {
    let rule = "uid must be a Palette uid: 1 to 36 letters, digits and '-'";
    let long = "a".repeat(65);
    let longer = "a".repeat(8000);
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
        &long,
        &longer,
    ] {
        let path = format!("/v1/accounts/{uid}");
        invalid_requests.extend([
            InvalidRequestCase::bare(&format!("GET {uid:.20} {}", uid.len()), "GET", &path)
                .invalid(&["/uid"], rule),
            InvalidRequestCase::bare(&format!("DELETE {uid:.20} {}", uid.len()), "DELETE", &path)
                .invalid(&["/uid"], rule),
            InvalidRequestCase::bare(
                &format!("POST {uid:.20} {}", uid.len()),
                "POST",
                &format!("{path}/validate"),
            )
            .invalid(&["/uid"], rule),
        ]);
    }
    for uid in ["..", "%2e%2e", "a%252Fb", "%2e"] {
        for (verb, path) in [
            ("GET", format!("/v1/accounts/{uid}")),
            ("DELETE", format!("/v1/accounts/{uid}")),
            ("POST", format!("/v1/accounts/{uid}/validate")),
        ] {
            let case = InvalidRequestCase::invocation(
                &format!("{verb} {uid}, past the gateway"),
                proxied(verb, &path, ""),
            );
            invalid_requests.push(case.invalid(&["/uid"], rule));
        }
    }
    for (verb, path) in [
        ("GET", "/v1/accounts/a.b"),
        ("DELETE", "/v1/accounts/a.b"),
        ("POST", "/v1/accounts/a.b/validate"),
    ] {
        let case = InvalidRequestCase::bare(
            &format!("{verb} of a wrong uid in a project"),
            verb,
            &format!("{path}?project=Default"),
        );
        invalid_requests.push(case.invalid(&["/uid"], rule));
    }
    invalid_requests
}

fn routes() -> Vec<InvalidRequestCase> {
    let (no_route, body) = ("no route has this path", keys().to_string());
    let gone = |name: &str, verb: &str, path: &str| {
        InvalidRequestCase::invocation(name, proxied(verb, path, "")).is(
            404,
            "route-not-found",
            no_route,
        )
    };
    let wrong = |name: &str, verb: &str, path: &str, remedy: &str| {
        InvalidRequestCase::invocation(name, proxied(verb, path, "")).verb_not_allowed(remedy)
    };
    let validate = format!("{UID}/validate");
    let twice = format!("{UID}/validate/again");
    vec![
        InvalidRequestCase::post("POST to the list", LIST, &*body).by_gateway(),
        InvalidRequestCase::bare("DELETE of everything", "DELETE", LIST).by_gateway(),
        InvalidRequestCase::put("PUT to an account", UID, &*body).by_gateway(),
        InvalidRequestCase::bare("PATCH of an account", "PATCH", UID).by_gateway(),
        InvalidRequestCase::bare("GET validate", "GET", &validate).by_gateway(),
        InvalidRequestCase::bare("GET policies", "GET", POLICIES).by_gateway(),
        InvalidRequestCase::post("POST to gateways", GATEWAYS, &*body).by_gateway(),
        InvalidRequestCase::bare("GET one gateway", "GET", "/v1/private-cloud-gateways/abc")
            .by_gateway(),
        InvalidRequestCase::bare("below validate", "POST", &twice).by_gateway(),
        InvalidRequestCase::bare("an unknown route", "GET", "/v1/users").by_gateway(),
        InvalidRequestCase::bare("another version", "GET", "/v2/accounts").by_gateway(),
        InvalidRequestCase::bare("no version", "GET", "/accounts").by_gateway(),
        InvalidRequestCase::bare("an empty uid", "GET", "/v1/accounts//validate").by_gateway(),
        wrong("POST to the list, past the gateway", "POST", LIST, "use GET"),
        wrong("PUT to an account, past the gateway", "PUT", UID, "use GET, DELETE"),
        wrong("OPTIONS of an account", "OPTIONS", UID, "use GET, DELETE"),
        wrong("GET validate, past the gateway", "GET", &validate, "use POST"),
        wrong("GET policies, past the gateway", "GET", POLICIES, "use POST"),
        wrong("DELETE of gateways", "DELETE", GATEWAYS, "use GET"),
        gone("an unknown route, past the gateway", "GET", "/v1/users"),
        gone("another version, past the gateway", "GET", "/v2/accounts"),
        gone("below validate, past the gateway", "POST", &twice),
        gone("an empty segment", "GET", "/v1//accounts"),
        gone("an encoded path", "GET", "/v1%2Faccounts"),
        gone("the root", "GET", "/"),
        gone("a secret in the path", "GET", &format!("/v1/{SECRET}")),
        InvalidRequestCase::delivered(
            "an event, which is for others",
            json!({ "method": "accounts", "name": "prod" }),
        )
        .is(404, "route-not-found", no_route),
    ]
}

/// Rows: F03.
#[tokio::test]
async fn accounts_refuses_bodies_that_are_not_json_objects() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, documents()).await;
}

/// Rows: F20.
#[tokio::test]
async fn accounts_lists_no_policies_for_invalid_credentials() {
    let app = TestApp::start(Partition::Aws).await;
    let mut invalid_requests = credentials();
    invalid_requests.extend(incoming_secrets::secrets(&app, POLICIES, &json!({})).await);
    assert_rejected(&app, FUNCTION, invalid_requests).await;
}

#[tokio::test]
async fn accounts_refuses_invalid_queries() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, queries()).await;
}

#[tokio::test]
async fn accounts_refuses_invalid_uids() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, uids()).await;
}

#[tokio::test]
async fn accounts_has_no_other_routes_or_verbs() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, routes()).await;
}
