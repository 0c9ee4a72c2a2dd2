//! Tests of the fake access portal: certificates, query parameters, entitlements and behaviour.

use std::error::Error as _;

use serde_json::{Value, json};

use super::*;
use crate::{
    CloudOptions, Effect, Fault,
    aws::{AwsCredentials, client::AwsClient},
    certificates::{ExtendedKeyUsage, KeyType},
    http_client,
};

/// A local cloud with one access portal and one entitlement.
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
        let source = CredentialSource::Role(account.role("PROJECT_Ops"));
        let [name, agency, account_name, role] =
            ["ops.npe", "Survey", "north & south", "Ops"].map(str::to_owned);
        portal.add_entitlement(Entitlement {
            common_name: name,
            agency,
            account_name,
            account,
            role,
            credentials: source,
        });
        Self { cloud, portal }
    }

    /// Returns the URL of a request for an agency, account and role.
    fn url(&self, [agency, account, role]: [&str; 3]) -> String {
        let [first, second, third] = self.portal.kind().parameters();
        format!("{}?{first}={agency}&{second}={account}&{third}={role}", self.portal.url())
    }

    /// Returns the URL of a valid request.
    fn valid_url(&self) -> String {
        self.url(["Survey", "north%20%26%20south", "Ops"])
    }

    /// Sends a request to a URL.
    async fn get(&self, http: &reqwest::Client, url: &str) -> PortalResponse {
        let response = http.get(url).send().await.unwrap();
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        let status = response.status().as_u16();
        let body = response.text().await.unwrap();
        (status, content_type, serde_json::from_str(&body).unwrap_or_else(|_| json!(body)))
    }

    /// Returns an AWS client with the credentials in the body of a response.
    fn aws_client(&self, body: &Value, region: &str) -> AwsClient {
        let member = |name: &str| body["Credentials"][name].as_str().unwrap().to_owned();
        let (id, secret) = (member("AccessKeyId"), member("SecretAccessKey"));
        let keys = AwsCredentials { id, secret, token: Some(member("SessionToken")) };
        AwsClient::new(http_client::client(None), &self.cloud.url(), region, &keys)
    }

    /// Returns an HTTP client with a new certificate that the portal knows.
    fn client(&self, spec: &CertificateSpec) -> reqwest::Client {
        let IssuedCertificate { certificate, key, .. } = self.portal.issue(spec);
        http_client::client_with_certificate(&self.portal.ca_pem(), &certificate, &key).unwrap()
    }
}

fn is_login_page(response: &PortalResponse) -> bool {
    response.0 == 200
        && response.1.starts_with("text/html")
        && !response.2.to_string().contains("SecretAccess")
}

