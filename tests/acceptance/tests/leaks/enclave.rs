//! The secret partitions: keys that come with a certification authority, and the access portal's.

use acceptance::{
    Stage,
    enclave::{access, keys, portal, through_portal},
    evidence::Evidence,
    with,
};
use gangway_model::Partition;
use local_cloud::{
    Effect,
    canaries::{Canary, Kind},
    certificates::{KeyKind, Wish},
    palette::SecretsOnRead,
};
use serde_json::json;

use crate::{
    faults::{ECHOES, OTHERS, strike_each},
    flow::Flow,
    open::stage,
    wrong,
};

fn flows(stage: &Stage) -> [Flow; 2] {
    let (realm, customer) = (stage.realm(), stage.customer());
    let named = |name: &str, request| with(request, &json!({"name": name}));
    [
        Flow {
            method: "static-credentials",
            request: named("keys", keys(realm, customer)),
            secrets: &["accessKeyId", "secretAccessKey", "certificateAuthority"],
        },
        Flow {
            method: "scap",
            request: named("portal", through_portal(realm, customer)),
            secrets: &["certificateAuthority", "userCertificate", "userKey"],
        },
    ]
}

/// A whole life, with every wrong input and with keys that are not the certificate's.
pub(crate) async fn life(partition: Partition) -> Evidence {
    let stage = stage(partition).await;
    let (customer, palette) = (stage.customer(), stage.cloud().palette());
    let mut evidence = Evidence::default();
    for flow in flows(&stage) {
        for secret in [&access(customer).identity.key, &customer.keys.secret] {
            wrong::inputs(&stage, &flow, secret, &mut evidence).await;
        }
        for key in [KeyKind::P256, KeyKind::Rsa, KeyKind::Ed25519] {
            let entity = &access(customer).entity;
            let other = portal(stage.realm()).issue(&Wish { key, ..Wish::client(entity) });
            let swapped = with(flow.request.clone(), &json!({"userKey": other.key}));
            evidence.answer(&stage.post(&flow.route(), &swapped).await);
            evidence.secret([Canary::new(Kind::PrivateKey, "another", &other.key)]);
            evidence.public(other.certificate);
        }
        // The portal is unknown to Palette, whose refusal repeats what it was sent.
        let portals = std::mem::take(&mut palette.records().portals);
        evidence.answer(&stage.post(&flow.route(), &flow.request).await);
        palette.records().portals = portals;
        let (uid, receipt) = flow.aboard(&stage, flow.method).await;
        evidence.answer(&receipt);
        for shown in [SecretsOnRead::Real, SecretsOnRead::Masked] {
            palette.behave(|behaviour| behaviour.secrets = shown);
            for answer in flow.ask_all(&stage, flow.method, &uid).await {
                evidence.answer(&answer);
            }
        }
        palette.behave(|behaviour| behaviour.secrets = SecretsOnRead::Real);
        for told in flow.by_event(&stage, "event").await {
            evidence.add("answers to events", told);
        }
        evidence.answer(&stage.delete(&format!("/v1/accounts/{uid}")).await);
    }
    evidence.of(stage.cloud(), stage.realm());
    evidence
}

/// Every question while a service answers everything in this way.
async fn struck(effect: Effect) -> Evidence {
    let stage = stage(Partition::AwsIsoB).await;
    let mut evidence = Evidence::default();
    strike_each(
        &stage,
        &flows(&stage),
        &["sts", "iam", "secretsmanager", "palette", "scap"],
        effect,
        &mut evidence,
    )
    .await;
    evidence.of(stage.cloud(), stage.realm());
    evidence
}

/// Every way to fail, each in a world of its own.
pub(crate) fn all_struck() -> impl Iterator<Item = impl Future<Output = Evidence> + Send + 'static>
{
    ECHOES.into_iter().chain(OTHERS).map(struck)
}
