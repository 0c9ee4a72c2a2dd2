//! F15, F95: what is secret is told to Palette and kept in Secrets Manager, and is nowhere else.

use acceptance::{Answer, PARTITIONS, Stage, evidence::Evidence};
use gangway_policies::PolicyDocument;
use local_cloud::{Effect, Fault, palette::SecretsOnRead};
use serde_json::{Value, json};

use crate::way::{BOTH, Way, in_palette, with};

/// What was answered, and all that was written, told to Palette or left behind: no secret but where it belongs.
fn assert_silent(stage: &Stage, answers: &[Answer]) {
    let mut evidence = Evidence::default();
    for answer in answers {
        evidence.answer(answer);
    }
    evidence.of(stage.cloud(), stage.realm());
    evidence.assert_silent();
}

/// A whole life with both methods, through everything that can go wrong on the way; every answer of it.
async fn a_life(stage: &Stage) -> Vec<Answer> {
    let (customer, palette) = (stage.customer(), stage.cloud().palette());
    let mut answers = Vec::new();
    palette.behave(|behaviour| behaviour.errors_repeat_secrets = true);
    for way in BOTH {
        let name = format!("prod-{}", way.id());
        let request = way.request(customer, &name);
        // Faults of the request itself, with a secret where none belongs.
        let secret = &customer.keys.secret;
        for wrong in [
            json!({"colour": secret}),
            json!({"description": secret, "name": secret}),
            json!({"privateCloudGateway": secret}),
            json!({secret.as_str(): 1}),
            json!({"policyArns": [secret]}),
        ] {
            answers.push(way.register(stage, &with(request.clone(), &wrong)).await);
        }
        // A broken set-up, where Palette's refusal repeats what it was sent.
        customer.disallow(PolicyDocument::Controller);
        customer.trust_with_wrong_external_id();
        customer.deactivate_keys();
        answers.push(way.validate(stage, &request).await);
        answers.push(way.register(stage, &request).await);
        answers.push(stage.post("/v1/policies", &nameless(&request)).await);
        customer.allow(PolicyDocument::Controller);
        customer.trust_palette();
        customer.activate_keys();
        if way == Way::Keys {
            let wrong = json!({"secretAccessKey": stage.neighbour().keys.secret});
            answers.push(way.register(stage, &with(request.clone(), &wrong)).await);
        }
        // Palette breaks, once before and once after the work is done.
        for effect in [Effect::InternalError, Effect::Garbage, Effect::CutAfter] {
            let fault = Fault::on("palette", "POST /v1/cloudaccounts/aws", effect);
            stage.cloud().fault(fault.once());
            answers.push(way.register(stage, &request).await);
            stage.cloud().faults().clear();
        }
        for service in ["iam", "sts", "secretsmanager"] {
            stage.cloud().fault(Fault::on(service, "*", Effect::Garbage));
            answers.push(way.register(stage, &request).await);
            stage.cloud().faults().clear();
        }
        let receipt = way.register(stage, &request).await;
        assert!([200, 201].contains(&receipt.status), "{receipt:?}");
        let uid = receipt.uid().to_owned();
        answers.push(receipt);
        answers.push(way.register(stage, &way.request(stage.neighbour(), &name)).await);
        let path = format!("/v1/accounts/{uid}");
        for secrets in [SecretsOnRead::Real, SecretsOnRead::Masked] {
            palette.behave(|behaviour| behaviour.secrets = secrets);
            answers.push(stage.get("/v1/accounts").await);
            answers.push(stage.get(&path).await);
            answers.push(stage.post(&format!("{path}/validate"), &json!({})).await);
            let again = with(request.clone(), &json!({"description": format!("{secrets:?}")}));
            answers.push(stage.put(&format!("{}/{uid}", way.route()), &again).await);
        }
        palette.behave(|behaviour| behaviour.secrets = SecretsOnRead::Real);
        answers.push(stage.post("/v1/policies", &json!({"uid": uid})).await);
    }
    answers.push(stage.get("/v1/accounts/sts/trust").await);
    answers.push(stage.get("/v1/private-cloud-gateways").await);
    answers
}

fn nameless(request: &Value) -> Value {
    let mut request = request.clone();
    request.as_object_mut().expect("an object").remove("name");
    request
}

#[tokio::test]
async fn f15_a_secret_access_key_is_in_no_answer_no_log_and_no_annotation() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let answers = a_life(&stage).await;
        assert_silent(&stage, &answers);
        assert!(stage.logs().lines().count() > 20, "the functions write logs");
    }
}

#[tokio::test]
async fn f95_secrets_are_kept_in_secrets_manager_under_the_stacks_key_and_nowhere_else() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let customer = stage.customer();
        let answers = a_life(&stage).await;
        assert_eq!(stage.registered(), ["prod-static-credentials", "prod-sts"]);
        let name = format!("gangway/{partition}/{}/prod-static-credentials", customer.account.id());
        assert_eq!(stage.kept(), [name]);
        for secret in stage.realm().deployment.secrets() {
            if secret.name.starts_with(&format!("gangway/{partition}/")) {
                assert!(secret.kms_key.is_some_and(|key| key.contains(":kms:")), "{}", secret.name);
            }
        }
        // Palette is told the key where it belongs.
        let keys = in_palette(&stage, "prod-static-credentials");
        assert_eq!(keys["spec"]["secretKey"], *customer.keys.secret);
        assert_silent(&stage, &answers);
        for account in [&customer.account, &stage.neighbour().account, &stage.realm().palette] {
            assert!(account.secrets().is_empty(), "a secret outside of Gangway's own account");
        }
    }
}

#[tokio::test]
async fn f95_an_event_may_not_carry_a_key() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let customer = stage.customer();
        let detail = with(Way::Keys.request(customer, "prod"), &json!({"method": Way::Keys.id()}));
        let deliveries = stage.event(&detail).await;
        let [delivery] = deliveries.as_slice() else { panic!("one function: {deliveries:?}") };
        let answer = delivery.outcome.as_ref().expect("an answer, not to be delivered again");
        assert_eq!(answer["outcome"], "rejected", "{answer:#}");
        assert_eq!(answer["problem"]["errors"][0]["pointer"], "/secretAccessKey");
        let told = acceptance::text(&answer["problem"]["errors"][0], "detail");
        assert!(told.contains("secretArn") && told.contains("replaced"), "{told}");
        let mut evidence = Evidence::default();
        evidence.add("the answer to the event", answer.to_string());
        evidence.of(stage.cloud(), stage.realm());
        evidence.assert_silent();
        stage.assert_untouched();
    }
}
