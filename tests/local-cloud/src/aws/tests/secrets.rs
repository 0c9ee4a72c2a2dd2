//! Tests of Secrets Manager.
use super::*;
use crate::aws::client::AwsResponse;

const ONE: &str = "11111111-1111-4111-8111-111111111111";
const TWO: &str = "22222222-2222-4222-8222-222222222222";
const THREE: &str = "33333333-3333-4333-8333-333333333333";

struct SecretsFixture {
    cloud: LocalCloud,
    client: AwsClient,
}

impl SecretsFixture {
    async fn new() -> SecretsFixture {
        let cloud = cloud().await;
        let client = client(&cloud, &admin(&commercial(&cloud)));
        SecretsFixture { cloud, client }
    }

    async fn call(&self, operation: &str, parameters: Value) -> AwsResponse {
        self.client.secrets_manager(operation, &parameters).await.unwrap()
    }

    async fn code(&self, operation: &str, parameters: Value) -> Option<String> {
        self.call(operation, parameters).await.code()
    }

    async fn put(&self, token: &str, value: &str, stage: &str) -> Option<String> {
        let parameters = json!({ "SecretId": "s", "ClientRequestToken": token, "SecretString": value, "VersionStages": [stage] });
        self.code("PutSecretValue", parameters).await
    }

    fn labels(&self) -> Vec<(String, Vec<String>)> {
        commercial(&self.cloud).secret("s").unwrap().versions
    }
}

fn version_labels(rows: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    rows.iter()
        .map(|(id, labels)| {
            ((*id).to_owned(), labels.iter().map(|one| (*one).to_owned()).collect())
        })
        .collect()
}

#[tokio::test]
async fn first_version_is_always_current() {
    let secrets = SecretsFixture::new().await;
    assert_eq!(secrets.code("CreateSecret", json!({ "Name": "s" })).await, None);
    assert_eq!(
        secrets.code("GetSecretValue", json!({ "SecretId": "s" })).await.as_deref(),
        Some("ResourceNotFoundException")
    );
    assert_eq!(secrets.put(ONE, "v1", "AWSPENDING").await, None);
    assert_eq!(secrets.labels(), version_labels(&[(ONE, &["AWSCURRENT", "AWSPENDING"])]));
}

#[tokio::test]
async fn request_token_cannot_be_reused_for_another_value() {
    let secrets = SecretsFixture::new().await;
    let create = json!({ "Name": "s", "SecretString": "v1", "ClientRequestToken": ONE });
    assert_eq!(secrets.code("CreateSecret", create.clone()).await, None);
    assert_eq!(secrets.code("CreateSecret", create).await, None);
    let other = json!({ "Name": "s", "SecretString": "v2", "ClientRequestToken": ONE });
    assert_eq!(
        secrets.code("CreateSecret", other).await.as_deref(),
        Some("ResourceExistsException")
    );
    assert_eq!(secrets.put(TWO, "v2", "AWSPENDING").await, None);
    assert_eq!(secrets.put(TWO, "v2", "AWSPENDING").await, None);
    assert_eq!(
        secrets.put(TWO, "other", "AWSPENDING").await.as_deref(),
        Some("ResourceExistsException")
    );
    assert_eq!(secrets.labels(), version_labels(&[(ONE, &["AWSCURRENT"]), (TWO, &["AWSPENDING"])]));
    assert_eq!(
        secrets.put("short", "v", "AWSPENDING").await.as_deref(),
        Some("InvalidParameterException")
    );
    // A repeated put does not restore lost staging labels.
    assert_eq!(secrets.put(THREE, "v3", "AWSPENDING").await, None);
    assert_eq!(secrets.put(TWO, "v2", "AWSPENDING").await, None);
    assert_eq!(
        secrets.labels(),
        version_labels(&[(ONE, &["AWSCURRENT"]), (TWO, &[]), (THREE, &["AWSPENDING"])])
    );
    let described = secrets.call("DescribeSecret", json!({ "SecretId": "s" })).await.json();
    assert_eq!(
        described["VersionIdsToStages"],
        json!({ ONE: ["AWSCURRENT"], THREE: ["AWSPENDING"] })
    );
}

