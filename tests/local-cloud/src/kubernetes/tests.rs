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

async fn fixture() -> CloudFixture {
    let template = Template::parse("Resources: {}").unwrap();
    CloudFixture::with_partitions(CloudOptions::default(), &template, &[Partition::Aws])
        .await
        .unwrap()
}

/// Creates a token like the AWS CLI.
fn token(url: &str, keys: &AwsCredentials, cluster: &str, seconds: u64) -> String {
    let address = format!("{url}/?Action=GetCallerIdentity&Version=2011-06-15");
    let identity =
        Credentials::new(&keys.id, &keys.secret, keys.token.clone(), None, "test").into();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(seconds));
    #[expect(clippy::disallowed_methods, reason = "the caller's clock, not the cloud's")]
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
fn admitted_role(deployment: &PartitionDeployment) -> AwsCredentials {
    let role = deployment.gangway_account.role("Watcher");
    deployment.palette_cluster().allow_access(&role.arn());
    role.session("test")
}

async fn call(
    deployment: &PartitionDeployment,
    (verb, path): (&str, &str),
    token: Option<&str>,
    body: Option<&Value>,
) -> (u16, Value) {
    let cluster = deployment.palette_cluster();
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
async fn token_is_valid_for_one_cluster_and_a_known_principal() {
    let fixture = fixture().await;
    let deployment = fixture.deployment(Partition::Aws);
    let (url, keys) = (fixture.cloud.url(), admitted_role(deployment));
    let name = deployment.palette_cluster().cluster.name();
    let good = token(&url, &keys, name, 60);
    let get_or_send =
        async |token: &str| call(deployment, ("GET", "/version"), Some(token), None).await.0;
    assert_eq!(get_or_send(&good).await, 200);
    assert_eq!(get_or_send(&token(&url, &keys, "another", 60)).await, 401, "for another cluster");
    assert_eq!(get_or_send(&token(&url, &keys, name, 3600)).await, 401, "good for too long");
    assert_eq!(
        get_or_send(&token("http://127.0.0.1:1", &keys, name, 60)).await,
        401,
        "another STS"
    );
    let forged = AwsCredentials { secret: "wrong".to_owned(), ..keys.clone() };
    assert_eq!(get_or_send(&token(&url, &forged, name, 60)).await, 401, "a forged signature");
    let unknown_role = deployment.gangway_account.role("Stranger").session("test");
    assert_eq!(get_or_send(&token(&url, &unknown_role, name, 60)).await, 401, "no access entry");
    fixture.cloud.clock().set_skew(120);
    assert_eq!(get_or_send(&good).await, 401, "too late");
    fixture.cloud.clock().set_skew(0);
    deployment.palette_cluster().break_with(Breakage::NoAccessEntry);
    assert_eq!(get_or_send(&good).await, 401, "known no more");
    let (status, refused) = call(deployment, ("GET", CONFIGS), None, None).await;
    assert_eq!((status, &refused["kind"]), (403, &json!("Status")), "{refused}");
}

#[tokio::test]
async fn rbac_is_checked_for_each_verb_and_objects_are_unique() {
    let fixture = fixture().await;
    let deployment = fixture.deployment(Partition::Aws);
    let keys = admitted_role(deployment);
    let cluster = deployment.palette_cluster();
    let token = token(&fixture.cloud.url(), &keys, cluster.cluster.name(), 60);
    let get_or_send = async |verb: &str, path: &str, body: Option<&Value>| {
        call(deployment, (verb, path), Some(&token), body).await
    };
    let config_map = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "palette-global-config"}, "data": {"managementClusterName": "x"}});
    let (status, refused) = get_or_send("POST", CONFIGS, Some(&config_map)).await;
    assert_eq!((status, &refused["reason"]), (409, &json!("AlreadyExists")), "{refused}");
    cluster.break_with(Breakage::NoConfigMap);
    let (status, made) = get_or_send("POST", CONFIGS, Some(&config_map)).await;
    assert_eq!((status, &made["metadata"]["namespace"]), (201, &json!("kube-system")), "{made}");
    let elsewhere = "/api/v1/namespaces/hubble-system/configmaps";
    assert_eq!(get_or_send("POST", elsewhere, Some(&config_map)).await.0, 403, "not its namespace");
    assert_eq!(
        get_or_send("DELETE", &format!("{CONFIGS}/palette-global-config"), None).await.0,
        403
    );
    let pods = "/api/v1/namespaces/hubble-system/pods?labelSelector=app%3Dspectro-hubble";
    let (status, pods) = get_or_send("GET", pods, None).await;
    assert_eq!((status, pods["items"].as_array().unwrap().len()), (200, 2), "{pods}");
    assert_eq!(get_or_send("GET", "/api/v1/namespaces/hubble-system/secrets", None).await.0, 404);
    cluster.break_with(Breakage::NoRbacPermissions);
    let (status, refused) = get_or_send("GET", CONFIGS, None).await;
    assert!(
        status == 403 && refused["message"].as_str().unwrap().contains("cannot list"),
        "{refused}"
    );
    fixture.cloud.fault(Fault::on("kubernetes", "get /version", Effect::Throttle).once());
    let (status, busy) = get_or_send("GET", "/version", None).await;
    assert_eq!((status, &busy["kind"]), (429, &json!("Status")));
    let logged = fixture.cloud.calls().for_operation("kubernetes", "create configmaps");
    assert!(logged[0].principal.as_ref().unwrap().contains(":assumed-role/Watcher/"), "{logged:?}");
}
