//! Policies for the roles of clusters, and private cloud gateways.

use acceptance::{HttpResponse, PARTITIONS, TestApp, methods::OPEN_METHODS, with};
use gangway_policies::PolicyDocument;
use serde_json::{Value, json};

use gangway_model::AuthMethod;

/// Returns a request that lists the policies of the AWS account of a credential.
fn policies_request(method: AuthMethod, app: &TestApp) -> Value {
    let mut body = app.request(method, app.customer(), "");
    body.as_object_mut().expect("an object").remove("name");
    body
}

fn policy_arns(response: &HttpResponse) -> Vec<String> {
    let policies = response.body["policies"].as_array().expect("policies");
    policies.iter().map(|policy| acceptance::text(policy, "arn").to_owned()).collect()
}

/// Allows the role to list policies.
fn allow_role_to_list(app: &TestApp) {
    app.customer().role.inline("ListPolicies", &json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["iam:ListPolicies", "iam:GetPolicy"], "Resource": "*"}],
    }));
}

/// Acceptance rows: F19.
#[tokio::test]
async fn cluster_policies_are_added_to_the_validation() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            allow_role_to_list(&app);
            let request = app.request(method, app.customer(), "prod");
            let receipt = app.assert_registered(method, &request).await;
            receipt.assert_check("iam.policy-arns-exist", "not-applicable", "", "");
            assert_eq!(app.palette_body("prod")["spec"]["policyARNs"], json!([]));
            let driver =
                app.customer().account.managed_policy_arn("service-role/AmazonEBSCSIDriverPolicy");
            let more = with(request.clone(), &json!({"policyArns": [driver]}));
            let updated = app.register(method, &more).await;
            updated.assert_status(200);
            assert_eq!((updated.outcome(), updated.uid()), ("updated", receipt.uid()));
            updated.assert_check("iam.policy-arns-exist", "passed", "1 found", "");
            updated.assert_check("palette.policy-arns-accepted", "passed", "", "");
            assert_eq!(app.palette_body("prod")["spec"]["policyARNs"], json!([driver]));
            // A policy that does not exist, and a policy of another partition, are rejected.
            let account = app.customer().account.id();
            let gone = format!("arn:{partition}:iam::{account}:policy/Gone");
            let missing = with(request.clone(), &json!({"policyArns": [driver, gone]}));
            let report = app.assert_blocked(method, &missing).await;
            report.assert_check("iam.policy-arns-exist", "failed", &gone, "POST /v1/policies");
            report.assert_check("palette.policy-arns-accepted", "failed", "Palette", "");
            let foreign = "arn:aws-iso:iam::aws:policy/ReadOnlyAccess";
            let foreign = with(request, &json!({"policyArns": [foreign]}));
            let refused = app.register(method, &foreign).await;
            refused.assert_status(422);
            assert_eq!(refused.pointers(), ["/policyArns/0"]);
            assert_eq!(app.palette_body("prod")["spec"]["policyARNs"], json!([driver]));
        }
    }
}

/// Acceptance rows: F20.
#[tokio::test]
async fn policies_of_the_aws_account_are_listed() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            allow_role_to_list(&app);
            let account = &app.customer().account;
            let own = app.customer().policy(PolicyDocument::Nodes);
            let awss = account.managed_policy_arn("service-role/AmazonEBSCSIDriverPolicy");
            let response = app.post("/v1/policies", &policies_request(method, &app)).await;
            response.assert_status(200);
            let listed = policy_arns(&response);
            assert!(listed.contains(&own) && listed.contains(&awss), "{listed:?}");
            let foreign = app.second_customer().policy(PolicyDocument::Nodes);
            assert!(!listed.contains(&foreign));
            assert!(listed.iter().all(|arn| arn.starts_with(&format!("arn:{partition}:iam::"))));
            assert!(!response.text.contains(&app.customer().keys.secret));
            // The list for the registered account is the same.
            let receipt =
                app.assert_registered(method, &app.request(method, app.customer(), "prod")).await;
            let known = app.get(&format!("/v1/tenant/accounts/{}/policies", receipt.uid())).await;
            known.assert_status(200);
            assert_eq!(policy_arns(&known), listed);
            // What is listed can be chosen.
            let chosen =
                with(app.request(method, app.customer(), "prod"), &json!({"policyArns": [own]}));
            app.register(method, &chosen).await.assert_status(200);
        }
    }
}

/// Acceptance rows: F20.
#[tokio::test]
async fn policy_listing_needs_a_credential() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let keys = policies_request(AuthMethod::StaticCredentials, &app);
        let arn =
            app.deployment().put_secret("gangway/incoming/tenant/prod", &keys.to_string()).await;
        let response = app.post("/v1/policies", &json!({"secretArn": arn})).await;
        response.assert_status(200);
        assert!(!policy_arns(&response).is_empty());
        let none = app.post("/v1/policies", &json!({})).await;
        none.assert_status(400);
        let both = with(keys.clone(), &json!({"secretArn": arn}));
        app.post("/v1/policies", &both).await.assert_status(400);
        app.customer().deactivate_access_key();
        let refused = app.post("/v1/policies", &keys).await;
        refused.assert_status(422);
        assert!(!refused.text.contains(&app.customer().keys.secret));
        app.assert_untouched();
    }
}

