//! Invalid requests to `sts`.

mod events;
mod routes;

use acceptance::TestApp;
use gangway_model::Partition;
use serde_json::{Value, json};

use self::{
    events::events,
    routes::{questions, routes},
};
use crate::{
    KEY_ID, SECRET, bodies,
    case::{InvalidRequestCase, with},
    fields,
    runner::assert_rejected,
};

const FUNCTION: &str = "sts";
pub(crate) const PATH: &str = "/v1/accounts/sts";
const VALIDATE: &str = "/v1/accounts/sts/validate";
const TRUST: &str = "/v1/accounts/sts/trust";
const UID: &str = "/v1/accounts/sts/5f0c1a2b3c4d5e6f70818293";

/// All of them, but for those of the iso partitions.
pub(crate) fn invalid_requests() -> Vec<InvalidRequestCase> {
    [documents(), members(), roles(), questions(), routes(), events()]
        .into_iter()
        .flatten()
        .collect()
}

fn right() -> Value {
    json!({ "name": "prod", "roleArn": "arn:aws:iam::300000000001:role/SpectroCloudRole" })
}

fn documents() -> Vec<InvalidRequestCase> {
    let mut invalid_requests = bodies::broken(VALIDATE);
    invalid_requests.extend(bodies::declared(PATH, &right().to_string()));
    invalid_requests.extend(bodies::unreadable(PATH));
    invalid_requests
}

fn members() -> Vec<InvalidRequestCase> {
    fields::wrong(PATH, &right(), "use one of static-credentials, scap")
}

