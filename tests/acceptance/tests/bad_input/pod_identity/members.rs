//! Cases of the request members that only Pod Identity has.

use serde_json::{Value, json};

use super::{FUNCTION, REGISTER_PATH, VALIDATE_PATH, valid_cross_account_request, valid_request};
use crate::{
    SECRET,
    case::{
        InvalidRequestCase, bus_event, direct_event, post, request_without_body, with_member,
        without_member,
    },
};

/// Returns cases with invalid, missing or unknown members.
pub(super) fn member_cases() -> Vec<InvalidRequestCase> {
    let cluster = "must be the name of an EKS cluster: 1 to 100 letters, digits, '-' and '_'";
    let region = "must be a region, such as us-east-1";
    let role = "must be the ARN of an IAM role";
    let arn_rule = "must be an ARN: arn:<partition>";
    let policy = "must be the ARN of an IAM policy";
    let user = "arn:aws:iam::300000000001:user/U";
    let a_role = "arn:aws:iam::300000000001:role/R";
    let a_policy = "arn:aws:iam::300000000001:policy/P";
    let flag = "must be true or false";
    let cases: Vec<(&str, Value, &str)> = vec![
        ("clusterName", "".into(), cluster),
        ("clusterName", "-palette".into(), cluster),
        ("clusterName", "_palette".into(), cluster),
        ("clusterName", "palette.example".into(), cluster),
        ("clusterName", "a b".into(), cluster),
        ("clusterName", "a/../b".into(), cluster),
        ("clusterName", "палетка".into(), cluster),
        ("clusterName", "a\n".into(), cluster),
        ("clusterName", "n".repeat(101).into(), cluster),
        ("clusterName", "arn:aws:eks:us-east-1:300000000001:cluster/palette".into(), cluster),
        ("clusterName", Value::Null, "must be a string, not null"),
        ("clusterName", 7.into(), "must be a string, not a number"),
        ("clusterName", json!(["palette"]), "must be a string, not a list"),
        ("clusterRegion", "".into(), region),
        ("clusterRegion", "us-east".into(), region),
        ("clusterRegion", "US-EAST-1".into(), region),
        ("clusterRegion", "us-east-1a".into(), region),
        ("clusterRegion", "cn-north-1".into(), region),
        ("clusterRegion", SECRET.into(), region),
        ("clusterRegion", Value::Null, "must be a string, not null"),
        ("hubbleRoleArn", "".into(), arn_rule),
        ("hubbleRoleArn", SECRET.into(), arn_rule),
        ("hubbleRoleArn", user.into(), role),
        ("hubbleRoleArn", a_policy.into(), role),
        ("hubbleRoleArn", 7.into(), "must be a string, not a number"),
        ("identityRoleArn", "Identity".into(), arn_rule),
        ("identityRoleArn", user.into(), role),
        ("identityRoleArn", a_policy.into(), role),
        ("identityRoleArn", json!({ "arn": a_role }), "must be a string, not an object"),
        ("hubbleTargetRoleArn", "".into(), arn_rule),
        ("hubbleTargetRoleArn", user.into(), role),
        ("hubbleTargetRoleArn", a_policy.into(), role),
        ("hubbleTargetRoleArn", Value::Null, "must be a string, not null"),
        ("permissionBoundaryArn", "".into(), arn_rule),
        ("permissionBoundaryArn", "Boundary".into(), arn_rule),
        ("permissionBoundaryArn", a_role.into(), policy),
        ("permissionBoundaryArn", user.into(), policy),
        ("permissionBoundaryArn", true.into(), "must be a string, not a boolean"),
        ("ensureAssociations", "true".into(), flag),
        ("ensureAssociations", 1.into(), flag),
        ("ensureAssociations", Value::Null, flag),
        ("replaceAssociations", a_role.into(), "must be a list of ARNs, not a string"),
        ("replaceAssociations", Value::Null, "must be a list of ARNs, not null"),
        ("ensureConfigMap", "yes".into(), flag),
        ("ensureConfigMap", json!([]), flag),
        ("ensureConfigMap", json!({}), flag),
    ];
    let mut invalid_requests: Vec<_> = (1..)
        .zip(cases)
        .map(|(number, (member, value, remedy)): (usize, _)| {
            let base = if member == "hubbleTargetRoleArn" {
                valid_cross_account_request()
            } else {
                valid_request()
            };
            let body = with_member(&base, member, value).to_string();
            post(&format!("{number}: {member}"), REGISTER_PATH, body)
                .expect_400(&[&format!("/{member}")], remedy)
        })
        .collect();
    invalid_requests.extend(missing_member_cases());
    invalid_requests.extend(other_partition_cases());
    invalid_requests.extend(replaced_role_cases());
    invalid_requests.extend(unknown_member_cases());
    invalid_requests
}

