//! Unknown routes, verbs and uids.

use super::{PATH, UID, VALIDATE, right};
use crate::{
    SECRET,
    case::{InvalidRequestCase, proxied, with},
};

/// Paths and verbs.
pub(super) fn routes() -> Vec<InvalidRequestCase> {
    let body = right().to_string();
    let no_route = "no route has this path; the README of Gangway lists them all";
    vec![
        InvalidRequestCase::bare("GET", "GET", PATH).by_gateway(),
        InvalidRequestCase::bare("DELETE", "DELETE", PATH).by_gateway(),
        InvalidRequestCase::bare("PATCH", "PATCH", PATH).by_gateway(),
        InvalidRequestCase::bare("OPTIONS", "OPTIONS", PATH).by_gateway(),
        InvalidRequestCase::put("PUT without a uid", PATH, &*body).by_gateway(),
        InvalidRequestCase::put("PUT to validate", VALIDATE, &*body).by_gateway(),
        InvalidRequestCase::bare("GET validate", "GET", VALIDATE).by_gateway(),
        InvalidRequestCase::post("POST to a uid", UID, &*body).by_gateway(),
        InvalidRequestCase::bare("DELETE of a uid", "DELETE", UID).by_gateway(),
        InvalidRequestCase::post(
            "below validate",
            "/v1/accounts/static-credentials/validate/more",
            &*body,
        )
        .by_gateway(),
        InvalidRequestCase::post("another version", "/v2/accounts/static-credentials", &*body)
            .by_gateway(),
        InvalidRequestCase::post("an unknown method", "/v1/accounts/passwords", &*body)
            .by_gateway(),
        InvalidRequestCase::post("an upper-case path", "/v1/accounts/Static-Credentials", &*body)
            .by_gateway(),
        InvalidRequestCase::post("the root", "/", &*body).by_gateway(),
        InvalidRequestCase::invocation("GET, past the gateway", proxied("GET", PATH, ""))
            .verb_not_allowed("use POST"),
        InvalidRequestCase::invocation("PATCH, past the gateway", proxied("PATCH", PATH, &body))
            .verb_not_allowed("use POST"),
        InvalidRequestCase::invocation("a verb in lower case", proxied("post", PATH, &body))
            .verb_not_allowed("use POST"),
        InvalidRequestCase::invocation("an empty verb", proxied("", PATH, &body))
            .verb_not_allowed("use POST"),
        InvalidRequestCase::invocation("GET of a uid, past the gateway", proxied("GET", UID, ""))
            .verb_not_allowed("use PUT"),
        InvalidRequestCase::invocation(
            "PUT to validate, past the gateway",
            proxied("PUT", VALIDATE, &body),
        )
        .verb_not_allowed("use POST"),
        InvalidRequestCase::invocation(
            "another function's route",
            proxied("POST", "/v1/accounts/sts", &body),
        )
        .is(404, "route-not-found", no_route),
        InvalidRequestCase::invocation("a route of accounts", proxied("GET", "/v1/accounts", ""))
            .is(404, "route-not-found", no_route),
        InvalidRequestCase::invocation("an empty path", proxied("POST", "", &body)).is(
            404,
            "route-not-found",
            no_route,
        ),
        InvalidRequestCase::invocation(
            "a path below",
            proxied("POST", "/v1/accounts/static-credentials/validate/x", &body),
        )
        .is(404, "route-not-found", no_route),
        InvalidRequestCase::invocation(
            "a path that climbs",
            proxied("POST", "/v1/accounts/sts/../static-credentials", &body),
        )
        .is(404, "route-not-found", no_route),
        InvalidRequestCase::invocation(
            "an encoded slash",
            proxied("POST", "/v1/accounts%2Fstatic-credentials", &body),
        )
        .is(404, "route-not-found", no_route),
        InvalidRequestCase::invocation(
            "a secret in the path",
            proxied("POST", &format!("/v1/{SECRET}"), &body),
        )
        .is(404, "route-not-found", no_route),
    ]
}

/// Uids in paths.
pub(super) fn uids() -> Vec<InvalidRequestCase> {
    let body = right().to_string();
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
        InvalidRequestCase::put(&format!("uid {uid:.20}"), &format!("{PATH}/{uid}"), &*body)
            .invalid(&["/uid"], rule)
    })
    .into();
    invalid_requests.extend(["..", "%2e%2e", "a%252Fb"].map(|uid| {
        let payload = proxied("PUT", &format!("{PATH}/{uid}"), &body);
        InvalidRequestCase::invocation(&format!("uid {uid}, past the gateway"), payload)
            .invalid(&["/uid"], rule)
    }));
    invalid_requests.extend([
        InvalidRequestCase::put("a uid, but no JSON", UID, "{").invalid(&[""], "it ends too early"),
        InvalidRequestCase::put(
            "a uid, but not a right name",
            UID,
            with(&right(), "name", "".into()).to_string(),
        )
        .invalid(&["/name"], "must be 1 to 64 characters"),
        InvalidRequestCase::put(
            "a uid, but a temporary key",
            UID,
            with(&right(), "accessKeyId", "ASIAIOSFODNN7EXAMPLE".into()).to_string(),
        )
        .invalid(&["/accessKeyId"], "create a long-lived access key"),
        InvalidRequestCase::put(
            "a uid, but twice",
            UID,
            with(&right(), "uid", "5f0c1a2b3c4d5e6f70818293".into()).to_string(),
        )
        .invalid(&["/uid"], "is not known here: remove it"),
        InvalidRequestCase::bare("a uid, but no body", "PUT", UID)
            .invalid(&["/name", "/accessKeyId", "/secretAccessKey"], "name is missing"),
        InvalidRequestCase::put("a uid, but a form", UID, &*body).typed("text/plain").is(
            415,
            "unsupported-media-type",
            "content-type: application/json",
        ),
        InvalidRequestCase::put("a uid, but 1 MiB", UID, "x".repeat(1024 * 1024)).is(
            413,
            "payload-too-large",
            "send at most 256 KiB",
        ),
    ]);
    invalid_requests
}
