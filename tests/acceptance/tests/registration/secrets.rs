//! Stored and incoming secrets: their names, tags and KMS key; promotion, deletion and restore.

use acceptance::{
    PARTITIONS, TestApp,
    methods::{for_each, for_each_open, route},
    with,
};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{
    Effect, Fault,
    aws::{AwsCredentials, SecretSnapshot, client::AwsClient},
    cloudformation::Template,
    fixtures::API_KEY_SECRET,
    http_client,
};
use serde_json::{Value, json};

use crate::state::{State, assert_receipt_is_true, current_value, pending_value, secret_document};

const CREATE_ACCOUNT: &str = "POST /v1/cloudaccounts/aws";
const REPLACE_ACCOUNT: &str = "PUT /v1/cloudaccounts/aws/{uid}";

#[tokio::test]
async fn secret_has_the_configured_name_tags_and_key() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let customer = app.customer();
        let receipt = app.post(&route(method), &app.request(method, customer, "prod")).await;
        let state = State::snapshot(&app, "prod");
        let (secret, partition, id) = (state.secret(), app.partition(), customer.account.id());
        assert_eq!(secret.name, format!("gangway/{partition}/{id}/prod"));
        assert_eq!(secret.arn, receipt.text_at("/secretArn"));
        let function = app.deployment().functions.get(method.id()).expect("the function");
        let key = function.function().environment.get("GANGWAY_KMS_KEY_ID");
        assert!(key.is_some_and(|key| key.starts_with(&format!("arn:{partition}:kms:"))));
        assert_eq!(secret.kms_key.as_ref(), key);
        let tags: Vec<_> = secret.tags.iter().map(|(tag, value)| (&**tag, &**value)).collect();
        let changed_by = secret.tags.get("gangway:changed-by").expect("the tag").as_str();
        let expected = [
            ("gangway:aws-account", id),
            ("gangway:changed-by", changed_by),
            ("gangway:cluster-region", ""),
            ("gangway:method", "static-credentials"),
            ("gangway:palette-uid", receipt.uid()),
            ("gangway:partition", partition.id()),
            ("gangway:permission-profile", "core-eks"),
            ("gangway:scope", "tenant"),
            ("gangway:state", "registered"),
        ];
        assert_eq!(tags, expected);
        assert_eq!(current_value(secret), secret_document(&customer.keys));
        assert_eq!(secret.versions.len(), 1);
        assert_eq!(secret.versions[0].1, ["AWSCURRENT"]);
    })
    .await;
}

#[tokio::test]
async fn new_value_stays_pending_until_palette_accepts_it() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let customer = app.customer();
        let request = app.request(method, customer, "prod");
        let first = app.post(&route(method), &request).await;
        let (key, other) = (
            customer.user.create_access_key(),
            with(request.clone(), &json!({"description": "x"})),
        );
        let renewed =
            with(other.clone(), &json!({"accessKeyId": key.id, "secretAccessKey": key.secret}));
        for effect in [Effect::InternalError, Effect::Unavailable, Effect::DisconnectBefore] {
            app.deployment().functions.stop_idle_instances();
            app.cloud().fault(Fault::on("palette", REPLACE_ACCOUNT, effect));
            let refused = app.post(&route(method), &renewed).await;
            assert_eq!(refused.status, 502, "{}", refused.text);
            let state = State::snapshot(&app, "prod");
            let secret = state.secret();
            assert_eq!(current_value(secret), secret_document(&customer.keys), "{effect:?}");
            assert_eq!(pending_value(secret), secret_document(&key), "{effect:?}");
            assert_eq!(secret.tags["gangway:palette-uid"], first.uid());
            assert_eq!(secret.tags["gangway:state"], "registered");
            app.cloud().faults().clear();
            // The current value is still the registered one.
            let path = format!("/v1/tenant/accounts/{}/validate", first.uid());
            let report = app.post(&path, &json!({})).await;
            assert_eq!(report.ready(), Some(true), "{}", report.text);
        }
        app.deployment().functions.stop_idle_instances();
        let updated = app.post(&route(method), &renewed).await;
        assert_eq!(updated.outcome(), "updated", "{}", updated.text);
        let state = State::snapshot(&app, "prod");
        assert_eq!(
            (current_value(state.secret()), pending_value(state.secret())),
            (secret_document(&key), Value::Null)
        );
    })
    .await;
}