fn missing_member_cases() -> Vec<InvalidRequestCase> {
    let all = ["/name", "/clusterName", "/roleArn", "/hubbleRoleArn", "/identityRoleArn"];
    let members = ["clusterName", "roleArn", "hubbleRoleArn", "identityRoleArn"];
    let mut invalid_requests: Vec<_> = members
        .iter()
        .map(|member| {
            let body = without_member(&valid_request(), member).to_string();
            post(&format!("no {member}"), REGISTER_PATH, body)
                .expect_400(&[&format!("/{member}")], &format!("{member} is missing: it must be"))
        })
        .collect();
    invalid_requests.push(post("nothing", REGISTER_PATH, "{}").expect_400(&all, "name is missing"));
    invalid_requests.push(
        request_without_body("no body", "POST", VALIDATE_PATH).expect_400(&all, "name is missing"),
    );
    invalid_requests
}

/// Returns cases with ARNs and Regions of other partitions than that of the deployment.
fn other_partition_cases() -> Vec<InvalidRequestCase> {
    let govcloud_arn = |what: &str| format!("arn:aws-us-gov:iam::300000000001:{what}");
    let mut invalid_requests = Vec::new();
    for (member, value) in [
        ("hubbleRoleArn", govcloud_arn("role/R")),
        ("identityRoleArn", govcloud_arn("role/R")),
        ("hubbleTargetRoleArn", govcloud_arn("role/R")),
        ("permissionBoundaryArn", govcloud_arn("policy/P")),
    ] {
        let base = if member == "hubbleTargetRoleArn" {
            valid_cross_account_request()
        } else {
            valid_request()
        };
        let body = with_member(&base, member, value.into()).to_string();
        let case = post(&format!("{member} of GovCloud"), REGISTER_PATH, body);
        invalid_requests.push(case.expect_422(&[&format!("/{member}")], "use an ARN of aws"));
    }
    for region in ["us-gov-west-1", "us-isob-east-1", "us-iso-east-1"] {
        let body = with_member(&valid_request(), "clusterRegion", region.into()).to_string();
        let case = post(&format!("a cluster in {region}"), REGISTER_PATH, body);
        invalid_requests
            .push(case.expect_422(&["/clusterRegion"], "must be a region of partition aws"));
    }
    invalid_requests
}

