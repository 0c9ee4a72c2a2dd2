//! Tests of accounts in classified partitions, with access portals.

use gangway_model::Partition;

use super::*;
use crate::{
    CloudFixture, CloudOptions,
    access_portal::{FixedResponse, OPERATION, PortalKind},
    cloudformation::Template,
    fixtures::PartitionDeployment,
};

const PARTITIONS: [Partition; 2] = [Partition::AwsIsoB, Partition::AwsIso];

async fn start_fixture(tls: bool) -> CloudFixture {
    let options = CloudOptions { tls, ..CloudOptions::default() };
    CloudFixture::with_partitions(options, &Template::from_repository().unwrap(), &PARTITIONS)
        .await
        .unwrap()
}

/// Returns the `secretSpec` of an account of the first customer.
fn secret_spec(deployment: &PartitionDeployment) -> Value {
    let (portal, access) = (
        deployment.portal.as_ref().unwrap(),
        deployment.customers[0].portal_access.as_ref().unwrap(),
    );
    let account_member = if portal.kind() == PortalKind::Cap { "mission" } else { "accountName" };
    json!({
        "agency": access.agency, account_member: access.account_name, "role": access.role_name,
        "namePrefix": "PROJECT_", "isCapValidationEnabled": true,
        "tls": {
            "ca": portal.ca_pem(), "cert": access.certificate.certificate,
            "key": access.certificate.key,
        },
    })
}

/// Sends a `POST` request as the administrator. Returns status and body.
async fn post(fixture: &CloudFixture, path: &str, body: &Value) -> (u16, Value) {
    let request = build_request(fixture, path, body);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
}

fn build_request(fixture: &CloudFixture, path: &str, body: &Value) -> reqwest::RequestBuilder {
    let http = crate::http_client::client(fixture.cloud.ca_pem());
    http.post(format!("{}{path}", fixture.cloud.url())).header("apikey", ADMIN_KEY).json(body)
}

const PORTAL_CREDENTIALS: &str = "/v1/clouds/aws/account/secret/credentials";
const VALIDATE: &str = "/v1/clouds/aws/account/validate";

/// Returns the spec of an account with credentials from the access portal.
async fn build_spec(fixture: &CloudFixture, deployment: &PartitionDeployment) -> Value {
    let portal_request =
        json!({"partition": deployment.partition.id(), "secretSpec": secret_spec(deployment)});
    let (status, keys) = post(fixture, PORTAL_CREDENTIALS, &portal_request).await;
    assert_eq!(status, 200, "{keys}");
    json!({
        "credentialType": "secret", "partition": deployment.partition.id(), "policyARNs": [],
        "accessKey": keys["accessKey"], "secretKey": keys["secretKey"],
        "secretToken": keys["secretToken"],
        "secretSpec": secret_spec(deployment),
    })
}

#[tokio::test]
async fn portal_credentials_are_validated_and_fetched_again() {
    for tls in [false, true] {
        let fixture = start_fixture(tls).await;
        fixture.cloud.clock().freeze();
        for deployment in fixture.deployments() {
            let spec = build_spec(&fixture, deployment).await;
            assert_eq!(post(&fixture, VALIDATE, &spec).await.0, 204);
            let annotations = json!({"scope": "tenant", "overlordUid": ""});
            let metadata = json!({"name": deployment.partition.id(), "annotations": annotations});
            let account = json!({"metadata": metadata, "spec": spec});
            let (status, created) = post(&fixture, ACCOUNTS, &account).await;
            assert_eq!(status, 201, "{created}");
            let palette = fixture.cloud.palette();
            let read_portal_token = || {
                let records = palette.records();
                records.find_account(deployment.partition.id()).unwrap().portal_token.clone()
            };
            let token = read_portal_token().unwrap().unwrap();
            assert_eq!(token.expires, crate::clock::iso8601(token.generated + 3600));
            deployment
                .portal
                .as_ref()
                .unwrap()
                .revoke(&deployment.customers[0].portal_access.as_ref().unwrap().certificate);
            assert!(!palette.refresh_portal_token(created["uid"].as_str().unwrap()).await);
            assert_eq!(read_portal_token(), Some(None));
            let kind = deployment.portal.as_ref().unwrap().kind();
            assert!(
                fixture
                    .cloud
                    .calls()
                    .for_operation(kind.service(), OPERATION)
                    .iter()
                    .all(|call| call.nested)
            );
        }
    }
}

