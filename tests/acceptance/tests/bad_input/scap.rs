//! Wrong requests to `scap`, and to `static-credentials` where it needs certification authorities. Certificates and keys are
//! made for each run; no line of a key comes back.

mod certificates;

use acceptance::TestApp;
use gangway_model::Partition;
use local_cloud::certificates::{CertificateSpec, Chain, Issued};
use serde_json::{Value, json};

use self::certificates::certificates;
use crate::{
    KEY_ID, SECRET,
    case::{InvalidRequestCase, with, without},
    runner::run_cases,
};

const PATH: &str = "/v1/accounts/scap";
const STATIC: &str = "/v1/accounts/static-credentials";

/// What good requests are made of.
struct Made {
    chain: Chain,
    client: Issued,
    partition: Partition,
}

impl Made {
    fn new(partition: Partition) -> Self {
        let chain = Chain::new("Test");
        let client = chain.issue(&CertificateSpec::client("npe.example"));
        Self { chain, client, partition }
    }

    fn right(&self) -> Value {
        let account = self.partition.info().portal.as_ref().expect("a portal").account;
        json!({
            "name": "prod", "agency": "DIA", account: "Gangway", "role": "PaletteRole",
            "certificateAuthority": self.chain.pem(),
            "userCertificate": self.client.certificate,
            "userKey": self.client.key,
        })
    }
}

fn members(made: &Made) -> Vec<InvalidRequestCase> {
    let right = made.right();
    let portal = made.partition.info().portal.as_ref().expect("a portal");
    let account = portal.account;
    let other = if account == "mission" { "accountName" } else { "mission" };
    let at = |member: &str| format!("/{member}");
    let name = "as the portal's administrator gave them";
    let foreign = "arn:aws-us-gov:iam::123456789012:policy/Boundary";
    let mut invalid_requests = Vec::new();
    for (member, value, remedy) in [
        ("agency", Value::from(""), name),
        ("agency", " DIA".into(), name),
        ("agency", "D\nA".into(), name),
        ("agency", "n".repeat(129).into(), name),
        (account, "".into(), name),
        (account, Value::Null, "must be a string, not null"),
        ("role", "".into(), "must be the name of a role"),
        ("role", "a b".into(), "must be the name of a role"),
        ("role", "r".repeat(65).into(), "must be the name of a role"),
        ("rolePrefix", "p/".into(), "PROJECT_ where it is left out"),
        ("rolePrefix", "p".repeat(64).into(), "PROJECT_ where it is left out"),
        ("permissionBoundaryArn", "Boundary".into(), "must be an ARN"),
        (
            "permissionBoundaryArn",
            format!("arn:{}:iam::123456789012:role/R", made.partition).into(),
            "must be the ARN of an IAM policy",
        ),
    ] {
        let body = with(&right, member, value).to_string();
        let case =
            InvalidRequestCase::post(&format!("{member}, {}", invalid_requests.len()), PATH, body);
        invalid_requests.push(case.invalid(&[&at(member)], remedy));
    }
    let elsewhere = with(&right, "permissionBoundaryArn", foreign.into()).to_string();
    let arn = format!(
        "arn:{}:secretsmanager:{}:100000000001:secret:gangway/incoming/x-AbCdEf",
        made.partition,
        made.partition.info().home_region
    );
    let both = with(&right, "secretArn", arn.into()).to_string();
    let left_out = "must be left out where secretArn is given";
    let pems = ["/certificateAuthority", "/userCertificate", "/userKey"];
    let event =
        with(&with(&right, "method", "scap".into()), "partition", made.partition.id().into());
    invalid_requests.extend([
        InvalidRequestCase::post("a boundary of another partition", PATH, elsewhere)
            .refused(&["/permissionBoundaryArn"], "use an ARN of"),
        InvalidRequestCase::post("no agency", PATH, without(&right, "agency").to_string())
            .invalid(&["/agency"], "agency is missing"),
        InvalidRequestCase::post("no account", PATH, without(&right, account).to_string())
            .invalid(&[&at(account)], "is missing"),
        InvalidRequestCase::post(
            "the other portal's account",
            PATH,
            with(&without(&right, account), other, "x".into()).to_string(),
        )
        .invalid(&[&at(account), &at(other)], "is missing"),
        InvalidRequestCase::post("no key", PATH, without(&right, "userKey").to_string())
            .invalid(&["/userKey"], "userKey is missing: it must be the client's private key"),
        InvalidRequestCase::post("certificates and their secret", PATH, both)
            .invalid(&pems, left_out),
        InvalidRequestCase::post(
            "keys of a user",
            PATH,
            with(&right, "secretAccessKey", SECRET.into()).to_string(),
        )
        .invalid(&["/secretAccessKey"], "is not known here: remove it"),
        InvalidRequestCase::event("event: a key", event)
            .refused(&["/userKey"], "send secretArn; this key has passed through an event"),
    ]);
    invalid_requests
}

