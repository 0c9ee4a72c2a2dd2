//! Members that only Pod Identity has.

use serde_json::{Value, json};

use super::{FUNCTION, PATH, VALIDATE, cross, right};
use crate::{
    SECRET,
    case::{InvalidRequestCase, with, without},
};

/// Each member with its invalid values.
pub(super) fn members() -> Vec<InvalidRequestCase> {
    let cluster = "must be the name of an EKS cluster: 1 to 100 letters, digits, '-' and '_'";
    let region = "must be a region, such as us-east-1";
    let role = "must be the ARN of an IAM role";
    let shape = "must be an ARN: arn:<partition>";
    let policy = "must be the ARN of an IAM policy";
    let user = "arn:aws:iam::300000000001:user/U";
    let a_role = "arn:aws:iam::300000000001:role/R";
    let a_policy = "arn:aws:iam::300000000001:policy/P";
    let flag = "must be true or false";
    let invalid: Vec<(&str, Value, &str)> = vec![
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
        ("hubbleRoleArn", "".into(), shape),
        ("hubbleRoleArn", SECRET.into(), shape),
        ("hubbleRoleArn", user.into(), role),
        ("hubbleRoleArn", a_policy.into(), role),
        ("hubbleRoleArn", 7.into(), "must be a string, not a number"),
        ("identityRoleArn", "Identity".into(), shape),
        ("identityRoleArn", user.into(), role),
        ("identityRoleArn", a_policy.into(), role),
        ("identityRoleArn", json!({ "arn": a_role }), "must be a string, not an object"),
        ("hubbleTargetRoleArn", "".into(), shape),
        ("hubbleTargetRoleArn", user.into(), role),
        ("hubbleTargetRoleArn", a_policy.into(), role),
        ("hubbleTargetRoleArn", Value::Null, "must be a string, not null"),
        ("permissionBoundaryArn", "".into(), shape),
        ("permissionBoundaryArn", "Boundary".into(), shape),
        ("permissionBoundaryArn", a_role.into(), policy),
        ("permissionBoundaryArn", user.into(), policy),
        ("permissionBoundaryArn", true.into(), "must be a string, not a boolean"),
        ("ensureAssociations", "true".into(), flag),
        ("ensureAssociations", 1.into(), flag),
        ("ensureAssociations", Value::Null, flag),
        ("ensureConfigMap", "yes".into(), flag),
        ("ensureConfigMap", json!([]), flag),
        ("ensureConfigMap", json!({}), flag),
    ];
    let mut invalid_requests: Vec<_> = (1..)
        .zip(invalid)
        .map(|(number, (member, value, remedy)): (usize, _)| {
            let base = if member == "hubbleTargetRoleArn" { cross() } else { right() };
            let body = with(&base, member, value).to_string();
            InvalidRequestCase::post(&format!("{number}: {member}"), PATH, body)
                .invalid(&[&format!("/{member}")], remedy)
        })
        .collect();
    invalid_requests.extend(missing());
    invalid_requests.extend(elsewhere());
    invalid_requests.extend(unknown());
    invalid_requests
}

fn missing() -> Vec<InvalidRequestCase> {
    let all = ["/name", "/clusterName", "/roleArn", "/hubbleRoleArn", "/identityRoleArn"];
    let own = ["clusterName", "roleArn", "hubbleRoleArn", "identityRoleArn"];
    let mut invalid_requests: Vec<_> = own
        .iter()
        .map(|member| {
            let body = without(&right(), member).to_string();
            InvalidRequestCase::post(&format!("no {member}"), PATH, body)
                .invalid(&[&format!("/{member}")], &format!("{member} is missing: it must be"))
        })
        .collect();
    invalid_requests
        .push(InvalidRequestCase::post("nothing", PATH, "{}").invalid(&all, "name is missing"));
    invalid_requests.push(
        InvalidRequestCase::bare("no body", "POST", VALIDATE).invalid(&all, "name is missing"),
    );
    invalid_requests
}

