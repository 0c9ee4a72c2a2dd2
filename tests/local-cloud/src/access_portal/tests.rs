use std::error::Error as _;

use serde_json::{Value, json};

use super::*;
use crate::{
    CloudOptions, Effect, Fault,
    aws::{AwsCredentials, client::AwsClient},
    certificates::{ExtendedKeyUsage, KeyType},
    http_client,
};

/// A cloud with one portal and one entitlement.
struct Scene {
    cloud: LocalCloud,
    portal: AccessPortal,
}

const KINDS: [(PortalKind, &str, &str); 2] = [
    (PortalKind::Cap, "aws-iso", "us-iso-east-1"),
    (PortalKind::Scap, "aws-iso-b", "us-isob-east-1"),
];

/// A response: status, content type and body.
type Told = (u16, String, Value);

impl Scene {
    async fn of(kind: PortalKind, partition: &str) -> Self {
        let cloud = LocalCloud::start(CloudOptions::default()).await;
        let portal = AccessPortal::start(&cloud, kind).await;
        let account = cloud.aws().account(partition, "300000000004");
        let holder = CredentialSource::Role(account.role("PROJECT_Ops"));
        let [name, agency, account_name, role] =
            ["ops.npe", "Survey", "north & south", "Ops"].map(str::to_owned);
        portal.add_entitlement(Entitlement {
            common_name: name,
            agency,
            account_name,
            account,
            role,
            credentials: holder,
        });
        Self { cloud, portal }
    }

    fn url(&self, [agency, account, role]: [&str; 3]) -> String {
        let [first, second, third] = self.portal.kind().parameters();
        format!("{}?{first}={agency}&{second}={account}&{third}={role}", self.portal.url())
    }

    fn good(&self) -> String {
        self.url(["Survey", "north%20%26%20south", "Ops"])
    }

    async fn told(&self, http: &reqwest::Client, url: &str) -> Told {
        let response = http.get(url).send().await.unwrap();
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        let status = response.status().as_u16();
        let body = response.text().await.unwrap();
        (status, content_type, serde_json::from_str(&body).unwrap_or_else(|_| json!(body)))
    }

    fn with(&self, body: &Value, region: &str) -> AwsClient {
        let part = |name: &str| body["Credentials"][name].as_str().unwrap().to_owned();
        let (id, secret) = (part("AccessKeyId"), part("SecretAccessKey"));
        let keys = AwsCredentials { id, secret, token: Some(part("SessionToken")) };
        AwsClient::new(http_client::client(None), &self.cloud.url(), region, &keys)
    }

    fn client(&self, wish: &CertificateSpec) -> reqwest::Client {
        let IssuedCertificate { certificate, key, .. } = self.portal.issue(wish);
        http_client::client_with_certificate(&self.portal.ca_pem(), &certificate, &key).unwrap()
    }
}

fn is_login(told: &Told) -> bool {
    told.0 == 200 && told.1.starts_with("text/html") && !told.2.to_string().contains("SecretAccess")
}

#[tokio::test]
async fn a_known_certificate_of_any_kind_of_key_gets_keys_that_aws_knows() {
    for (kind, partition, region) in KINDS {
        let scene = Scene::of(kind, partition).await;
        for key in [KeyType::P256, KeyType::P384, KeyType::Rsa, KeyType::Ed25519] {
            let http = scene
                .client(&CertificateSpec { key_type: key, ..CertificateSpec::client("ops.npe") });
            let (status, content_type, body) = scene.told(&http, &scene.good()).await;
            assert_eq!((status, content_type.as_str()), (200, "application/json"), "{body}");
            assert!(body["Credentials"]["Expiration"].as_str().unwrap().ends_with('Z'));
            let client = scene.with(&body, region);
            let identity = client.query("sts", "GetCallerIdentity", &[]).await.unwrap();
            let arn = format!("arn:{partition}:sts::300000000004:assumed-role/PROJECT_Ops/ops.npe");
            assert_eq!(identity.xml_element("Arn"), Some(arn.as_str()));
        }
        let calls = scene.cloud.calls().for_operation(kind.service(), OPERATION);
        assert_eq!(calls.len(), 4);
        assert_eq!(calls[0].principal.as_deref(), Some("ops.npe"));
    }
}

