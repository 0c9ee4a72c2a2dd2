//! Leak tests of the open partitions: static credentials, STS, Pod Identity and common requests.

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
    palette::{ADMIN_KEY, RefusedKey, SecretsOnRead},
    world::{API_KEY_SECRET, Case, Way},
};
use serde_json::json;

use crate::{
    faults::{ECHOES, OTHERS, inject, inject_each},
    flow::Flow,
    invalid_input,
};

/// Whom the functions ask here.
const SERVICES: [&str; 6] = ["sts", "iam", "secretsmanager", "palette", "eks", "kubernetes"];

/// Starts a cloud with verbose logs and a record of every call.
pub(crate) async fn app(partition: Partition) -> TestApp {
    let app = TestApp::start(partition).await;
    enable_verbose_logs(app.realm());
    app.cloud().palette().behave(|behaviour| behaviour.errors_repeat_secrets = true);
    app.cloud().tap().open();
    app
}

/// Every method of these partitions.
fn flows(app: &TestApp) -> [Flow; 3] {
    let customer = app.customer();
    let keys = json!({
        "name": "keys",
        "accessKeyId": customer.keys.id,
        "secretAccessKey": customer.keys.secret,
    });
    let cluster = app.realm().palette_cluster().work_for(Case::CrossAccount);
    let mut pods = cluster.request(Case::CrossAccount);
    pods["name"] = json!("pods");
    pods["ensureAssociations"] = json!(true);
    pods["ensureConfigMap"] = json!(true);
    [
        Flow {
            method: "static-credentials",
            request: keys,
            secrets: &["accessKeyId", "secretAccessKey"],
        },
        Flow {
            method: "sts",
            request: json!({"name": "role", "roleArn": customer.role.arn()}),
            secrets: &[],
        },
        Flow { method: "pod-identity", request: pods, secrets: &[] },
    ]
}

/// What only one method has.
async fn helpers(app: &TestApp, evidence: &mut Evidence) {
    let cluster = app.realm().palette_cluster();
    let name =
        cluster.request(Case::CrossAccount)["clusterName"].as_str().unwrap_or_default().to_owned();
    evidence.add_response(&app.get("/v1/accounts/sts/trust").await);
    evidence.add_response(
        &app.get(&format!("/v1/accounts/pod-identity/plan?clusterName={name}")).await,
    );
}

/// The whole lifecycle of an account, without faults, with a broken setup and with every invalid
/// input.
pub(crate) async fn whole_lifecycle(partition: Partition) -> Evidence {
    let app = app(partition).await;
    let (customer, palette) = (app.customer(), app.cloud().palette());
    let mut evidence = Evidence::default();
    for flow in flows(&app) {
        invalid_input::inputs(&app, &flow, &customer.keys.secret, &mut evidence).await;
        // Pod Identity makes what is missing.
        app.realm()
            .palette_cluster()
            .break_it(Way::NotAssociated(HUBBLE_SERVICE_ACCOUNT))
            .break_it(Way::NotAssociated(IDENTITY_SERVICE_ACCOUNT));
        // A broken set-up: Palette's refusal repeats what it was sent.
        customer.disallow(PolicyDocument::Controller);
        customer.trust_with_wrong_external_id();
        customer.deactivate_keys();
        let validate = format!("{}/validate", flow.route());
        evidence.add_response(&app.post(&validate, &flow.request).await);
        evidence.add_response(&app.post(&flow.route(), &flow.request).await);
        customer.allow(PolicyDocument::Controller);
        customer.trust_palette();
        customer.activate_keys();
        let (uid, receipt) = flow.registered(&app, "prod").await;
        evidence.add_response(&receipt);
        for shown in [SecretsOnRead::Real, SecretsOnRead::Masked] {
            palette.behave(|behaviour| behaviour.secrets = shown);
            for response in flow.ask_all(&app, "prod", &uid).await {
                evidence.add_response(&response);
            }
        }
        palette.behave(|behaviour| behaviour.secrets = SecretsOnRead::Real);
        for told in flow.by_event(&app, "event").await {
            evidence.add("answers to events", told);
        }
        evidence.add_response(&app.delete(&format!("/v1/accounts/{uid}")).await);
    }
    helpers(&app, &mut evidence).await;
    keys_of_palette(&app, &mut evidence).await;
    evidence.of(app.cloud(), app.realm());
    evidence
}

/// Palette's own key is not taken, or not to be read.
async fn keys_of_palette(app: &TestApp, evidence: &mut Evidence) {
    app.cloud().palette().behave(|behaviour| behaviour.refused_key = RefusedKey::NotFoundWithKey);
    for held in [
        format!("{{\"apiKey\": \"{ADMIN_KEY}\""),
        format!("{ADMIN_KEY}\n{ADMIN_KEY}"),
        format!("{{\"other\": \"{ADMIN_KEY}\"}}"),
        format!("[\"{ADMIN_KEY}\"]"),
        format!("x{ADMIN_KEY}"),
    ] {
        app.realm().keep(API_KEY_SECRET, &held).await;
        app.realm().functions.kill();
        evidence.add_response(&app.get("/v1/accounts").await);
        evidence.add_response(&app.get("/v1/accounts/sts/trust").await);
    }
    app.realm().keep(API_KEY_SECRET, ADMIN_KEY).await;
}

/// Sends every request while a service fails in this way.
pub(crate) async fn with_fault(effect: Effect) -> Evidence {
    let app = app(Partition::Aws).await;
    let mut evidence = Evidence::default();
    inject_each(&app, &flows(&app), &SERVICES, effect, &mut evidence).await;
    for service in SERVICES.into_iter().filter(|_| matches!(effect, Effect::Echo(_))) {
        inject(&app, service, effect);
        helpers(&app, &mut evidence).await;
    }
    app.cloud().faults().clear();
    evidence.of(app.cloud(), app.realm());
    evidence
}

/// Every fault, each in its own local cloud.
pub(crate) fn all_with_faults()
-> impl Iterator<Item = impl Future<Output = Evidence> + Send + 'static> {
    ECHOES.into_iter().chain(OTHERS).map(with_fault)
}