#[tokio::test]
async fn error_of_portal_or_aws_fails_the_validation() {
    let fixture = start_fixture(false).await;
    for deployment in fixture.deployments() {
        let portal = deployment.portal.as_ref().unwrap();
        let valid_spec = build_spec(&fixture, deployment).await;
        let portal_request =
            json!({"partition": deployment.partition.id(), "secretSpec": secret_spec(deployment)});
        for (pointer, value, expected_text) in [
            ("/secretSpec/role", json!("Another"), "Invalid agency"),
            (
                "/secretSpec/tls/ca",
                json!(deployment.portal.as_ref().unwrap().chain().root_pem()),
                "UnknownIssuer",
            ),
            ("/secretSpec/tls/cert", json!("none"), "InvalidCertificate"),
            ("/secretSpec/tls/key", json!("none"), "InvalidCertificate"),
        ] {
            for (path, body) in [(PORTAL_CREDENTIALS, &portal_request), (VALIDATE, &valid_spec)] {
                let mut body = body.clone();
                *body.pointer_mut(pointer).unwrap() = value.clone();
                let (status, body) = post(&fixture, path, &body).await;
                assert_eq!(status, 400, "{body}");
                assert!(body["message"].as_str().unwrap().contains(expected_text), "{body}");
            }
        }
        let mut spec_with_other_account = valid_spec.clone();
        let keys = deployment.customers[1].portal_access.as_ref().unwrap().role.session("x");
        (spec_with_other_account["accessKey"], spec_with_other_account["secretKey"]) =
            (json!(keys.id), json!(keys.secret));
        spec_with_other_account["secretToken"] = json!(keys.token);
        assert!(
            post(&fixture, VALIDATE, &spec_with_other_account).await.1["message"]
                .as_str()
                .unwrap()
                .contains("AccountMismatch")
        );
        portal.configure(|behaviour| {
            let (content_type, body) = ("application/json".to_owned(), "{}".to_owned());
            behaviour.fixed_response = Some(FixedResponse { status: 200, content_type, body });
        });
        assert_eq!(post(&fixture, PORTAL_CREDENTIALS, &portal_request).await.0, 400);
    }
}

#[tokio::test]
async fn classified_partition_without_flag_or_with_invalid_body_is_rejected() {
    let fixture = start_fixture(false).await;
    for deployment in fixture.deployments() {
        let valid_spec = build_spec(&fixture, deployment).await;
        let member_of_other_portal =
            if deployment.partition == Partition::AwsIso { "accountName" } else { "mission" };
        for (pointer, value) in [
            (format!("/secretSpec/{member_of_other_portal}"), json!("x")),
            ("/secretSpec/agency".to_owned(), Value::Null),
            ("/secretSpec/namePrefix".to_owned(), json!("arn:aws:iam::1:policy/x")),
            ("/secretSpec/permissionBoundary".to_owned(), json!("PROJECT_")),
            ("/secretSpec/tls".to_owned(), json!({"ca": "x", "cert": "y"})),
            ("/accessKey".to_owned(), Value::Null),
        ] {
            let mut body = valid_spec.clone();
            let (parent, member) = pointer.rsplit_once('/').unwrap();
            body.pointer_mut(parent).unwrap()[member] = value;
            if body.pointer(&pointer).is_some_and(Value::is_null) {
                body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member);
            }
            assert_eq!(post(&fixture, VALIDATE, &body).await.0, 422, "{pointer}");
        }
        fixture.cloud.palette().records().features.insert(SECRET_PARTITION_FLAG.to_owned(), false);
        let (status, body) = post(&fixture, VALIDATE, &valid_spec).await;
        assert_eq!((status, body["code"].as_str()), (403, Some("FeatureNotEnabled")));
        fixture.cloud.palette().records().features.insert(SECRET_PARTITION_FLAG.to_owned(), true);
    }
}

#[tokio::test]
async fn access_key_without_the_ca_certificate_of_aws_is_rejected() {
    let fixture = start_fixture(true).await;
    let deployment = fixture.deployment(Partition::AwsIsoB);
    let keys = &deployment.customers[0].keys;
    let spec_with_tls = |tls: Value| {
        json!({
            "credentialType": "secret", "partition": "aws-iso-b", "policyARNs": [],
            "accessKey": keys.id, "secretKey": keys.secret,
            "secretSpec": {"isCapValidationEnabled": false, "tls": tls},
        })
    };
    let ca = fixture.cloud.ca_pem().unwrap();
    assert_eq!(post(&fixture, VALIDATE, &spec_with_tls(json!({"ca": ca}))).await.0, 204);
    let portal_ca = deployment.portal.as_ref().unwrap().ca_pem();
    for (ca, expected_text) in
        [(portal_ca.as_str(), "RequestError"), ("none", "InvalidCertificate")]
    {
        let (status, body) = post(&fixture, VALIDATE, &spec_with_tls(json!({"ca": ca}))).await;
        assert!(
            status == 400 && body["message"].as_str().unwrap().contains(expected_text),
            "{body}"
        );
    }
    let mut spec_without_tls = spec_with_tls(Value::Null);
    spec_without_tls.as_object_mut().unwrap().remove("secretSpec");
    assert_eq!(post(&fixture, VALIDATE, &spec_without_tls).await.0, 422);
}
