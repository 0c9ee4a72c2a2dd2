//! Cases with unknown routes, invalid uids and invalid query parameters.

use super::{PLAN_PATH, REGISTER_PATH, REPLACE_PATH, valid_request};
use crate::case::{
    InvalidRequestCase, PATH_RULE, invocation, post, proxy_payload, put, request_without_body,
};

/// Returns cases with unknown paths, wrong HTTP methods and invalid uids.
pub(super) fn route_cases() -> Vec<InvalidRequestCase> {
    let body = valid_request().to_string();
    let rule = "uid must be a Palette uid: 1 to 36 letters, digits and '-'";
    let mut invalid_requests = vec![
        request_without_body("GET", "GET", REGISTER_PATH).expect_gateway_403(),
        post("POST to plan", PLAN_PATH, &*body).expect_gateway_403(),
        post("POST to a uid", REPLACE_PATH, &*body).expect_gateway_403(),
        invocation("GET, past the gateway", proxy_payload("GET", REGISTER_PATH, ""))
            .expect_405("use POST"),
        invocation("POST to plan, past the gateway", proxy_payload("POST", PLAN_PATH, &body))
            .expect_405("use GET"),
        invocation("DELETE of a uid, past the gateway", proxy_payload("DELETE", REPLACE_PATH, ""))
            .expect_405("use PUT"),
        invocation("another function's route", proxy_payload("GET", "/v1/sts/trust", ""))
            .expect_404(),
    ];
    invalid_requests.extend(["a%2Fb", "%00"].map(|uid| {
        put(&format!("uid {uid}"), &format!("{REGISTER_PATH}/{uid}"), &*body)
            .expect_400(&["/path"], PATH_RULE)
    }));
    invalid_requests
        .push(put("uid a.b", &format!("{REGISTER_PATH}/a.b"), &*body).expect_400(&["/uid"], rule));
    invalid_requests
}

/// Returns cases with invalid query parameters of the plan.
pub(super) fn plan_query_cases() -> Vec<InvalidRequestCase> {
    let (one, two) = ("300000000001", "300000000002");
    let role = |account: &str| format!("arn:aws:iam::{account}:role/R");
    let cluster = "must be the name of an EKS cluster";
    let digits = "must be an AWS account id of 12 digits";
    let cases = [
        ("", "clusterName", "clusterName is missing: it must be the name of the EKS cluster"),
        ("clusterName=", "clusterName", cluster),
        ("clusterName=a%20b", "clusterName", cluster),
        ("clusterName=a%00", "clusterName", cluster),
        ("clusterName=p&clusterAccountId=1", "clusterAccountId", digits),
        ("clusterName=p&targetAccountId=one", "targetAccountId", digits),
        ("clusterName=p&clusterRegion=here", "clusterRegion", "must be a region"),
        ("clusterName=p&permissionProfile=all", "permissionProfile", "minimum-iaas-static"),
        ("clusterName=p&partition=aws-cn", "partition", "must be one of aws, aws-us-gov"),
        ("clusterName=p&roleArn=R", "roleArn", "must be an ARN"),
        ("clusterName=p&hubbleRoleArn=R", "hubbleRoleArn", "must be an ARN"),
        ("clusterName=p&identityRoleArn=", "identityRoleArn", "must be an ARN"),
    ];
    let path = |query: &str| format!("{PLAN_PATH}?{query}");
    let mut invalid_requests: Vec<_> = cases
        .iter()
        .map(|(query, member, remedy)| {
            let name = format!("plan?{query}");
            request_without_body(&name, "GET", &path(query))
                .expect_400(&[&format!("/{member}")], remedy)
        })
        .collect();
    let unprocessable = [
        (
            "partition=aws-us-gov".to_owned(),
            "partition",
            "send the request to the deployment for aws-us-gov",
        ),
        ("partition=aws-iso".to_owned(), "partition", "use one of static-credentials, scap"),
        (
            "clusterRegion=us-gov-west-1".to_owned(),
            "clusterRegion",
            "must be a region of partition aws",
        ),
        (
            "roleArn=arn:aws-us-gov:iam::300000000001:role/R".to_owned(),
            "roleArn",
            "must be of partition aws",
        ),
        (
            format!("clusterAccountId={one}&targetAccountId={two}&roleArn={}", role(one)),
            "roleArn",
            "must be in the target account",
        ),
        (
            format!("clusterAccountId={one}&identityRoleArn={}", role(two)),
            "identityRoleArn",
            "must be in the",
        ),
        (
            format!(
                "clusterAccountId={one}&targetAccountId={one}&hubbleTargetRoleArn={}",
                role(one)
            ),
            "hubbleTargetRoleArn",
            "is for two AWS accounts only",
        ),
    ];
    invalid_requests.extend(unprocessable.map(|(query, member, remedy)| {
        let query = format!("clusterName=p&{query}");
        let name = format!("plan?{query}");
        request_without_body(&name, "GET", &path(&query))
            .expect_422(&[&format!("/{member}")], remedy)
    }));
    invalid_requests
}
