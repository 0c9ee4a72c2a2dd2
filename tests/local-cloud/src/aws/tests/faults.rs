//! Tests of fault injection.
use std::{pin::pin, time::Duration};

use tokio::time::{sleep, timeout};

use super::*;
use crate::{Effect, Fault};

#[tokio::test]
async fn each_service_has_its_own_error_format() {
    let cloud = cloud().await;
    let keys = admin(&commercial(&cloud));
    let rows = [
        ("sts", Effect::Throttle, 400, "Throttling"),
        ("iam", Effect::Throttle, 400, "Throttling"),
        ("sts", Effect::InternalError, 500, "InternalFailure"),
        ("iam", Effect::InternalError, 500, "ServiceFailure"),
        ("iam", Effect::Unavailable, 503, "ServiceUnavailable"),
    ];
    for (service, effect, status, code) in rows {
        cloud.fault(Fault::on(service, "*", effect).once());
        let action = if service == "sts" { "GetCallerIdentity" } else { "GetUser" };
        let response = client(&cloud, &keys).query(service, action, &[]).await.unwrap();
        assert_eq!((response.status, response.code().as_deref()), (status, Some(code)));
        assert_eq!(client(&cloud, &keys).query(service, action, &[]).await.unwrap().status, 200);
    }
    for (effect, status, code) in [
        (Effect::Throttle, 400, "ThrottlingException"),
        (Effect::InternalError, 500, "InternalServiceError"),
        (Effect::Unavailable, 503, "ServiceUnavailableException"),
    ] {
        cloud.fault(Fault::on("secretsmanager", "ListSecrets", effect).once());
        let response =
            client(&cloud, &keys).secrets_manager("ListSecrets", &json!({})).await.unwrap();
        assert_eq!((response.status, response.code().as_deref()), (status, Some(code)));
    }
}

#[tokio::test]
async fn disconnect_after_execution_keeps_the_result() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let keys = admin(&account);
    let secret = json!({ "Name": "a", "SecretString": "v", "ClientRequestToken": "0123456789abcdef0123456789abcdef" });
    cloud.fault(Fault::on("secretsmanager", "CreateSecret", Effect::DisconnectBefore).once());
    assert!(client(&cloud, &keys).secrets_manager("CreateSecret", &secret).await.is_err());
    assert_eq!(account.secret("a"), None);
    cloud.fault(Fault::on("secretsmanager", "CreateSecret", Effect::DisconnectAfter).once());
    assert!(client(&cloud, &keys).secrets_manager("CreateSecret", &secret).await.is_err());
    assert_eq!(account.secret("a").and_then(|secret| secret.current).as_deref(), Some("v"));
    assert_eq!(
        client(&cloud, &keys).secrets_manager("CreateSecret", &secret).await.unwrap().status,
        200
    );
    assert_eq!(cloud.calls().count("secretsmanager", "CreateSecret"), 3);
}

#[tokio::test]
async fn html_page_and_missing_response() {
    let cloud = cloud().await;
    let keys = commercial(&cloud).user("palette").create_access_key();
    cloud.fault(Fault::on("sts", "GetCallerIdentity", Effect::HtmlPage).once());
    let response = client(&cloud, &keys).query("sts", "GetCallerIdentity", &[]).await.unwrap();
    assert!(response.status == 200 && response.body.starts_with("<html>"));
    cloud.fault(Fault::on("sts", "GetCallerIdentity", Effect::NoResponse));
    let pending_call = client(&cloud, &keys);
    let mut pending_call = pin!(pending_call.query("sts", "GetCallerIdentity", &[]));
    let arrived = async {
        while cloud.calls().count("sts", "GetCallerIdentity") < 2 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let answered = tokio::select! { _answer = &mut pending_call => true, () = arrived => false };
    assert!(!answered && timeout(Duration::from_millis(100), pending_call).await.is_err());
    assert_eq!(cloud.calls().all().last().unwrap().status, None);
}

#[tokio::test]
async fn call_chain_is_counted_and_principals_are_logged() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let client = client(&cloud, &admin(&account));
    client.query("sts", "GetCallerIdentity", &[]).await.unwrap();
    cloud.fault(Fault::on("iam", "*", Effect::Delay(Duration::from_millis(500))));
    let (one, two) = tokio::join!(
        client.query("iam", "GetUser", &[]),
        client.query("iam", "GetAccountSummary", &[])
    );
    assert_eq!((one.unwrap().status, two.unwrap().status), (200, 200));
    client.clone().as_nested().query("sts", "GetCallerIdentity", &[]).await.unwrap();
    assert_eq!(cloud.calls().longest_chain(), 2);
    let principals = cloud.calls().all().into_iter().map(|call| call.principal);
    assert!(
        principals
            .into_iter()
            .all(|principal| principal.as_deref() == Some("arn:aws:iam::123456789012:user/admin"))
    );
}

#[tokio::test]
async fn stale_reads_end_when_the_replica_catches_up() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let keys = admin(&account);
    let aws = client(&cloud, &keys);
    let stale_reads = || Effect::StaleReads(Duration::from_secs(10));
    let catch_up = || cloud.clock().advance(Duration::from_secs(11));

    let document = trust(&account.root_arn(), &Value::Null).to_string();
    let new = [("RoleName", "new"), ("AssumeRolePolicyDocument", document.as_str())];
    cloud.fault(Fault::on("iam", "CreateRole", stale_reads()).once());
    assert_eq!(aws.query("iam", "CreateRole", &new).await.unwrap().status, 200);
    let role = account.role_snapshot("new").expect("the role exists");
    let get = || async { aws.query("iam", "GetRole", &new[..1]).await.unwrap().status };
    let assume = || async { aws.assume_role(&role.arn, "session", None).await.unwrap().is_ok() };
    assert_eq!((get().await, assume().await), (404, false));
    // Writes are not affected by the replica.
    let again = aws.query("iam", "CreateRole", &new).await.unwrap();
    assert_eq!(again.code().as_deref(), Some("EntityAlreadyExists"));
    catch_up();
    assert_eq!((get().await, assume().await), (200, true));

    let token = "0123456789abcdef0123456789abcdef";
    let secret = json!({"Name": "a", "SecretString": "v", "ClientRequestToken": token});
    cloud.fault(Fault::on("secretsmanager", "CreateSecret", stale_reads()).once());
    assert_eq!(aws.secrets_manager("CreateSecret", &secret).await.unwrap().status, 200);
    let describe = || async {
        let parameters = json!({"SecretId": "a"});
        aws.secrets_manager("DescribeSecret", &parameters).await.unwrap().status
    };
    assert_eq!((describe().await, get().await), (400, 200), "each service has its own replica");
    catch_up();
    assert_eq!(describe().await, 200);
}
