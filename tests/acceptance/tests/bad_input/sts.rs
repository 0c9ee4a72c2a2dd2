//! Tests that the function `sts` rejects invalid requests.

mod events;
mod routes;

use acceptance::TestApp;
use gangway_model::Partition;
use serde_json::{Value, json};

use self::{
    events::event_cases,
    routes::{route_cases, trust_query_cases},
};
use crate::{
    KEY_ID, SECRET, bodies,
    case::{InvalidRequestCase, post, request_without_body, with_member},
    fields,
    runner::assert_rejected,
};

const FUNCTION: &str = "sts";
pub(crate) const REGISTER_PATH: &str = "/v1/tenant/accounts/sts";
const VALIDATE_PATH: &str = "/v1/tenant/accounts/sts/validate";
const TRUST_PATH: &str = "/v1/sts/trust";
const REPLACE_PATH: &str = "/v1/tenant/accounts/sts/5f0c1a2b3c4d5e6f70818293";

/// Returns the cases that can be built without a local cloud.
pub(crate) fn invalid_requests() -> Vec<InvalidRequestCase> {
    [body_cases(), member_cases(), role_cases(), trust_query_cases(), route_cases(), event_cases()]
        .into_iter()
        .flatten()
        .collect()
}

fn valid_request() -> Value {
    json!({ "name": "prod", "roleArn": "arn:aws:iam::300000000001:role/SpectroCloudRole" })
}

fn body_cases() -> Vec<InvalidRequestCase> {
    let mut invalid_requests = bodies::malformed_json_cases(VALIDATE_PATH);
    invalid_requests
        .extend(bodies::size_and_content_type_cases(REGISTER_PATH, &valid_request().to_string()));
    invalid_requests.extend(bodies::unknown_event_cases(REGISTER_PATH));
    invalid_requests
}

fn member_cases() -> Vec<InvalidRequestCase> {
    fields::common_member_cases(
        REGISTER_PATH,
        &valid_request(),
        "use one of static-credentials, scap",
    )
}

/// Returns cases in which `roleArn` is not the ARN of a role in partition `aws`.
pub(crate) fn invalid_role_arn_cases(path: &str, base: &Value) -> Vec<InvalidRequestCase> {
    let (arn_rule, role_rule) =
        ("must be an ARN: arn:<partition>", "must be the ARN of an IAM role");
    let account_rule = "whose account id has 12 digits";
    let long_name = format!("arn:aws:iam::300000000001:role/{}", "r".repeat(65));
    let very_long = format!("arn:aws:iam::300000000001:role/{}/R", "r".repeat(2048));
    let invalid_requests: Vec<(&str, Value, &str)> = vec![
        ("empty", "".into(), arn_rule),
        ("a name", "SpectroCloudRole".into(), arn_rule),
        ("a secret", SECRET.into(), arn_rule),
        ("cut off", "arn:aws:iam::300000000001".into(), arn_rule),
        ("with a space", "arn:aws:iam::300000000001:role/Spectro Role".into(), arn_rule),
        ("with a line break", "arn:aws:iam::300000000001:role/R\n".into(), arn_rule),
        ("in upper case", "ARN:AWS:IAM::300000000001:ROLE/R".into(), arn_rule),
        ("over-long", very_long.into(), arn_rule),
        ("a long name", long_name.into(), role_rule),
        ("no name", "arn:aws:iam::300000000001:role/".into(), role_rule),
        ("an odd name", "arn:aws:iam::300000000001:role/R*".into(), role_rule),
        ("a user", "arn:aws:iam::300000000001:user/palette".into(), role_rule),
        ("a policy", "arn:aws:iam::300000000001:policy/P".into(), role_rule),
        ("a group", "arn:aws:iam::300000000001:group/G".into(), role_rule),
        ("an instance profile", "arn:aws:iam::300000000001:instance-profile/R".into(), role_rule),
        ("the root user", "arn:aws:iam::300000000001:root".into(), role_rule),
        ("a session", "arn:aws:sts::300000000001:assumed-role/R/session".into(), role_rule),
        ("a bucket", "arn:aws:s3:::bucket".into(), role_rule),
        ("with a region", "arn:aws:iam:us-east-1:300000000001:role/R".into(), role_rule),
        ("a short account", "arn:aws:iam::3000:role/R".into(), account_rule),
        ("an account of letters", "arn:aws:iam::aws:role/R".into(), account_rule),
        (
            "an account of other digits",
            "arn:aws:iam::３００００００００００１:role/R".into(),
            arn_rule,
        ),
        (
            "of China",
            "arn:aws-cn:iam::300000000001:role/R".into(),
            "partition aws, aws-us-gov, aws-iso-b or aws-iso",
        ),
        (
            "without a partition",
            "arn::iam::300000000001:role/R".into(),
            "partition aws, aws-us-gov, aws-iso-b or aws-iso",
        ),
        ("null", Value::Null, "must be a string, not null"),
        ("a number", 300_000_000_001_u64.into(), "must be a string, not a number"),
        ("a list", json!(["arn:aws:iam::300000000001:role/R"]), "must be a string, not a list"),
        ("an object", json!({ "arn": SECRET }), "must be a string, not an object"),
    ];
    let case = |(name, value, remedy): (&str, Value, &str)| {
        let body = with_member(base, "roleArn", value).to_string();
        post(&format!("roleArn: {name}"), path, body).expect_400(&["/roleArn"], remedy)
    };
    let of_partition = |partition: &str| {
        let arn = format!("arn:{partition}:iam::300000000001:role/R");
        let body = with_member(base, "roleArn", arn.into()).to_string();
        let remedy =
            format!("use an ARN of aws, or send the request to the deployment for {partition}");
        post(&format!("roleArn: of {partition}"), path, body).expect_422(&["/roleArn"], &remedy)
    };
    let partitions = ["aws-us-gov", "aws-iso", "aws-iso-b"].map(of_partition);
    invalid_requests.into_iter().map(case).chain(partitions).collect()
}

