//! Collects evidence for the search for secrets in the classified partitions.

use acceptance::{
    TestApp,
    classified::{key_fields, portal, portal_access, portal_request},
    evidence::Evidence,
    with,
};
use gangway_model::Partition;
use local_cloud::{
    Effect,
    canaries::{Canary, SecretKind},
    certificates::{CertificateSpec, KeyType},
    palette::SecretsOnRead,
};
use serde_json::json;

use crate::{
    faults::{ECHO_EFFECTS, OTHER_EFFECTS, send_requests_with_each_fault},
    flow::Flow,
    invalid_input,
    open_partitions::start_with_verbose_logs,
};

/// Returns a flow for each method of the classified partitions.
fn flows(app: &TestApp) -> [Flow; 2] {
    let (deployment, customer) = (app.deployment(), app.customer());
    let with_name = |name: &str, request| with(request, &json!({"name": name}));
    [
        Flow {
            method: "static-credentials",
            request: with_name("keys", key_fields(deployment, customer)),
            secrets: &["accessKeyId", "secretAccessKey", "certificateAuthority"],
        },
        Flow {
            method: "scap",
            request: with_name("portal", portal_request(deployment, customer)),
            secrets: &["certificateAuthority", "userCertificate", "userKey"],
        },
    ]
}

/// Registers, changes and removes an account with each method. Also sends all invalid requests, and
/// private keys that do not belong to the client certificate.
pub(crate) async fn run_whole_lifecycle(partition: Partition) -> Evidence {
    let app = start_with_verbose_logs(partition).await;
    let (customer, palette) = (app.customer(), app.cloud().palette());
    let mut evidence = Evidence::default();
    for flow in flows(&app) {
        for secret in [&portal_access(customer).certificate.key, &customer.keys.secret] {
            invalid_input::send_all_invalid_requests(&app, &flow, secret, &mut evidence).await;
        }
        for key in [KeyType::P256, KeyType::Rsa, KeyType::Ed25519] {
            let entity = &portal_access(customer).common_name;
            let other = portal(app.deployment())
                .issue(&CertificateSpec { key_type: key, ..CertificateSpec::client(entity) });
            let with_other_key = with(flow.request.clone(), &json!({"userKey": other.key}));
            evidence.add_response(&app.post(&flow.route(), &with_other_key).await);
            evidence.add_secrets([Canary::new(SecretKind::PrivateKey, "another", &other.key)]);
            evidence.add_public(other.certificate);
        }
        // Palette does not know this access portal. Its error message repeats the request.
        let portals = std::mem::take(&mut palette.records().portals);
        evidence.add_response(&app.post(&flow.route(), &flow.request).await);
        palette.records().portals = portals;
        let (uid, receipt) = flow.register(&app, flow.method).await;
        evidence.add_response(&receipt);
        for mode in [SecretsOnRead::Plain, SecretsOnRead::Masked] {
            palette.configure(|behaviour| behaviour.secrets = mode);
            for response in flow.send_all_requests(&app, flow.method, &uid).await {
                evidence.add_response(&response);
            }
        }
        palette.configure(|behaviour| behaviour.secrets = SecretsOnRead::Plain);
        for response in flow.send_events(&app, "event").await {
            evidence.add("responses to events", response);
        }
        evidence.add_response(&app.delete(&format!("/v1/tenant/accounts/{uid}")).await);
    }
    evidence.add_partition(app.cloud(), app.deployment());
    evidence
}

/// Sends every request while one service after the other fails in this way.
async fn run_with_fault(effect: Effect) -> Evidence {
    let app = start_with_verbose_logs(Partition::AwsIsoB).await;
    let mut evidence = Evidence::default();
    send_requests_with_each_fault(
        &app,
        &flows(&app),
        &["sts", "iam", "secretsmanager", "palette", "scap"],
        effect,
        &mut evidence,
    )
    .await;
    evidence.add_partition(app.cloud(), app.deployment());
    evidence
}

/// Returns a run for each fault. Each run has its own local cloud.
pub(crate) fn runs_with_faults()
-> impl Iterator<Item = impl Future<Output = Evidence> + Send + 'static> {
    ECHO_EFFECTS.into_iter().chain(OTHER_EFFECTS).map(run_with_fault)
}
