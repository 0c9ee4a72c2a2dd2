//! Tests of the classified partitions with access portals.

use gangway_model::Partition;

use super::*;
use crate::{
    CloudFixture, CloudOptions,
    access_portal::{FixedResponse, OPERATION, PortalKind},
    cloudformation::Template,
    fixtures::PartitionDeployment,
};

const PARTITIONS: [Partition; 2] = [Partition::AwsIsoB, Partition::AwsIso];

async fn fixture(tls: bool) -> CloudFixture {
    let options = CloudOptions { tls, ..CloudOptions::default() };
    CloudFixture::with_partitions(options, &Template::from_repository().unwrap(), &PARTITIONS)
        .await
        .unwrap()
}

/// Returns `secretSpec` of the first customer.
fn secret_spec(deployment: &PartitionDeployment) -> Value {
    let (portal, access) = (
        deployment.portal.as_ref().unwrap(),
        deployment.customers[0].portal_access.as_ref().unwrap(),
    );
    let account = if portal.kind() == PortalKind::Cap { "mission" } else { "accountName" };
    json!({
        "agency": access.agency, account: access.account_name, "role": access.role_name, "namePrefix": "PROJECT_",
        "isCapValidationEnabled": true,
        "tls": {"ca": portal.ca_pem(), "cert": access.certificate.certificate, "key": access.certificate.key},
    })
}

async fn post(fixture: &CloudFixture, path: &str, body: &Value) -> (u16, Value) {
    let request = outbound_request(fixture, path, body);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
}

fn outbound_request(fixture: &CloudFixture, path: &str, body: &Value) -> reqwest::RequestBuilder {
    let http = crate::http_client::client(fixture.cloud.ca_pem());
    http.post(format!("{}{path}", fixture.cloud.url())).header("apikey", ADMIN_KEY).json(body)
}

const PORTAL_KEYS: &str = "/v1/clouds/aws/account/secret/credentials";
const VALIDATE: &str = "/v1/clouds/aws/account/validate";

/// Returns an account spec with credentials from the portal.
async fn spec(fixture: &CloudFixture, deployment: &PartitionDeployment) -> Value {
    let portal_request =
        json!({"partition": deployment.partition.id(), "secretSpec": secret_spec(deployment)});
    let (status, keys) = post(fixture, PORTAL_KEYS, &portal_request).await;
    assert_eq!(status, 200, "{keys}");
    json!({
        "credentialType": "secret", "partition": deployment.partition.id(), "policyARNs": [],
        "accessKey": keys["accessKey"], "secretKey": keys["secretKey"], "secretToken": keys["secretToken"],
        "secretSpec": secret_spec(deployment),
    })
}

