//! Incoming secrets with invalid content.

use acceptance::TestApp;
use serde_json::{Value, json};

use crate::{
    KEY_ID, SECRET,
    case::{InvalidRequestCase, with},
};

/// ARNs that are wrong before anything is opened.
pub(crate) fn arns(path: &str, base: &Value) -> Vec<InvalidRequestCase> {
    let (shape, secret) = ("must be an ARN: arn:<partition>", "must be the ARN of a secret");
    let of = |rest: &str| Value::from(format!("arn:aws:secretsmanager:{rest}"));
    let long = format!("us-east-1:100000000001:secret:{}", "s".repeat(2048));
    let invalid_requests: Vec<(&str, Value, &str)> = vec![
        ("empty", "".into(), shape),
        ("a name", "gangway/incoming/x".into(), shape),
        ("a secret", SECRET.into(), shape),
        ("with a space", of("us-east-1:100000000001:secret:a b"), shape),
        ("with a line break", of("us-east-1:100000000001:secret:a\n"), shape),
        ("too long", of(&long), shape),
        ("cut off", of("us-east-1:100000000001"), shape),
        ("without a region", of(":100000000001:secret:x"), secret),
        ("without a name", of("us-east-1:100000000001:secret:"), secret),
        ("of a parameter", "arn:aws:ssm:us-east-1:100000000001:parameter/x".into(), secret),
        ("of a role", "arn:aws:iam::100000000001:role/x".into(), secret),
        ("of a short account", of("us-east-1:1234:secret:x"), "whose account id has 12 digits"),
        (
            "of China",
            "arn:aws-cn:secretsmanager:cn-north-1:100000000001:secret:x".into(),
            "partition aws, aws-us-gov, aws-iso-b or aws-iso",
        ),
        ("null", Value::Null, "must be a string, not null"),
        ("a number", 7.into(), "must be a string, not a number"),
        ("a list", json!([of("us-east-1:100000000001:secret:x")]), "must be a string, not a list"),
        ("an object", json!({ "arn": SECRET }), "must be a string, not an object"),
    ];
    let case = |(name, value, remedy): (&str, Value, &str)| {
        let body = with(base, "secretArn", value).to_string();
        InvalidRequestCase::post(&format!("secretArn: {name}"), path, body)
            .invalid(&["/secretArn"], remedy)
    };
    let mut invalid_requests: Vec<_> = invalid_requests.into_iter().map(case).collect();
    for (name, arn, remedy) in [
        (
            "of another partition",
            "arn:aws-us-gov:secretsmanager:us-gov-west-1:100000000002:secret:x-AbCdEf",
            "use an ARN of aws, or send the request to the deployment for aws-us-gov",
        ),
        (
            "of another region",
            "arn:aws:secretsmanager:eu-west-1:100000000001:secret:gangway/incoming/x-AbCdEf",
            "must be a secret of region us-east-1, partition aws",
        ),
    ] {
        let body = with(base, "secretArn", arn.into()).to_string();
        let case = InvalidRequestCase::post(&format!("secretArn: {name}"), path, body);
        invalid_requests.push(case.refused(&["/secretArn"], remedy));
    }
    invalid_requests
}

