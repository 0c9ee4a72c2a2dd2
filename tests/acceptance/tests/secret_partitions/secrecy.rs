//! F15, F95: keys and private keys are told to Palette and kept in Secrets Manager, and are nowhere else.

use acceptance::{
    Answer, Stage,
    enclave::{access, portal},
    evidence::Evidence,
    with,
};
use local_cloud::{
    Effect, Fault,
    canaries::{Canary, Kind},
    certificates::{KeyKind, Wish},
    palette::SecretsOnRead,
};
use serde_json::{Value, json};

use crate::way::{BOTH, Way, play};

/// A whole life with both methods, through everything that can go wrong on the way; every answer of it.
async fn a_life(stage: &Stage, evidence: &mut Evidence) -> Vec<Answer> {
    let (customer, palette) = (stage.customer(), stage.cloud().palette());
    let entity = &access(customer).entity;
    palette.behave(|behaviour| behaviour.errors_repeat_secrets = true);
    let mut answers = Vec::new();
    for way in BOTH {
        let request = way.request(stage, customer, &format!("prod-{}", way.id()));
        let key = &access(customer).identity.key;
        for wrong in [
            json!({"colour": key}),
            json!({"description": key, "name": key}),
            json!({"privateCloudGateway": key}),
            json!({key.as_str(): 1}),
            json!({"certificateAuthority": key}),
            json!({"userCertificate": key}),
            json!({"agency": key, "role": key, "rolePrefix": key}),
            json!({"userKey": format!("{key}{key}")}),
            json!({"userKey": key.replace('\n', " ")}),
            json!({"userKey": [key]}),
            json!({"secretArn": key}),
            json!({"secretAccessKey": [customer.keys.secret]}),
        ] {
            answers.push(way.register(stage, &with(request.clone(), &wrong)).await);
        }
        if way == Way::Portal {
            for key in [KeyKind::P256, KeyKind::Rsa, KeyKind::Ed25519] {
                let other = portal(stage.realm()).issue(&Wish { key, ..Wish::client(entity) });
                evidence.secret([Canary::new(Kind::PrivateKey, "another", &other.key)]);
                evidence.public(other.certificate.as_str());
                let swapped = json!({"userKey": other.key});
                answers.push(way.register(stage, &with(request.clone(), &swapped)).await);
            }
            for effect in
                [Effect::Garbage, Effect::InternalError, Effect::CutBefore, Effect::CutAfter]
            {
                let service = portal(stage.realm()).kind().service();
                stage.cloud().fault(Fault::on(service, "*", effect));
                answers.push(way.register(stage, &request).await);
                stage.cloud().faults().clear();
            }
        }
        // Palette's refusal repeats what it was sent.
        let portals = palette.records().portals.clone();
        palette.records().portals.clear();
        stage.cloud().fault(Fault::on("sts", "GetCallerIdentity", Effect::InternalError).nth(2));
        answers.push(way.register(stage, &request).await);
        stage.cloud().faults().clear();
        palette.records().portals = portals;
        for effect in [Effect::InternalError, Effect::Garbage, Effect::CutAfter] {
            stage.cloud().fault(Fault::on("palette", "POST /v1/cloudaccounts/aws", effect).once());
            answers.push(way.register(stage, &request).await);
            stage.cloud().faults().clear();
        }
        for service in ["iam", "sts", "secretsmanager"] {
            stage.cloud().fault(Fault::on(service, "*", Effect::Garbage));
            answers.push(way.register(stage, &request).await);
            stage.cloud().faults().clear();
        }
        let receipt = way.register(stage, &request).await;
        assert!([200, 201].contains(&receipt.status), "{}", receipt.text);
        let path = format!("/v1/accounts/{}", receipt.uid());
        for shown in [SecretsOnRead::Real, SecretsOnRead::Masked] {
            palette.behave(|behaviour| behaviour.secrets = shown);
            answers.push(stage.get("/v1/accounts").await);
            answers.push(stage.get(&path).await);
            answers.push(stage.post(&format!("{path}/validate"), &json!({})).await);
            let again = with(request.clone(), &json!({"description": format!("{shown:?}")}));
            answers.push(
                stage.put(&format!("/v1/accounts/{}/{}", way.id(), receipt.uid()), &again).await,
            );
        }
        palette.behave(|behaviour| behaviour.secrets = SecretsOnRead::Real);
        answers.push(stage.post("/v1/policies", &json!({"uid": receipt.uid()})).await);
        answers.push(receipt);
    }
    answers
}

#[tokio::test]
async fn f15_f95_no_byte_of_a_key_is_in_answers_logs_annotations_names_or_tags() {
    for partition in acceptance::enclave::ENCLAVES {
        let stage = Stage::start(partition).await;
        let mut evidence = Evidence::default();
        for answer in a_life(&stage, &mut evidence).await {
            evidence.answer(&answer);
        }
        evidence.of(stage.cloud(), stage.realm());
        evidence.assert_silent();
        assert!(stage.logs().lines().count() > 20, "the functions write logs");
        assert_eq!(stage.kept().len(), 2, "{:?}", stage.kept());
        for secret in stage.realm().deployment.secrets() {
            if secret.name.starts_with(&format!("gangway/{partition}/")) {
                assert!(secret.kms_key.is_some_and(|key| key.contains(":kms:")), "{}", secret.name);
            }
        }
    }
}

#[tokio::test]
async fn f95_an_event_may_not_carry_a_private_key() {
    play(&[Way::Portal], |stage: Stage, way: Way| async move {
        let request = way.request(&stage, stage.customer(), "prod");
        let deliveries = stage.event(&with(request, &json!({"method": way.id()}))).await;
        let [delivery] = deliveries.as_slice() else { panic!("one function: {deliveries:?}") };
        let answer = delivery.outcome.as_ref().expect("an answer, not to be delivered again");
        assert_eq!(answer["outcome"], "rejected", "{answer:#}");
        let pointers: Vec<&Value> = answer["problem"]["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|error| &error["pointer"])
            .collect();
        assert!(pointers.contains(&&json!("/userKey")), "{answer:#}");
        let mut evidence = Evidence::default();
        evidence.add("the answer to the event", answer.to_string());
        evidence.of(stage.cloud(), stage.realm());
        evidence.assert_silent();
        stage.assert_untouched();
    })
    .await;
}