#[tokio::test]
async fn staging_label_moves_only_from_the_named_version() {
    let secrets = SecretsFixture::new().await;
    secrets
        .call(
            "CreateSecret",
            json!({ "Name": "s", "SecretString": "v1", "ClientRequestToken": ONE }),
        )
        .await;
    secrets.put(TWO, "v2", "AWSPENDING").await;
    let moved = |to: Option<&str>, from: Option<&str>| json!({ "SecretId": "s", "VersionStage": "AWSCURRENT", "MoveToVersionId": to, "RemoveFromVersionId": from });
    let invalid = Some("InvalidParameterException");
    let operation = "UpdateSecretVersionStage";
    assert_eq!(secrets.code(operation, moved(Some(TWO), None)).await.as_deref(), invalid);
    assert_eq!(secrets.code(operation, moved(Some(TWO), Some(TWO))).await.as_deref(), invalid);
    assert_eq!(secrets.code(operation, moved(None, Some(ONE))).await.as_deref(), invalid);
    assert_eq!(secrets.code(operation, moved(None, None)).await.as_deref(), invalid);
    assert_eq!(
        secrets.code(operation, moved(Some(THREE), Some(ONE))).await.as_deref(),
        Some("ResourceNotFoundException")
    );
    assert_eq!(secrets.code(operation, moved(Some(TWO), Some(ONE))).await, None);
    assert_eq!(secrets.code(operation, moved(Some(TWO), None)).await, None, "already there");
    assert_eq!(
        secrets.labels(),
        version_labels(&[(ONE, &["AWSPREVIOUS"]), (TWO, &["AWSCURRENT", "AWSPENDING"])])
    );
    let get = |more: Value| {
        let mut parameters = json!({ "SecretId": "s" });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        secrets.call("GetSecretValue", parameters)
    };
    assert_eq!(get(json!({})).await.json()["SecretString"], "v2");
    assert_eq!(get(json!({ "VersionStage": "AWSPREVIOUS" })).await.json()["SecretString"], "v1");
    assert_eq!(get(json!({ "VersionId": ONE })).await.json()["SecretString"], "v1");
    let both = get(json!({ "VersionId": ONE, "VersionStage": "AWSCURRENT" })).await;
    assert_eq!(both.code().as_deref(), Some("InvalidRequestException"));
}

#[tokio::test]
async fn deleted_secret_blocks_its_name_until_the_window_ends() {
    let secrets = SecretsFixture::new().await;
    let create = json!({ "Name": "s", "SecretString": "v1", "ClientRequestToken": ONE });
    secrets.call("CreateSecret", create.clone()).await;
    for days in [6, 31] {
        let parameters = json!({ "SecretId": "s", "RecoveryWindowInDays": days });
        assert_eq!(
            secrets.code("DeleteSecret", parameters).await.as_deref(),
            Some("InvalidParameterException")
        );
    }
    assert_eq!(
        secrets.code("DeleteSecret", json!({ "SecretId": "s", "RecoveryWindowInDays": 7 })).await,
        None
    );
    let scheduled = Some("InvalidRequestException");
    assert_eq!(secrets.code("CreateSecret", create.clone()).await.as_deref(), scheduled);
    assert_eq!(secrets.put(TWO, "v2", "AWSPENDING").await.as_deref(), scheduled);
    assert_eq!(
        secrets.code("GetSecretValue", json!({ "SecretId": "s" })).await.as_deref(),
        scheduled
    );
    let tag = json!({ "SecretId": "s", "Tags": [{ "Key": "a", "Value": "b" }] });
    assert_eq!(secrets.code("TagResource", tag).await.as_deref(), scheduled);
    assert!(
        secrets.call("DescribeSecret", json!({ "SecretId": "s" })).await.json()["DeletedDate"]
            .is_i64()
    );
    assert_eq!(secrets.call("ListSecrets", json!({})).await.json()["SecretList"], json!([]));
    assert_eq!(secrets.code("RestoreSecret", json!({ "SecretId": "s" })).await, None);
    assert_eq!(
        secrets.call("GetSecretValue", json!({ "SecretId": "s" })).await.json()["SecretString"],
        "v1"
    );
    let force = json!({ "SecretId": "s", "ForceDeleteWithoutRecovery": true });
    assert_eq!(secrets.code("DeleteSecret", force).await, None);
    assert_eq!(
        secrets.code("DescribeSecret", json!({ "SecretId": "s" })).await.as_deref(),
        Some("ResourceNotFoundException")
    );
    assert_eq!(secrets.code("CreateSecret", create).await, None);
}

