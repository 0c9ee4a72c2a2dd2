//! Access keys and private keys are stored only in Palette and in Secrets Manager.

use acceptance::{
    HttpResponse, TestApp,
    classified::{CLASSIFIED_PARTITIONS, portal, portal_access},
    evidence::Evidence,
    methods::{CLASSIFIED_METHODS, for_each},
    with,
};
use local_cloud::{
    Effect, Fault,
    canaries::{Canary, SecretKind},
    certificates::{CertificateSpec, KeyType},
    palette::SecretsOnRead,
};
use serde_json::{Value, json};

use gangway_model::AuthMethod;

/// Registers, validates, lists and replaces accounts with each method, also with invalid requests
/// and faults. Returns every response.
async fn run_lifecycle(app: &TestApp, evidence: &mut Evidence) -> Vec<HttpResponse> {
    let (customer, palette) = (app.customer(), app.cloud().palette());
    let entity = &portal_access(customer).common_name;
    palette.configure(|behaviour| behaviour.errors_repeat_secrets = true);
    let mut responses = Vec::new();
    for method in CLASSIFIED_METHODS {
        let request = app.request(method, customer, &format!("prod-{}", method.id()));
        let key = &portal_access(customer).certificate.key;
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
            responses.push(app.register(method, &with(request.clone(), &wrong)).await);
        }
        if method == AuthMethod::Scap {
            for key in [KeyType::P256, KeyType::Rsa, KeyType::Ed25519] {
                let other = portal(app.deployment())
                    .issue(&CertificateSpec { key_type: key, ..CertificateSpec::client(entity) });
                evidence.add_secrets([Canary::new(SecretKind::PrivateKey, "another", &other.key)]);
                evidence.add_public(other.certificate.as_str());
                let swapped = json!({"userKey": other.key});
                responses.push(app.register(method, &with(request.clone(), &swapped)).await);
            }
            for effect in [
                Effect::HtmlPage,
                Effect::InternalError,
                Effect::DisconnectBefore,
                Effect::DisconnectAfter,
            ] {
                let service = portal(app.deployment()).kind().service();
                app.cloud().fault(Fault::on(service, "*", effect));
                responses.push(app.register(method, &request).await);
                app.cloud().faults().clear();
            }
        }
        // Palette's validation fails, and its error message repeats what Palette received.
        let portals = palette.records().portals.clone();
        palette.records().portals.clear();
        app.cloud().fault(Fault::on("sts", "GetCallerIdentity", Effect::InternalError).nth(2));
        responses.push(app.register(method, &request).await);
        app.cloud().faults().clear();
        palette.records().portals = portals;
        for effect in [Effect::InternalError, Effect::HtmlPage, Effect::DisconnectAfter] {
            app.cloud().fault(Fault::on("palette", "POST /v1/cloudaccounts/aws", effect).once());
            responses.push(app.register(method, &request).await);
            app.cloud().faults().clear();
        }
        for service in ["iam", "sts", "secretsmanager"] {
            app.cloud().fault(Fault::on(service, "*", Effect::HtmlPage));
            responses.push(app.register(method, &request).await);
            app.cloud().faults().clear();
        }
        let receipt = app.register(method, &request).await;
        assert!([200, 201].contains(&receipt.status), "{}", receipt.text);
        let path = format!("/v1/tenant/accounts/{}", receipt.uid());
        for shown in [SecretsOnRead::Plain, SecretsOnRead::Masked] {
            palette.configure(|behaviour| behaviour.secrets = shown);
            responses.push(app.get("/v1/tenant/accounts").await);
            responses.push(app.get(&path).await);
            responses.push(app.post(&format!("{path}/validate"), &json!({})).await);
            let again = with(request.clone(), &json!({"description": format!("{shown:?}")}));
            responses.push(
                app.put(&format!("/v1/tenant/accounts/{}/{}", method.id(), receipt.uid()), &again)
                    .await,
            );
        }
        palette.configure(|behaviour| behaviour.secrets = SecretsOnRead::Plain);
        responses.push(app.get(&format!("/v1/tenant/accounts/{}/policies", receipt.uid())).await);
        responses.push(receipt);
    }
    responses
}

/// Acceptance rows: F15, F95.
#[tokio::test]
async fn no_part_of_a_key_is_in_responses_logs_annotations_or_tags() {
    for partition in CLASSIFIED_PARTITIONS {
        let app = TestApp::start(partition).await;
        let mut evidence = Evidence::default();
        for response in run_lifecycle(&app, &mut evidence).await {
            evidence.add_response(&response);
        }
        evidence.add_partition(app.cloud(), app.deployment());
        evidence.assert_no_leak();
        assert!(app.logs().lines().count() > 20, "the functions write logs");
        assert_eq!(app.active_secrets().len(), 2, "{:?}", app.active_secrets());
        for secret in app.deployment().gangway_account.secrets() {
            if secret.name.starts_with(&format!("gangway/{partition}/")) {
                assert!(secret.kms_key.is_some_and(|key| key.contains(":kms:")), "{}", secret.name);
            }
        }
    }
}

/// Acceptance rows: F95.
#[tokio::test]
async fn event_with_a_private_key_is_rejected() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let request = app.request(method, app.customer(), "prod");
            let detail = with(request, &json!({"method": method.id()}));
            // No rule matches an event with a key, so that no queue stores the key.
            assert!(app.send_event(&detail).await.is_empty());
            let response = app.invoke_with_event(method, &detail).await;
            let response = response.expect("an answer, not to be delivered again");
            assert_eq!(response["outcome"], "rejected", "{response:#}");
            let pointers: Vec<&Value> = response["problem"]["errors"]
                .as_array()
                .expect("errors")
                .iter()
                .map(|error| &error["pointer"])
                .collect();
            assert!(pointers.contains(&&json!("/userKey")), "{response:#}");
            let mut evidence = Evidence::default();
            evidence.add("the answer to the event", response.to_string());
            evidence.add_partition(app.cloud(), app.deployment());
            evidence.assert_no_leak();
            app.assert_untouched();
        },
    )
    .await;
}
