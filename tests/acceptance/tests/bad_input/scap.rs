//! Tests that `scap`, and `static-credentials` in the classified partitions, reject invalid
//! requests. Each run generates its certificates and keys. No log line may contain a line of a
//! private key.

mod certificates;

use acceptance::TestApp;
use gangway_model::Partition;
use local_cloud::certificates::{CertificateIssuer, CertificateSpec, IssuedCertificate};
use serde_json::{Value, json};

use self::certificates::certificate_cases;
use crate::{
    KEY_ID, SECRET,
    case::{InvalidRequestCase, direct_event, post, with_member, without_member},
    runner::run_cases,
};

const REGISTER_PATH: &str = "/v1/tenant/accounts/scap";
const STATIC_CREDENTIALS_PATH: &str = "/v1/tenant/accounts/static-credentials";

/// The partition, and the certificates for valid requests in it.
struct ScapFixture {
    /// The issuer of the client certificate.
    chain: CertificateIssuer,
    client: IssuedCertificate,
    partition: Partition,
}

impl ScapFixture {
    fn new(partition: Partition) -> Self {
        let chain = CertificateIssuer::new("Test");
        let client = chain.issue(&CertificateSpec::client("npe.example"));
        Self { chain, client, partition }
    }

    fn valid_request(&self) -> Value {
        let account = self.partition.info().portal.as_ref().expect("a portal").account;
        json!({
            "name": "prod", "agency": "DIA", account: "Gangway", "role": "PaletteRole",
            "certificateAuthority": self.chain.pem(),
            "userCertificate": self.client.certificate,
            "userKey": self.client.key,
        })
    }
}

/// Returns cases with invalid, missing or unknown members.
fn member_cases(fixture: &ScapFixture) -> Vec<InvalidRequestCase> {
    let valid_request = fixture.valid_request();
    let portal = fixture.partition.info().portal.as_ref().expect("a portal");
    let account = portal.account;
    let other = if account == "mission" { "accountName" } else { "mission" };
    let pointer = |member: &str| format!("/{member}");
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
        ("rolePrefix", "p/".into(), "the default is PROJECT_"),
        ("rolePrefix", "p".repeat(64).into(), "the default is PROJECT_"),
        ("permissionBoundaryArn", "Boundary".into(), "must be an ARN"),
        (
            "permissionBoundaryArn",
            format!("arn:{}:iam::123456789012:role/R", fixture.partition).into(),
            "must be the ARN of an IAM policy",
        ),
    ] {
        let body = with_member(&valid_request, member, value).to_string();
        let case = post(&format!("{member}, {}", invalid_requests.len()), REGISTER_PATH, body);
        invalid_requests.push(case.expect_400(&[&pointer(member)], remedy));
    }
    let foreign_boundary =
        with_member(&valid_request, "permissionBoundaryArn", foreign.into()).to_string();
    let arn = format!(
        "arn:{}:secretsmanager:{}:100000000001:secret:gangway/incoming/tenant/x-AbCdEf",
        fixture.partition,
        fixture.partition.info().home_region
    );
    let with_secret_arn = with_member(&valid_request, "secretArn", arn.into()).to_string();
    let left_out = "must be left out if secretArn is sent";
    let pems = ["/certificateAuthority", "/userCertificate", "/userKey"];
    let event = with_member(
        &with_member(&valid_request, "method", "scap".into()),
        "partition",
        fixture.partition.id().into(),
    );
    invalid_requests.extend([
        post("a boundary of another partition", REGISTER_PATH, foreign_boundary)
            .expect_422(&["/permissionBoundaryArn"], "use an ARN of"),
        post("no agency", REGISTER_PATH, without_member(&valid_request, "agency").to_string())
            .expect_400(&["/agency"], "agency is missing"),
        post("no account", REGISTER_PATH, without_member(&valid_request, account).to_string())
            .expect_400(&[&pointer(account)], "is missing"),
        post(
            "the other portal's account",
            REGISTER_PATH,
            with_member(&without_member(&valid_request, account), other, "x".into()).to_string(),
        )
        .expect_400(&[&pointer(account), &pointer(other)], "is missing"),
        post("no key", REGISTER_PATH, without_member(&valid_request, "userKey").to_string())
            .expect_400(&["/userKey"], "userKey is missing: it must be the client's private key"),
        post("certificates and their secret", REGISTER_PATH, with_secret_arn)
            .expect_400(&pems, left_out),
        post(
            "keys of a user",
            REGISTER_PATH,
            with_member(&valid_request, "secretAccessKey", SECRET.into()).to_string(),
        )
        .expect_400(&["/secretAccessKey"], "is unknown: remove it"),
        direct_event("event: a key", event)
            .expect_422(&["/userKey"], "send secretArn; this key was sent in an event"),
    ]);
    invalid_requests
}