/// Acceptance rows: F21.
#[tokio::test]
async fn each_selected_policy_is_sent_to_palette_once() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            allow_role_to_list(&app);
            let account = &app.customer().account;
            let several: Vec<String> =
                ["AmazonEKSClusterPolicy", "AmazonEKSWorkerNodePolicy", "SecurityAudit"]
                    .map(|name| account.managed_policy_arn(name))
                    .into();
            let request =
                with(app.request(method, app.customer(), "prod"), &json!({"policyArns": several}));
            let receipt = app.assert_registered(method, &request).await;
            receipt.assert_check("iam.policy-arns-exist", "passed", "3 found", "");
            assert_eq!(app.palette_body("prod")["spec"]["policyARNs"], json!(several));
            let shown = app.get(&format!("/v1/tenant/accounts/{}", receipt.uid())).await;
            assert_eq!(shown.body["policyArns"], json!(several));
            let reversed: Vec<_> = several.iter().rev().collect();
            let again = with(request.clone(), &json!({"policyArns": reversed}));
            assert_eq!(app.register(method, &again).await.outcome(), "unchanged");
            let twice = with(request.clone(), &json!({"policyArns": [several[0], several[0]]}));
            let refused = app.register(method, &twice).await;
            refused.assert_status(400);
            assert_eq!(refused.pointers(), ["/policyArns/1"]);
            let fewer = with(request, &json!({"policyArns": [several[2]]}));
            assert_eq!(app.register(method, &fewer).await.outcome(), "updated");
            assert_eq!(app.palette_body("prod")["spec"]["policyARNs"], json!([several[2]]));
        }
    }
}

/// Returns the uid of the gateway of this name.
fn find_gateway_uid(app: &TestApp, name: &str) -> String {
    let records = app.cloud().palette().records();
    let found = records.tenants[0].gateways.iter().find(|gateway| gateway.name == name);
    found.expect("a gateway of that name").uid.clone()
}

/// Acceptance rows: F87.
#[tokio::test]
async fn gateways_are_listed_with_their_state() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let response = app.get("/v1/tenant/private-cloud-gateways").await;
        response.assert_status(200);
        let gateways = response.body["privateCloudGateways"].as_array().expect("gateways");
        assert_eq!(gateways.len(), 3);
        for (name, state, healthy) in
            [("dc-east", "Running", true), ("dc-west", "Provisioning", false)]
        {
            let uid = find_gateway_uid(&app, name);
            let expected = json!({"uid": uid, "name": name, "state": state, "healthy": healthy});
            assert!(gateways.contains(&expected), "{gateways:?}");
        }
    }
}

/// Acceptance rows: F87.
#[tokio::test]
async fn gateway_is_selected_by_name_or_uid_and_sent_by_uid() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let uid = find_gateway_uid(&app, "dc-east");
            let request = app.request(method, app.customer(), "prod");
            let by_name = with(request.clone(), &json!({"privateCloudGateway": "dc-east"}));
            let receipt = app.assert_registered(method, &by_name).await;
            receipt.assert_check("palette.gateway-registered", "passed", &uid, "");
            receipt.assert_check("palette.gateway-running", "passed", "Running", "");
            receipt.assert_check(
                "palette.gateway-proxy-authority",
                "unverified",
                "",
                "Certificates",
            );
            let gateway =
                || app.palette_body("prod")["metadata"]["annotations"]["overlordUid"].clone();
            assert_eq!(gateway(), *uid);
            let by_uid = with(request.clone(), &json!({"privateCloudGateway": uid}));
            assert_eq!(app.register(method, &by_uid).await.outcome(), "unchanged");
            let shown = app.get(&format!("/v1/tenant/accounts/{}", receipt.uid())).await;
            assert_eq!(shown.text_at("/privateCloudGateway"), uid);
            let without = app.register(method, &request).await;
            assert_eq!(without.outcome(), "updated");
            without.assert_check("palette.gateway-registered", "not-applicable", "", "");
            assert_eq!(gateway(), "");
        }
    }
}

/// Acceptance rows: F87.
#[tokio::test]
async fn stopped_or_unknown_gateway_blocks() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let request = app.request(method, app.customer(), "prod");
            let named = |name: &str| with(request.clone(), &json!({"privateCloudGateway": name}));
            let report = app.assert_blocked(method, &named("dc-west")).await;
            assert_eq!(report.failed(), ["palette.gateway-running"]);
            report.assert_check(
                "palette.gateway-running",
                "failed",
                "Provisioning",
                "start the gateway",
            );
            for unknown in ["dc-north", "65f00000aaaaaaaaaaaaaaaa"] {
                let report = app.assert_blocked(method, &named(unknown)).await;
                assert_eq!(report.failed(), ["palette.gateway-registered"]);
                report.assert_check(
                    "palette.gateway-registered",
                    "failed",
                    "dc-east",
                    "choose one",
                );
            }
            // The gateway is running now.
            for gateway in &mut app.cloud().palette().records().tenants[0].gateways {
                "Running".clone_into(&mut gateway.state);
            }
            app.assert_registered(method, &named("dc-west")).await;
        }
    }
}
