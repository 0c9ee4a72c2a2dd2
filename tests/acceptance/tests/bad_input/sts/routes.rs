//! Cases with unknown routes, invalid uids and invalid query parameters.

use super::{REGISTER_PATH, REPLACE_PATH, TRUST_PATH, valid_request};
use crate::case::{
    InvalidRequestCase, PATH_RULE, invocation, post, proxy_payload, put, request_without_body,
    with_member,
};

/// Returns cases with unknown paths, wrong HTTP methods and invalid uids.
pub(super) fn route_cases() -> Vec<InvalidRequestCase> {
    let body = valid_request().to_string();
    let rule = "uid must be a Palette uid: 1 to 36 letters, digits and '-'";
    let long = "a".repeat(65);
    let mut invalid_requests = vec![
        request_without_body("GET", "GET", REGISTER_PATH).expect_gateway_403(),
        request_without_body("DELETE", "DELETE", REGISTER_PATH).expect_gateway_403(),
        put("PUT without a uid", REGISTER_PATH, &*body).expect_gateway_403(),
        post("POST to trust", TRUST_PATH, &*body).expect_gateway_403(),
        put("PUT to trust", TRUST_PATH, &*body).expect_gateway_403(),
        request_without_body("DELETE of trust", "DELETE", TRUST_PATH).expect_gateway_403(),
        request_without_body("GET below trust", "GET", "/v1/sts/trust/policy").expect_gateway_403(),
        post("POST to a uid", REPLACE_PATH, &*body).expect_gateway_403(),
        post("below validate", "/v1/tenant/accounts/sts/validate/more", &*body)
            .expect_gateway_403(),
        invocation("GET, past the gateway", proxy_payload("GET", REGISTER_PATH, ""))
            .expect_405("use POST"),
        invocation("POST to trust, past the gateway", proxy_payload("POST", TRUST_PATH, &body))
            .expect_405("use GET"),
        invocation("PUT to trust, past the gateway", proxy_payload("PUT", TRUST_PATH, &body))
            .expect_405("use GET"),
        invocation("HEAD of trust", proxy_payload("HEAD", TRUST_PATH, "")).expect_405("use GET"),
        invocation("DELETE of a uid, past the gateway", proxy_payload("DELETE", REPLACE_PATH, ""))
            .expect_405("use PUT"),
        invocation(
            "another function's route",
            proxy_payload("POST", "/v1/tenant/accounts/static-credentials", &body),
        )
        .expect_404(),
        invocation("below trust, past the gateway", proxy_payload("GET", "/v1/sts/trust/x", ""))
            .expect_404(),
        invocation("no path", proxy_payload("GET", "", "")).expect_404(),
        invocation(
            "uid .., past the gateway",
            proxy_payload("PUT", "/v1/tenant/accounts/sts/..", &body),
        )
        .expect_400(&["/path"], PATH_RULE),
        put(
            "a uid, but a wrong role",
            REPLACE_PATH,
            with_member(&valid_request(), "roleArn", "R".into()).to_string(),
        )
        .expect_400(&["/roleArn"], "must be an ARN"),
        request_without_body("a uid, but no body", "PUT", REPLACE_PATH)
            .expect_400(&["/name", "/roleArn"], "name is missing"),
        put("a uid, but 1 MiB", REPLACE_PATH, "x".repeat(1024 * 1024)).expect_problem(
            413,
            "payload-too-large",
            "send at most 256 KiB",
        ),
    ];
    invalid_requests.extend(["a.b", &long].map(|uid| {
        put(&format!("uid {uid:.20}"), &format!("{REGISTER_PATH}/{uid}"), &*body)
            .expect_400(&["/uid"], rule)
    }));
    invalid_requests.extend(["a%2F..%2Fb", "%00", "a%20b", "%FF"].map(|uid| {
        put(&format!("uid {uid}"), &format!("{REGISTER_PATH}/{uid}"), &*body)
            .expect_400(&["/path"], PATH_RULE)
    }));
    invalid_requests
}

/// Returns cases with invalid query parameters of the route `/v1/sts/trust`.
pub(super) fn trust_query_cases() -> Vec<InvalidRequestCase> {
    let partition = "partition must be one of aws, aws-us-gov, aws-iso-b, aws-iso";
    let add_ons =
        "addOns must be cloudformation, host-resource-groups, or both separated by a comma";
    let profile = "minimum-iaas-static";
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
        (
            "partition=x&permissionProfile=x&addOns=x",
            &["/partition", "/permissionProfile", "/addOns"],
            partition,
        ),
    ];
    let path = |query: &str| format!("{TRUST_PATH}?{query}");
    let mut invalid_requests: Vec<_> = invalid
        .iter()
        .map(|(query, pointers, remedy)| {
            request_without_body(&format!("trust?{query:.40}"), "GET", &path(query))
                .expect_400(pointers, remedy)
        })
        .collect();
    let other = "send the request to the deployment for aws-us-gov";
    let not_offered = "use one of static-credentials, scap";
    let elsewhere = [("aws-us-gov", other), ("aws-iso", not_offered), ("aws-iso-b", not_offered)];
    invalid_requests.extend(elsewhere.map(|(elsewhere, remedy)| {
        let query = path(&format!("partition={elsewhere}"));
        request_without_body(&format!("trust in {elsewhere}"), "GET", &query)
            .expect_422(&["/partition"], remedy)
    }));
    invalid_requests
}
