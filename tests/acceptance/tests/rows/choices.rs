//! F19–F21, F87: policies for the roles of clusters, and private cloud gateways, to choose from.

use acceptance::{Answer, PARTITIONS, Stage};
use gangway_policies::PolicyDocument;
use serde_json::{Value, json};

use crate::way::{BOTH, Way, in_palette, with};

/// The body that asks for a credential's policies.
fn asking(way: Way, stage: &Stage) -> Value {
    let mut body = way.request(stage.customer(), "");
    body.as_object_mut().expect("an object").remove("name");
    body
}

fn arns(answer: &Answer) -> Vec<String> {
    let policies = answer.body["policies"].as_array().expect("policies");
    policies.iter().map(|policy| acceptance::text(policy, "arn").to_owned()).collect()
}

/// The role needs a right that only some of Palette's documents give.
fn let_role_list(stage: &Stage) {
    stage.customer().role.inline("ListPolicies", &json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["iam:ListPolicies", "iam:GetPolicy"], "Resource": "*"}],
    }));
}

#[tokio::test]
async fn f19_policies_for_clusters_are_added_to_what_is_validated() {
    for partition in PARTITIONS {
        for way in BOTH {
            let stage = Stage::start(partition).await;
            let_role_list(&stage);
            let request = way.request(stage.customer(), "prod");
            let receipt = way.registered(&stage, &request).await;
            receipt.assert_check("iam.policy-arns-exist", "not-applicable", "", "");
            assert_eq!(in_palette(&stage, "prod")["spec"]["policyARNs"], json!([]));
            let driver = stage.customer().account.managed("service-role/AmazonEBSCSIDriverPolicy");
            let more = with(request.clone(), &json!({"policyArns": [driver]}));
            let updated = way.register(&stage, &more).await;
            updated.assert_status(200);
            assert_eq!((updated.outcome(), updated.uid()), ("updated", receipt.uid()));
            updated.assert_check("iam.policy-arns-exist", "passed", "1 found", "");
            updated.assert_check("palette.policy-arns-accepted", "passed", "", "");
            assert_eq!(in_palette(&stage, "prod")["spec"]["policyARNs"], json!([driver]));
            // One that is not there, and one of another partition.
            let account = stage.customer().account.id();
            let gone = format!("arn:{partition}:iam::{account}:policy/Gone");
            let missing = with(request.clone(), &json!({"policyArns": [driver, gone]}));
            let report = way.blocked(&stage, &missing).await;
            report.assert_check("iam.policy-arns-exist", "failed", &gone, "POST /v1/policies");
            report.assert_check("palette.policy-arns-accepted", "failed", "Palette", "");
            let foreign = "arn:aws-iso:iam::aws:policy/ReadOnlyAccess";
            let foreign = with(request, &json!({"policyArns": [foreign]}));
            let refused = way.register(&stage, &foreign).await;
            refused.assert_status(422);
            assert_eq!(refused.pointers(), ["/policyArns/0"]);
            assert_eq!(in_palette(&stage, "prod")["spec"]["policyARNs"], json!([driver]));
        }
    }
}

#[tokio::test]
async fn f20_policies_to_choose_from_are_those_of_the_aws_account() {
    for partition in PARTITIONS {
        for way in BOTH {
            let stage = Stage::start(partition).await;
            let_role_list(&stage);
            let account = &stage.customer().account;
            let own = stage.customer().policy(PolicyDocument::Nodes);
            let awss = account.managed("service-role/AmazonEBSCSIDriverPolicy");
            let answer = stage.post("/v1/policies", &asking(way, &stage)).await;
            answer.assert_status(200);
            let listed = arns(&answer);
            assert!(listed.contains(&own) && listed.contains(&awss), "{listed:?}");
            let foreign = stage.neighbour().policy(PolicyDocument::Nodes);
            assert!(!listed.contains(&foreign));
            assert!(listed.iter().all(|arn| arn.starts_with(&format!("arn:{partition}:iam::"))));
            assert!(!answer.text.contains(&stage.customer().keys.secret));
            // The same of an account that is registered.
            let receipt = way.registered(&stage, &way.request(stage.customer(), "prod")).await;
            let known = stage.post("/v1/policies", &json!({"uid": receipt.uid()})).await;
            known.assert_status(200);
            assert_eq!(arns(&known), listed);
            // What is listed can be chosen.
            let chosen = with(way.request(stage.customer(), "prod"), &json!({"policyArns": [own]}));
            way.register(&stage, &chosen).await.assert_status(200);
        }
    }
}

#[tokio::test]
async fn f20_policies_are_listed_with_keys_from_a_secret_and_refused_without_any_credential() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let keys = asking(Way::Keys, &stage);
        let arn = stage.realm().keep("gangway/incoming/prod", &keys.to_string()).await;
        let answer = stage.post("/v1/policies", &json!({"secretArn": arn})).await;
        answer.assert_status(200);
        assert!(!arns(&answer).is_empty());
        let none = stage.post("/v1/policies", &json!({})).await;
        none.assert_status(400);
        let both = with(keys.clone(), &json!({"secretArn": arn}));
        stage.post("/v1/policies", &both).await.assert_status(400);
        stage.customer().deactivate_keys();
        let refused = stage.post("/v1/policies", &keys).await;
        assert!([422, 502].contains(&refused.status), "{refused:?}");
        assert!(!refused.text.contains(&stage.customer().keys.secret));
        stage.assert_untouched();
    }
}

