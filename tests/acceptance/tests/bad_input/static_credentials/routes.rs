//! Cases with unknown routes and invalid uids.

use super::{REGISTER_PATH, REPLACE_PATH, VALIDATE_PATH, valid_request};
use crate::{
    SECRET,
    case::{
        InvalidRequestCase, PATH_RULE, invocation, post, proxy_payload, put, request_without_body,
        with_member,
    },
};

/// Returns cases with unknown paths and wrong HTTP methods.
pub(super) fn route_cases() -> Vec<InvalidRequestCase> {
    let body = valid_request().to_string();
    vec![
        request_without_body("GET", "GET", REGISTER_PATH).expect_gateway_403(),
        request_without_body("DELETE", "DELETE", REGISTER_PATH).expect_gateway_403(),
        request_without_body("PATCH", "PATCH", REGISTER_PATH).expect_gateway_403(),
        request_without_body("OPTIONS", "OPTIONS", REGISTER_PATH).expect_gateway_403(),
        put("PUT without a uid", REGISTER_PATH, &*body).expect_gateway_403(),
        put("PUT to validate", VALIDATE_PATH, &*body).expect_gateway_403(),
        request_without_body("GET validate", "GET", VALIDATE_PATH).expect_gateway_403(),
        post("POST to a uid", REPLACE_PATH, &*body).expect_gateway_403(),
        request_without_body("DELETE of a uid", "DELETE", REPLACE_PATH).expect_gateway_403(),
        post("below validate", "/v1/tenant/accounts/static-credentials/validate/more", &*body)
            .expect_gateway_403(),
        post("another version", "/v2/tenant/accounts/static-credentials", &*body)
            .expect_gateway_403(),
        post("an unknown method", "/v1/tenant/accounts/passwords", &*body).expect_gateway_403(),
        post("an upper-case path", "/v1/tenant/accounts/Static-Credentials", &*body)
            .expect_gateway_403(),
        post("the root", "/", &*body).expect_gateway_403(),
        invocation("GET, past the gateway", proxy_payload("GET", REGISTER_PATH, ""))
            .expect_405("use POST"),
        invocation("PATCH, past the gateway", proxy_payload("PATCH", REGISTER_PATH, &body))
            .expect_405("use POST"),
        invocation("a verb in lower case", proxy_payload("post", REGISTER_PATH, &body))
            .expect_405("use POST"),
        invocation("an empty verb", proxy_payload("", REGISTER_PATH, &body)).expect_405("use POST"),
        invocation("GET of a uid, past the gateway", proxy_payload("GET", REPLACE_PATH, ""))
            .expect_405("use PUT"),
        invocation("PUT to validate, past the gateway", proxy_payload("PUT", VALIDATE_PATH, &body))
            .expect_405("use POST"),
        invocation(
            "another function's route",
            proxy_payload("POST", "/v1/tenant/accounts/sts", &body),
        )
        .expect_404(),
        invocation("a route of accounts", proxy_payload("GET", "/v1/tenant/accounts", ""))
            .expect_404(),
        invocation("an empty path", proxy_payload("POST", "", &body)).expect_404(),
        invocation(
            "a path below",
            proxy_payload("POST", "/v1/tenant/accounts/static-credentials/validate/x", &body),
        )
        .expect_404(),
        invocation(
            "a path that climbs",
            proxy_payload("POST", "/v1/tenant/accounts/sts/../static-credentials", &body),
        )
        .expect_400(&["/path"], PATH_RULE),
        invocation(
            "an encoded slash",
            proxy_payload("POST", "/v1/tenant/accounts%2Fstatic-credentials", &body),
        )
        .expect_400(&["/path"], PATH_RULE),
        invocation("a secret in the path", proxy_payload("POST", &format!("/v1/{SECRET}"), &body))
            .expect_404(),
    ]
}

/// Returns cases of replacements with an invalid uid, or with an invalid request for a valid uid.
pub(super) fn uid_cases() -> Vec<InvalidRequestCase> {
    let body = valid_request().to_string();
    let rule = "uid must be a Palette uid: 1 to 36 letters, digits and '-'";
    let long = "a".repeat(65);
    let mut invalid_requests: Vec<_> = [
        "a%2F..%2Fb",
        "%00",
        "a%20b",
        "a%C3%A9",
        "%FF",
        "a.b",
        "a%0Ab",
        "*",
        "a;b",
        "$%7Bx%7D",
        &long,
    ]
    .map(|uid| {
        let (pointer, rule) = if uid.contains('%') { ("/path", PATH_RULE) } else { ("/uid", rule) };
        put(&format!("uid {uid:.20}"), &format!("{REGISTER_PATH}/{uid}"), &*body)
            .expect_400(&[pointer], rule)
    })
    .into();
    invalid_requests.extend(["..", "%2e%2e", "a%252Fb"].map(|uid| {
        let payload = proxy_payload("PUT", &format!("{REGISTER_PATH}/{uid}"), &body);
        invocation(&format!("uid {uid}, past the gateway"), payload)
            .expect_400(&["/path"], PATH_RULE)
    }));
    invalid_requests.extend([
        put("a uid, but no JSON", REPLACE_PATH, "{").expect_400(&[""], "it ends too early"),
        put(
            "a uid, but not a right name",
            REPLACE_PATH,
            with_member(&valid_request(), "name", "".into()).to_string(),
        )
        .expect_400(&["/name"], "must be 1 to 64 characters"),
        put(
            "a uid, but a temporary key",
            REPLACE_PATH,
            with_member(&valid_request(), "accessKeyId", "ASIAIOSFODNN7EXAMPLE".into()).to_string(),
        )
        .expect_400(&["/accessKeyId"], "create a long-lived access key"),
        put(
            "a uid, but twice",
            REPLACE_PATH,
            with_member(&valid_request(), "uid", "5f0c1a2b3c4d5e6f70818293".into()).to_string(),
        )
        .expect_400(&["/uid"], "is unknown: remove it"),
        request_without_body("a uid, but no body", "PUT", REPLACE_PATH)
            .expect_400(&["/name", "/accessKeyId", "/secretAccessKey"], "name is missing"),
        put("a uid, but a form", REPLACE_PATH, &*body).content_type("text/plain").expect_problem(
            415,
            "unsupported-media-type",
            "content-type: application/json",
        ),
        put("a uid, but 1 MiB", REPLACE_PATH, "x".repeat(1024 * 1024)).expect_problem(
            413,
            "payload-too-large",
            "send at most 256 KiB",
        ),
    ]);
    invalid_requests
}
