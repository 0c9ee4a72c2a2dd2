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
struct Fixture {
    cloud: LocalCloud,
    portal: AccessPortal,
}

const KINDS: [(PortalKind, &str, &str); 2] = [
    (PortalKind::Cap, "aws-iso", "us-iso-east-1"),
    (PortalKind::Scap, "aws-iso-b", "us-isob-east-1"),
];

/// A response: status, content type and body.
type PortalResponse = (u16, String, Value);

impl Fixture {
    async fn new(kind: PortalKind, partition: &str) -> Self {
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

    async fn response(&self, http: &reqwest::Client, url: &str) -> PortalResponse {
        let response = http.get(url).send().await.unwrap();
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        let status = response.status().as_u16();
        let body = response.text().await.unwrap();
        (status, content_type, serde_json::from_str(&body).unwrap_or_else(|_| json!(body)))
    }

    fn aws_client(&self, body: &Value, region: &str) -> AwsClient {
        let part = |name: &str| body["Credentials"][name].as_str().unwrap().to_owned();
        let (id, secret) = (part("AccessKeyId"), part("SecretAccessKey"));
        let keys = AwsCredentials { id, secret, token: Some(part("SessionToken")) };
        AwsClient::new(http_client::client(None), &self.cloud.url(), region, &keys)
    }

    fn client(&self, spec: &CertificateSpec) -> reqwest::Client {
        let IssuedCertificate { certificate, key, .. } = self.portal.issue(spec);
        http_client::client_with_certificate(&self.portal.ca_pem(), &certificate, &key).unwrap()
    }
}

fn is_login(response: &PortalResponse) -> bool {
    response.0 == 200
        && response.1.starts_with("text/html")
        && !response.2.to_string().contains("SecretAccess")
}

#[tokio::test]
async fn known_certificate_of_any_key_type_gets_credentials() {
    for (kind, partition, region) in KINDS {
        let fixture = Fixture::new(kind, partition).await;
        for key in [KeyType::P256, KeyType::P384, KeyType::Rsa, KeyType::Ed25519] {
            let http = fixture
                .client(&CertificateSpec { key_type: key, ..CertificateSpec::client("ops.npe") });
            let (status, content_type, body) = fixture.response(&http, &fixture.good()).await;
            assert_eq!((status, content_type.as_str()), (200, "application/json"), "{body}");
            assert!(body["Credentials"]["Expiration"].as_str().unwrap().ends_with('Z'));
            let client = fixture.aws_client(&body, region);
            let identity = client.query("sts", "GetCallerIdentity", &[]).await.unwrap();
            let arn = format!("arn:{partition}:sts::300000000004:assumed-role/PROJECT_Ops/ops.npe");
            assert_eq!(identity.xml_element("Arn"), Some(arn.as_str()));
        }
        let calls = fixture.cloud.calls().for_operation(kind.service(), OPERATION);
        assert_eq!(calls.len(), 4);
        assert_eq!(calls[0].principal.as_deref(), Some("ops.npe"));
    }
}

#[tokio::test]
async fn missing_or_invalid_certificate_gets_the_login_page() {
    let fixture = Fixture::new(PortalKind::Scap, "aws-iso-b").await;
    let good = CertificateSpec::client("ops.npe");
    let specs = [
        good.clone().valid_days(-20, -1),
        good.clone().valid_days(1, 20),
        CertificateSpec { usages: vec![ExtendedKeyUsage::Server], ..good.clone() },
        CertificateSpec { usages: vec![ExtendedKeyUsage::CodeSigning], ..good.clone() },
    ];
    for spec in &specs {
        assert!(
            is_login(&fixture.response(&fixture.client(spec), &fixture.good()).await),
            "{spec:?}"
        );
    }
    let none = http_client::client(Some(&fixture.portal.ca_pem()));
    assert!(is_login(&fixture.response(&none, &fixture.good()).await));
    for unknown in
        [CertificateIssuer::new("Another CA").issue(&good), fixture.portal.chain().issue(&good)]
    {
        let IssuedCertificate { certificate, key, .. } = &unknown;
        let http = http_client::client_with_certificate(&fixture.portal.ca_pem(), certificate, key)
            .unwrap();
        assert!(is_login(&fixture.response(&http, &fixture.good()).await));
    }
    let known = fixture.portal.issue(&good);
    let client = |known: &IssuedCertificate| {
        http_client::client_with_certificate(
            &fixture.portal.ca_pem(),
            &known.certificate,
            &known.key,
        )
        .unwrap()
    };
    assert_eq!(fixture.response(&client(&known), &fixture.good()).await.1, "application/json");
    fixture.portal.revoke(&known);
    assert!(is_login(&fixture.response(&client(&known), &fixture.good()).await));
}

#[tokio::test]
async fn portal_is_trusted_only_with_its_intermediate() {
    let fixture = Fixture::new(PortalKind::Cap, "aws-iso").await;
    let chain = fixture.portal.chain();
    let rows = [
        (chain.pem(), false, true),
        (chain.intermediate_pem(), false, true),
        (chain.root_pem(), false, false),
        (chain.root_pem(), true, true),
        (CertificateIssuer::new("Another CA").pem(), true, false),
    ];
    for (pem, shows, trusted) in rows {
        fixture.portal.configure(|behaviour| behaviour.sends_intermediate = shows);
        let sent = http_client::client(Some(&pem)).get(fixture.good()).send().await;
        assert_eq!(sent.is_ok(), trusted);
        if let Err(error) = sent {
            let mut cause = error.source();
            let mut response = String::new();
            while let Some(entitlement) = cause {
                response = entitlement.to_string();
                cause = entitlement.source();
            }
            assert!(response.contains("UnknownIssuer"), "{response}");
        }
    }
    let by_number = fixture.good().replace("localhost", "127.0.0.1");
    let sent = http_client::client(Some(&chain.pem())).get(by_number).send().await;
    assert!(sent.is_err(), "the certificate is for the name only");
}

#[tokio::test]
async fn paths_and_parameters_must_be_exact() {
    for (kind, partition, _) in KINDS {
        let fixture = Fixture::new(kind, partition).await;
        let http = fixture.client(&CertificateSpec::client("ops.npe"));
        let url = fixture.portal.url();
        let other = if kind == PortalKind::Cap { PortalKind::Scap } else { PortalKind::Cap };
        let [a, b, c] = kind.parameters();
        let rows = [
            (fixture.url(["Survey", "300000000004", "Ops"]), 200),
            (url.clone(), 400),
            (format!("{url}?{a}=Survey&{b}=300000000004"), 400),
            (format!("{url}?{a}=Survey&{b}=300000000004&{c}="), 400),
            (format!("{url}?{a}=Survey&{b}=300000000004&{c}=Ops&{c}=Ops"), 400),
            (format!("{url}?{a}=Survey&{b}=300000000004&{c}=Ops&partition=x"), 400),
            (fixture.good().replace(b, other.parameters()[1]), 400),
            (fixture.url(["survey", "300000000004", "Ops"]), 400),
            (fixture.url(["Survey", "300000000005", "Ops"]), 400),
            (fixture.url(["Survey", "300000000004", "PROJECT_Ops"]), 400),
            (fixture.good().replace(kind.path(), other.path()), 404),
            (fixture.good().replace(kind.path(), &format!("{}/", kind.path())), 404),
        ];
        for (url, status) in rows {
            let response = fixture.response(&http, &url).await;
            assert_eq!(response.0, status, "{url}: {}", response.2);
            if status == 400 {
                assert_eq!(response.2["status"], 400);
                assert!(response.2["message"].is_string());
            }
        }
        let unknown = fixture.client(&CertificateSpec::client("somebody.npe"));
        assert_eq!(fixture.response(&unknown, &fixture.good()).await.2["status"], 403);
        assert_eq!(http.post(fixture.good()).send().await.unwrap().status().as_u16(), 405);
    }
}

#[tokio::test]
async fn configured_behaviour_and_faults_change_the_response() {
    let fixture = Fixture::new(PortalKind::Scap, "aws-iso-b").await;
    let http = fixture.client(&CertificateSpec::client("ops.npe"));
    fixture.portal.configure(|behaviour| behaviour.lifetime = 0);
    let client =
        fixture.aws_client(&fixture.response(&http, &fixture.good()).await.2, "us-isob-east-1");
    let identity = client.query("sts", "GetCallerIdentity", &[]).await.unwrap();
    assert_eq!(identity.code().as_deref(), Some("ExpiredToken"));
    fixture.portal.configure(|behaviour| behaviour.returns_expiration = false);
    let credentials = fixture.response(&http, &fixture.good()).await.2["Credentials"].clone();
    assert!(credentials["SessionToken"].is_string() && credentials["Expiration"].is_null());
    fixture.portal.configure(|behaviour| behaviour.returns_token = false);
    assert!(
        fixture.response(&http, &fixture.good()).await.2["Credentials"]["SessionToken"].is_null()
    );
    fixture.portal.configure(|behaviour| behaviour.enabled = false);
    let response = fixture.response(&http, &fixture.good()).await;
    assert_eq!((response.0, response.2["message"].as_str()), (404, Some("API not enabled.")));
    let (status, content_type, body) = (200, "application/json".to_owned(), "{\"Cred".to_owned());
    fixture.portal.configure(|behaviour| {
        behaviour.fixed_response = Some(FixedResponse { status, content_type, body });
    });
    assert_eq!(fixture.response(&http, &fixture.good()).await.2, json!("{\"Cred"));
    for (effect, status) in
        [(Effect::HtmlPage, 200), (Effect::Throttle, 429), (Effect::InternalError, 500)]
    {
        fixture.cloud.fault(Fault::on("scap", OPERATION, effect).once());
        assert_eq!(fixture.response(&http, &fixture.good()).await.0, status);
    }
    fixture.cloud.fault(Fault::on("scap", OPERATION, Effect::DisconnectBefore).once());
    assert!(http.get(fixture.good()).send().await.is_err());
}

#[tokio::test]
async fn user_credentials_have_no_expiration() {
    let fixture = Fixture::new(PortalKind::Scap, "aws-iso-b").await;
    let account = fixture.cloud.aws().account("aws-iso-b", "400000000004");
    let holder = CredentialSource::User(account.user("emulated"));
    let [name, agency, account_name, role] = ["ops.npe", "A", "B", "C"].map(str::to_owned);
    fixture.portal.add_entitlement(Entitlement {
        common_name: name,
        agency,
        account_name,
        account,
        role,
        credentials: holder,
    });
    let http = fixture.client(&CertificateSpec::client("ops.npe"));
    let body = fixture.response(&http, &fixture.url(["A", "B", "C"])).await.2;
    assert!(body["Credentials"]["AccessKeyId"].as_str().unwrap().starts_with("AKIA"), "{body}");
    assert_eq!(body["Credentials"].as_object().unwrap().len(), 2);
    fixture.portal.remove_entitlements("ops.npe");
    assert_eq!(fixture.response(&http, &fixture.url(["A", "B", "C"])).await.0, 400);
}