/// ARNs that are not those of a role. Other functions take roles, too.
pub(crate) fn role_arns(path: &str, base: &Value) -> Vec<InvalidRequestCase> {
    let (shape, role) = ("must be an ARN: arn:<partition>", "must be the ARN of an IAM role");
    let account = "whose account id has 12 digits";
    let long = format!("arn:aws:iam::300000000001:role/{}", "r".repeat(65));
    let longer = format!("arn:aws:iam::300000000001:role/{}/R", "r".repeat(2048));
    let invalid_requests: Vec<(&str, Value, &str)> = vec![
        ("empty", "".into(), shape),
        ("a name", "SpectroCloudRole".into(), shape),
        ("a secret", SECRET.into(), shape),
        ("cut off", "arn:aws:iam::300000000001".into(), shape),
        ("with a space", "arn:aws:iam::300000000001:role/Spectro Role".into(), shape),
        ("with a line break", "arn:aws:iam::300000000001:role/R\n".into(), shape),
        ("in upper case", "ARN:AWS:IAM::300000000001:ROLE/R".into(), shape),
        ("over-long", longer.into(), shape),
        ("a long name", long.into(), role),
        ("no name", "arn:aws:iam::300000000001:role/".into(), role),
        ("an odd name", "arn:aws:iam::300000000001:role/R*".into(), role),
        ("a user", "arn:aws:iam::300000000001:user/palette".into(), role),
        ("a policy", "arn:aws:iam::300000000001:policy/P".into(), role),
        ("a group", "arn:aws:iam::300000000001:group/G".into(), role),
        ("an instance profile", "arn:aws:iam::300000000001:instance-profile/R".into(), role),
        ("the root user", "arn:aws:iam::300000000001:root".into(), role),
        ("a session", "arn:aws:sts::300000000001:assumed-role/R/session".into(), role),
        ("a bucket", "arn:aws:s3:::bucket".into(), role),
        ("with a region", "arn:aws:iam:us-east-1:300000000001:role/R".into(), role),
        ("a short account", "arn:aws:iam::3000:role/R".into(), account),
        ("an account of letters", "arn:aws:iam::aws:role/R".into(), account),
        (
            "an account of other digits",
            "arn:aws:iam::３００００００００００１:role/R".into(),
            shape,
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
        let body = with(base, "roleArn", value).to_string();
        InvalidRequestCase::post(&format!("roleArn: {name}"), path, body)
            .invalid(&["/roleArn"], remedy)
    };
    let elsewhere = |partition: &str| {
        let arn = format!("arn:{partition}:iam::300000000001:role/R");
        let body = with(base, "roleArn", arn.into()).to_string();
        let remedy =
            format!("use an ARN of aws, or send the request to the deployment for {partition}");
        InvalidRequestCase::post(&format!("roleArn: of {partition}"), path, body)
            .refused(&["/roleArn"], &remedy)
    };
    let partitions = ["aws-us-gov", "aws-iso", "aws-iso-b"].map(elsewhere);
    invalid_requests.into_iter().map(case).chain(partitions).collect()
}

fn roles() -> Vec<InvalidRequestCase> {
    let not_known = "is not known here: remove it";
    let mut twice = right().to_string();
    twice.insert_str(1, r#""roleArn":"arn:aws:iam::300000000001:role/Other","#);
    let secret = "arn:aws:secretsmanager:us-east-1:100000000001:secret:gangway/incoming/x-AbCdEf";
    let keys =
        with(&with(&right(), "accessKeyId", KEY_ID.into()), "secretAccessKey", SECRET.into());
    let gov = with(
        &with(&right(), "partition", "aws-us-gov".into()),
        "roleArn",
        "arn:aws-us-gov:iam::300000000002:role/R".into(),
    );
    let mut invalid_requests = role_arns(PATH, &right());
    invalid_requests.extend([
        InvalidRequestCase::post("nothing", PATH, "{}")
            .invalid(&["/name", "/roleArn"], "name is missing"),
        InvalidRequestCase::bare("no body", "POST", VALIDATE)
            .invalid(&["/name", "/roleArn"], "name is missing"),
        InvalidRequestCase::post("no role", PATH, r#"{"name":"prod"}"#)
            .invalid(&["/roleArn"], "roleArn is missing: it must be an ARN"),
        InvalidRequestCase::post("two roles", PATH, twice)
            .invalid(&["/roleArn"], "is given 2 times: give it once"),
        InvalidRequestCase::post(
            "an external id",
            PATH,
            with(&right(), "externalId", SECRET.into()).to_string(),
        )
        .invalid(&["/externalId"], not_known),
        InvalidRequestCase::post(
            "a secret besides",
            PATH,
            with(&right(), "secretArn", secret.into()).to_string(),
        )
        .invalid(&["/secretArn"], not_known),
        InvalidRequestCase::post("keys besides", PATH, keys.to_string())
            .invalid(&["/accessKeyId", "/secretAccessKey"], not_known),
        InvalidRequestCase::post(
            "another spelling",
            PATH,
            with(&right(), "roleARN", "arn".into()).to_string(),
        )
        .invalid(&["/roleARN"], not_known),
        InvalidRequestCase::post("a request for GovCloud", PATH, gov.to_string()).refused(
            &["/partition", "/roleArn"],
            "send the request to the deployment for aws-us-gov",
        ),
        InvalidRequestCase::post(
            "everything wrong",
            PATH,
            format!(
                r#"{{"name":null,"partition":"aws-iso","scope":[],"roleArn":5,"x":"{SECRET}"}}"#
            ),
        )
        .invalid(&["/name", "/partition", "/scope", "/roleArn", "/x"], "must be a string"),
    ]);
    invalid_requests
}

/// Rows: F03.
#[tokio::test]
async fn sts_refuses_bodies_that_are_not_json_objects() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, documents()).await;
}

/// Rows: F04, F05, F10.
#[tokio::test]
async fn sts_checks_every_member() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, members()).await;
}

/// Rows: F32.
#[tokio::test]
async fn sts_refuses_invalid_role_arns() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, roles()).await;
}

#[tokio::test]
async fn sts_refuses_invalid_trust_queries() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, questions()).await;
}

#[tokio::test]
async fn sts_has_no_other_routes_verbs_or_uids() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, routes()).await;
}

#[tokio::test]
async fn sts_rejects_invalid_events_without_retry() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, events()).await;
}