/// Returns cases with an invalid or missing role, or with members that `sts` does not have.
fn role_cases() -> Vec<InvalidRequestCase> {
    let not_known = "is unknown: remove it";
    let mut duplicate = valid_request().to_string();
    duplicate.insert_str(1, r#""roleArn":"arn:aws:iam::300000000001:role/Other","#);
    let secret =
        "arn:aws:secretsmanager:us-east-1:100000000001:secret:gangway/incoming/tenant/x-AbCdEf";
    let keys = with_member(
        &with_member(&valid_request(), "accessKeyId", KEY_ID.into()),
        "secretAccessKey",
        SECRET.into(),
    );
    let govcloud = with_member(
        &with_member(&valid_request(), "partition", "aws-us-gov".into()),
        "roleArn",
        "arn:aws-us-gov:iam::300000000002:role/R".into(),
    );
    let mut invalid_requests = invalid_role_arn_cases(REGISTER_PATH, &valid_request());
    invalid_requests.extend([
        post("nothing", REGISTER_PATH, "{}").expect_400(&["/name", "/roleArn"], "name is missing"),
        request_without_body("no body", "POST", VALIDATE_PATH)
            .expect_400(&["/name", "/roleArn"], "name is missing"),
        post("no role", REGISTER_PATH, r#"{"name":"prod"}"#)
            .expect_400(&["/roleArn"], "roleArn is missing: it must be an ARN"),
        post("two roles", REGISTER_PATH, duplicate)
            .expect_400(&["/roleArn"], "is sent 2 times: send it once"),
        post(
            "an external id",
            REGISTER_PATH,
            with_member(&valid_request(), "externalId", SECRET.into()).to_string(),
        )
        .expect_400(&["/externalId"], not_known),
        post(
            "a secret besides",
            REGISTER_PATH,
            with_member(&valid_request(), "secretArn", secret.into()).to_string(),
        )
        .expect_400(&["/secretArn"], not_known),
        post("keys besides", REGISTER_PATH, keys.to_string())
            .expect_400(&["/accessKeyId", "/secretAccessKey"], not_known),
        post(
            "another spelling",
            REGISTER_PATH,
            with_member(&valid_request(), "roleARN", "arn".into()).to_string(),
        )
        .expect_400(&["/roleARN"], not_known),
        post("a request for GovCloud", REGISTER_PATH, govcloud.to_string()).expect_422(
            &["/partition", "/roleArn"],
            "send the request to the deployment for aws-us-gov",
        ),
        post(
            "everything wrong",
            REGISTER_PATH,
            format!(
                r#"{{"name":null,"partition":"aws-iso","scope":[],"roleArn":5,"x":"{SECRET}"}}"#
            ),
        )
        .expect_400(&["/name", "/partition", "/scope", "/roleArn", "/x"], "must be a string"),
    ]);
    invalid_requests
}

/// Acceptance rows: F03.
#[tokio::test]
async fn sts_rejects_bodies_that_are_not_json_objects() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, body_cases()).await;
}

/// Acceptance rows: F04, F05, F10.
#[tokio::test]
async fn sts_rejects_invalid_members_that_every_method_has() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, member_cases()).await;
}

/// Acceptance rows: F32.
#[tokio::test]
async fn sts_rejects_invalid_role_arns() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, role_cases()).await;
}

#[tokio::test]
async fn sts_rejects_invalid_trust_queries() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, trust_query_cases()).await;
}

#[tokio::test]
async fn sts_rejects_unknown_routes_and_invalid_uids() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, route_cases()).await;
}

#[tokio::test]
async fn sts_rejects_invalid_events_without_retry() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, event_cases()).await;
}
