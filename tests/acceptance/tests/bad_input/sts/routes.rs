//! Unknown routes, verbs and uids, and invalid queries.

use super::{PATH, TRUST, UID, right};
use crate::case::{InvalidRequestCase, proxied, with};

/// Paths, verbs and uids.
pub(super) fn routes() -> Vec<InvalidRequestCase> {
    let body = right().to_string();
    let no_route = "no route has this path";
    let rule = "uid must be a Palette uid: 1 to 36 letters, digits and '-'";
    let long = "a".repeat(65);
    let mut invalid_requests = vec![
        InvalidRequestCase::bare("GET", "GET", PATH).by_gateway(),
        InvalidRequestCase::bare("DELETE", "DELETE", PATH).by_gateway(),
        InvalidRequestCase::put("PUT without a uid", PATH, &*body).by_gateway(),
        InvalidRequestCase::post("POST to trust", TRUST, &*body).by_gateway(),
        InvalidRequestCase::put("PUT to trust", TRUST, &*body).by_gateway(),
        InvalidRequestCase::bare("DELETE of trust", "DELETE", TRUST).by_gateway(),
        InvalidRequestCase::bare("GET below trust", "GET", "/v1/accounts/sts/trust/policy")
            .by_gateway(),
        InvalidRequestCase::post("POST to a uid", UID, &*body).by_gateway(),
        InvalidRequestCase::post("below validate", "/v1/accounts/sts/validate/more", &*body)
            .by_gateway(),
        InvalidRequestCase::invocation("GET, past the gateway", proxied("GET", PATH, ""))
            .verb_not_allowed("use POST"),
        InvalidRequestCase::invocation(
            "POST to trust, past the gateway",
            proxied("POST", TRUST, &body),
        )
        .verb_not_allowed("use GET"),
        InvalidRequestCase::invocation(
            "PUT to trust, past the gateway",
            proxied("PUT", TRUST, &body),
        )
        .verb_not_allowed("use GET"),
        InvalidRequestCase::invocation("HEAD of trust", proxied("HEAD", TRUST, ""))
            .verb_not_allowed("use GET"),
        InvalidRequestCase::invocation(
            "DELETE of a uid, past the gateway",
            proxied("DELETE", UID, ""),
        )
        .verb_not_allowed("use PUT"),
        InvalidRequestCase::invocation(
            "another function's route",
            proxied("POST", "/v1/accounts/static-credentials", &body),
        )
        .is(404, "route-not-found", no_route),
        InvalidRequestCase::invocation(
            "below trust, past the gateway",
            proxied("GET", "/v1/accounts/sts/trust/x", ""),
        )
        .is(404, "route-not-found", no_route),
        InvalidRequestCase::invocation("no path", proxied("GET", "", "")).is(
            404,
            "route-not-found",
            no_route,
        ),
        InvalidRequestCase::invocation(
            "uid .., past the gateway",
            proxied("PUT", "/v1/accounts/sts/..", &body),
        )
        .invalid(&["/uid"], rule),
        InvalidRequestCase::put(
            "a uid, but a wrong role",
            UID,
            with(&right(), "roleArn", "R".into()).to_string(),
        )
        .invalid(&["/roleArn"], "must be an ARN"),
        InvalidRequestCase::bare("a uid, but no body", "PUT", UID)
            .invalid(&["/name", "/roleArn"], "name is missing"),
        InvalidRequestCase::put("a uid, but 1 MiB", UID, "x".repeat(1024 * 1024)).is(
            413,
            "payload-too-large",
            "send at most 256 KiB",
        ),
    ];
    invalid_requests.extend(["a%2F..%2Fb", "%00", "a%20b", "%FF", "a.b", &long].map(|uid| {
        InvalidRequestCase::put(&format!("uid {uid:.20}"), &format!("{PATH}/{uid}"), &*body)
            .invalid(&["/uid"], rule)
    }));
    invalid_requests
}

/// Queries of the trust route.
pub(super) fn questions() -> Vec<InvalidRequestCase> {
    let partition = "partition must be one of aws, aws-us-gov, aws-iso-b, aws-iso";
    let add_ons =
        "addOns must be cloudformation, host-resource-groups, or both with a comma between";
    let project = "project must be a uid or a name: 1 to 128 characters";
    let profile = "minimum-iaas-static";
    let long = format!("project={}", "p".repeat(129));
    let invalid: &[(&str, &[&str], &str)] = &[
        ("partition=", &["/partition"], partition),
        ("partition", &["/partition"], partition),
        ("partition=aws-cn", &["/partition"], partition),
        ("partition=AWS", &["/partition"], partition),
        ("partition=aws%00", &["/partition"], partition),
        ("partition=aws&partition=nowhere", &["/partition"], partition),
        ("permissionProfile=", &["/permissionProfile"], profile),
        ("permissionProfile=all", &["/permissionProfile"], profile),
        ("permissionProfile=core,core-eks", &["/permissionProfile"], profile),
        ("permissionProfile=Core", &["/permissionProfile"], profile),
        ("addOns=", &["/addOns"], add_ons),
        ("addOns=all", &["/addOns"], add_ons),
        ("addOns=cloudformation,", &["/addOns"], add_ons),
        ("addOns=cloudformation;host-resource-groups", &["/addOns"], add_ons),
        ("project=", &["/project"], project),
        ("project=a%00b", &["/project"], project),
        ("project=a%0Ab", &["/project"], project),
        (&long, &["/project"], project),
        (
            "partition=x&permissionProfile=x&addOns=x&project=",
            &["/partition", "/permissionProfile", "/addOns", "/project"],
            partition,
        ),
    ];
    let path = |query: &str| format!("{TRUST}?{query}");
    let mut invalid_requests: Vec<_> = invalid
        .iter()
        .map(|(query, at, remedy)| {
            InvalidRequestCase::bare(&format!("trust?{query:.40}"), "GET", &path(query))
                .invalid(at, remedy)
        })
        .collect();
    let other = "send the request to the deployment for aws-us-gov";
    let without = "use one of static-credentials, scap";
    let elsewhere = [("aws-us-gov", other), ("aws-iso", without), ("aws-iso-b", without)];
    invalid_requests.extend(elsewhere.map(|(elsewhere, remedy)| {
        let query = path(&format!("partition={elsewhere}"));
        InvalidRequestCase::bare(&format!("trust in {elsewhere}"), "GET", &query)
            .refused(&["/partition"], remedy)
    }));
    invalid_requests
}