#[tokio::test]
async fn f21_several_policies_are_told_to_palette_each_once() {
    for partition in PARTITIONS {
        for way in BOTH {
            let stage = Stage::start(partition).await;
            let_role_list(&stage);
            let account = &stage.customer().account;
            let several: Vec<String> =
                ["AmazonEKSClusterPolicy", "AmazonEKSWorkerNodePolicy", "SecurityAudit"]
                    .map(|name| account.managed(name))
                    .into();
            let request =
                with(way.request(stage.customer(), "prod"), &json!({"policyArns": several}));
            let receipt = way.registered(&stage, &request).await;
            receipt.assert_check("iam.policy-arns-exist", "passed", "3 found", "");
            assert_eq!(in_palette(&stage, "prod")["spec"]["policyARNs"], json!(several));
            let shown = stage.get(&format!("/v1/accounts/{}", receipt.uid())).await;
            assert_eq!(shown.body["policyArns"], json!(several));
            let turned: Vec<_> = several.iter().rev().collect();
            let again = with(request.clone(), &json!({"policyArns": turned}));
            assert_eq!(way.register(&stage, &again).await.outcome(), "unchanged");
            let twice = with(request.clone(), &json!({"policyArns": [several[0], several[0]]}));
            let refused = way.register(&stage, &twice).await;
            refused.assert_status(400);
            assert_eq!(refused.pointers(), ["/policyArns/1"]);
            let fewer = with(request, &json!({"policyArns": [several[2]]}));
            assert_eq!(way.register(&stage, &fewer).await.outcome(), "updated");
            assert_eq!(in_palette(&stage, "prod")["spec"]["policyARNs"], json!([several[2]]));
        }
    }
}

/// A gateway's uid, by its name.
fn uid_of(stage: &Stage, name: &str) -> String {
    let records = stage.cloud().palette().records();
    let found = records.tenants[0].gateways.iter().find(|gateway| gateway.name == name);
    found.expect("a gateway of that name").uid.clone()
}

#[tokio::test]
async fn f87_gateways_are_listed_with_their_state() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let answer = stage.get("/v1/private-cloud-gateways").await;
        answer.assert_status(200);
        let gateways = answer.body["privateCloudGateways"].as_array().expect("gateways");
        assert_eq!(gateways.len(), 3);
        for (name, state, healthy) in
            [("dc-east", "Running", true), ("dc-west", "Provisioning", false)]
        {
            let uid = uid_of(&stage, name);
            let told = json!({"uid": uid, "name": name, "state": state, "healthy": healthy});
            assert!(gateways.contains(&told), "{gateways:?}");
        }
    }
}

#[tokio::test]
async fn f87_a_gateway_is_chosen_by_name_or_uid_and_told_to_palette_by_uid() {
    for partition in PARTITIONS {
        for way in BOTH {
            let stage = Stage::start(partition).await;
            let uid = uid_of(&stage, "dc-east");
            let request = way.request(stage.customer(), "prod");
            let by_name = with(request.clone(), &json!({"privateCloudGateway": "dc-east"}));
            let receipt = way.registered(&stage, &by_name).await;
            receipt.assert_check("palette.gateway-registered", "passed", &uid, "");
            receipt.assert_check("palette.gateway-running", "passed", "Running", "");
            receipt.assert_check(
                "palette.gateway-proxy-authority",
                "unverified",
                "",
                "Certificates",
            );
            let gateway =
                || in_palette(&stage, "prod")["metadata"]["annotations"]["overlordUid"].clone();
            assert_eq!(gateway(), *uid);
            let by_uid = with(request.clone(), &json!({"privateCloudGateway": uid}));
            assert_eq!(way.register(&stage, &by_uid).await.outcome(), "unchanged");
            let shown = stage.get(&format!("/v1/accounts/{}", receipt.uid())).await;
            assert_eq!(shown.text_at("/privateCloudGateway"), uid);
            let without = way.register(&stage, &request).await;
            assert_eq!(without.outcome(), "updated");
            without.assert_check("palette.gateway-registered", "not-applicable", "", "");
            assert_eq!(gateway(), "");
        }
    }
}

#[tokio::test]
async fn f87_a_gateway_that_does_not_run_or_is_not_there_blocks() {
    for partition in PARTITIONS {
        for way in BOTH {
            let stage = Stage::start(partition).await;
            let request = way.request(stage.customer(), "prod");
            let named = |name: &str| with(request.clone(), &json!({"privateCloudGateway": name}));
            let report = way.blocked(&stage, &named("dc-west")).await;
            assert_eq!(report.failed(), ["palette.gateway-running"]);
            report.assert_check(
                "palette.gateway-running",
                "failed",
                "Provisioning",
                "bring the gateway up",
            );
            for unknown in ["dc-north", "65f00000aaaaaaaaaaaaaaaa"] {
                let report = way.blocked(&stage, &named(unknown)).await;
                assert_eq!(report.failed(), ["palette.gateway-registered"]);
                report.assert_check(
                    "palette.gateway-registered",
                    "failed",
                    "dc-east",
                    "choose one",
                );
            }
            // It has come up.
            for gateway in &mut stage.cloud().palette().records().tenants[0].gateways {
                "Running".clone_into(&mut gateway.state);
            }
            way.registered(&stage, &named("dc-west")).await;
        }
    }
}
