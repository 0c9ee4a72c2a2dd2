//! Tests of IAM authorization: the signature of a request, and the permissions of its caller.

use std::{fs, time::SystemTime};

use serde_json::{Value, json};

use super::{
    tests::{ACCOUNT, start_gateway, temporary_folder},
    *,
};
use crate::{
    CloudOptions, LocalCloud,
    aws::{AwsCredentials, client::sign_request},
    http_client,
};

const REGION: &str = "us-east-1";

/// Creates a user who may call these routes, and returns an access key of the user.
fn create_user(cloud: &LocalCloud, account: &str, routes: &str) -> AwsCredentials {
    let user = cloud.aws().account("aws", account).user("portal");
    let resource = format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:*/live/{routes}");
    user.inline(
        "Call",
        &json!({
            "Version": "2012-10-17",
            "Statement": [
                { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource },
            ],
        }),
    );
    user.create_access_key()
}

/// A signed request. The request has the body `{}`; its signature is for the body `signed_body`.
#[derive(Clone, Copy)]
struct SignedRequest<'a> {
    keys: &'a AwsCredentials,
    service: &'a str,
    region: &'a str,
    signed_body: &'a str,
}

impl SignedRequest<'_> {
    /// Sends the request. Returns status, error type and body of the response.
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
            self.signed_body.as_bytes(),
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
async fn request_without_valid_signature_or_permission_is_rejected() {
    let cloud = LocalCloud::start(CloudOptions::default()).await;
    let gateway = start_gateway(&cloud, "signed", UnsignedRequests::Rejected).await;
    let keys = create_user(&cloud, ACCOUNT, "POST/v1/tenant/accounts/*/validate");
    let service = "execute-api";
    let valid = SignedRequest { keys: &keys, service, region: REGION, signed_body: "{}" };
    let (status, _, event) = valid.send(&gateway).await;
    let caller = json!(format!("arn:aws:iam::{ACCOUNT}:user/portal"));
    assert_eq!(
        (status, &event["requestContext"]["identity"]["userArn"]),
        (201, &caller),
        "{event}"
    );

    let keys_with_wrong_secret =
        AwsCredentials { secret: format!("{}x", keys.secret), ..keys.clone() };
    let unknown_keys = AwsCredentials { id: "AKIAIOSFODNN7EXAMPLE".to_owned(), ..keys.clone() };
    let other_account_keys = create_user(&cloud, "999900001111", "*");
    let other_route_keys = create_user(&cloud, ACCOUNT, "GET/v1/tenant/accounts");
    for (case, request, expected) in [
        (
            "the secret",
            SignedRequest { keys: &keys_with_wrong_secret, ..valid },
            "InvalidSignatureException",
        ),
        ("the key", SignedRequest { keys: &unknown_keys, ..valid }, "UnrecognizedClientException"),
        ("the body", SignedRequest { signed_body: "[]", ..valid }, "InvalidSignatureException"),
        ("the service", SignedRequest { service: "sts", ..valid }, "InvalidSignatureException"),
        ("the region", SignedRequest { region: "us-west-2", ..valid }, "InvalidSignatureException"),
        (
            "the account",
            SignedRequest { keys: &other_account_keys, ..valid },
            "AccessDeniedException",
        ),
        ("the route", SignedRequest { keys: &other_route_keys, ..valid }, "AccessDeniedException"),
    ] {
        let (status, error_type, body) = request.send(&gateway).await;
        assert_eq!((status, error_type.as_str()), (403, expected), "{case}: {body}");
    }
    let unsigned_request =
        http_client::client(None).post(format!("{}/v1/tenant/accounts/sts", gateway.url()));
    let response = unsigned_request.body("{}").send().await.unwrap();
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");
    fs::remove_dir_all(temporary_folder("signed")).unwrap();
}

#[tokio::test]
async fn wrong_signature_is_always_rejected() {
    let cloud = LocalCloud::start(CloudOptions::default()).await;
    let gateway = start_gateway(&cloud, "lenient", UnsignedRequests::Accepted).await;
    let keys = create_user(&cloud, ACCOUNT, "*");
    let keys_with_wrong_secret =
        AwsCredentials { secret: format!("{}x", keys.secret), ..keys.clone() };
    for (keys, expected) in [(&keys, 201), (&keys_with_wrong_secret, 403)] {
        let request =
            SignedRequest { keys, service: "execute-api", region: REGION, signed_body: "{}" };
        let (status, _, body) = request.send(&gateway).await;
        assert_eq!(status, expected, "{body}");
    }
    fs::remove_dir_all(temporary_folder("lenient")).unwrap();
}
