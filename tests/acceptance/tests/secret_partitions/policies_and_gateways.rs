//! Policies of clusters, and private cloud gateways.

use acceptance::{TestApp, classified, methods::for_each_classified, with};
use serde_json::{Value, json};

use gangway_model::AuthMethod;

/// Acceptance rows: F19, F21.
#[tokio::test]
async fn cluster_policies_must_exist_and_are_sent_to_palette_once() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let customer = app.customer();
        let request = app.request(method, customer, "prod");
        let audit = customer.account.managed_policy_arn("SecurityAudit");
        let own = customer.account.policy(
            "Extra",
            &json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}),
        );
        let chosen = with(request.clone(), &json!({"policyArns": [audit, own]}));
        let missing =
            with(request.clone(), &json!({"policyArns": [own.replace("Extra", "Missing")]}));
        let report = app.assert_blocked(method, &missing).await;
        report.assert_check("iam.policy-arns-exist", "failed", "Missing", "");
        report.assert_check("palette.policy-arns-accepted", "failed", "NoSuchEntity", "");
        let elsewhere =
            with(request, &json!({"policyArns": ["arn:aws:iam::aws:policy/SecurityAudit"]}));
        let refused = app.register(method, &elsewhere).await;
        assert!([400, 422].contains(&refused.status), "{}", refused.text);
        let receipt = app.assert_registered(method, &chosen).await;
        receipt.assert_check("palette.policy-arns-accepted", "passed", "", "");
        assert_eq!(app.palette_body("prod")["spec"]["policyARNs"], json!([audit, own]));
    })
    .await;
}

/// Acceptance rows: F20.
#[tokio::test]
async fn policies_of_the_aws_account_are_listed() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let customer = app.customer();
        let receipt = app.assert_registered(method, &app.request(method, customer, "prod")).await;
        let path = format!("/v1/tenant/accounts/{}/policies", receipt.uid());
        let mut lists = vec![app.get(&path).await];
        app.delete(&format!("/v1/tenant/accounts/{}", receipt.uid())).await.assert_status(204);
        // The policies can also be listed without a registered account.
        let request = if method == AuthMethod::StaticCredentials {
            classified::key_fields(app.deployment(), customer)
        } else {
            classified::portal_request(app.deployment(), customer)
        };
        lists.push(app.post("/v1/policies", &request).await);
        for list in lists {
            list.assert_status(200);
            let arns: Vec<&str> = list.body["policies"]
                .as_array()
                .expect("policies")
                .iter()
                .filter_map(|policy| policy["arn"].as_str())
                .collect();
            let own = customer.policy(gangway_policies::PolicyDocument::Nodes);
            assert!(arns.contains(&own.as_str()), "{arns:?}");
            let prefix = format!("arn:{}:iam::", app.partition());
            assert!(arns.iter().all(|arn| arn.starts_with(&prefix)), "{arns:?}");
        }
    })
    .await;
}

/// Acceptance rows: F20.
#[tokio::test]
async fn policies_are_listed_with_a_client_certificate() {
    for partition in classified::CLASSIFIED_PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        let request = classified::portal_request(app.deployment(), customer);
        let certificates = classified::certificate_fields(app.deployment(), customer);
        let arn = app
            .deployment()
            .put_secret("gangway/incoming/tenant/npe", &certificates.to_string())
            .await;
        let stored = with(
            request.clone(),
            &json!({"secretArn": arn, "certificateAuthority": null, "userCertificate": null,
                "userKey": null}),
        );
        let list = app.post("/v1/policies", &stored).await;
        list.assert_status(200);
        assert!(list.body["policies"].as_array().is_some_and(|found| !found.is_empty()));

        let unknown = with(request.clone(), &json!({"role": "Nobody"}));
        let refused = app.post("/v1/policies", &unknown).await;
        refused.assert_status(422);
        assert_eq!(refused.pointers(), ["/agency"], "{}", refused.text);
        assert!(refused.text.contains("portal.keys"), "{}", refused.text);
        assert!(refused.text.contains("confirm agency, account and role"), "{}", refused.text);

        let both = with(request, &json!({"accessKeyId": "AKIAIOSFODNN7EXAMPLE"}));
        let refused = app.post("/v1/policies", &both).await;
        refused.assert_status(400);
        assert_eq!(refused.pointers(), ["/accessKeyId"], "{}", refused.text);
        app.assert_untouched();
    }
}

/// Acceptance rows: F87.
#[tokio::test]
async fn gateway_is_selected_by_name_and_must_be_running() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let request = app.request(method, app.customer(), "prod");
        let list = app.get("/v1/tenant/private-cloud-gateways").await;
        list.assert_status(200);
        let gateways = list.body["privateCloudGateways"].as_array().cloned().unwrap_or_default();
        assert!(gateways.iter().any(|gateway| gateway["name"] == "dc-east"), "{:#}", list.body);
        let through = |name: &str| with(request.clone(), &json!({"privateCloudGateway": name}));
        app.assert_blocked(method, &through("dc-west")).await.assert_check(
            "palette.gateway-running",
            "failed",
            "",
            "",
        );
        app.assert_blocked(method, &through("nowhere")).await.assert_check(
            "palette.gateway-registered",
            "failed",
            "",
            "",
        );
        app.assert_registered(method, &through("dc-east")).await;
        let gateways = app.cloud().palette().records().tenants[0].gateways.clone();
        let uid = gateways.into_iter().find(|gateway| gateway.name == "dc-east").map(|one| one.uid);
        let expected: Value =
            app.palette_body("prod")["metadata"]["annotations"]["overlordUid"].clone();
        assert_eq!(expected.as_str(), uid.as_deref());
    })
    .await;
}
