//! Cases of requests whose incoming secret has an invalid ARN or invalid content.

use acceptance::TestApp;
use serde_json::{Value, json};

use crate::{
    KEY_ID, SECRET,
    case::{InvalidRequestCase, post, with_member},
};

/// Returns cases in which `secretArn` is invalid. Gangway rejects them before it reads a secret.
pub(crate) fn invalid_arn_cases(path: &str, base: &Value) -> Vec<InvalidRequestCase> {
    let (shape, secret) = ("must be an ARN: arn:<partition>", "must be the ARN of a secret");
    let secret_arn = |rest: &str| Value::from(format!("arn:aws:secretsmanager:{rest}"));
    let long = format!("us-east-1:100000000001:secret:{}", "s".repeat(2048));
    let invalid_requests: Vec<(&str, Value, &str)> = vec![
        ("empty", "".into(), shape),
        ("a name", "gangway/incoming/tenant/x".into(), shape),
        ("a secret", SECRET.into(), shape),
        ("with a space", secret_arn("us-east-1:100000000001:secret:a b"), shape),
        ("with a line break", secret_arn("us-east-1:100000000001:secret:a\n"), shape),
        ("too long", secret_arn(&long), shape),
        ("cut off", secret_arn("us-east-1:100000000001"), shape),
        ("without a region", secret_arn(":100000000001:secret:x"), secret),
        ("without a name", secret_arn("us-east-1:100000000001:secret:"), secret),
        ("of a parameter", "arn:aws:ssm:us-east-1:100000000001:parameter/x".into(), secret),
        ("of a role", "arn:aws:iam::100000000001:role/x".into(), secret),
        (
            "of a short account",
            secret_arn("us-east-1:1234:secret:x"),
            "whose account id has 12 digits",
        ),
        (
            "of China",
            "arn:aws-cn:secretsmanager:cn-north-1:100000000001:secret:x".into(),
            "partition aws, aws-us-gov, aws-iso-b or aws-iso",
        ),
        ("null", Value::Null, "must be a string, not null"),
        ("a number", 7.into(), "must be a string, not a number"),
        (
            "a list",
            json!([secret_arn("us-east-1:100000000001:secret:x")]),
            "must be a string, not a list",
        ),
        ("an object", json!({ "arn": SECRET }), "must be a string, not an object"),
    ];
    let case = |(name, value, remedy): (&str, Value, &str)| {
        let body = with_member(base, "secretArn", value).to_string();
        post(&format!("secretArn: {name}"), path, body).expect_400(&["/secretArn"], remedy)
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
            "arn:aws:secretsmanager:eu-west-1:100000000001:secret:gangway/incoming/tenant/x-AbCdEf",
            "must be a secret of region us-east-1, partition aws",
        ),
    ] {
        let body = with_member(base, "secretArn", arn.into()).to_string();
        let case = post(&format!("secretArn: {name}"), path, body);
        invalid_requests.push(case.expect_422(&["/secretArn"], remedy));
    }
    let elsewhere = "store the credential under gangway/incoming/tenant/";
    let incomplete = "must be the complete ARN of a secret";
    for (secret, remedy) in [
        ("gangway/incoming/projects/payments/x-AbCdEf", elsewhere),
        ("gangway/incoming/x-AbCdEf", elsewhere),
        ("gangway/incoming/tenants/x-AbCdEf", elsewhere),
        ("Gangway/incoming/tenant/x-AbCdEf", elsewhere),
        ("gangway/palette-api-key-AbCdEf", elsewhere),
        ("gangway/aws/300000000001/prod-AbCdEf", elsewhere),
        ("portal/keys-AbCdEf", elsewhere),
        ("gangway/incoming/tenant/x", incomplete),
        ("gangway/incoming/tenant/x-AbCdE", incomplete),
        ("gangway/incoming/tenant/-AbCdEf", incomplete),
        ("gangway/incoming/tenant/*-AbCdEf", incomplete),
        ("gangway/incoming/tenant/x-??????", incomplete),
    ] {
        let (name, arn) = (secret, secret_arn(&format!("us-east-1:100000000001:secret:{secret}")));
        let body = with_member(base, "secretArn", arn).to_string();
        let case = post(&format!("secretArn: {name}"), path, body);
        invalid_requests.push(case.expect_422(&["/secretArn"], remedy));
    }
    invalid_requests
}

