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

async fn world(tls: bool) -> CloudFixture {
    let options = CloudOptions { tls, ..CloudOptions::default() };
    CloudFixture::with_partitions(options, &Template::from_repository().unwrap(), &PARTITIONS)
        .await
        .unwrap()
}

/// Returns `secretSpec` of the first customer.
fn secret_spec(realm: &PartitionDeployment) -> Value {
    let (portal, access) =
        (realm.portal.as_ref().unwrap(), realm.customers[0].portal_access.as_ref().unwrap());
    let account = if portal.kind() == PortalKind::Cap { "mission" } else { "accountName" };
    json!({
        "agency": access.agency, account: access.account_name, "role": access.role_name, "namePrefix": "PROJECT_",
        "isCapValidationEnabled": true,
        "tls": {"ca": portal.ca_pem(), "cert": access.certificate.certificate, "key": access.certificate.key},
    })
}

async fn post(world: &CloudFixture, path: &str, body: &Value) -> (u16, Value) {
    let request = outbound_request(world, path, body);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
}

fn outbound_request(world: &CloudFixture, path: &str, body: &Value) -> reqwest::RequestBuilder {
    let http = crate::http_client::client(world.cloud.ca_pem());
    http.post(format!("{}{path}", world.cloud.url())).header("apikey", ADMIN_KEY).json(body)
}

const QUESTION: &str = "/v1/clouds/aws/account/secret/credentials";
const VALIDATE: &str = "/v1/clouds/aws/account/validate";

/// Returns an account spec with credentials from the portal.
async fn spec(world: &CloudFixture, realm: &PartitionDeployment) -> Value {
    let question = json!({"partition": realm.partition.id(), "secretSpec": secret_spec(realm)});
    let (status, keys) = post(world, QUESTION, &question).await;
    assert_eq!(status, 200, "{keys}");
    json!({
        "credentialType": "secret", "partition": realm.partition.id(), "policyARNs": [],
        "accessKey": keys["accessKey"], "secretKey": keys["secretKey"], "secretToken": keys["secretToken"],
        "secretSpec": secret_spec(realm),
    })
}

#[tokio::test]
async fn keys_come_from_the_portal_and_an_account_of_them_is_validated_and_refreshed() {
    for tls in [false, true] {
        let world = world(tls).await;
        world.cloud.clock().freeze();
        for realm in world.deployments() {
            let spec = spec(&world, realm).await;
            assert_eq!(post(&world, VALIDATE, &spec).await.0, 204);
            let annotations = json!({"scope": "tenant", "overlordUid": ""});
            let account = json!({"metadata": {"name": realm.partition.id(), "annotations": annotations}, "spec": spec});
            let (status, made) = post(&world, ACCOUNTS, &account).await;
            assert_eq!(status, 201, "{made}");
            let palette = world.cloud.palette();
            let refreshed = || {
                let records = palette.records();
                records.find_account(realm.partition.id()).unwrap().portal_token.clone()
            };
            let token = refreshed().unwrap().unwrap();
            assert_eq!(token.expires, crate::clock::iso8601(token.generated + 3600));
            realm
                .portal
                .as_ref()
                .unwrap()
                .revoke(&realm.customers[0].portal_access.as_ref().unwrap().certificate);
            assert!(!palette.refresh_portal_token(made["uid"].as_str().unwrap()).await);
            assert_eq!(refreshed(), Some(None));
            let kind = realm.portal.as_ref().unwrap().kind();
            assert!(
                world
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
async fn what_the_portal_or_aws_refuses_palette_refuses() {
    let world = world(false).await;
    for realm in world.deployments() {
        let portal = realm.portal.as_ref().unwrap();
        let good = spec(&world, realm).await;
        let question = json!({"partition": realm.partition.id(), "secretSpec": secret_spec(realm)});
        for (pointer, value, words) in [
            ("/secretSpec/role", json!("Another"), "Invalid agency"),
            (
                "/secretSpec/tls/ca",
                json!(realm.portal.as_ref().unwrap().chain().root_pem()),
                "UnknownIssuer",
            ),
            ("/secretSpec/tls/cert", json!("none"), "InvalidCertificate"),
            ("/secretSpec/tls/key", json!("none"), "InvalidCertificate"),
        ] {
            for (path, body) in [(QUESTION, &question), (VALIDATE, &good)] {
                let mut body = body.clone();
                *body.pointer_mut(pointer).unwrap() = value.clone();
                let (status, told) = post(&world, path, &body).await;
                assert_eq!(status, 400, "{told}");
                assert!(told["message"].as_str().unwrap().contains(words), "{told}");
            }
        }
        let mut others = good.clone();
        let keys = realm.customers[1].portal_access.as_ref().unwrap().role.session("x");
        (others["accessKey"], others["secretKey"]) = (json!(keys.id), json!(keys.secret));
        others["secretToken"] = json!(keys.token);
        assert!(
            post(&world, VALIDATE, &others).await.1["message"]
                .as_str()
                .unwrap()
                .contains("AccountMismatch")
        );
        portal.configure(|behaviour| {
            let (content_type, body) = ("application/json".to_owned(), "{}".to_owned());
            behaviour.fixed_response = Some(FixedResponse { status: 200, content_type, body });
        });
        assert_eq!(post(&world, QUESTION, &question).await.0, 400);
    }
}

#[tokio::test]
async fn nothing_of_these_partitions_is_served_without_the_flag_and_shapes_are_strict() {
    let world = world(false).await;
    for realm in world.deployments() {
        let good = spec(&world, realm).await;
        let other = if realm.partition == Partition::AwsIso { "accountName" } else { "mission" };
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
            assert_eq!(post(&world, VALIDATE, &body).await.0, 422, "{pointer}");
        }
        world.cloud.palette().records().features.insert(SECRET_PARTITION_FLAG.to_owned(), false);
        let (status, told) = post(&world, VALIDATE, &good).await;
        assert_eq!((status, told["code"].as_str()), (403, Some("FeatureNotEnabled")));
        world.cloud.palette().records().features.insert(SECRET_PARTITION_FLAG.to_owned(), true);
    }
}

#[tokio::test]
async fn s07_keys_of_a_user_need_the_authority_that_signs_aws_there() {
    let world = world(true).await;
    let realm = world.deployment(Partition::AwsIsoB);
    let keys = &realm.customers[0].keys;
    let with = |tls: Value| {
        json!({
            "credentialType": "secret", "partition": "aws-iso-b", "policyARNs": [], "accessKey": keys.id,
            "secretKey": keys.secret, "secretSpec": {"isCapValidationEnabled": false, "tls": tls},
        })
    };
    let ca = world.cloud.ca_pem().unwrap();
    assert_eq!(post(&world, VALIDATE, &with(json!({"ca": ca}))).await.0, 204);
    let another = realm.portal.as_ref().unwrap().ca_pem();
    for (ca, words) in [(another.as_str(), "RequestError"), ("none", "InvalidCertificate")] {
        let (status, told) = post(&world, VALIDATE, &with(json!({"ca": ca}))).await;
        assert!(status == 400 && told["message"].as_str().unwrap().contains(words), "{told}");
    }
    let mut bare = with(Value::Null);
    bare.as_object_mut().unwrap().remove("secretSpec");
    assert_eq!(post(&world, VALIDATE, &bare).await.0, 422);
}