#[tokio::test]
async fn account_over_the_quota_is_refused_before_anything_is_stored() {
    for_each_open(|app: TestApp, method| async move {
        let first = app.request(method, app.customer(), "prod");
        let second = app.request(method, app.second_customer(), "other");
        app.assert_registered(method, &first).await;
        app.cloud().palette().records().tenants[0].quota = 1;
        let before = State::snapshot(&app, "other");
        for report in
            [app.validate(method, &second).await, app.assert_blocked(method, &second).await]
        {
            report.assert_check(
                "palette.account-quota",
                "failed",
                "1 of at most 1",
                "raise the limit",
            );
            assert_eq!(report.failed(), ["palette.account-quota"], "{:#}", report.body);
        }
        assert_eq!(State::snapshot(&app, "other"), before);
        // An account that exists already needs no place.
        assert_eq!(app.post(&route(method), &first).await.outcome(), "unchanged");
        app.cloud().palette().records().tenants[0].quota = 2;
        app.assert_registered(method, &second).await;
    })
    .await;
}

#[tokio::test]
async fn secret_of_a_refused_registration_is_deleted_and_later_restored() {
    for_each_open(|app: TestApp, method| async move {
        let request = app.request(method, app.customer(), "prod");
        let quota = |quota| app.cloud().palette().records().tenants[0].quota = quota;
        quota(0);
        for _again in 0..2 {
            let refused = app.post(&route(method), &request).await;
            assert_eq!(refused.status, 409, "{}", refused.text);
            assert_eq!(refused.text_at("/type"), "urn:gangway:problem:not-permitted-now");
            for words in ["Resource limit", "raise the resource limit"] {
                assert!(refused.text_at("/detail").contains(words), "{}", refused.text);
            }
            app.assert_untouched();
        }
        quota(10);
        let receipt = app.post(&route(method), &request).await;
        assert_eq!((receipt.status, receipt.outcome()), (201, "created"), "{}", receipt.text);
        assert_receipt_is_true(&app, method, "prod", &receipt);
        assert_eq!(
            State::snapshot(&app, "prod").secrets.len(),
            usize::from(method == AuthMethod::StaticCredentials)
        );
    })
    .await;
}

#[tokio::test]
async fn secret_stays_staged_when_palette_does_not_respond() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let request = app.request(method, app.customer(), "prod");
        app.cloud().fault(Fault::on("palette", CREATE_ACCOUNT, Effect::DisconnectBefore));
        let failed = app.post(&route(method), &request).await;
        assert_eq!(failed.status, 502, "{}", failed.text);
        let state = State::snapshot(&app, "prod");
        assert!(state.accounts.is_empty());
        assert_eq!(state.secret().tags["gangway:state"], "staged");
        assert_eq!(state.secret().tags.get("gangway:palette-uid"), None);
        app.cloud().faults().clear();
        let receipt = app.post_registration(method, &request).await;
        assert_eq!(receipt.status, 201, "{}", receipt.text);
        assert_receipt_is_true(&app, method, "prod", &receipt);
    })
    .await;
}

/// Returns the incoming secret `gangway/incoming/<name>`.
fn find_incoming_secret(app: &TestApp, name: &str) -> SecretSnapshot {
    app.deployment().gangway_account.secret(&format!("gangway/incoming/{name}")).expect("a secret")
}

/// Stores an access key as an incoming secret of the tenant. Returns a request that names this
/// secret.
async fn request_with_secret(app: &TestApp, name: &str, key: &AwsCredentials) -> Value {
    let secret = format!("gangway/incoming/tenant/{name}");
    let arn = app.deployment().put_secret(&secret, &secret_document(key).to_string()).await;
    json!({"name": "prod", "secretArn": arn})
}