#[tokio::test]
async fn client_with_known_certificate_of_any_key_type_gets_credentials() {
    for (kind, partition, region) in KINDS {
        let fixture = Fixture::new(kind, partition).await;
        for key in [KeyType::P256, KeyType::P384, KeyType::Rsa, KeyType::Ed25519] {
            let http = fixture
                .client(&CertificateSpec { key_type: key, ..CertificateSpec::client("ops.npe") });
            let (status, content_type, body) = fixture.get(&http, &fixture.valid_url()).await;
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
async fn client_without_valid_certificate_gets_the_login_page() {
    let fixture = Fixture::new(PortalKind::Scap, "aws-iso-b").await;
    let valid_spec = CertificateSpec::client("ops.npe");
    let specs = [
        valid_spec.clone().with_validity_days(-20, -1),
        valid_spec.clone().with_validity_days(1, 20),
        CertificateSpec { usages: vec![ExtendedKeyUsage::Server], ..valid_spec.clone() },
        CertificateSpec { usages: vec![ExtendedKeyUsage::CodeSigning], ..valid_spec.clone() },
    ];
    for spec in &specs {
        assert!(
            is_login_page(&fixture.get(&fixture.client(spec), &fixture.valid_url()).await),
            "{spec:?}"
        );
    }
    let client_without_certificate = http_client::client(Some(&fixture.portal.ca_pem()));
    assert!(is_login_page(&fixture.get(&client_without_certificate, &fixture.valid_url()).await));
    for unknown_certificate in [
        CertificateIssuer::new("Another CA").issue(&valid_spec),
        fixture.portal.chain().issue(&valid_spec),
    ] {
        let IssuedCertificate { certificate, key, .. } = &unknown_certificate;
        let http = http_client::client_with_certificate(&fixture.portal.ca_pem(), certificate, key)
            .unwrap();
        assert!(is_login_page(&fixture.get(&http, &fixture.valid_url()).await));
    }
    let known_certificate = fixture.portal.issue(&valid_spec);
    let build_client = |issued: &IssuedCertificate| {
        http_client::client_with_certificate(
            &fixture.portal.ca_pem(),
            &issued.certificate,
            &issued.key,
        )
        .unwrap()
    };
    assert_eq!(
        fixture.get(&build_client(&known_certificate), &fixture.valid_url()).await.1,
        "application/json"
    );
    fixture.portal.revoke(&known_certificate);
    assert!(is_login_page(
        &fixture.get(&build_client(&known_certificate), &fixture.valid_url()).await
    ));
}

#[tokio::test]
async fn client_without_the_intermediate_certificate_does_not_trust_the_portal() {
    let fixture = Fixture::new(PortalKind::Cap, "aws-iso").await;
    let chain = fixture.portal.chain();
    let rows = [
        (chain.pem(), false, true),
        (chain.intermediate_pem(), false, true),
        (chain.root_pem(), false, false),
        (chain.root_pem(), true, true),
        (CertificateIssuer::new("Another CA").pem(), true, false),
    ];
    for (pem, sends_intermediate, is_trusted) in rows {
        fixture.portal.configure(|behaviour| behaviour.sends_intermediate = sends_intermediate);
        let result = http_client::client(Some(&pem)).get(fixture.valid_url()).send().await;
        assert_eq!(result.is_ok(), is_trusted);
        if let Err(error) = result {
            let mut cause = error.source();
            let mut last_message = String::new();
            while let Some(inner_error) = cause {
                last_message = inner_error.to_string();
                cause = inner_error.source();
            }
            assert!(last_message.contains("UnknownIssuer"), "{last_message}");
        }
    }
    let url_with_ip_address = fixture.valid_url().replace("localhost", "127.0.0.1");
    let result = http_client::client(Some(&chain.pem())).get(url_with_ip_address).send().await;
    assert!(result.is_err(), "the certificate is not valid for an IP address");
}

#[tokio::test]
async fn request_with_wrong_path_or_parameters_is_rejected() {
    for (kind, partition, _) in KINDS {
        let fixture = Fixture::new(kind, partition).await;
        let http = fixture.client(&CertificateSpec::client("ops.npe"));
        let url = fixture.portal.url();
        let other_kind = if kind == PortalKind::Cap { PortalKind::Scap } else { PortalKind::Cap };
        let [agency, account, role] = kind.parameters();
        let rows = [
            (fixture.url(["Survey", "300000000004", "Ops"]), 200),
            (url.clone(), 400),
            (format!("{url}?{agency}=Survey&{account}=300000000004"), 400),
            (format!("{url}?{agency}=Survey&{account}=300000000004&{role}="), 400),
            (format!("{url}?{agency}=Survey&{account}=300000000004&{role}=Ops&{role}=Ops"), 400),
            (format!("{url}?{agency}=Survey&{account}=300000000004&{role}=Ops&partition=x"), 400),
            (fixture.valid_url().replace(account, other_kind.parameters()[1]), 400),
            (fixture.url(["survey", "300000000004", "Ops"]), 400),
            (fixture.url(["Survey", "300000000005", "Ops"]), 400),
            (fixture.url(["Survey", "300000000004", "PROJECT_Ops"]), 400),
            (fixture.valid_url().replace(kind.path(), other_kind.path()), 404),
            (fixture.valid_url().replace(kind.path(), &format!("{}/", kind.path())), 404),
        ];
        for (url, status) in rows {
            let response = fixture.get(&http, &url).await;
            assert_eq!(response.0, status, "{url}: {}", response.2);
            if status == 400 {
                assert_eq!(response.2["status"], 400);
                assert!(response.2["message"].is_string());
            }
        }
        let client_without_entitlement = fixture.client(&CertificateSpec::client("somebody.npe"));
        assert_eq!(
            fixture.get(&client_without_entitlement, &fixture.valid_url()).await.2["status"],
            403
        );
        assert_eq!(http.post(fixture.valid_url()).send().await.unwrap().status().as_u16(), 405);
    }
}

#[tokio::test]
async fn response_follows_the_configured_behaviour_and_faults() {
    let fixture = Fixture::new(PortalKind::Scap, "aws-iso-b").await;
    let http = fixture.client(&CertificateSpec::client("ops.npe"));
    fixture.portal.configure(|behaviour| behaviour.lifetime = 0);
    let client =
        fixture.aws_client(&fixture.get(&http, &fixture.valid_url()).await.2, "us-isob-east-1");
    let identity = client.query("sts", "GetCallerIdentity", &[]).await.unwrap();
    assert_eq!(identity.code().as_deref(), Some("ExpiredToken"));
    fixture.portal.configure(|behaviour| behaviour.returns_expiration = false);
    let credentials = fixture.get(&http, &fixture.valid_url()).await.2["Credentials"].clone();
    assert!(credentials["SessionToken"].is_string() && credentials["Expiration"].is_null());
    fixture.portal.configure(|behaviour| behaviour.returns_token = false);
    assert!(
        fixture.get(&http, &fixture.valid_url()).await.2["Credentials"]["SessionToken"].is_null()
    );
    fixture.portal.configure(|behaviour| behaviour.enabled = false);
    let response = fixture.get(&http, &fixture.valid_url()).await;
    assert_eq!((response.0, response.2["message"].as_str()), (404, Some("API not enabled.")));
    let (status, content_type, body) = (200, "application/json".to_owned(), "{\"Cred".to_owned());
    fixture.portal.configure(|behaviour| {
        behaviour.fixed_response = Some(FixedResponse { status, content_type, body });
    });
    assert_eq!(fixture.get(&http, &fixture.valid_url()).await.2, json!("{\"Cred"));
    for (effect, status) in
        [(Effect::HtmlPage, 200), (Effect::Throttle, 429), (Effect::InternalError, 500)]
    {
        fixture.cloud.fault(Fault::on("scap", OPERATION, effect).once());
        assert_eq!(fixture.get(&http, &fixture.valid_url()).await.0, status);
    }
    fixture.cloud.fault(Fault::on("scap", OPERATION, Effect::DisconnectBefore).once());
    assert!(http.get(fixture.valid_url()).send().await.is_err());
}

#[tokio::test]
async fn access_key_of_a_user_is_returned_without_expiration() {
    let fixture = Fixture::new(PortalKind::Scap, "aws-iso-b").await;
    let account = fixture.cloud.aws().account("aws-iso-b", "400000000004");
    let source = CredentialSource::User(account.user("emulated"));
    let [name, agency, account_name, role] = ["ops.npe", "A", "B", "C"].map(str::to_owned);
    fixture.portal.add_entitlement(Entitlement {
        common_name: name,
        agency,
        account_name,
        account,
        role,
        credentials: source,
    });
    let http = fixture.client(&CertificateSpec::client("ops.npe"));
    let body = fixture.get(&http, &fixture.url(["A", "B", "C"])).await.2;
    assert!(body["Credentials"]["AccessKeyId"].as_str().unwrap().starts_with("AKIA"), "{body}");
    assert_eq!(body["Credentials"].as_object().unwrap().len(), 2);
    fixture.portal.remove_entitlements("ops.npe");
    assert_eq!(fixture.get(&http, &fixture.url(["A", "B", "C"])).await.0, 400);
}
