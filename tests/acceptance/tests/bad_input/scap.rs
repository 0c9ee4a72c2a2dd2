//! Wrong requests to `scap`, and to `static-credentials` where it needs certification authorities. Certificates and keys are
//! made for each run; no line of a key comes back.

mod certificates;

use acceptance::Stage;
use gangway_model::Partition;
use local_cloud::certificates::{Chain, Issued, Wish};
use serde_json::{Value, json};

use self::certificates::certificates;
use crate::{
    KEY_ID, SECRET,
    row::{Row, with, without},
    trial::trial,
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
        let client = chain.issue(&Wish::client("npe.example"));
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

fn members(made: &Made) -> Vec<Row> {
    let right = made.right();
    let portal = made.partition.info().portal.as_ref().expect("a portal");
    let account = portal.account;
    let other = if account == "mission" { "accountName" } else { "mission" };
    let at = |member: &str| format!("/{member}");
    let name = "as the portal's administrator gave them";
    let foreign = "arn:aws-us-gov:iam::123456789012:policy/Boundary";
    let mut rows = Vec::new();
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
        let row = Row::post(&format!("{member}, {}", rows.len()), PATH, body);
        rows.push(row.invalid(&[&at(member)], remedy));
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
    rows.extend([
        Row::post("a boundary of another partition", PATH, elsewhere)
            .refused(&["/permissionBoundaryArn"], "use an ARN of"),
        Row::post("no agency", PATH, without(&right, "agency").to_string())
            .invalid(&["/agency"], "agency is missing"),
        Row::post("no account", PATH, without(&right, account).to_string())
            .invalid(&[&at(account)], "is missing"),
        Row::post(
            "the other portal's account",
            PATH,
            with(&without(&right, account), other, "x".into()).to_string(),
        )
        .invalid(&[&at(account), &at(other)], "is missing"),
        Row::post("no key", PATH, without(&right, "userKey").to_string())
            .invalid(&["/userKey"], "userKey is missing: it must be the client's private key"),
        Row::post("certificates and their secret", PATH, both).invalid(&pems, left_out),
        Row::post(
            "keys of a user",
            PATH,
            with(&right, "secretAccessKey", SECRET.into()).to_string(),
        )
        .invalid(&["/secretAccessKey"], "is not known here: remove it"),
        Row::event("event: a key", event)
            .refused(&["/userKey"], "send secretArn; this key has passed through an event"),
    ]);
    rows
}

fn authorities(made: &Made) -> Vec<Row> {
    let right = json!({
        "name": "prod", "accessKeyId": KEY_ID, "secretAccessKey": SECRET,
        "certificateAuthority": made.chain.pem(),
    });
    let of = |value: &str| with(&right, "certificateAuthority", value.into()).to_string();
    let leaf = &made.client.certificate;
    let at = &["/certificateAuthority"];
    vec![
        Row::post(
            "static: no authority",
            STATIC,
            without(&right, "certificateAuthority").to_string(),
        )
        .invalid(at, "certificateAuthority is missing: it must be the certificates"),
        Row::post("static: a leaf", STATIC, of(leaf)).invalid(at, "(CA:TRUE)"),
        Row::post("static: a key", STATIC, of(&made.client.key)).invalid(at, "holds a private key"),
        Row::post("static: a path", STATIC, of("/etc/ssl/ca.pem"))
            .invalid(at, "it has no -----BEGIN"),
    ]
}

async fn secrets(stage: &Stage, made: &Made) -> Vec<Row> {
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
    let mut rows = Vec::new();
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
        let arn = stage.realm().keep(&format!("gangway/incoming/scap-{number}"), &value).await;
        let body = with(&base, "secretArn", arn.into()).to_string();
        let row = Row::post(&format!("a secret, {number}"), PATH, body);
        rows.push(row.refused(&vec!["/secretArn"; faults], remedy).inside_secret());
    }
    rows
}

#[tokio::test]
async fn f72_f73_f74_f75_f76_f77_f78_f79_scap_takes_nothing_that_cannot_be_right() {
    for partition in [Partition::AwsIsoB, Partition::AwsIso] {
        let stage = Stage::start(partition).await;
        let made = Made::new(partition);
        let mut rows = certificates(&made);
        rows.extend(members(&made));
        assert!(rows.len() >= 60, "{}", rows.len());
        rows.extend(secrets(&stage, &made).await);
        tried(&stage, "scap", rows, &made).await;
        tried(&stage, "static-credentials", authorities(&made), &made).await;
        stage.assert_untouched();
    }
}

/// Every row gets what it deserves, and no line of the key is logged.
async fn tried(stage: &Stage, function: &str, rows: Vec<Row>, made: &Made) {
    let lambda = stage.realm().functions.get(function).expect("a deployed function");
    let wrongs = trial(stage, lambda, rows).await;
    assert!(wrongs.is_empty(), "{function}: {} rows\n{}", wrongs.len(), wrongs.join("\n"));
    let logs = lambda.logs().text();
    for line in made.client.key.lines().filter(|line| !line.starts_with('-')) {
        assert!(!logs.contains(line), "{function} has logged a key");
    }
}