/// Returns cases of `static-credentials` with an invalid member `certificateAuthority`.
fn ca_certificate_cases(fixture: &ScapFixture) -> Vec<InvalidRequestCase> {
    let valid_request = json!({
        "name": "prod", "accessKeyId": KEY_ID, "secretAccessKey": SECRET,
        "certificateAuthority": fixture.chain.pem(),
    });
    let of =
        |value: &str| with_member(&valid_request, "certificateAuthority", value.into()).to_string();
    let certificate = &fixture.client.certificate;
    let pointers = &["/certificateAuthority"];
    vec![
        post(
            "static: no CA certificate",
            STATIC_CREDENTIALS_PATH,
            without_member(&valid_request, "certificateAuthority").to_string(),
        )
        .expect_400(pointers, "certificateAuthority is missing: it must be the CA certificates"),
        post("static: a leaf", STATIC_CREDENTIALS_PATH, of(certificate))
            .expect_400(pointers, "(CA:TRUE)"),
        post("static: a key", STATIC_CREDENTIALS_PATH, of(&fixture.client.key))
            .expect_400(pointers, "contains a private key"),
        post("static: a path", STATIC_CREDENTIALS_PATH, of("/etc/ssl/ca.pem"))
            .expect_400(pointers, "it has no -----BEGIN"),
    ]
}

/// Stores incoming secrets with invalid contents, and returns a case for each.
async fn store_invalid_secrets(app: &TestApp, fixture: &ScapFixture) -> Vec<InvalidRequestCase> {
    let secret_json = |ca: &str, certificate: &str, key: &str| {
        json!({ "certificateAuthority": ca, "userCertificate": certificate, "userKey": key })
            .to_string()
    };
    let (ca, certificate, key) =
        (fixture.chain.pem(), &fixture.client.certificate, &fixture.client.key);
    let missing_ca = "must have a string as member certificateAuthority";
    let mut base = fixture.valid_request();
    for member in ["certificateAuthority", "userCertificate", "userKey"] {
        base = without_member(&base, member);
    }
    let mut invalid_requests = Vec::new();
    for (number, (value, error_count, remedy)) in [
        (
            SECRET.to_owned(),
            1,
            "must contain a JSON object with certificateAuthority, userCertificate and userKey",
        ),
        ("{}".to_owned(), 3, missing_ca),
        (format!(r#"{{"accessKeyId":"{KEY_ID}","secretAccessKey":"{SECRET}"}}"#), 3, missing_ca),
        (
            secret_json(&ca, key, certificate),
            2,
            "has a member userCertificate that contains a private key",
        ),
        (
            secret_json(certificate, certificate, key),
            1,
            "has a member certificateAuthority that must be CA certificates",
        ),
        (
            secret_json(&ca, certificate, SECRET),
            1,
            "has a member userKey that must be the client's private key",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let arn = app
            .deployment()
            .put_secret(&format!("gangway/incoming/tenant/scap-{number}"), &value)
            .await;
        let body = with_member(&base, "secretArn", arn.into()).to_string();
        let case = post(&format!("a secret, {number}"), REGISTER_PATH, body);
        invalid_requests
            .push(case.expect_422(&vec!["/secretArn"; error_count], remedy).needs_secret());
    }
    invalid_requests
}

/// Acceptance rows: F72, F73, F74, F75, F76, F77, F78, F79.
#[tokio::test]
async fn scap_rejects_invalid_members_certificates_and_secrets() {
    for partition in [Partition::AwsIsoB, Partition::AwsIso] {
        let app = TestApp::start(partition).await;
        let fixture = ScapFixture::new(partition);
        let mut invalid_requests = certificate_cases(&fixture);
        invalid_requests.extend(member_cases(&fixture));
        assert!(invalid_requests.len() >= 60, "{}", invalid_requests.len());
        invalid_requests.extend(store_invalid_secrets(&app, &fixture).await);
        assert_rejected_without_logging_the_key(&app, "scap", invalid_requests, &fixture).await;
        assert_rejected_without_logging_the_key(
            &app,
            "static-credentials",
            ca_certificate_cases(&fixture),
            &fixture,
        )
        .await;
        app.assert_untouched();
    }
}

/// Asserts that every invalid request gets its expected response, and that the log contains no line
/// of the client's private key.
async fn assert_rejected_without_logging_the_key(
    app: &TestApp,
    function: &str,
    invalid_requests: Vec<InvalidRequestCase>,
    fixture: &ScapFixture,
) {
    let lambda = app.deployment().functions.get(function).expect("a deployed function");
    let failures = run_cases(app, lambda, invalid_requests).await;
    assert!(failures.is_empty(), "{function}: {} rows\n{}", failures.len(), failures.join("\n"));
    let logs = lambda.logs().text();
    for line in fixture.client.key.lines().filter(|line| !line.starts_with('-')) {
        assert!(!logs.contains(line), "{function} has logged a key");
    }
}
