//! Collects evidence for the search for secrets in rotations of access keys.

use acceptance::{
    TestApp,
    evidence::{Evidence, enable_verbose_logs},
    methods::route,
};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault};
use serde_json::json;

use crate::faults::ECHO_EFFECTS;

/// The services that fail, one after the other.
const SERVICES: [&str; 5] = ["iam", "sts", "secretsmanager", "palette", "events"];

/// Rotates an access key several times. If there is an effect, one service after the other fails in
/// this way.
async fn run(partition: Partition, effect: Option<Effect>) -> Evidence {
    let app = TestApp::start_with_parameter(partition, "RotateKeysAfterDays", "90").await;
    enable_verbose_logs(app.deployment());
    app.cloud().palette().configure(|behaviour| behaviour.errors_repeat_secrets = true);
    app.cloud().recorder().start();
    app.customer().allow_key_rotation();
    let mut evidence = Evidence::default();
    let method = AuthMethod::StaticCredentials;
    let receipt = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
    receipt.assert_status(201);
    let account = format!("/v1/tenant/accounts/{}", receipt.uid());
    app.deployment().run_rotations().await;
    for service in SERVICES {
        evidence.add_response(&app.post(&format!("{account}/rotate"), &json!(null)).await);
        if let Some(effect) = effect {
            app.cloud()
                .fault(Fault::on(service, "*", effect).nth(2).times(2).external_calls_only());
        }
        for _attempt in 0..3 {
            let attempts = app.deployment().run_rotations().await;
            evidence.add("responses to Secrets Manager", format!("{attempts:?}"));
            app.cloud().faults().clear();
        }
        evidence.add_response(&app.get(&account).await);
    }
    let rotated = app.outcome_events().into_iter();
    let rotated = rotated.filter(|event| event["detail-type"] == "Gangway Credential Rotated");
    assert!(rotated.count() > 2, "{}", app.logs());
    evidence.add_partition(app.cloud(), app.deployment());
    evidence
}

/// Returns a run without faults in `aws` and one in `aws-iso-b`, and a run for each fault.
pub(crate) fn runs() -> impl Iterator<Item = impl Future<Output = Evidence> + Send + 'static> {
    let without_fault = [Partition::Aws, Partition::AwsIsoB].map(|partition| (partition, None));
    let with_faults = ECHO_EFFECTS.map(|effect| (Partition::Aws, Some(effect)));
    without_fault.into_iter().chain(with_faults).map(|(partition, effect)| run(partition, effect))
}
