//! Tests of the Kubernetes API: tokens, access entries, RBAC.
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gangway_model::Partition;
use serde_json::{Value, json};

use crate::aws::AwsCredentials;
use crate::cloudformation::Template;
use crate::fixtures::{Breakage, PartitionDeployment};
use crate::{CloudFixture, CloudOptions, Effect, Fault, http_client};

const CONFIGS: &str = "/api/v1/namespaces/kube-system/configmaps";

async fn world() -> CloudFixture {
    let template = Template::parse("Resources: {}").unwrap();
    CloudFixture::with_partitions(CloudOptions::default(), &template, &[Partition::Aws])
        .await
        .unwrap()
}

/// Creates a token like the AWS CLI.
fn token(url: &str, keys: &AwsCredentials, cluster: &str, lasts: u64) -> String {
    let address = format!("{url}/?Action=GetCallerIdentity&Version=2011-06-15");
    let identity =
        Credentials::new(&keys.id, &keys.secret, keys.token.clone(), None, "test").into();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(lasts));
    #[expect(clippy::disallowed_methods, reason = "a caller's own clock, not the cloud's")]
    let now = SystemTime::now();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("sts")
        .time(now)
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let headers = [("x-k8s-aws-id", cluster)].into_iter();
    let request = SignableRequest::new("GET", &address, headers, SignableBody::Bytes(&[])).unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    let mut signed = http::Request::get(&address).body(()).unwrap();
    instructions.apply_to_request_http1x(&mut signed);
    format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(signed.uri().to_string()))
}

/// Creates a role with an access entry and returns credentials of a session.
fn watcher(realm: &PartitionDeployment) -> AwsCredentials {
    let role = realm.gangway_account.role("Watcher");
    realm.palette_cluster().allow_access(&role.arn());
    role.session("test")
}

async fn call(
    realm: &PartitionDeployment,
    (verb, path): (&str, &str),
    token: Option<&str>,
    body: Option<&Value>,
) -> (u16, Value) {
    let cluster = realm.palette_cluster();
    let http = http_client::client(Some(cluster.ca_pem()));
    let mut request = http.request(verb.parse().unwrap(), format!("{}{path}", cluster.endpoint()));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
}

#[tokio::test]
async fn f43_a_token_is_good_for_one_cluster_for_a_minute_and_for_whom_the_cluster_knows() {
    let world = world().await;
    let realm = world.deployment(Partition::Aws);
    let (url, keys) = (world.cloud.url(), watcher(realm));
    let name = realm.palette_cluster().cluster.name();
    let good = token(&url, &keys, name, 60);
    let ask = async |token: &str| call(realm, ("GET", "/version"), Some(token), None).await.0;
    assert_eq!(ask(&good).await, 200);
    assert_eq!(ask(&token(&url, &keys, "another", 60)).await, 401, "for another cluster");
    assert_eq!(ask(&token(&url, &keys, name, 3600)).await, 401, "good for too long");
    assert_eq!(ask(&token("http://127.0.0.1:1", &keys, name, 60)).await, 401, "another STS");
    let forged = AwsCredentials { secret: "wrong".to_owned(), ..keys.clone() };
    assert_eq!(ask(&token(&url, &forged, name, 60)).await, 401, "a forged signature");
    let stranger = realm.gangway_account.role("Stranger").session("test");
    assert_eq!(ask(&token(&url, &stranger, name, 60)).await, 401, "no access entry");
    world.cloud.clock().set_skew(120);
    assert_eq!(ask(&good).await, 401, "too late");
    world.cloud.clock().set_skew(0);
    realm.palette_cluster().break_with(Breakage::NoAccessEntry);
    assert_eq!(ask(&good).await, 401, "known no more");
    let (status, refused) = call(realm, ("GET", CONFIGS), None, None).await;
    assert_eq!((status, &refused["kind"]), (403, &json!("Status")), "{refused}");
}

#[tokio::test]
async fn f39_rbac_is_asked_for_each_verb_and_what_is_created_is_there_once() {
    let world = world().await;
    let realm = world.deployment(Partition::Aws);
    let keys = watcher(realm);
    let cluster = realm.palette_cluster();
    let token = token(&world.cloud.url(), &keys, cluster.cluster.name(), 60);
    let ask = async |verb: &str, path: &str, body: Option<&Value>| {
        call(realm, (verb, path), Some(&token), body).await
    };
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "palette-global-config"}, "data": {"managementClusterName": "x"}});
    let (status, refused) = ask("POST", CONFIGS, Some(&map)).await;
    assert_eq!((status, &refused["reason"]), (409, &json!("AlreadyExists")), "{refused}");
    cluster.break_with(Breakage::NoConfigMap);
    let (status, made) = ask("POST", CONFIGS, Some(&map)).await;
    assert_eq!((status, &made["metadata"]["namespace"]), (201, &json!("kube-system")), "{made}");
    let elsewhere = "/api/v1/namespaces/hubble-system/configmaps";
    assert_eq!(ask("POST", elsewhere, Some(&map)).await.0, 403, "not its namespace");
    assert_eq!(ask("DELETE", &format!("{CONFIGS}/palette-global-config"), None).await.0, 403);
    let pods = "/api/v1/namespaces/hubble-system/pods?labelSelector=app%3Dspectro-hubble";
    let (status, pods) = ask("GET", pods, None).await;
    assert_eq!((status, pods["items"].as_array().unwrap().len()), (200, 2), "{pods}");
    assert_eq!(ask("GET", "/api/v1/namespaces/hubble-system/secrets", None).await.0, 404);
    cluster.break_with(Breakage::NoRbacPermissions);
    let (status, refused) = ask("GET", CONFIGS, None).await;
    assert!(
        status == 403 && refused["message"].as_str().unwrap().contains("cannot list"),
        "{refused}"
    );
    world.cloud.fault(Fault::on("kubernetes", "get /version", Effect::Throttle).once());
    let (status, busy) = ask("GET", "/version", None).await;
    assert_eq!((status, &busy["kind"]), (429, &json!("Status")));
    let logged = world.cloud.calls().for_operation("kubernetes", "create configmaps");
    assert!(logged[0].principal.as_ref().unwrap().contains(":assumed-role/Watcher/"), "{logged:?}");
}