#[tokio::test]
async fn a_certificate_that_is_missing_or_not_good_gets_a_page_and_200() {
    let scene = Scene::of(PortalKind::Scap, "aws-iso-b").await;
    let good = CertificateSpec::client("ops.npe");
    let wishes = [
        good.clone().valid_days(-20, -1),
        good.clone().valid_days(1, 20),
        CertificateSpec { usages: vec![ExtendedKeyUsage::Server], ..good.clone() },
        CertificateSpec { usages: vec![ExtendedKeyUsage::CodeSigning], ..good.clone() },
    ];
    for wish in &wishes {
        assert!(is_login(&scene.told(&scene.client(wish), &scene.good()).await), "{wish:?}");
    }
    let none = http_client::client(Some(&scene.portal.ca_pem()));
    assert!(is_login(&scene.told(&none, &scene.good()).await));
    for stranger in [
        CertificateIssuer::new("Another Authority").issue(&good),
        scene.portal.chain().issue(&good),
    ] {
        let IssuedCertificate { certificate, key, .. } = &stranger;
        let http =
            http_client::client_with_certificate(&scene.portal.ca_pem(), certificate, key).unwrap();
        assert!(is_login(&scene.told(&http, &scene.good()).await));
    }
    let known = scene.portal.issue(&good);
    let client = |known: &IssuedCertificate| {
        http_client::client_with_certificate(&scene.portal.ca_pem(), &known.certificate, &known.key)
            .unwrap()
    };
    assert_eq!(scene.told(&client(&known), &scene.good()).await.1, "application/json");
    scene.portal.revoke(&known);
    assert!(is_login(&scene.told(&client(&known), &scene.good()).await));
}

#[tokio::test]
async fn the_portal_is_trusted_with_its_intermediate_and_refused_without() {
    let scene = Scene::of(PortalKind::Cap, "aws-iso").await;
    let chain = scene.portal.chain();
    let rows = [
        (chain.pem(), false, true),
        (chain.intermediate_pem(), false, true),
        (chain.root_pem(), false, false),
        (chain.root_pem(), true, true),
        (CertificateIssuer::new("Another Authority").pem(), true, false),
    ];
    for (pem, shows, trusted) in rows {
        scene.portal.configure(|behaviour| behaviour.sends_intermediate = shows);
        let sent = http_client::client(Some(&pem)).get(scene.good()).send().await;
        assert_eq!(sent.is_ok(), trusted);
        if let Err(error) = sent {
            let mut cause = error.source();
            let mut told = String::new();
            while let Some(one) = cause {
                told = one.to_string();
                cause = one.source();
            }
            assert!(told.contains("UnknownIssuer"), "{told}");
        }
    }
    let by_number = scene.good().replace("localhost", "127.0.0.1");
    let sent = http_client::client(Some(&chain.pem())).get(by_number).send().await;
    assert!(sent.is_err(), "the certificate is for the name only");
}

#[tokio::test]
async fn paths_and_parameters_are_exact_for_each_kind() {
    for (kind, partition, _) in KINDS {
        let scene = Scene::of(kind, partition).await;
        let http = scene.client(&CertificateSpec::client("ops.npe"));
        let url = scene.portal.url();
        let other = if kind == PortalKind::Cap { PortalKind::Scap } else { PortalKind::Cap };
        let [a, b, c] = kind.parameters();
        let rows = [
            (scene.url(["Survey", "300000000004", "Ops"]), 200),
            (url.clone(), 400),
            (format!("{url}?{a}=Survey&{b}=300000000004"), 400),
            (format!("{url}?{a}=Survey&{b}=300000000004&{c}="), 400),
            (format!("{url}?{a}=Survey&{b}=300000000004&{c}=Ops&{c}=Ops"), 400),
            (format!("{url}?{a}=Survey&{b}=300000000004&{c}=Ops&partition=x"), 400),
            (scene.good().replace(b, other.parameters()[1]), 400),
            (scene.url(["survey", "300000000004", "Ops"]), 400),
            (scene.url(["Survey", "300000000005", "Ops"]), 400),
            (scene.url(["Survey", "300000000004", "PROJECT_Ops"]), 400),
            (scene.good().replace(kind.path(), other.path()), 404),
            (scene.good().replace(kind.path(), &format!("{}/", kind.path())), 404),
        ];
        for (url, status) in rows {
            let told = scene.told(&http, &url).await;
            assert_eq!(told.0, status, "{url}: {}", told.2);
            if status == 400 {
                assert_eq!(told.2["status"], 400);
                assert!(told.2["message"].is_string());
            }
        }
        let stranger = scene.client(&CertificateSpec::client("somebody.npe"));
        assert_eq!(scene.told(&stranger, &scene.good()).await.2["status"], 403);
        assert_eq!(http.post(scene.good()).send().await.unwrap().status().as_u16(), 405);
    }
}

