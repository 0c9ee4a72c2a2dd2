//! The open partitions: keys, a role, Pod Identity, and what all accounts have in common.

use acceptance::{
    Stage,
    evidence::{Evidence, talk},
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
    faults::{ECHOES, OTHERS, strike, strike_each},
    flow::Flow,
    wrong,
};

/// Whom the functions ask here.
const SERVICES: [&str; 6] = ["sts", "iam", "secretsmanager", "palette", "eks", "kubernetes"];

/// A stage whose functions talk, and where every call is kept.
pub(crate) async fn stage(partition: Partition) -> Stage {
    let stage = Stage::start(partition).await;
    talk(stage.realm());
    stage.cloud().palette().behave(|behaviour| behaviour.errors_repeat_secrets = true);
    stage.cloud().tap().open();
    stage
}

/// Every method of these partitions.
fn flows(stage: &Stage) -> [Flow; 3] {
    let customer = stage.customer();
    let keys = json!({
        "name": "keys",
        "accessKeyId": customer.keys.id,
        "secretAccessKey": customer.keys.secret,
    });
    let cluster = stage.realm().palette_cluster().work_for(Case::CrossAccount);
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
async fn helpers(stage: &Stage, evidence: &mut Evidence) {
    let cluster = stage.realm().palette_cluster();
    let name =
        cluster.request(Case::CrossAccount)["clusterName"].as_str().unwrap_or_default().to_owned();
    evidence.answer(&stage.get("/v1/accounts/sts/trust").await);
    evidence
        .answer(&stage.get(&format!("/v1/accounts/pod-identity/plan?clusterName={name}")).await);
}

/// A whole life in fair weather and in a broken set-up, with every wrong input.
pub(crate) async fn life(partition: Partition) -> Evidence {
    let stage = stage(partition).await;
    let (customer, palette) = (stage.customer(), stage.cloud().palette());
    let mut evidence = Evidence::default();
    for flow in flows(&stage) {
        wrong::inputs(&stage, &flow, &customer.keys.secret, &mut evidence).await;
        // Pod Identity makes what is missing.
        stage
            .realm()
            .palette_cluster()
            .break_it(Way::NotAssociated(HUBBLE_SERVICE_ACCOUNT))
            .break_it(Way::NotAssociated(IDENTITY_SERVICE_ACCOUNT));
        // A broken set-up: Palette's refusal repeats what it was sent.
        customer.disallow(PolicyDocument::Controller);
        customer.trust_with_wrong_external_id();
        customer.deactivate_keys();
        let validate = format!("{}/validate", flow.route());
        evidence.answer(&stage.post(&validate, &flow.request).await);
        evidence.answer(&stage.post(&flow.route(), &flow.request).await);
        customer.allow(PolicyDocument::Controller);
        customer.trust_palette();
        customer.activate_keys();
        let (uid, receipt) = flow.aboard(&stage, "prod").await;
        evidence.answer(&receipt);
        for shown in [SecretsOnRead::Real, SecretsOnRead::Masked] {
            palette.behave(|behaviour| behaviour.secrets = shown);
            for answer in flow.ask_all(&stage, "prod", &uid).await {
                evidence.answer(&answer);
            }
        }
        palette.behave(|behaviour| behaviour.secrets = SecretsOnRead::Real);
        for told in flow.by_event(&stage, "event").await {
            evidence.add("answers to events", told);
        }
        evidence.answer(&stage.delete(&format!("/v1/accounts/{uid}")).await);
    }
    helpers(&stage, &mut evidence).await;
    keys_of_palette(&stage, &mut evidence).await;
    evidence.of(stage.cloud(), stage.realm());
    evidence
}

/// Palette's own key is not taken, or not to be read.
async fn keys_of_palette(stage: &Stage, evidence: &mut Evidence) {
    stage.cloud().palette().behave(|behaviour| behaviour.refused_key = RefusedKey::NotFoundWithKey);
    for held in [
        format!("{{\"apiKey\": \"{ADMIN_KEY}\""),
        format!("{ADMIN_KEY}\n{ADMIN_KEY}"),
        format!("{{\"other\": \"{ADMIN_KEY}\"}}"),
        format!("[\"{ADMIN_KEY}\"]"),
        format!("x{ADMIN_KEY}"),
    ] {
        stage.realm().keep(API_KEY_SECRET, &held).await;
        stage.realm().functions.kill();
        evidence.answer(&stage.get("/v1/accounts").await);
        evidence.answer(&stage.get("/v1/accounts/sts/trust").await);
    }
    stage.realm().keep(API_KEY_SECRET, ADMIN_KEY).await;
}

/// Every question while a service answers everything in this way.
pub(crate) async fn struck(effect: Effect) -> Evidence {
    let stage = stage(Partition::Aws).await;
    let mut evidence = Evidence::default();
    strike_each(&stage, &flows(&stage), &SERVICES, effect, &mut evidence).await;
    for service in SERVICES.into_iter().filter(|_| matches!(effect, Effect::Echo(_))) {
        strike(&stage, service, effect);
        helpers(&stage, &mut evidence).await;
    }
    stage.cloud().faults().clear();
    evidence.of(stage.cloud(), stage.realm());
    evidence
}

/// Every way to fail, each in a world of its own.
pub(crate) fn all_struck() -> impl Iterator<Item = impl Future<Output = Evidence> + Send + 'static>
{
    ECHOES.into_iter().chain(OTHERS).map(struck)
}