#[tokio::test]
async fn incoming_secret_is_deleted_once_its_content_is_registered() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let request = request_with_secret(&app, "prod", &app.customer().keys).await;
        // A validation and a list of policies do not change the incoming secret.
        let report = app.post(&format!("{}/validate", route(method)), &request).await;
        assert_eq!(report.ready(), Some(true), "{}", report.text);
        let policies = json!({"secretArn": request["secretArn"]});
        assert_eq!(app.post("/v1/policies", &policies).await.status, 200);
        let untouched = find_incoming_secret(&app, "tenant/prod");
        assert!(!untouched.deleted && untouched.tags.is_empty(), "{untouched:?}");
        let mut outcomes = Vec::new();
        // The same request restores the secret, reads it, and schedules its deletion again.
        for _again in 0..3 {
            app.deployment().functions.stop_idle_instances();
            let receipt = app.post(&route(method), &request).await;
            assert_receipt_is_true(&app, method, "prod", &receipt);
            assert_ne!(receipt.body["secretArn"], request["secretArn"]);
            outcomes.push(receipt.outcome().to_owned());
            let promoted = find_incoming_secret(&app, "tenant/prod");
            assert!(promoted.deleted && promoted.versions.len() == 1, "{promoted:?}");
            assert_eq!(promoted.deletion_days, Some(7));
            assert_eq!(promoted.tags["gangway:state"], "promoted");
            assert!(promoted.tags.contains_key("gangway:changed-by"), "{promoted:?}");
        }
        assert_eq!(outcomes, ["created", "unchanged", "unchanged"]);
        // A validation or a list of policies does not restore the deleted secret.
        for (path, body) in [
            (format!("{}/validate", route(method)), &request),
            ("/v1/policies".to_owned(), &policies),
        ] {
            let refused = app.post(&path, body).await;
            assert_eq!((refused.status, refused.pointers()), (422, vec!["/secretArn"]), "{path}");
            assert!(refused.text.contains("scheduled for deletion"), "{}", refused.text);
        }
        assert!(find_incoming_secret(&app, "tenant/prod").deleted);
        let inline = app.request(method, app.customer(), "prod");
        assert_eq!(app.post(&route(method), &inline).await.outcome(), "unchanged");

        let key = app.customer().user.create_access_key();
        let renewed = request_with_secret(&app, "new", &key).await;
        app.deployment().functions.stop_idle_instances();
        let updated = app.post(&route(method), &renewed).await;
        assert_eq!(updated.outcome(), "updated", "{}", updated.text);
        assert_eq!(current_value(State::snapshot(&app, "prod").secret()), secret_document(&key));
        assert!(find_incoming_secret(&app, "tenant/new").deleted);
    })
    .await;
}

#[tokio::test]
async fn kms_key_policy_lets_no_other_identity_read_stored_secrets() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let created = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        assert_eq!(created.status, 201, "{}", created.text);
        let secret = created.text_at("/secretArn");
        let deployment = app.deployment();
        let can_read = async |keys: &AwsCredentials| {
            let client = AwsClient::new(
                http_client::client(None),
                &app.cloud().url(),
                deployment.region,
                keys,
            );
            let request = json!({"SecretId": secret});
            let response = client.secrets_manager("GetSecretValue", &request).await;
            response.expect("a response").status == 200
        };
        // IAM policies allow everything to this user, and to a role whose name begins like that of
        // a function's role.
        let all = json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let user = deployment.gangway_account.user("backup");
        user.inline("All", &all);
        assert!(!can_read(&user.create_access_key()).await, "a user with every right");
        let function = deployment.execution_role("revalidation").arn();
        let name = function.rsplit('/').next().expect("a name");
        let role = deployment.gangway_account.role(&format!("{name}2"));
        role.inline("All", &all);
        assert!(!can_read(&role.session("backup")).await, "a role with a similar name");
        // The functions that register accounts may encrypt with the KMS key, but not decrypt.
        for function in ["static-credentials", "sts", "accounts"] {
            let role = deployment.execution_role(function);
            assert!(!can_read(&role.session("function")).await, "{function}");
        }
        assert!(can_read(&deployment.execution_role("revalidation").session("function")).await);
        // An administrator can change the key policy and then read the secret.
        let key = deployment.functions.get(method.id()).expect("the function");
        let key = &key.function().environment["GANGWAY_KMS_KEY_ID"];
        let statement = json!({"Effect": "Allow", "Action": "kms:*", "Resource": "*",
            "Principal": {"AWS": deployment.gangway_account.root_arn()}});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        deployment.gangway_account.set_key_policy(key, &policy);
        assert!(can_read(&user.create_access_key()).await, "the policy of the key is in force");
    })
    .await;
}

