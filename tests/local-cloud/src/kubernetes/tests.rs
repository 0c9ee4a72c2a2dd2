//! Tests of the fake Kubernetes API: tokens, access entries and RBAC.

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

const CONFIG_MAPS: &str = "/api/v1/namespaces/kube-system/configmaps";

async fn start_fixture() -> CloudFixture {
    let template = Template::parse("Resources: {}").unwrap();
    CloudFixture::with_partitions(CloudOptions::default(), &template, &[Partition::Aws])
        .await
        .unwrap()
}

/// Creates an EKS token as the AWS CLI does: a presigned URL of `GetCallerIdentity`, which is valid
/// for `seconds`.
fn create_token(url: &str, keys: &AwsCredentials, cluster: &str, seconds: u64) -> String {
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

/// Creates a role with an access entry, and returns the credentials of a session of this role.
fn create_admitted_role(deployment: &PartitionDeployment) -> AwsCredentials {
    let role = deployment.gangway_account.role("Watcher");
    deployment.palette_cluster().allow_access(&role.arn());
    role.session("test")
}

/// Sends a request, given by method and path, to the Kubernetes API. Returns status and body.
async fn call(
    deployment: &PartitionDeployment,
    (method, path): (&str, &str),
    token: Option<&str>,
    body: Option<&Value>,
) -> (u16, Value) {
    let cluster = deployment.palette_cluster();
    let http = http_client::client(Some(cluster.ca_pem()));
    let mut request =
        http.request(method.parse().unwrap(), format!("{}{path}", cluster.endpoint()));
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
async fn token_without_access_entry_or_for_another_cluster_is_rejected() {
    let fixture = start_fixture().await;
    let deployment = fixture.deployment(Partition::Aws);
    let (url, keys) = (fixture.cloud.url(), create_admitted_role(deployment));
    let name = deployment.palette_cluster().cluster.name();
    let valid_token = create_token(&url, &keys, name, 60);
    let version_status =
        async |token: &str| call(deployment, ("GET", "/version"), Some(token), None).await.0;
    assert_eq!(version_status(&valid_token).await, 200);
    assert_eq!(
        version_status(&create_token(&url, &keys, "another", 60)).await,
        401,
        "the token is for another cluster"
    );
    assert_eq!(
        version_status(&create_token(&url, &keys, name, 3600)).await,
        401,
        "the token is valid for too long"
    );
    assert_eq!(
        version_status(&create_token("http://127.0.0.1:1", &keys, name, 60)).await,
        401,
        "the token is for another STS"
    );
    let wrong_secret = AwsCredentials { secret: "wrong".to_owned(), ..keys.clone() };
    assert_eq!(
        version_status(&create_token(&url, &wrong_secret, name, 60)).await,
        401,
        "the signature is wrong"
    );
    let unknown_role = deployment.gangway_account.role("UnknownRole").session("test");
    assert_eq!(
        version_status(&create_token(&url, &unknown_role, name, 60)).await,
        401,
        "the role has no access entry"
    );
    fixture.cloud.clock().set_skew(120);
    assert_eq!(version_status(&valid_token).await, 401, "the token has expired");
    fixture.cloud.clock().set_skew(0);
    deployment.palette_cluster().break_with(Breakage::NoAccessEntry);
    assert_eq!(version_status(&valid_token).await, 401, "the access entry was deleted");
    let (status, error) = call(deployment, ("GET", CONFIG_MAPS), None, None).await;
    assert_eq!((status, &error["kind"]), (403, &json!("Status")), "{error}");
}

#[tokio::test]
async fn call_without_rbac_permission_or_with_existing_name_is_rejected() {
    let fixture = start_fixture().await;
    let deployment = fixture.deployment(Partition::Aws);
    let keys = create_admitted_role(deployment);
    let cluster = deployment.palette_cluster();
    let token = create_token(&fixture.cloud.url(), &keys, cluster.cluster.name(), 60);
    let call_api = async |method: &str, path: &str, body: Option<&Value>| {
        call(deployment, (method, path), Some(&token), body).await
    };
    let config_map = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "palette-global-config"}, "data": {"managementClusterName": "x"}});
    let (status, error) = call_api("POST", CONFIG_MAPS, Some(&config_map)).await;
    assert_eq!((status, &error["reason"]), (409, &json!("AlreadyExists")), "{error}");
    cluster.break_with(Breakage::NoConfigMap);
    let (status, created) = call_api("POST", CONFIG_MAPS, Some(&config_map)).await;
    assert_eq!(
        (status, &created["metadata"]["namespace"]),
        (201, &json!("kube-system")),
        "{created}"
    );
    let other_namespace = "/api/v1/namespaces/hubble-system/configmaps";
    assert_eq!(
        call_api("POST", other_namespace, Some(&config_map)).await.0,
        403,
        "the role has no permission in this namespace"
    );
    assert_eq!(
        call_api("DELETE", &format!("{CONFIG_MAPS}/palette-global-config"), None).await.0,
        403
    );
    let pods_path = "/api/v1/namespaces/hubble-system/pods?labelSelector=app%3Dspectro-hubble";
    let (status, pods) = call_api("GET", pods_path, None).await;
    assert_eq!((status, pods["items"].as_array().unwrap().len()), (200, 2), "{pods}");
    assert_eq!(call_api("GET", "/api/v1/namespaces/hubble-system/secrets", None).await.0, 404);
    cluster.break_with(Breakage::NoRbacPermissions);
    let (status, error) = call_api("GET", CONFIG_MAPS, None).await;
    assert!(status == 403 && error["message"].as_str().unwrap().contains("cannot list"), "{error}");
    fixture.cloud.fault(Fault::on("kubernetes", "get /version", Effect::Throttle).once());
    let (status, error) = call_api("GET", "/version", None).await;
    assert_eq!((status, &error["kind"]), (429, &json!("Status")));
    let calls = fixture.cloud.calls().for_operation("kubernetes", "create configmaps");
    assert!(calls[0].principal.as_ref().unwrap().contains(":assumed-role/Watcher/"), "{calls:?}");
}
