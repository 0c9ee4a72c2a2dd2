//! Tests of Secrets Manager.
use super::*;
use crate::aws::client::AwsResponse;

const ONE: &str = "11111111-1111-4111-8111-111111111111";
const TWO: &str = "22222222-2222-4222-8222-222222222222";
const THREE: &str = "33333333-3333-4333-8333-333333333333";

struct Vault {
    cloud: LocalCloud,
    client: AwsClient,
}

impl Vault {
    async fn new() -> Vault {
        let cloud = cloud().await;
        let client = client(&cloud, &admin(&commercial(&cloud)));
        Vault { cloud, client }
    }

    async fn ask(&self, operation: &str, parameters: Value) -> AwsResponse {
        self.client.secrets_manager(operation, &parameters).await.unwrap()
    }

    async fn code(&self, operation: &str, parameters: Value) -> Option<String> {
        self.ask(operation, parameters).await.code()
    }

    async fn put(&self, token: &str, value: &str, stage: &str) -> Option<String> {
        let parameters = json!({ "SecretId": "s", "ClientRequestToken": token, "SecretString": value, "VersionStages": [stage] });
        self.code("PutSecretValue", parameters).await
    }

    fn labels(&self) -> Vec<(String, Vec<String>)> {
        commercial(&self.cloud).secret("s").unwrap().versions
    }
}

fn labelled(rows: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    rows.iter()
        .map(|(id, labels)| {
            ((*id).to_owned(), labels.iter().map(|one| (*one).to_owned()).collect())
        })
        .collect()
}

#[tokio::test]
async fn the_first_version_is_current_whatever_was_asked() {
    let vault = Vault::new().await;
    assert_eq!(vault.code("CreateSecret", json!({ "Name": "s" })).await, None);
    assert_eq!(
        vault.code("GetSecretValue", json!({ "SecretId": "s" })).await.as_deref(),
        Some("ResourceNotFoundException")
    );
    assert_eq!(vault.put(ONE, "v1", "AWSPENDING").await, None);
    assert_eq!(vault.labels(), labelled(&[(ONE, &["AWSCURRENT", "AWSPENDING"])]));
}

#[tokio::test]
async fn a_token_is_one_value_for_ever() {
    let vault = Vault::new().await;
    let create = json!({ "Name": "s", "SecretString": "v1", "ClientRequestToken": ONE });
    assert_eq!(vault.code("CreateSecret", create.clone()).await, None);
    assert_eq!(vault.code("CreateSecret", create).await, None);
    let other = json!({ "Name": "s", "SecretString": "v2", "ClientRequestToken": ONE });
    assert_eq!(vault.code("CreateSecret", other).await.as_deref(), Some("ResourceExistsException"));
    assert_eq!(vault.put(TWO, "v2", "AWSPENDING").await, None);
    assert_eq!(vault.put(TWO, "v2", "AWSPENDING").await, None);
    assert_eq!(
        vault.put(TWO, "other", "AWSPENDING").await.as_deref(),
        Some("ResourceExistsException")
    );
    assert_eq!(vault.labels(), labelled(&[(ONE, &["AWSCURRENT"]), (TWO, &["AWSPENDING"])]));
    assert_eq!(
        vault.put("short", "v", "AWSPENDING").await.as_deref(),
        Some("InvalidParameterException")
    );
    // A repeated put does not restore lost staging labels.
    assert_eq!(vault.put(THREE, "v3", "AWSPENDING").await, None);
    assert_eq!(vault.put(TWO, "v2", "AWSPENDING").await, None);
    assert_eq!(
        vault.labels(),
        labelled(&[(ONE, &["AWSCURRENT"]), (TWO, &[]), (THREE, &["AWSPENDING"])])
    );
    let described = vault.ask("DescribeSecret", json!({ "SecretId": "s" })).await.json();
    assert_eq!(
        described["VersionIdsToStages"],
        json!({ ONE: ["AWSCURRENT"], THREE: ["AWSPENDING"] })
    );
}