#[tokio::test]
async fn it_leaves_out_what_it_is_told_to_and_fails_as_it_is_told_to() {
    let scene = Scene::of(PortalKind::Scap, "aws-iso-b").await;
    let http = scene.client(&CertificateSpec::client("ops.npe"));
    scene.portal.configure(|behaviour| behaviour.lifetime = 0);
    let client = scene.with(&scene.told(&http, &scene.good()).await.2, "us-isob-east-1");
    let identity = client.query("sts", "GetCallerIdentity", &[]).await.unwrap();
    assert_eq!(identity.code().as_deref(), Some("ExpiredToken"));
    scene.portal.configure(|behaviour| behaviour.returns_expiration = false);
    let credentials = scene.told(&http, &scene.good()).await.2["Credentials"].clone();
    assert!(credentials["SessionToken"].is_string() && credentials["Expiration"].is_null());
    scene.portal.configure(|behaviour| behaviour.returns_token = false);
    assert!(scene.told(&http, &scene.good()).await.2["Credentials"]["SessionToken"].is_null());
    scene.portal.configure(|behaviour| behaviour.enabled = false);
    let told = scene.told(&http, &scene.good()).await;
    assert_eq!((told.0, told.2["message"].as_str()), (404, Some("API not enabled.")));
    let (status, content_type, body) = (200, "application/json".to_owned(), "{\"Cred".to_owned());
    scene.portal.configure(|behaviour| {
        behaviour.fixed_response = Some(FixedResponse { status, content_type, body });
    });
    assert_eq!(scene.told(&http, &scene.good()).await.2, json!("{\"Cred"));
    for (effect, status) in
        [(Effect::HtmlPage, 200), (Effect::Throttle, 429), (Effect::InternalError, 500)]
    {
        scene.cloud.fault(Fault::on("scap", OPERATION, effect).once());
        assert_eq!(scene.told(&http, &scene.good()).await.0, status);
    }
    scene.cloud.fault(Fault::on("scap", OPERATION, Effect::DisconnectBefore).once());
    assert!(http.get(scene.good()).send().await.is_err());
}

#[tokio::test]
async fn a_user_may_stand_behind_a_role_and_its_keys_have_no_end() {
    let scene = Scene::of(PortalKind::Scap, "aws-iso-b").await;
    let account = scene.cloud.aws().account("aws-iso-b", "400000000004");
    let holder = CredentialSource::User(account.user("emulated"));
    let [name, agency, account_name, role] = ["ops.npe", "A", "B", "C"].map(str::to_owned);
    scene.portal.add_entitlement(Entitlement {
        common_name: name,
        agency,
        account_name,
        account,
        role,
        credentials: holder,
    });
    let http = scene.client(&CertificateSpec::client("ops.npe"));
    let body = scene.told(&http, &scene.url(["A", "B", "C"])).await.2;
    assert!(body["Credentials"]["AccessKeyId"].as_str().unwrap().starts_with("AKIA"), "{body}");
    assert_eq!(body["Credentials"].as_object().unwrap().len(), 2);
    scene.portal.remove_entitlements("ops.npe");
    assert_eq!(scene.told(&http, &scene.url(["A", "B", "C"])).await.0, 400);
}
