//! Tests of IAM authorization: signatures for `execute-api` and permissions of the caller.

use std::{fs, time::SystemTime};

use serde_json::{Value, json};

use super::{
    tests::{ACCOUNT, folder, gateway},
    *,
};
use crate::{
    CloudOptions, LocalCloud,
    aws::{AwsCredentials, client::sign_request},
    http_client,
};

const REGION: &str = "us-east-1";

/// Creates a user who may call these routes, and returns its access key.
fn portal(cloud: &LocalCloud, account: &str, routes: &str) -> AwsCredentials {
    let user = cloud.aws().account("aws", account).user("portal");
    let resource = format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:*/live/{routes}");
    user.inline(
        "Call",
        &json!({ "Version": "2012-10-17",
                 "Statement": [{ "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource }] }),
    );
    user.create_access_key()
}

/// A signed request. The body that is sent is `{}`; `signed` is the body that was signed.
#[derive(Clone, Copy)]
struct SignedRequest<'a> {
    keys: &'a AwsCredentials,
    service: &'a str,
    region: &'a str,
    signed: &'a str,
}

impl SignedRequest<'_> {
    /// Sends the request. Returns status, error type and body.
    async fn send(&self, gateway: &ApiGateway) -> (u16, String, Value) {
        let url = format!("{}/v1/tenant/accounts/65f0/validate?project=a", gateway.url());
        let mut headers = vec![("content-type", "application/json".to_owned())];
        #[expect(clippy::disallowed_methods, reason = "the caller's clock, not the cloud's")]
        let now = SystemTime::now();
        let request = ("POST", url.as_str());
        headers.extend(sign_request(
            self.keys,
            self.service,
            self.region,
            request,
            &headers,
            self.signed.as_bytes(),
            now,
        ));
        let mut request = http_client::client(None).post(&url).body("{}");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        let error_type = response.headers().get("x-amzn-errortype");
        let error_type =
            error_type.map_or("", |error_type| error_type.to_str().unwrap()).to_owned();
        let status = response.status().as_u16();
        (status, error_type, serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }
}

#[tokio::test]
async fn signature_and_permission_are_required() {
    let cloud = LocalCloud::start(CloudOptions::default()).await;
    let gateway = gateway(&cloud, "signed", UnsignedRequests::Rejected).await;
    let keys = portal(&cloud, ACCOUNT, "POST/v1/tenant/accounts/*/validate");
    let service = "execute-api";
    let valid = SignedRequest { keys: &keys, service, region: REGION, signed: "{}" };
    let (status, _, event) = valid.send(&gateway).await;
    let caller = json!(format!("arn:aws:iam::{ACCOUNT}:user/portal"));
    assert_eq!(
        (status, &event["requestContext"]["identity"]["userArn"]),
        (201, &caller),
        "{event}"
    );

    let wrong = AwsCredentials { secret: format!("{}x", keys.secret), ..keys.clone() };
    let unknown = AwsCredentials { id: "AKIAIOSFODNN7EXAMPLE".to_owned(), ..keys.clone() };
    let other_account = portal(&cloud, "999900001111", "*");
    let other = portal(&cloud, ACCOUNT, "GET/v1/tenant/accounts");
    for (case, sent, expected) in [
        ("the secret", SignedRequest { keys: &wrong, ..valid }, "InvalidSignatureException"),
        ("the key", SignedRequest { keys: &unknown, ..valid }, "UnrecognizedClientException"),
        ("the body", SignedRequest { signed: "[]", ..valid }, "InvalidSignatureException"),
        ("the service", SignedRequest { service: "sts", ..valid }, "InvalidSignatureException"),
        ("the region", SignedRequest { region: "us-west-2", ..valid }, "InvalidSignatureException"),
        ("the account", SignedRequest { keys: &other_account, ..valid }, "AccessDeniedException"),
        ("the route", SignedRequest { keys: &other, ..valid }, "AccessDeniedException"),
    ] {
        let (status, error_type, body) = sent.send(&gateway).await;
        assert_eq!((status, error_type.as_str()), (403, expected), "{case}: {body}");
    }
    let unsigned =
        http_client::client(None).post(format!("{}/v1/tenant/accounts/sts", gateway.url()));
    let response = unsigned.body("{}").send().await.unwrap();
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");
    fs::remove_dir_all(folder("signed")).unwrap();
}

#[tokio::test]
async fn wrong_signature_is_always_rejected() {
    let cloud = LocalCloud::start(CloudOptions::default()).await;
    let gateway = gateway(&cloud, "lenient", UnsignedRequests::Accepted).await;
    let keys = portal(&cloud, ACCOUNT, "*");
    let wrong = AwsCredentials { secret: format!("{}x", keys.secret), ..keys.clone() };
    for (keys, expected) in [(&keys, 201), (&wrong, 403)] {
        let sent = SignedRequest { keys, service: "execute-api", region: REGION, signed: "{}" };
        let (status, _, body) = sent.send(&gateway).await;
        assert_eq!(status, expected, "{body}");
    }
    fs::remove_dir_all(folder("lenient")).unwrap();
}