#[tokio::test]
async fn a_label_moves_only_from_the_version_that_is_named() {
    let vault = Vault::new().await;
    vault
        .ask(
            "CreateSecret",
            json!({ "Name": "s", "SecretString": "v1", "ClientRequestToken": ONE }),
        )
        .await;
    vault.put(TWO, "v2", "AWSPENDING").await;
    let moved = |to: Option<&str>, from: Option<&str>| json!({ "SecretId": "s", "VersionStage": "AWSCURRENT", "MoveToVersionId": to, "RemoveFromVersionId": from });
    let invalid = Some("InvalidParameterException");
    let operation = "UpdateSecretVersionStage";
    assert_eq!(vault.code(operation, moved(Some(TWO), None)).await.as_deref(), invalid);
    assert_eq!(vault.code(operation, moved(Some(TWO), Some(TWO))).await.as_deref(), invalid);
    assert_eq!(vault.code(operation, moved(None, Some(ONE))).await.as_deref(), invalid);
    assert_eq!(vault.code(operation, moved(None, None)).await.as_deref(), invalid);
    assert_eq!(
        vault.code(operation, moved(Some(THREE), Some(ONE))).await.as_deref(),
        Some("ResourceNotFoundException")
    );
    assert_eq!(vault.code(operation, moved(Some(TWO), Some(ONE))).await, None);
    assert_eq!(vault.code(operation, moved(Some(TWO), None)).await, None, "already there");
    assert_eq!(
        vault.labels(),
        labelled(&[(ONE, &["AWSPREVIOUS"]), (TWO, &["AWSCURRENT", "AWSPENDING"])])
    );
    let get = |more: Value| {
        let mut parameters = json!({ "SecretId": "s" });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        vault.ask("GetSecretValue", parameters)
    };
    assert_eq!(get(json!({})).await.json()["SecretString"], "v2");
    assert_eq!(get(json!({ "VersionStage": "AWSPREVIOUS" })).await.json()["SecretString"], "v1");
    assert_eq!(get(json!({ "VersionId": ONE })).await.json()["SecretString"], "v1");
    let both = get(json!({ "VersionId": ONE, "VersionStage": "AWSCURRENT" })).await;
    assert_eq!(both.code().as_deref(), Some("InvalidRequestException"));
}

#[tokio::test]
async fn a_deleted_secret_waits_and_blocks_its_name() {
    let vault = Vault::new().await;
    let create = json!({ "Name": "s", "SecretString": "v1", "ClientRequestToken": ONE });
    vault.ask("CreateSecret", create.clone()).await;
    for days in [6, 31] {
        let parameters = json!({ "SecretId": "s", "RecoveryWindowInDays": days });
        assert_eq!(
            vault.code("DeleteSecret", parameters).await.as_deref(),
            Some("InvalidParameterException")
        );
    }
    assert_eq!(
        vault.code("DeleteSecret", json!({ "SecretId": "s", "RecoveryWindowInDays": 7 })).await,
        None
    );
    let scheduled = Some("InvalidRequestException");
    assert_eq!(vault.code("CreateSecret", create.clone()).await.as_deref(), scheduled);
    assert_eq!(vault.put(TWO, "v2", "AWSPENDING").await.as_deref(), scheduled);
    assert_eq!(
        vault.code("GetSecretValue", json!({ "SecretId": "s" })).await.as_deref(),
        scheduled
    );
    let tag = json!({ "SecretId": "s", "Tags": [{ "Key": "a", "Value": "b" }] });
    assert_eq!(vault.code("TagResource", tag).await.as_deref(), scheduled);
    assert!(
        vault.ask("DescribeSecret", json!({ "SecretId": "s" })).await.json()["DeletedDate"]
            .is_i64()
    );
    assert_eq!(vault.ask("ListSecrets", json!({})).await.json()["SecretList"], json!([]));
    assert_eq!(vault.code("RestoreSecret", json!({ "SecretId": "s" })).await, None);
    assert_eq!(
        vault.ask("GetSecretValue", json!({ "SecretId": "s" })).await.json()["SecretString"],
        "v1"
    );
    let force = json!({ "SecretId": "s", "ForceDeleteWithoutRecovery": true });
    assert_eq!(vault.code("DeleteSecret", force).await, None);
    assert_eq!(
        vault.code("DescribeSecret", json!({ "SecretId": "s" })).await.as_deref(),
        Some("ResourceNotFoundException")
    );
    assert_eq!(vault.code("CreateSecret", create).await, None);
}