/// Secrets that have to be opened. Furnishes Gangway's own account with them.
pub(crate) async fn secrets(app: &TestApp, path: &str, base: &Value) -> Vec<InvalidRequestCase> {
    let keys = |id: &str, secret: &str| {
        json!({ "accessKeyId": id, "secretAccessKey": secret }).to_string()
    };
    let object = "must hold a JSON object with accessKeyId and secretAccessKey";
    let contents = [
        ("plain text", SECRET.to_owned(), object),
        ("half a document", format!("{{\"secretAccessKey\":\"{SECRET}\""), object),
        ("a list", format!("[\"{KEY_ID}\",\"{SECRET}\"]"), object),
        ("a JSON text", format!("\"{SECRET}\""), object),
        ("no members", "{}".to_owned(), "must have a text as member accessKeyId"),
        (
            "other members",
            format!(r#"{{"username":"{KEY_ID}","password":"{SECRET}"}}"#),
            "must have a text as member accessKeyId",
        ),
        (
            "a number for an id",
            format!(r#"{{"accessKeyId":1,"secretAccessKey":"{SECRET}"}}"#),
            "must have a text as member accessKeyId",
        ),
        (
            "no secret key",
            format!(r#"{{"accessKeyId":"{KEY_ID}"}}"#),
            "must have a text as member secretAccessKey",
        ),
        (
            "a null secret key",
            format!(r#"{{"accessKeyId":"{KEY_ID}","secretAccessKey":null}}"#),
            "must have a text as member secretAccessKey",
        ),
        (
            "a temporary key",
            keys("ASIAIOSFODNN7EXAMPLE", SECRET),
            "create a long-lived access key (AKIA…)",
        ),
        ("a short id", keys("AKIA", SECRET), "must be an access key id: 16 to 128"),
        ("a short secret key", keys(KEY_ID, "wJalrX"), "must be a secret access key: 16 to 128"),
        (
            "a secret key with a line break",
            keys(KEY_ID, &format!("{SECRET}\n")),
            "must be a secret access key: 16 to 128",
        ),
    ];
    let mut invalid_requests = Vec::new();
    let mut wrong = |name: &str, arn: &str, remedy: &str| {
        let body = with(base, "secretArn", arn.into()).to_string();
        let case = InvalidRequestCase::post(&format!("a secret with {name}"), path, body);
        // Each missing member is reported.
        let faults = if name.ends_with(" members") { 2 } else { 1 };
        invalid_requests.push(case.refused(&vec!["/secretArn"; faults], remedy).inside_secret());
    };
    for (number, (name, value, remedy)) in contents.into_iter().enumerate() {
        let arn = app.realm().keep(&format!("gangway/incoming/wrong-{number}"), &value).await;
        wrong(name, &arn, remedy);
    }
    let good = keys(KEY_ID, SECRET);
    let binary = json!({ "Name": "gangway/incoming/binary", "SecretBinary": "d0phbHJYVXRuRkVNSQ==", "ClientRequestToken": "b".repeat(32) });
    wrong("bytes", &made(app, &binary).await, "store the JSON object as its SecretString");
    let empty = json!({ "Name": "gangway/incoming/empty", "ClientRequestToken": "e".repeat(32) });
    wrong(
        "no value at all",
        &made(app, &empty).await,
        "must be a secret that exists, with a current value",
    );
    let doomed = app.realm().keep("gangway/incoming/doomed", &good).await;
    let deletion = json!({ "SecretId": doomed, "RecoveryWindowInDays": 7 });
    let deleted = app.realm().administrator().secrets("DeleteSecret", &deletion).await;
    assert_eq!(deleted.expect("an answer").status, 200);
    wrong("a few days left", &doomed, "it is scheduled for deletion: restore it first");
    let elsewhere = app.realm().keep("portal/keys", &good).await;
    wrong("a name outside of incoming", &elsewhere, "allow secretsmanager:GetSecretValue");
    let account = app.realm().deployment.id();
    let none =
        format!("arn:aws:secretsmanager:us-east-1:{account}:secret:gangway/incoming/none-AbCdEf");
    wrong("an ARN of nothing", &none, "must be a secret that exists");
    let kept = none.replace("incoming/none", "aws/300000000001/somebody-elses");
    wrong("another account's kept keys", &kept, "put keys under gangway/incoming/");
    let foreign = none.replace(account, app.customer().account.id());
    wrong("another account's ARN", &foreign, "must be a secret that ");
    invalid_requests
}

async fn made(app: &TestApp, new: &Value) -> String {
    let response =
        app.realm().administrator().secrets("CreateSecret", new).await.expect("an answer");
    let arn = response.json().get("ARN").and_then(Value::as_str).map(str::to_owned);
    arn.unwrap_or_else(|| panic!("{}", response.body))
}
