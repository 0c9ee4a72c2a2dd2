//! Leak tests of the classified partitions.

use acceptance::{
    TestApp,
    classified::{key_fields, portal, portal_access, portal_request},
    evidence::Evidence,
    with,
};
use gangway_model::Partition;
use local_cloud::{
    Effect,
    canaries::{Canary, Kind},
    certificates::{CertificateSpec, KeyKind},
    palette::SecretsOnRead,
};
use serde_json::json;

use crate::{
    faults::{ECHOES, OTHERS, inject_each},
    flow::Flow,
    invalid_input,
    open_partitions::app,
};

fn flows(app: &TestApp) -> [Flow; 2] {
    let (realm, customer) = (app.realm(), app.customer());
    let named = |name: &str, request| with(request, &json!({"name": name}));
    [
        Flow {
            method: "static-credentials",
            request: named("keys", key_fields(realm, customer)),
            secrets: &["accessKeyId", "secretAccessKey", "certificateAuthority"],
        },
        Flow {
            method: "scap",
            request: named("portal", portal_request(realm, customer)),
            secrets: &["certificateAuthority", "userCertificate", "userKey"],
        },
    ]
}

/// A whole life, with every wrong input and with keys that are not the certificate's.
pub(crate) async fn whole_lifecycle(partition: Partition) -> Evidence {
    let app = app(partition).await;
    let (customer, palette) = (app.customer(), app.cloud().palette());
    let mut evidence = Evidence::default();
    for flow in flows(&app) {
        for secret in [&portal_access(customer).identity.key, &customer.keys.secret] {
            invalid_input::inputs(&app, &flow, secret, &mut evidence).await;
        }
        for key in [KeyKind::P256, KeyKind::Rsa, KeyKind::Ed25519] {
            let entity = &portal_access(customer).entity;
            let other = portal(app.realm())
                .issue(&CertificateSpec { key, ..CertificateSpec::client(entity) });
            let swapped = with(flow.request.clone(), &json!({"userKey": other.key}));
            evidence.add_response(&app.post(&flow.route(), &swapped).await);
            evidence.add_secrets([Canary::new(Kind::PrivateKey, "another", &other.key)]);
            evidence.add_public(other.certificate);
        }
        // Palette does not know the portal; its error repeats what it received.
        let portals = std::mem::take(&mut palette.records().portals);
        evidence.add_response(&app.post(&flow.route(), &flow.request).await);
        palette.records().portals = portals;
        let (uid, receipt) = flow.registered(&app, flow.method).await;
        evidence.add_response(&receipt);
        for shown in [SecretsOnRead::Real, SecretsOnRead::Masked] {
            palette.behave(|behaviour| behaviour.secrets = shown);
            for response in flow.ask_all(&app, flow.method, &uid).await {
                evidence.add_response(&response);
            }
        }
        palette.behave(|behaviour| behaviour.secrets = SecretsOnRead::Real);
        for told in flow.by_event(&app, "event").await {
            evidence.add("answers to events", told);
        }
        evidence.add_response(&app.delete(&format!("/v1/accounts/{uid}")).await);
    }
    evidence.of(app.cloud(), app.realm());
    evidence
}

/// Sends every request while a service fails in this way.
async fn with_fault(effect: Effect) -> Evidence {
    let app = app(Partition::AwsIsoB).await;
    let mut evidence = Evidence::default();
    inject_each(
        &app,
        &flows(&app),
        &["sts", "iam", "secretsmanager", "palette", "scap"],
        effect,
        &mut evidence,
    )
    .await;
    evidence.of(app.cloud(), app.realm());
    evidence
}

/// Every fault, each in its own local cloud.
pub(crate) fn all_with_faults()
-> impl Iterator<Item = impl Future<Output = Evidence> + Send + 'static> {
    ECHOES.into_iter().chain(OTHERS).map(with_fault)
}
