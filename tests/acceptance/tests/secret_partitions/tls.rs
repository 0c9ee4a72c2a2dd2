//! Every TLS client of the functions trusts its CA bundle and nothing else.
//!
//! Secrets Manager, STS with IAM, Palette and the portal each have their own address and their own
//! CA certificate. Each CA certificate is in one CA bundle only.

use acceptance::{
    HttpResponse, TestApp,
    classified::{CLASSIFIED_PARTITIONS, portal},
    methods::CLASSIFIED_METHODS,
    text, with,
};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{TlsEndpoint, lambda::LambdaFunction};
use serde_json::{Value, json};

/// The name of the secret with the CA bundle for AWS.
const AWS_BUNDLE: &str = "gangway/aws-ca-bundle";
/// The name of the secret with the CA bundle for Palette.
const PALETTE_BUNDLE: &str = "gangway/palette-ca-bundle";

/// Invokes a function with its sample event for a validation and this request. Returns the
/// response.
pub(crate) async fn invoke_validation(
    function: &LambdaFunction,
    method: AuthMethod,
    request: &Value,
) -> HttpResponse {
    let file =
        format!("{}/../../events/{}/http-validate.json", env!("CARGO_MANIFEST_DIR"), method.id());
    let sample = std::fs::read_to_string(file).expect("a sample event");
    let mut event: Value = serde_json::from_str(&sample).expect("JSON");
    event["body"] = request.to_string().into();
    let response = function.invoke(&event).await.expect("a response");
    let body = text(&response, "body").to_owned();
    let status = response["statusCode"].as_u64().and_then(|status| status.try_into().ok());
    HttpResponse {
        status: status.expect("a status"),
        headers: reqwest::header::HeaderMap::default(),
        body: serde_json::from_str(&body).expect("JSON"),
        text: body,
    }
}

/// A local cloud with one TLS endpoint for AWS and one for Palette, each with its own CA
/// certificate.
struct TlsSetup {
    app: TestApp,
    aws: TlsEndpoint,
    palette: TlsEndpoint,
}

impl TlsSetup {
    async fn start(partition: Partition) -> Self {
        let app = TestApp::start_with_tls(partition).await;
        let (aws, palette) =
            (app.cloud().start_tls_endpoint().await, app.cloud().start_tls_endpoint().await);
        app.deployment().put_secret(AWS_BUNDLE, &aws.ca_pem).await;
        app.deployment().put_secret(PALETTE_BUNDLE, &palette.ca_pem).await;
        Self { app, aws, palette }
    }

    fn request(&self, method: AuthMethod) -> Value {
        let request = self.app.request(method, self.app.customer(), "prod");
        if method == AuthMethod::StaticCredentials {
            // Palette calls AWS at another endpoint, so the request needs the CA certificates of
            // both.
            let first = self.app.cloud().ca_pem().unwrap_or_default();
            let both = format!("{}{first}", self.aws.ca_pem);
            with(request, &json!({"certificateAuthority": both}))
        } else {
            request
        }
    }

    /// Returns the function without some environment variables.
    fn function(&self, method: AuthMethod, without: &[&str]) -> LambdaFunction {
        let function = self.app.deployment().functions.get(method.id()).expect("the function");
        let mut variables = vec![
            ("AWS_ENDPOINT_URL_STS", Some(self.aws.url.as_str())),
            ("AWS_ENDPOINT_URL_IAM", Some(self.aws.url.as_str())),
            ("PALETTE_URL", Some(self.palette.url.as_str())),
        ];
        variables.extend(without.iter().map(|name| (*name, None)));
        function.with_environment(&variables)
    }
}

/// Acceptance rows: F72.
#[tokio::test]
async fn every_client_trusts_its_ca_bundle() {
    for partition in CLASSIFIED_PARTITIONS {
        let setup = TlsSetup::start(partition).await;
        for method in CLASSIFIED_METHODS {
            let response =
                invoke_validation(&setup.function(method, &[]), method, &setup.request(method))
                    .await;
            assert_eq!(response.ready(), Some(true), "{method:?}: {:#}", response.body);
            response.assert_check("aws.identity-valid", "passed", "", "");
            response.assert_check("palette.session", "passed", "", "");
            if method == AuthMethod::Scap {
                response.assert_check("portal.trusted", "passed", "", "");
            } else {
                response.assert_check("certificates.authority-signs-aws", "passed", "", "");
            }
        }
    }
}

/// Acceptance rows: F72.
#[tokio::test]
async fn no_client_trusts_a_ca_outside_its_bundle() {
    for partition in CLASSIFIED_PARTITIONS {
        let setup = TlsSetup::start(partition).await;
        for method in CLASSIFIED_METHODS {
            let request = setup.request(method);
            for (variable, service) in [
                ("GANGWAY_AWS_CA_BUNDLE_SECRET", "AWS STS"),
                ("PALETTE_CA_BUNDLE_SECRET", "Palette"),
            ] {
                let response =
                    invoke_validation(&setup.function(method, &[variable]), method, &request).await;
                assert_eq!(
                    response.status, 502,
                    "{method:?} without {variable}: {:#}",
                    response.body
                );
                assert!(
                    response.text_at("/detail").contains(service),
                    "{variable}: {:#}",
                    response.body
                );
            }
            // Without AWS_CA_BUNDLE, the function cannot read its secrets.
            let without_bundle = setup.function(method, &["AWS_CA_BUNDLE"]);
            let sample = json!({});
            assert!(
                without_bundle.invoke(&sample).await.is_err(),
                "{method:?} without AWS_CA_BUNDLE"
            );
        }
    }
}

/// Acceptance rows: F72.
#[tokio::test]
async fn portal_is_trusted_only_through_the_ca_of_the_request() {
    for partition in CLASSIFIED_PARTITIONS {
        let setup = TlsSetup::start(partition).await;
        let method = AuthMethod::Scap;
        let ca = portal(setup.app.deployment()).ca_pem();
        // The bundles for AWS and Palette contain the portal's CA certificate; the request does
        // not.
        setup.app.deployment().put_secret(AWS_BUNDLE, &format!("{}{ca}", setup.aws.ca_pem)).await;
        setup
            .app
            .deployment()
            .put_secret(PALETTE_BUNDLE, &format!("{}{ca}", setup.palette.ca_pem))
            .await;
        let wrong = with(setup.request(method), &json!({"certificateAuthority": setup.aws.ca_pem}));
        let response = invoke_validation(&setup.function(method, &[]), method, &wrong).await;
        assert_eq!(response.ready(), Some(false), "{:#}", response.body);
        response.assert_check(
            "portal.trusted",
            "failed",
            "UnknownIssuer",
            "root and intermediates",
        );
    }
}