#[tokio::test]
async fn portal_credentials_are_validated_and_refreshed() {
    for tls in [false, true] {
        let fixture = fixture(tls).await;
        fixture.cloud.clock().freeze();
        for deployment in fixture.deployments() {
            let spec = spec(&fixture, deployment).await;
            assert_eq!(post(&fixture, VALIDATE, &spec).await.0, 204);
            let annotations = json!({"scope": "tenant", "overlordUid": ""});
            let account = json!({"metadata": {"name": deployment.partition.id(), "annotations": annotations}, "spec": spec});
            let (status, created) = post(&fixture, ACCOUNTS, &account).await;
            assert_eq!(status, 201, "{created}");
            let palette = fixture.cloud.palette();
            let refreshed = || {
                let records = palette.records();
                records.find_account(deployment.partition.id()).unwrap().portal_token.clone()
            };
            let token = refreshed().unwrap().unwrap();
            assert_eq!(token.expires, crate::clock::iso8601(token.generated + 3600));
            deployment
                .portal
                .as_ref()
                .unwrap()
                .revoke(&deployment.customers[0].portal_access.as_ref().unwrap().certificate);
            assert!(!palette.refresh_portal_token(created["uid"].as_str().unwrap()).await);
            assert_eq!(refreshed(), Some(None));
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
async fn errors_of_portal_and_aws_fail_the_validation() {
    let fixture = fixture(false).await;
    for deployment in fixture.deployments() {
        let portal = deployment.portal.as_ref().unwrap();
        let good = spec(&fixture, deployment).await;
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
            for (path, body) in [(PORTAL_KEYS, &portal_request), (VALIDATE, &good)] {
                let mut body = body.clone();
                *body.pointer_mut(pointer).unwrap() = value.clone();
                let (status, body) = post(&fixture, path, &body).await;
                assert_eq!(status, 400, "{body}");
                assert!(body["message"].as_str().unwrap().contains(expected_text), "{body}");
            }
        }
        let mut others = good.clone();
        let keys = deployment.customers[1].portal_access.as_ref().unwrap().role.session("x");
        (others["accessKey"], others["secretKey"]) = (json!(keys.id), json!(keys.secret));
        others["secretToken"] = json!(keys.token);
        assert!(
            post(&fixture, VALIDATE, &others).await.1["message"]
                .as_str()
                .unwrap()
                .contains("AccountMismatch")
        );
        portal.configure(|behaviour| {
            let (content_type, body) = ("application/json".to_owned(), "{}".to_owned());
            behaviour.fixed_response = Some(FixedResponse { status: 200, content_type, body });
        });
        assert_eq!(post(&fixture, PORTAL_KEYS, &portal_request).await.0, 400);
    }
}

#[tokio::test]
async fn classified_partitions_need_the_flag_and_valid_bodies() {
    let fixture = fixture(false).await;
    for deployment in fixture.deployments() {
        let good = spec(&fixture, deployment).await;
        let other =
            if deployment.partition == Partition::AwsIso { "accountName" } else { "mission" };
        for (pointer, value) in [
            (format!("/secretSpec/{other}"), json!("x")),
            ("/secretSpec/agency".to_owned(), Value::Null),
            ("/secretSpec/namePrefix".to_owned(), json!("arn:aws:iam::1:policy/x")),
            ("/secretSpec/permissionBoundary".to_owned(), json!("PROJECT_")),
            ("/secretSpec/tls".to_owned(), json!({"ca": "x", "cert": "y"})),
            ("/accessKey".to_owned(), Value::Null),
        ] {
            let mut body = good.clone();
            let (parent, member) = pointer.rsplit_once('/').unwrap();
            body.pointer_mut(parent).unwrap()[member] = value;
            if body.pointer(&pointer).is_some_and(Value::is_null) {
                body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member);
            }
            assert_eq!(post(&fixture, VALIDATE, &body).await.0, 422, "{pointer}");
        }
        fixture.cloud.palette().records().features.insert(SECRET_PARTITION_FLAG.to_owned(), false);
        let (status, body) = post(&fixture, VALIDATE, &good).await;
        assert_eq!((status, body["code"].as_str()), (403, Some("FeatureNotEnabled")));
        fixture.cloud.palette().records().features.insert(SECRET_PARTITION_FLAG.to_owned(), true);
    }
}

#[tokio::test]
async fn access_keys_need_the_ca_of_aws() {
    let fixture = fixture(true).await;
    let deployment = fixture.deployment(Partition::AwsIsoB);
    let keys = &deployment.customers[0].keys;
    let with = |tls: Value| {
        json!({
            "credentialType": "secret", "partition": "aws-iso-b", "policyARNs": [], "accessKey": keys.id,
            "secretKey": keys.secret, "secretSpec": {"isCapValidationEnabled": false, "tls": tls},
        })
    };
    let ca = fixture.cloud.ca_pem().unwrap();
    assert_eq!(post(&fixture, VALIDATE, &with(json!({"ca": ca}))).await.0, 204);
    let another = deployment.portal.as_ref().unwrap().ca_pem();
    for (ca, expected_text) in [(another.as_str(), "RequestError"), ("none", "InvalidCertificate")]
    {
        let (status, body) = post(&fixture, VALIDATE, &with(json!({"ca": ca}))).await;
        assert!(
            status == 400 && body["message"].as_str().unwrap().contains(expected_text),
            "{body}"
        );
    }
    let mut bare = with(Value::Null);
    bare.as_object_mut().unwrap().remove("secretSpec");
    assert_eq!(post(&fixture, VALIDATE, &bare).await.0, 422);
}