#[tokio::test]
async fn names_arns_and_partial_arns_mean_the_same_secret() {
    let vault = Vault::new().await;
    let arn =
        vault.ask("CreateSecret", json!({ "Name": "gangway/aws/1/prod" })).await.json()["ARN"]
            .as_str()
            .unwrap()
            .to_owned();
    let (partial, suffix) = arn.rsplit_once('-').unwrap();
    assert_eq!(
        (partial, suffix.len()),
        ("arn:aws:secretsmanager:us-east-1:123456789012:secret:gangway/aws/1/prod", 6)
    );
    for id in ["gangway/aws/1/prod", &arn, partial] {
        assert_eq!(vault.code("DescribeSecret", json!({ "SecretId": id })).await, None, "{id}");
    }
    let elsewhere = arn.replace(ACCOUNT, OTHER);
    assert_eq!(
        vault.code("DescribeSecret", json!({ "SecretId": elsewhere })).await.as_deref(),
        Some("AccessDeniedException")
    );
    let west = vault.client.in_region("us-west-2");
    let answer = west
        .secrets_manager("DescribeSecret", &json!({ "SecretId": "gangway/aws/1/prod" }))
        .await
        .unwrap();
    assert_eq!(answer.code().as_deref(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn limits_are_kept() {
    let vault = Vault::new().await;
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
        assert_eq!(vault.code("CreateSecret", parameters).await.as_deref(), Some(code));
    }
    let longest =
        json!({ "Name": "s", "SecretString": "v".repeat(65_536), "ClientRequestToken": ONE });
    assert_eq!(vault.code("CreateSecret", longest).await, None);
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let vault = Vault::new().await;
    for n in 0..5 {
        let tags = json!([{ "Key": "partition", "Value": if n < 3 { "aws" } else { "other" } }]);
        vault.ask("CreateSecret", json!({ "Name": format!("gangway/{n}"), "Tags": tags })).await;
    }
    vault.ask("CreateSecret", json!({ "Name": "else" })).await;
    let count = async |filters: Value| {
        let answer = vault.ask("ListSecrets", json!({ "Filters": filters })).await.json();
        answer["SecretList"].as_array().map(Vec::len)
    };
    assert_eq!(count(json!([])).await, Some(6));
    assert_eq!(count(json!([{ "Key": "name", "Values": ["gangway/"] }])).await, Some(5));
    assert_eq!(count(json!([{ "Key": "name", "Values": ["!gangway/"] }])).await, Some(1));
    assert_eq!(count(json!([{ "Key": "tag-key", "Values": ["partition"] }, { "Key": "tag-value", "Values": ["aws"] }])).await, Some(3));
    assert_eq!(count(json!([{ "Key": "colour", "Values": ["red"] }])).await, None);
    let first = vault.ask("ListSecrets", json!({ "MaxResults": 4 })).await.json();
    let second = vault
        .ask("ListSecrets", json!({ "MaxResults": 4, "NextToken": first["NextToken"] }))
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
async fn permissions_see_names_tags_and_keys() {
    let vault = Vault::new().await;
    let account = commercial(&vault.cloud);
    let key = "arn:aws:kms:us-east-1:123456789012:key/0d990263-018e-4e65-a703-eff731de951e";
    let function = account.role("Function");
    function.inline("secrets", &json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": ["secretsmanager:CreateSecret", "secretsmanager:PutSecretValue", "secretsmanager:TagResource"],
          "Resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:gangway/*" },
        { "Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
          "Resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:gangway/*-??????",
          "Condition": { "StringEquals": { "secretsmanager:VersionStage": "AWSCURRENT" } } },
    ] }));
    let client = client(&vault.cloud, &function.session("run"));
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
