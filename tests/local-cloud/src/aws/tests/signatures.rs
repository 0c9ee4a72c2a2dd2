//! Tests of authentication.
use std::time::{Duration, SystemTime};

use super::*;
use crate::aws::client::sign_request;

#[tokio::test]
async fn caller_identity_is_the_key_owner_in_the_partition() {
    let cloud = cloud().await;
    for (partition, region) in [
        ("aws", "eu-west-1"),
        ("aws-us-gov", "us-gov-east-1"),
        ("aws-iso", "us-iso-west-1"),
        ("aws-iso-b", "us-isob-east-1"),
    ] {
        let keys = cloud.aws().account(partition, ACCOUNT).user("palette").create_access_key();
        let response = client(&cloud, &keys)
            .in_region(region)
            .query("sts", "GetCallerIdentity", &[])
            .await
            .unwrap();
        assert_eq!(
            response.xml_element("Arn"),
            Some(format!("arn:{partition}:iam::{ACCOUNT}:user/palette").as_str())
        );
        assert_eq!(response.xml_element("Account"), Some(ACCOUNT));
        let other_partition_region = if partition == "aws" { "us-gov-west-1" } else { "us-east-1" };
        let response = client(&cloud, &keys)
            .in_region(other_partition_region)
            .query("sts", "GetCallerIdentity", &[])
            .await
            .unwrap();
        assert_eq!(
            (response.status, response.code().as_deref()),
            (403, Some("InvalidClientTokenId")),
            "{partition}"
        );
    }
}

#[tokio::test]
async fn unknown_inactive_or_wrong_keys_are_rejected() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let good = account.user("palette").create_access_key();
    let unknown = AwsCredentials { id: "AKIAIOSFODNN7EXAMPLE".into(), ..good.clone() };
    let wrong = AwsCredentials {
        secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
        ..good.clone()
    };
    let with_token = AwsCredentials { token: Some("anything".into()), ..good.clone() };
    let inactive = account.user("palette").create_access_key();
    account.user("palette").deactivate_key(&inactive);
    let rows = [
        (good, 200, None),
        (unknown, 403, Some("InvalidClientTokenId")),
        (wrong, 403, Some("SignatureDoesNotMatch")),
        (with_token, 403, Some("InvalidClientTokenId")),
        (inactive, 403, Some("InvalidClientTokenId")),
    ];
    for (keys, status, code) in rows {
        let response = client(&cloud, &keys).query("sts", "GetCallerIdentity", &[]).await.unwrap();
        assert_eq!(
            (response.status, response.code().as_deref()),
            (status, code),
            "{}",
            response.body
        );
    }
}

#[tokio::test]
async fn json_services_have_their_own_error_codes() {
    let cloud = cloud().await;
    let good = commercial(&cloud).user("palette").create_access_key();
    let unknown = AwsCredentials { id: "AKIAIOSFODNN7EXAMPLE".into(), ..good.clone() };
    let wrong = AwsCredentials { secret: "wrong".into(), ..good.clone() };
    for (keys, code) in [
        (good, "AccessDeniedException"),
        (unknown, "UnrecognizedClientException"),
        (wrong, "InvalidSignatureException"),
    ] {
        let response =
            client(&cloud, &keys).secrets_manager("ListSecrets", &json!({})).await.unwrap();
        assert_eq!(
            (response.status, response.code().as_deref()),
            (400, Some(code)),
            "{}",
            response.body
        );
    }
}

#[tokio::test]
async fn iam_is_signed_for_one_region_of_each_partition() {
    let cloud = cloud().await;
    for (partition, iam_region, other_region) in [
        ("aws", "us-east-1", "us-west-2"),
        ("aws-us-gov", "us-gov-west-1", "us-gov-east-1"),
        ("aws-iso", "us-iso-east-1", "us-iso-west-1"),
        ("aws-iso-b", "us-isob-east-1", "us-isob-west-1"),
    ] {
        let keys = admin(&cloud.aws().account(partition, ACCOUNT));
        let at = |region| client(&cloud, &keys).in_region(region);
        assert_eq!(
            at(iam_region).query("iam", "GetUser", &[]).await.unwrap().status,
            200,
            "{partition}"
        );
        let response = at(other_region).query("iam", "GetUser", &[]).await.unwrap();
        assert_eq!(
            (response.status, response.code().as_deref()),
            (403, Some("SignatureDoesNotMatch")),
            "{partition}"
        );
    }
}