#[tokio::test]
async fn name_arn_and_partial_arn_identify_the_same_secret() {
    let secrets = SecretsFixture::new().await;
    let arn =
        secrets.call("CreateSecret", json!({ "Name": "gangway/aws/1/prod" })).await.json()["ARN"]
            .as_str()
            .unwrap()
            .to_owned();
    let (partial, suffix) = arn.rsplit_once('-').unwrap();
    assert_eq!(
        (partial, suffix.len()),
        ("arn:aws:secretsmanager:us-east-1:123456789012:secret:gangway/aws/1/prod", 6)
    );
    for id in ["gangway/aws/1/prod", &arn, partial] {
        assert_eq!(secrets.code("DescribeSecret", json!({ "SecretId": id })).await, None, "{id}");
    }
    let elsewhere = arn.replace(ACCOUNT, OTHER);
    assert_eq!(
        secrets.code("DescribeSecret", json!({ "SecretId": elsewhere })).await.as_deref(),
        Some("AccessDeniedException")
    );
    let west = secrets.client.in_region("us-west-2");
    let response = west
        .secrets_manager("DescribeSecret", &json!({ "SecretId": "gangway/aws/1/prod" }))
        .await
        .unwrap();
    assert_eq!(response.code().as_deref(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn limits_are_enforced() {
    let secrets = SecretsFixture::new().await;
    let rows = [
        (json!({ "Name": "with space" }), "ValidationException"),
        (json!({ "Name": "x".repeat(513) }), "ValidationException"),
        (json!({}), "InvalidParameterException"),
        (json!({ "Name": "s", "SecretString": "v" }), "InvalidRequestException"),
        (
            json!({ "Name": "s", "SecretString": "v".repeat(65_537), "ClientRequestToken": ONE }),
            "ValidationException",
        ),
        (
            json!({ "Name": "s", "SecretString": 1, "ClientRequestToken": ONE }),
            "SerializationException",
        ),
        (
            json!({ "Name": "s", "SecretString": "v", "SecretBinary": "dg==", "ClientRequestToken": ONE }),
            "InvalidParameterException",
        ),
    ];
    for (parameters, code) in rows {
        assert_eq!(secrets.code("CreateSecret", parameters).await.as_deref(), Some(code));
    }
    let longest =
        json!({ "Name": "s", "SecretString": "v".repeat(65_536), "ClientRequestToken": ONE });
    assert_eq!(secrets.code("CreateSecret", longest).await, None);
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let secrets = SecretsFixture::new().await;
    for n in 0..5 {
        let tags = json!([{ "Key": "partition", "Value": if n < 3 { "aws" } else { "other" } }]);
        secrets.call("CreateSecret", json!({ "Name": format!("gangway/{n}"), "Tags": tags })).await;
    }
    secrets.call("CreateSecret", json!({ "Name": "else" })).await;
    let count = async |filters: Value| {
        let response = secrets.call("ListSecrets", json!({ "Filters": filters })).await.json();
        response["SecretList"].as_array().map(Vec::len)
    };
    assert_eq!(count(json!([])).await, Some(6));
    assert_eq!(count(json!([{ "Key": "name", "Values": ["gangway/"] }])).await, Some(5));
    assert_eq!(count(json!([{ "Key": "name", "Values": ["!gangway/"] }])).await, Some(1));
    assert_eq!(count(json!([{ "Key": "tag-key", "Values": ["partition"] }, { "Key": "tag-value", "Values": ["aws"] }])).await, Some(3));
    assert_eq!(count(json!([{ "Key": "colour", "Values": ["red"] }])).await, None);
    let first = secrets.call("ListSecrets", json!({ "MaxResults": 4 })).await.json();
    let second = secrets
        .call("ListSecrets", json!({ "MaxResults": 4, "NextToken": first["NextToken"] }))
        .await
        .json();
    assert_eq!(
        (
            first["SecretList"].as_array().unwrap().len(),
            second["SecretList"].as_array().unwrap().len()
        ),
        (4, 2)
    );
    assert!(second["NextToken"].is_null());
}

#[tokio::test]
async fn permissions_depend_on_names_stages_and_kms_keys() {
    let secrets = SecretsFixture::new().await;
    let account = commercial(&secrets.cloud);
    let key = "arn:aws:kms:us-east-1:123456789012:key/0d990263-018e-4e65-a703-eff731de951e";
    let function = account.role("Function");
    function.inline("secrets", &json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": ["secretsmanager:CreateSecret", "secretsmanager:PutSecretValue", "secretsmanager:TagResource"],
          "Resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:gangway/*" },
        { "Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
          "Resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:gangway/*-??????",
          "Condition": { "StringEquals": { "secretsmanager:VersionStage": "AWSCURRENT" } } },
    ] }));
    let client = client(&secrets.cloud, &function.session("run"));
    let code = async |operation: &str, parameters: Value| {
        client.secrets_manager(operation, &parameters).await.unwrap().code()
    };
    let denied = Some("AccessDeniedException");
    assert_eq!(code("CreateSecret", json!({ "Name": "other" })).await.as_deref(), denied);
    assert_eq!(
        code(
            "CreateSecret",
            json!({ "Name": "gangway/a", "KmsKeyId": key, "Tags": [{ "Key": "a", "Value": "b" }] })
        )
        .await,
        None
    );
    let put = json!({ "SecretId": "gangway/a", "SecretString": "v", "ClientRequestToken": ONE });
    assert_eq!(code("PutSecretValue", put.clone()).await.as_deref(), denied, "no right to the key");
    function.inline("key", &json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key,
        "Condition": { "StringEquals": { "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" } } }] }));
    assert_eq!(code("PutSecretValue", put).await, None);
    assert_eq!(
        code("GetSecretValue", json!({ "SecretId": "gangway/a", "VersionStage": "AWSCURRENT" }))
            .await,
        None
    );
    assert_eq!(
        code("GetSecretValue", json!({ "SecretId": "gangway/a", "VersionStage": "AWSPENDING" }))
            .await
            .as_deref(),
        denied
    );
    assert_eq!(code("DeleteSecret", json!({ "SecretId": "gangway/a" })).await.as_deref(), denied);
}