/// Returns cases with invalid values of `replaceAssociations`.
fn replaced_role_cases() -> Vec<InvalidRequestCase> {
    let arn = |name: &str| format!("arn:aws:iam::300000000001:role/{name}");
    let ensured = with_member(&valid_request(), "ensureAssociations", true.into());
    let replacing = |roles: Value| with_member(&ensured, "replaceAssociations", roles).to_string();
    let alone = with_member(&valid_request(), "replaceAssociations", json!([arn("R")])).to_string();
    let many = json!(["A", "B", "C", "D"].map(arn));
    vec![
        post(
            "a user is replaced",
            REGISTER_PATH,
            replacing(json!(["arn:aws:iam::300000000001:user/U"])),
        )
        .expect_400(&["/replaceAssociations/0"], "must be the ARN of an IAM role"),
        post("a role is replaced twice", REGISTER_PATH, replacing(json!([arn("R"), arn("R")])))
            .expect_400(&["/replaceAssociations/1"], "name each role once"),
        post("too many roles are replaced", REGISTER_PATH, replacing(many))
            .expect_400(&["/replaceAssociations"], "must name at most 3 roles, not 4"),
        post(
            "a role of GovCloud is replaced",
            REGISTER_PATH,
            replacing(json!(["arn:aws-us-gov:iam::300000000001:role/R"])),
        )
        .expect_422(&["/replaceAssociations/0"], "use an ARN of aws"),
        post("a role is replaced without ensureAssociations", REGISTER_PATH, alone)
            .expect_422(&["/replaceAssociations"], "send ensureAssociations with true"),
    ]
}

fn unknown_member_cases() -> Vec<InvalidRequestCase> {
    let not_known = "is unknown: remove it";
    let body_with =
        |member: &str, value: Value| with_member(&valid_request(), member, value).to_string();
    let mut duplicate = valid_request().to_string();
    duplicate.insert_str(1, r#""clusterName":"other","#);
    vec![
        post("an external id", REGISTER_PATH, body_with("externalId", SECRET.into()))
            .expect_400(&["/externalId"], not_known),
        post("keys", REGISTER_PATH, body_with("secretAccessKey", SECRET.into()))
            .expect_400(&["/secretAccessKey"], not_known),
        post("a role name", REGISTER_PATH, body_with("hubbleRole", "Hubble".into()))
            .expect_400(&["/hubbleRole"], not_known),
        post("two clusters", REGISTER_PATH, duplicate)
            .expect_400(&["/clusterName"], "is sent 2 times: send it once"),
        post(
            "everything wrong",
            REGISTER_PATH,
            json!({
                "name": 7, "clusterName": "", "clusterRegion": "x", "roleArn": "R",
                "hubbleRoleArn": "H", "identityRoleArn": "I", "hubbleTargetRoleArn": "T",
                "permissionBoundaryArn": "B", "ensureAssociations": 1, "ensureConfigMap": 1, "x": 1,
            })
            .to_string(),
        )
        .expect_400(
            &[
                "/name",
                "/clusterName",
                "/clusterRegion",
                "/roleArn",
                "/hubbleRoleArn",
                "/identityRoleArn",
                "/hubbleTargetRoleArn",
                "/permissionBoundaryArn",
                "/ensureAssociations",
                "/ensureConfigMap",
                "/x",
            ],
            "must be a string",
        ),
    ]
}

/// Returns cases of invalid events, on the event bus and in direct invocations.
pub(super) fn event_cases() -> Vec<InvalidRequestCase> {
    let event = with_member(&valid_request(), "method", FUNCTION.into());
    vec![
        bus_event("event: no cluster", without_member(&event, "clusterName"))
            .expect_400(&["/clusterName"], "clusterName is missing"),
        bus_event(
            "event: a user",
            with_member(&event, "hubbleRoleArn", "arn:aws:iam::300000000001:user/U".into()),
        )
        .expect_400(&["/hubbleRoleArn"], "must be the ARN of an IAM role"),
        bus_event("event: in aws-iso", with_member(&event, "partition", "aws-iso".into()))
            .expect_422(&["/partition"], "use one of static-credentials, scap"),
        direct_event("event: a secret key", with_member(&event, "secretAccessKey", SECRET.into()))
            .expect_422(&["/secretAccessKey"], "must not be in an event: send secretArn"),
        bus_event("event: a flag as text", with_member(&event, "ensureConfigMap", "true".into()))
            .expect_400(&["/ensureConfigMap"], "must be true or false"),
        direct_event("event: another method", with_member(&event, "method", "sts".into()))
            .expect_422(&["/method"], "deliver events for sts to the function sts"),
    ]
}