#[tokio::test]
async fn clock_skew_over_five_minutes_is_rejected() {
    let cloud = cloud().await;
    let keys = commercial(&cloud).user("palette").create_access_key();
    for (skew, status) in [(0, 200), (240, 200), (-240, 200), (400, 403), (-400, 403)] {
        cloud.clock().set_skew(skew);
        let answer = client(&cloud, &keys).query("sts", "GetCallerIdentity", &[]).await.unwrap();
        assert_eq!(answer.status, status, "{skew}: {}", answer.body);
        let late = if skew > 0 { "Signature expired" } else { "Signature not yet current" };
        assert!(status == 200 || answer.body.contains(late), "{}", answer.body);
    }
    cloud.clock().freeze();
    let response = http_client::client(None).get(cloud.url()).send().await.unwrap();
    let date = response.headers().get("date").unwrap().to_str().unwrap().to_owned();
    assert_eq!(date, cloud.clock().http_date());
    assert_eq!(response.status(), 403);
    assert!(response.headers().contains_key("x-amzn-requestid"));
}

#[tokio::test]
async fn request_must_match_its_signature() {
    let cloud = cloud().await;
    let keys = commercial(&cloud).user("palette").create_access_key();
    let url = format!("{}/", cloud.url());
    let headers = [("content-type", "application/x-www-form-urlencoded".to_owned())];
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let now =
        SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(cloud.clock().now()).unwrap());
    let signed =
        sign_request(&keys, "sts", "us-east-1", ("POST", &url), &headers, body.as_bytes(), now);
    let send = async |service_body: &str, content_type: &str| {
        let mut request = http_client::client(None).post(&url).body(service_body.to_owned());
        for (name, value) in &signed {
            request = request.header(*name, value);
        }
        request.header("content-type", content_type).send().await.unwrap().status().as_u16()
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(send(body, form).await, 200);
    assert_eq!(send("Action=GetCallerIdentity&Version=2011-06-15&x=1", form).await, 403);
    assert_eq!(send(body, "text/plain").await, 403);
    let for_iam = send("Action=GetUser&Version=2010-05-08", form).await;
    assert_eq!(for_iam, 403);
}

#[tokio::test]
async fn session_needs_its_token_and_expires() {
    let cloud = cloud().await;
    let keys = commercial(&cloud).role_with_path("/team/", "Lambda").session("run");
    let get_caller_identity = async |keys: &AwsCredentials| {
        client(&cloud, keys).query("sts", "GetCallerIdentity", &[]).await.unwrap()
    };
    let response = get_caller_identity(&keys).await;
    assert_eq!(
        response.xml_element("Arn"),
        Some("arn:aws:sts::123456789012:assumed-role/Lambda/run")
    );
    for token in [None, Some("another".to_owned())] {
        let response = get_caller_identity(&AwsCredentials { token, ..keys.clone() }).await;
        assert_eq!(response.code().as_deref(), Some("InvalidClientTokenId"));
    }
    // Expires the session.
    let now = cloud.clock().now();
    for session in cloud.aws().store().sessions.values_mut() {
        session.expires = now - 1;
    }
    assert_eq!(get_caller_identity(&keys).await.code().as_deref(), Some("ExpiredToken"));
    let response = client(&cloud, &keys).secrets_manager("ListSecrets", &json!({})).await.unwrap();
    assert_eq!(response.code().as_deref(), Some("ExpiredTokenException"));
}

#[tokio::test]
async fn tls_clients_must_trust_the_ca() {
    let cloud = LocalCloud::start(CloudOptions { tls: true, ..CloudOptions::default() }).await;
    let keys = commercial(&cloud).user("palette").create_access_key();
    assert_eq!(
        client(&cloud, &keys).query("sts", "GetCallerIdentity", &[]).await.unwrap().status,
        200
    );
    let untrusting_client =
        AwsClient::new(http_client::client(None), &cloud.url(), "us-east-1", &keys);
    assert!(untrusting_client.query("sts", "GetCallerIdentity", &[]).await.is_err());
}

#[tokio::test]
async fn clouds_are_independent() {
    let (one, two) = (cloud().await, cloud().await);
    let keys = commercial(&one).user("palette").create_access_key();
    commercial(&two).user("palette").create_access_key();
    let response = client(&two, &keys).query("sts", "GetCallerIdentity", &[]).await.unwrap();
    assert_eq!(response.code().as_deref(), Some("InvalidClientTokenId"));
    assert_eq!(one.calls().all().len(), 0);
    assert_eq!(two.calls().lines(), ["sts GetCallerIdentity 403"]);
}