fn authorities(made: &Made) -> Vec<InvalidRequestCase> {
    let right = json!({
        "name": "prod", "accessKeyId": KEY_ID, "secretAccessKey": SECRET,
        "certificateAuthority": made.chain.pem(),
    });
    let of = |value: &str| with(&right, "certificateAuthority", value.into()).to_string();
    let leaf = &made.client.certificate;
    let at = &["/certificateAuthority"];
    vec![
        InvalidRequestCase::post(
            "static: no authority",
            STATIC,
            without(&right, "certificateAuthority").to_string(),
        )
        .invalid(at, "certificateAuthority is missing: it must be the certificates"),
        InvalidRequestCase::post("static: a leaf", STATIC, of(leaf)).invalid(at, "(CA:TRUE)"),
        InvalidRequestCase::post("static: a key", STATIC, of(&made.client.key))
            .invalid(at, "holds a private key"),
        InvalidRequestCase::post("static: a path", STATIC, of("/etc/ssl/ca.pem"))
            .invalid(at, "it has no -----BEGIN"),
    ]
}

async fn secrets(app: &TestApp, made: &Made) -> Vec<InvalidRequestCase> {
    let held = |ca: &str, certificate: &str, key: &str| {
        json!({ "certificateAuthority": ca, "userCertificate": certificate, "userKey": key })
            .to_string()
    };
    let (ca, leaf, key) = (made.chain.pem(), &made.client.certificate, &made.client.key);
    let lacks = "must have a text as member certificateAuthority";
    let mut base = made.right();
    for member in ["certificateAuthority", "userCertificate", "userKey"] {
        base = without(&base, member);
    }
    let mut invalid_requests = Vec::new();
    for (number, (value, faults, remedy)) in [
        (
            SECRET.to_owned(),
            1,
            "must hold a JSON object with certificateAuthority, userCertificate and userKey",
        ),
        ("{}".to_owned(), 3, lacks),
        (format!(r#"{{"accessKeyId":"{KEY_ID}","secretAccessKey":"{SECRET}"}}"#), 3, lacks),
        (held(&ca, key, leaf), 2, "has a member userCertificate that holds a private key"),
        (held(leaf, leaf, key), 1, "has a member certificateAuthority that must be certificates"),
        (held(&ca, leaf, SECRET), 1, "has a member userKey that must be the client's private key"),
    ]
    .into_iter()
    .enumerate()
    {
        let arn = app.realm().keep(&format!("gangway/incoming/scap-{number}"), &value).await;
        let body = with(&base, "secretArn", arn.into()).to_string();
        let case = InvalidRequestCase::post(&format!("a secret, {number}"), PATH, body);
        invalid_requests.push(case.refused(&vec!["/secretArn"; faults], remedy).inside_secret());
    }
    invalid_requests
}

/// Rows: F72, F73, F74, F75, F76, F77, F78, F79.
#[tokio::test]
async fn scap_refuses_invalid_members() {
    for partition in [Partition::AwsIsoB, Partition::AwsIso] {
        let app = TestApp::start(partition).await;
        let made = Made::new(partition);
        let mut invalid_requests = certificates(&made);
        invalid_requests.extend(members(&made));
        assert!(invalid_requests.len() >= 60, "{}", invalid_requests.len());
        invalid_requests.extend(secrets(&app, &made).await);
        tried(&app, "scap", invalid_requests, &made).await;
        tried(&app, "static-credentials", authorities(&made), &made).await;
        app.assert_untouched();
    }
}

/// Asserts that every invalid request gets its expected response and that the function still works.
async fn tried(
    app: &TestApp,
    function: &str,
    invalid_requests: Vec<InvalidRequestCase>,
    made: &Made,
) {
    let lambda = app.realm().functions.get(function).expect("a deployed function");
    let failures = run_cases(app, lambda, invalid_requests).await;
    assert!(failures.is_empty(), "{function}: {} rows\n{}", failures.len(), failures.join("\n"));
    let logs = lambda.logs().text();
    for line in made.client.key.lines().filter(|line| !line.starts_with('-')) {
        assert!(!logs.contains(line), "{function} has logged a key");
    }
}