#[test]
fn kms_key_policy_lets_administrators_manage_but_not_use_the_key() {
    let template = Template::from_repository().expect("the template");
    let keys = template.resources("AWS::KMS::Key");
    let (_, key) = keys.iter().find(|(id, _)| *id == "SecretsKey").expect("the key");
    let statements = key["KeyPolicy"]["Statement"].as_array().expect("statements");
    let administration = &statements[0];
    assert_eq!(
        (&administration["Effect"], administration.get("Condition")),
        (&json!("Allow"), None)
    );
    let actions: Vec<_> = administration["Action"]
        .as_array()
        .expect("actions")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    // Without these actions, nobody could change the key policy or delete the key.
    for needed in ["kms:PutKeyPolicy", "kms:GetKeyPolicy", "kms:ScheduleKeyDeletion"] {
        assert!(actions.contains(&needed), "{needed}");
    }
    // With such an action, an administrator could use the key without a change of the key policy.
    for action in actions {
        for use_of_key in ["crypt", "generate", "grant", "sign", "mac", "*"] {
            let is_harmless = ["kms:ListGrants", "kms:RevokeGrant"].contains(&action);
            assert!(is_harmless || !action.to_lowercase().contains(use_of_key), "{action}");
        }
    }
    assert!(
        statements.iter().all(|statement| statement["Effect"] == "Allow"),
        "a denial locks out"
    );
}

#[tokio::test]
async fn deleted_incoming_secret_is_rejected() {
    let app = TestApp::start(Partition::Aws).await;
    let method = AuthMethod::StaticCredentials;
    let request = request_with_secret(&app, "prod", &app.customer().keys).await;
    let deletion = json!({"SecretId": request["secretArn"]});
    let deleted = app.deployment().administrator().secrets_manager("DeleteSecret", &deletion).await;
    assert_eq!(deleted.expect("a response").status, 200);
    let refused = app.post(&route(method), &request).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/secretArn"]), "{}", refused.text);
    assert!(refused.text.contains("scheduled for deletion"), "{}", refused.text);
    assert!(find_incoming_secret(&app, "tenant/prod").deleted && app.account_names().is_empty());
}

#[tokio::test]
async fn registration_succeeds_although_its_incoming_secret_cannot_be_deleted() {
    for operation in ["TagResource", "DeleteSecret"] {
        let app = TestApp::start(Partition::Aws).await;
        let method = AuthMethod::StaticCredentials;
        let request = request_with_secret(&app, "prod", &app.customer().keys).await;
        // The first `TagResource` call is for the stored secret, the second for the incoming
        // secret.
        let nth = if operation == "TagResource" { 2 } else { 1 };
        let fault = Fault::on("secretsmanager", operation, Effect::InternalError);
        app.cloud().fault(fault.nth(nth).times(u32::MAX));
        let receipt = app.post(&route(method), &request).await;
        assert_eq!((receipt.status, receipt.outcome()), (201, "created"), "{}", receipt.text);
        assert!(!find_incoming_secret(&app, "tenant/prod").deleted);
        assert!(app.logs().contains("could not be scheduled for deletion"), "{}", app.logs());
        app.cloud().faults().clear();
        let again = app.post(&route(method), &request).await;
        assert_eq!(again.outcome(), "unchanged", "{}", again.text);
        assert!(find_incoming_secret(&app, "tenant/prod").deleted);
    }
}