/// Of other partitions.
fn elsewhere() -> Vec<InvalidRequestCase> {
    let gov = |what: &str| format!("arn:aws-us-gov:iam::300000000001:{what}");
    let mut invalid_requests = Vec::new();
    for (member, value) in [
        ("hubbleRoleArn", gov("role/R")),
        ("identityRoleArn", gov("role/R")),
        ("hubbleTargetRoleArn", gov("role/R")),
        ("permissionBoundaryArn", gov("policy/P")),
    ] {
        let base = if member == "hubbleTargetRoleArn" { cross() } else { right() };
        let body = with(&base, member, value.into()).to_string();
        let case = InvalidRequestCase::post(&format!("{member} of GovCloud"), PATH, body);
        invalid_requests.push(case.refused(&[&format!("/{member}")], "use an ARN of aws"));
    }
    for region in ["us-gov-west-1", "us-isob-east-1", "us-iso-east-1"] {
        let body = with(&right(), "clusterRegion", region.into()).to_string();
        let case = InvalidRequestCase::post(&format!("a cluster in {region}"), PATH, body);
        invalid_requests
            .push(case.refused(&["/clusterRegion"], "must be a region of partition aws"));
    }
    invalid_requests
}

fn unknown() -> Vec<InvalidRequestCase> {
    let not_known = "is not known here: remove it";
    let given = |member: &str, value: Value| with(&right(), member, value).to_string();
    let mut twice = right().to_string();
    twice.insert_str(1, r#""clusterName":"other","#);
    vec![
        InvalidRequestCase::post("an external id", PATH, given("externalId", SECRET.into()))
            .invalid(&["/externalId"], not_known),
        InvalidRequestCase::post("keys", PATH, given("secretAccessKey", SECRET.into()))
            .invalid(&["/secretAccessKey"], not_known),
        InvalidRequestCase::post("a role name", PATH, given("hubbleRole", "Hubble".into()))
            .invalid(&["/hubbleRole"], not_known),
        InvalidRequestCase::post("two clusters", PATH, twice)
            .invalid(&["/clusterName"], "is given 2 times: give it once"),
        InvalidRequestCase::post(
            "everything wrong",
            PATH,
            json!({
                "name": 7, "clusterName": "", "clusterRegion": "x", "roleArn": "R",
                "hubbleRoleArn": "H", "identityRoleArn": "I", "hubbleTargetRoleArn": "T",
                "permissionBoundaryArn": "B", "ensureAssociations": 1, "ensureConfigMap": 1, "x": 1,
            })
            .to_string(),
        )
        .invalid(
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

/// Over the bus where a rule fits, else straight.
pub(super) fn events() -> Vec<InvalidRequestCase> {
    let event = with(&right(), "method", FUNCTION.into());
    vec![
        InvalidRequestCase::event("event: no cluster", without(&event, "clusterName"))
            .invalid(&["/clusterName"], "clusterName is missing"),
        InvalidRequestCase::event(
            "event: a user",
            with(&event, "hubbleRoleArn", "arn:aws:iam::300000000001:user/U".into()),
        )
        .invalid(&["/hubbleRoleArn"], "must be the ARN of an IAM role"),
        InvalidRequestCase::event("event: in iso", with(&event, "partition", "aws-iso".into()))
            .refused(&["/partition"], "use one of static-credentials, scap"),
        InvalidRequestCase::event(
            "event: a secret key",
            with(&event, "secretAccessKey", SECRET.into()),
        )
        .refused(&["/secretAccessKey"], "may not be in an event: send secretArn"),
        InvalidRequestCase::event(
            "event: a flag of text",
            with(&event, "ensureConfigMap", "true".into()),
        )
        .invalid(&["/ensureConfigMap"], "must be true or false"),
        InvalidRequestCase::delivered(
            "event: another method",
            with(&event, "method", "sts".into()),
        )
        .refused(&["/method"], "deliver events for sts to the function sts"),
    ]
}
