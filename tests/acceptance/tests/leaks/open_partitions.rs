//! Collects evidence for the search for secrets in the commercial partition and in GovCloud.

use acceptance::{
    TestApp,
    evidence::{Evidence, enable_verbose_logs},
};
use gangway_model::Partition;
use gangway_policies::{
    PolicyDocument,
    pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT},
};
use local_cloud::{
    Effect,
    fixtures::{API_KEY_SECRET, Breakage, PodIdentityCase},
    palette::{ADMIN_KEY, InvalidKeyResponse, SecretsOnRead},
};
use serde_json::json;

use crate::{
    faults::{ECHO_EFFECTS, OTHER_EFFECTS, inject, send_requests_with_each_fault},
    flow::Flow,
    invalid_input,
};

/// The services that fail in [`run_with_fault`], one after the other.
const SERVICES: [&str; 6] = ["sts", "iam", "secretsmanager", "palette", "eks", "kubernetes"];

/// Starts a local cloud that records every call. Functions log as much as possible, and Palette
/// repeats secrets in its error messages.
pub(crate) async fn start_with_verbose_logs(partition: Partition) -> TestApp {
    let app = TestApp::start(partition).await;
    enable_verbose_logs(app.deployment());
    app.cloud().palette().configure(|behaviour| behaviour.errors_repeat_secrets = true);
    app.cloud().recorder().start();
    app
}

/// Returns a flow for each method of the commercial partition and GovCloud.
fn flows(app: &TestApp) -> [Flow; 3] {
    let customer = app.customer();
    let access_key_request = json!({
        "name": "keys",
        "accessKeyId": customer.keys.id,
        "secretAccessKey": customer.keys.secret,
    });
    let cluster = app.deployment().palette_cluster().restore_for(PodIdentityCase::CrossAccount);
    let mut pod_identity_request = cluster.request(PodIdentityCase::CrossAccount);
    pod_identity_request["name"] = json!("pods");
    pod_identity_request["ensureAssociations"] = json!(true);
    pod_identity_request["ensureConfigMap"] = json!(true);
    [
        Flow {
            method: "static-credentials",
            request: access_key_request,
            secrets: &["accessKeyId", "secretAccessKey"],
        },
        Flow {
            method: "sts",
            request: json!({"name": "role", "roleArn": customer.role.arn()}),
            secrets: &[],
        },
        Flow { method: "pod-identity", request: pod_identity_request, secrets: &[] },
    ]
}

/// Sends a request for the trust policy, and one for the plan of Pod Identity.
async fn get_trust_and_plan(app: &TestApp, evidence: &mut Evidence) {
    let cluster = app.deployment().palette_cluster();
    let name = cluster.request(PodIdentityCase::CrossAccount)["clusterName"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    evidence.add_response(&app.get("/v1/sts/trust").await);
    evidence.add_response(&app.get(&format!("/v1/pod-identity/plan?clusterName={name}")).await);
}

/// Registers, changes and removes an account with each method. Also sends all invalid requests, and
/// requests for an AWS account that fails checks.
pub(crate) async fn run_whole_lifecycle(partition: Partition) -> Evidence {
    let app = start_with_verbose_logs(partition).await;
    let (customer, palette) = (app.customer(), app.cloud().palette());
    let mut evidence = Evidence::default();
    for flow in flows(&app) {
        invalid_input::send_all_invalid_requests(&app, &flow, &customer.keys.secret, &mut evidence)
            .await;
        // Gangway creates these associations again, because the request asks for it.
        app.deployment()
            .palette_cluster()
            .break_with(Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT))
            .break_with(Breakage::NoAssociation(IDENTITY_SERVICE_ACCOUNT));
        // With these changes, Palette refuses the credentials. Its error message repeats the
        // request.
        customer.detach_policy(PolicyDocument::Controller);
        customer.trust_with_wrong_external_id();
        customer.deactivate_access_key();
        let validate = format!("{}/validate", flow.route());
        evidence.add_response(&app.post(&validate, &flow.request).await);
        evidence.add_response(&app.post(&flow.route(), &flow.request).await);
        customer.attach_policy(PolicyDocument::Controller);
        customer.trust_palette();
        customer.activate_access_key();
        let (uid, receipt) = flow.register(&app, "prod").await;
        evidence.add_response(&receipt);
        for mode in [SecretsOnRead::Plain, SecretsOnRead::Masked] {
            palette.configure(|behaviour| behaviour.secrets = mode);
            for response in flow.send_all_requests(&app, "prod", &uid).await {
                evidence.add_response(&response);
            }
        }
        palette.configure(|behaviour| behaviour.secrets = SecretsOnRead::Plain);
        for response in flow.send_events(&app, "event").await {
            evidence.add("responses to events", response);
        }
        evidence.add_response(&app.delete(&format!("/v1/tenant/accounts/{uid}")).await);
    }
    get_trust_and_plan(&app, &mut evidence).await;
    use_invalid_palette_keys(&app, &mut evidence).await;
    evidence.add_partition(app.cloud(), app.deployment());
    evidence
}

/// Sends requests while the secret with Palette's API key has invalid contents.
async fn use_invalid_palette_keys(app: &TestApp, evidence: &mut Evidence) {
    app.cloud()
        .palette()
        .configure(|behaviour| behaviour.invalid_key = InvalidKeyResponse::NotFoundWithKey);
    for content in [
        format!("{{\"apiKey\": \"{ADMIN_KEY}\""),
        format!("{ADMIN_KEY}\n{ADMIN_KEY}"),
        format!("{{\"other\": \"{ADMIN_KEY}\"}}"),
        format!("[\"{ADMIN_KEY}\"]"),
        format!("x{ADMIN_KEY}"),
    ] {
        app.deployment().put_secret(API_KEY_SECRET, &content).await;
        app.deployment().functions.stop_idle_instances();
        evidence.add_response(&app.get("/v1/tenant/accounts").await);
        evidence.add_response(&app.get("/v1/sts/trust").await);
    }
    app.deployment().put_secret(API_KEY_SECRET, ADMIN_KEY).await;
}

/// Sends every request while one service after the other fails in this way.
pub(crate) async fn run_with_fault(effect: Effect) -> Evidence {
    let app = start_with_verbose_logs(Partition::Aws).await;
    let mut evidence = Evidence::default();
    send_requests_with_each_fault(&app, &flows(&app), &SERVICES, effect, &mut evidence).await;
    for service in SERVICES.into_iter().filter(|_| matches!(effect, Effect::Echo(_))) {
        inject(&app, service, effect);
        get_trust_and_plan(&app, &mut evidence).await;
    }
    app.cloud().faults().clear();
    evidence.add_partition(app.cloud(), app.deployment());
    evidence
}

/// Returns a run for each fault. Each run has its own local cloud.
pub(crate) fn runs_with_faults()
-> impl Iterator<Item = impl Future<Output = Evidence> + Send + 'static> {
    ECHO_EFFECTS.into_iter().chain(OTHER_EFFECTS).map(run_with_fault)
}