/// IAM lets the function read every incoming secret, so Gangway must check the scope of the caller.
#[tokio::test]
async fn incoming_secret_of_another_scope_is_not_read() {
    let app = TestApp::start(Partition::Aws).await;
    let method = AuthMethod::StaticCredentials;
    let records = app.cloud().palette().records().tenants[0].projects.clone();
    let [own, other] = [&records[0], &records[1]];
    let scoped = |arn: &str, project: Option<&str>| {
        let request = json!({"name": "prod", "secretArn": arn});
        project.map_or(request.clone(), |project| {
            with(request.clone(), &json!({"scope": {"project": project}}))
        })
    };
    let keys = secret_document(&app.customer().keys).to_string();
    let mut arns = Vec::new();
    for folder in [
        "tenant".to_owned(),
        format!("projects/{}", own.uid),
        format!("projects/{}", own.name),
        format!("projects/{}", other.name),
    ] {
        arns.push(
            app.deployment().put_secret(&format!("gangway/incoming/{folder}/key"), &keys).await,
        );
    }
    let [of_tenant, of_uid, of_name, of_other] = arns.as_slice() else { panic!("{arns:?}") };
    let api_key = app.deployment().gangway_account.secret(API_KEY_SECRET).expect("the API key");
    let incomplete = of_name.rsplit_once('-').expect("a suffix").0;
    // The name ends like the random suffix of an ARN, so Secrets Manager resolves the ARN without
    // suffix.
    let similar = "gangway/incoming/tenant/key-number";
    let similar = app.deployment().put_secret(similar, &keys).await;
    let similar = similar.rsplit_once('-').expect("a suffix").0;
    // This request makes the function read the API key, so that later requests do not.
    let valid = scoped(of_name, Some(&own.name));
    assert_eq!(app.validate(method, &valid).await.ready(), Some(true));
    for (project, arn) in [
        (None, &**of_uid),
        (None, of_name),
        (None, &api_key.arn),
        (None, similar),
        (Some(&*own.uid), of_tenant),
        (Some(&*own.uid), of_other),
        // The request names the project by uid, and the secret's folder by the project's name.
        (Some(&*own.uid), of_name),
        (Some(&*own.name), of_tenant),
        (Some(&*own.name), of_other),
        (Some(&*own.name), incomplete),
    ] {
        app.cloud().calls().clear();
        let refused = app.post_registration(method, &scoped(arn, project)).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec!["/secretArn"]), "{arn}");
        let calls = app.cloud().calls().lines();
        let reads = calls.iter().filter(|call| call.starts_with("secretsmanager "));
        assert_eq!(reads.count(), usize::from(arn == similar), "{arn}: {calls:?}");
    }
    let receipt = app.post_registration(method, &scoped(of_uid, Some(&own.uid))).await;
    assert_eq!((receipt.status, receipt.outcome()), (201, "created"), "{}", receipt.text);
    for (arn, project) in [(of_uid, &own.name), (of_name, &own.name)] {
        let again = app.post_registration(method, &scoped(arn, Some(project))).await;
        assert_eq!(again.outcome(), "unchanged", "{}", again.text);
    }
    // A request cannot name a stored secret, not even for the account that the secret belongs to.
    let stored = scoped(receipt.text_at("/secretArn"), Some(&own.uid));
    let refused = app.post_registration(method, &stored).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/secretArn"]), "{}", refused.text);
    assert!(refused.text.contains("gangway/incoming/projects/"), "{}", refused.text);
}

/// Palette creates the account but does not respond, and the list of accounts that Gangway then
/// requests fails.
#[tokio::test]
async fn secret_is_kept_when_the_result_of_a_creation_is_unknown() {
    let app = TestApp::start(Partition::Aws).await;
    let method = AuthMethod::StaticCredentials;
    let request = app.request(method, app.customer(), "prod");
    app.cloud().fault(Fault::on("palette", CREATE_ACCOUNT, Effect::DisconnectAfter));
    let list = Fault::on("palette", "GET /v1/cloudaccounts/aws", Effect::InternalError);
    app.cloud().fault(list.nth(2).times(u32::MAX));
    let unknown = app.post(&route(method), &request).await;
    assert_eq!(unknown.status, 502, "{}", unknown.text);
    assert!(unknown.text_at("/detail").contains("again"), "{}", unknown.text);
    let left = State::snapshot(&app, "prod");
    assert_eq!((left.accounts.len(), left.active().len()), (1, 1));
    app.cloud().faults().clear();
    app.deployment().functions.stop_idle_instances();
    let receipt = app.post(&route(method), &request).await;
    assert_eq!(receipt.outcome(), "updated", "{}", receipt.text);
    assert_receipt_is_true(&app, method, "prod", &receipt);
}

/// Secrets Manager may delete a version that has no staging label.
#[tokio::test]
async fn staged_version_that_is_gone_is_staged_again() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let customer = app.customer();
        let request = app.request(method, customer, "prod");
        app.post(&route(method), &request).await.assert_status(201);
        let key = customer.user.create_access_key();
        let renewed = with(request, &json!({"accessKeyId": key.id, "secretAccessKey": key.secret}));
        let gone = Effect::AwsError { status: 400, code: "ResourceNotFoundException" };
        app.cloud().fault(Fault::on("secretsmanager", "UpdateSecretVersionStage", gone).once());
        let updated = app.register(method, &renewed).await;
        assert_eq!((updated.status, updated.outcome()), (200, "updated"), "{}", updated.text);
        let state = State::snapshot(&app, "prod");
        assert_eq!(current_value(state.secret()), secret_document(&key));
    })
    .await;
}
