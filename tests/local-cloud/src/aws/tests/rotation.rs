//! Tests of the rotation of secrets, and of new access keys.
use super::*;
use crate::aws::{DueRotation, RotationKind};

const FIRST: &str = "11111111-1111-4111-8111-111111111111";
const TOKEN: &str = "22222222-2222-4222-8222-222222222222";
const OTHER: &str = "33333333-3333-4333-8333-333333333333";
const LAMBDA: &str = "arn:aws:lambda:us-east-1:111122223333:function:rotate";

#[tokio::test]
async fn rotation_is_requested_run_and_cancelled() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let client = client(&cloud, &admin(&account));
    let call = async |operation: &str, parameters: Value| {
        client.secrets_manager(operation, &parameters).await.unwrap()
    };
    let create = json!({ "Name": "s", "SecretString": "v1", "ClientRequestToken": FIRST });
    call("CreateSecret", create).await;
    let rotate = |token: &str, more: Value| {
        let mut parameters = json!({ "SecretId": "s", "ClientRequestToken": token });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        parameters
    };
    let rules =
        json!({ "RotationLambdaARN": LAMBDA, "RotationRules": { "AutomaticallyAfterDays": 90 } });
    let refused = call("RotateSecret", rotate(TOKEN, json!({}))).await;
    assert!(refused.body.contains("No Lambda rotation function ARN"), "{}", refused.body);
    let refused = call("RotateSecret", rotate(TOKEN, rules.clone())).await.code();
    assert_eq!(refused.as_deref(), Some("AccessDeniedException"));
    account.allow_rotation_by(LAMBDA);
    assert_eq!(call("RotateSecret", rotate(TOKEN, rules.clone())).await.code(), None);

    let shown = call("DescribeSecret", json!({ "SecretId": "s" })).await.json();
    assert_eq!(shown["RotationEnabled"], true);
    assert_eq!(
        shown["VersionIdsToStages"],
        json!({ FIRST: ["AWSCURRENT"], TOKEN: ["AWSPENDING"] })
    );
    let value = json!({ "SecretId": "s", "VersionId": TOKEN, "VersionStage": "AWSPENDING" });
    let missing = call("GetSecretValue", value.clone()).await.code();
    assert_eq!(missing.as_deref(), Some("ResourceNotFoundException"));
    let put = |text: &str| json!({ "SecretId": "s", "ClientRequestToken": TOKEN, "SecretString": text, "VersionStages": ["AWSPENDING"] });
    assert_eq!(call("PutSecretValue", put("v2")).await.code(), None);
    assert_eq!(call("PutSecretValue", put("v2")).await.code(), None);
    let other = call("PutSecretValue", put("v3")).await.code();
    assert_eq!(other.as_deref(), Some("ResourceExistsException"));
    assert_eq!(call("GetSecretValue", value).await.json()["SecretString"], "v2");

    let again = call("RotateSecret", rotate(OTHER, json!({}))).await;
    assert!(again.body.contains("A previous rotation isn't complete"), "{}", again.body);
    let due: Vec<DueRotation> = account.due_rotations();
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].kind, due[0].token.as_str()), (RotationKind::Rotation, TOKEN));
    assert!(!account.end_rotation(&due[0]), "the version is not current yet");
    let promote = json!({ "SecretId": "s", "VersionStage": "AWSCURRENT", "MoveToVersionId": TOKEN, "RemoveFromVersionId": FIRST });
    assert_eq!(call("UpdateSecretVersionStage", promote).await.code(), None);
    assert!(account.end_rotation(&due[0]));
    assert_eq!(account.due_rotations(), []);

    cloud.clock().advance(std::time::Duration::from_hours(90 * 24));
    assert_eq!(account.due_rotations().len(), 1, "the next is due by its rule");
    assert_eq!(call("CancelRotateSecret", json!({ "SecretId": "s" })).await.code(), None);
    assert_eq!(account.due_rotations(), []);
    let shown = call("DescribeSecret", json!({ "SecretId": "s" })).await.json();
    assert_eq!(shown["RotationEnabled"], false);
    assert!(shown["NextRotationDate"].is_null());
}

#[tokio::test]
async fn new_access_key_works_after_a_while() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    cloud.aws().delay_new_keys(2);
    let client = client(&cloud, &account.create_root_access_key());
    let mut codes = Vec::new();
    for _try in 0..3 {
        codes.push(client.query("sts", "GetCallerIdentity", &[]).await.unwrap().code());
    }
    let unknown = || Some("InvalidClientTokenId".to_owned());
    assert_eq!(codes, [unknown(), unknown(), None]);
}