/// Stores incoming secrets with invalid contents, and returns a case for each. Gangway must read
/// the secret to find the error.
pub(crate) async fn store_invalid_secrets(
    app: &TestApp,
    path: &str,
    base: &Value,
) -> Vec<InvalidRequestCase> {
    let key_json = |id: &str, secret: &str| {
        json!({ "accessKeyId": id, "secretAccessKey": secret }).to_string()
    };
    let not_object = "must contain a JSON object with accessKeyId and secretAccessKey";
    let contents = [
        ("plain text", SECRET.to_owned(), not_object),
        ("a cut off document", format!("{{\"secretAccessKey\":\"{SECRET}\""), not_object),
        ("a list", format!("[\"{KEY_ID}\",\"{SECRET}\"]"), not_object),
        ("a JSON text", format!("\"{SECRET}\""), not_object),
        ("no members", "{}".to_owned(), "must have a string as member accessKeyId"),
        (
            "other members",
            format!(r#"{{"username":"{KEY_ID}","password":"{SECRET}"}}"#),
            "must have a string as member accessKeyId",
        ),
        (
            "a number for an id",
            format!(r#"{{"accessKeyId":1,"secretAccessKey":"{SECRET}"}}"#),
            "must have a string as member accessKeyId",
        ),
        (
            "no secret key",
            format!(r#"{{"accessKeyId":"{KEY_ID}"}}"#),
            "must have a string as member secretAccessKey",
        ),
        (
            "a null secret key",
            format!(r#"{{"accessKeyId":"{KEY_ID}","secretAccessKey":null}}"#),
            "must have a string as member secretAccessKey",
        ),
        (
            "a temporary key",
            key_json("ASIAIOSFODNN7EXAMPLE", SECRET),
            "create a long-lived access key (AKIA…)",
        ),
        ("a short id", key_json("AKIA", SECRET), "must be an access key id: 16 to 128"),
        (
            "a short secret key",
            key_json(KEY_ID, "wJalrX"),
            "must be a secret access key: 16 to 128",
        ),
        (
            "a secret key with a line break",
            key_json(KEY_ID, &format!("{SECRET}\n")),
            "must be a secret access key: 16 to 128",
        ),
    ];
    let mut invalid_requests = Vec::new();
    let mut add_case = |name: &str, arn: &str, remedy: &str| {
        let body = with_member(base, "secretArn", arn.into()).to_string();
        let case = post(&format!("a secret with {name}"), path, body);
        // An error is expected for each of the two missing members.
        let error_count = if name.ends_with(" members") { 2 } else { 1 };
        invalid_requests
            .push(case.expect_422(&vec!["/secretArn"; error_count], remedy).needs_secret());
    };
    for (number, (name, value, remedy)) in contents.into_iter().enumerate() {
        let arn = app
            .deployment()
            .put_secret(&format!("gangway/incoming/tenant/wrong-{number}"), &value)
            .await;
        add_case(name, &arn, remedy);
    }
    let valid_keys = key_json(KEY_ID, SECRET);
    let binary = json!({ "Name": "gangway/incoming/tenant/binary", "SecretBinary": "d0phbHJYVXRuRkVNSQ==", "ClientRequestToken": "b".repeat(32) });
    add_case(
        "bytes",
        &create_secret(app, &binary).await,
        "store the JSON object as its SecretString",
    );
    let no_value =
        json!({ "Name": "gangway/incoming/tenant/empty", "ClientRequestToken": "e".repeat(32) });
    add_case(
        "no value at all",
        &create_secret(app, &no_value).await,
        "must be a secret that exists, with a current value",
    );
    let deleted = app.deployment().put_secret("gangway/incoming/tenant/doomed", &valid_keys).await;
    let deletion = json!({ "SecretId": deleted, "RecoveryWindowInDays": 7 });
    let response =
        app.deployment().administrator().secrets_manager("DeleteSecret", &deletion).await;
    assert_eq!(response.expect("a response").status, 200);
    add_case("a scheduled deletion", &deleted, "it is scheduled for deletion: restore it first");
    let account = app.deployment().gangway_account.id();
    let unknown_arn = format!(
        "arn:aws:secretsmanager:us-east-1:{account}:secret:gangway/incoming/tenant/none-AbCdEf"
    );
    add_case("an unknown ARN", &unknown_arn, "must be a secret that exists");
    let other_account = unknown_arn.replace(account, app.customer().account.id());
    add_case("an ARN of another account", &other_account, "must be a secret that ");
    invalid_requests
}

/// Creates a secret with the request body `new` of Secrets Manager's `CreateSecret`. Returns its
/// ARN.
async fn create_secret(app: &TestApp, new: &Value) -> String {
    let response = app
        .deployment()
        .administrator()
        .secrets_manager("CreateSecret", new)
        .await
        .expect("a response");
    let arn = response.json().get("ARN").and_then(Value::as_str).map(str::to_owned);
    arn.unwrap_or_else(|| panic!("{}", response.body))
}
