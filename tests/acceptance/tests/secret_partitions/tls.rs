//! Trusted with the bundle, refused without: every client of the real binaries, by handshakes.
//!
//! AWS's secrets are behind the cloud's first address, STS and IAM behind another, Palette behind a third, the portal
//! behind a fourth; each has an authority of its own, and each authority is in one place only.

use acceptance::{
    Answer, Stage,
    enclave::{ENCLAVES, portal},
    text, with,
};
use gangway_model::Partition;
use local_cloud::{Door, functions::Lambda};
use serde_json::{Value, json};

use crate::way::{BOTH, Way};

/// The secrets with the bundles, as the template's parameters name them.
const AWS_BUNDLE: &str = "gangway/aws-ca-bundle";
const PALETTE_BUNDLE: &str = "gangway/palette-ca-bundle";

/// A validation, straight to a function, in the event of its sample.
pub(crate) async fn report(function: &Lambda, way: Way, request: &Value) -> Answer {
    let file =
        format!("{}/../../events/{}/http-validate.json", env!("CARGO_MANIFEST_DIR"), way.id());
    let sample = std::fs::read_to_string(file).expect("a sample event");
    let mut event: Value = serde_json::from_str(&sample).expect("JSON");
    event["body"] = request.to_string().into();
    let answer = function.invoke(&event).await.expect("an answer");
    let body = text(&answer, "body").to_owned();
    let status = answer["statusCode"].as_u64().and_then(|status| status.try_into().ok());
    Answer {
        status: status.expect("a status"),
        headers: reqwest::header::HeaderMap::default(),
        body: serde_json::from_str(&body).expect("JSON"),
        text: body,
    }
}

/// Four addresses, and a request that fits them.
struct Scene {
    stage: Stage,
    aws: Door,
    palette: Door,
}

impl Scene {
    async fn set(partition: Partition) -> Self {
        let stage = Stage::over_tls(partition).await;
        let (aws, palette) = (stage.cloud().door().await, stage.cloud().door().await);
        stage.realm().keep(AWS_BUNDLE, &aws.ca_pem).await;
        stage.realm().keep(PALETTE_BUNDLE, &palette.ca_pem).await;
        Self { stage, aws, palette }
    }

    fn request(&self, way: Way) -> Value {
        let request = way.request(&self.stage, self.stage.customer(), "prod");
        match way {
            // Palette reaches AWS by the cloud's first address.
            Way::Keys => {
                let first = self.stage.cloud().ca_pem().unwrap_or_default();
                let both = format!("{}{first}", self.aws.ca_pem);
                with(request, &json!({"certificateAuthority": both}))
            }
            Way::Portal => request,
        }
    }

    /// The function, with some variables taken away.
    fn function(&self, way: Way, without: &[&str]) -> Lambda {
        let function = self.stage.realm().functions.get(way.id()).expect("the function");
        let mut variables = vec![
            ("AWS_ENDPOINT_URL_STS", Some(self.aws.url.as_str())),
            ("AWS_ENDPOINT_URL_IAM", Some(self.aws.url.as_str())),
            ("PALETTE_URL", Some(self.palette.url.as_str())),
        ];
        variables.extend(without.iter().map(|name| (*name, None)));
        function.in_environment(&variables)
    }
}

#[tokio::test]
async fn f72_every_client_trusts_what_its_bundle_holds() {
    for partition in ENCLAVES {
        let scene = Scene::set(partition).await;
        for way in BOTH {
            let answer = report(&scene.function(way, &[]), way, &scene.request(way)).await;
            assert_eq!(answer.ready(), Some(true), "{way:?}: {:#}", answer.body);
            answer.assert_check("aws.identity-valid", "passed", "", "");
            answer.assert_check("palette.session", "passed", "", "");
            if way == Way::Portal {
                answer.assert_check("portal.trusted", "passed", "", "");
            } else {
                answer.assert_check("certificates.authority-signs-aws", "passed", "", "");
            }
        }
    }
}

#[tokio::test]
async fn f72_no_client_trusts_what_its_bundle_does_not_hold() {
    for partition in ENCLAVES {
        let scene = Scene::set(partition).await;
        for way in BOTH {
            let request = scene.request(way);
            for (variable, service) in [
                ("GANGWAY_AWS_CA_BUNDLE_SECRET", "AWS STS"),
                ("PALETTE_CA_BUNDLE_SECRET", "Palette"),
            ] {
                let answer = report(&scene.function(way, &[variable]), way, &request).await;
                assert_eq!(answer.status, 502, "{way:?} without {variable}: {:#}", answer.body);
                assert!(
                    answer.text_at("/detail").contains(service),
                    "{variable}: {:#}",
                    answer.body
                );
            }
            // Not even its settings can be read.
            let blind = scene.function(way, &["AWS_CA_BUNDLE"]);
            let sample = json!({});
            assert!(blind.invoke(&sample).await.is_err(), "{way:?} without AWS_CA_BUNDLE");
        }
    }
}

#[tokio::test]
async fn f72_the_portal_is_trusted_for_what_the_request_brings_and_for_nothing_else() {
    for partition in ENCLAVES {
        let scene = Scene::set(partition).await;
        let way = Way::Portal;
        let ca = portal(scene.stage.realm()).ca_pem();
        // Everybody else trusts the portal's authority, and the request does not.
        scene.stage.realm().keep(AWS_BUNDLE, &format!("{}{ca}", scene.aws.ca_pem)).await;
        scene.stage.realm().keep(PALETTE_BUNDLE, &format!("{}{ca}", scene.palette.ca_pem)).await;
        let wrong = with(scene.request(way), &json!({"certificateAuthority": scene.aws.ca_pem}));
        let answer = report(&scene.function(way, &[]), way, &wrong).await;
        assert_eq!(answer.ready(), Some(false), "{:#}", answer.body);
        answer.assert_check("portal.trusted", "failed", "UnknownIssuer", "root and intermediates");
    }
}
