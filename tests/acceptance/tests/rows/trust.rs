//! `GET /v1/sts/trust`: the trust policy and what else a person needs to create the role.

use std::collections::BTreeSet;

use acceptance::{HttpResponse, PARTITIONS, TestApp};
use gangway_model::{AuthMethod, PermissionProfile};
use local_cloud::{fixtures::API_KEY_SECRET, palette::OTHER_TENANT_KEY};
use serde_json::{Value, json};

/// Returns the response of `GET /v1/sts/trust`.
async fn get_trust_facts(app: &TestApp) -> HttpResponse {
    let facts = app.get("/v1/sts/trust").await;
    facts.assert_status(200);
    facts
}

/// Acceptance rows: F25.
#[tokio::test]
async fn the_trusted_entity_is_another_aws_account() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let facts = get_trust_facts(&app).await;
        assert_eq!(facts.text_at("/trustedEntityType"), "AWS account: another AWS account");
        assert_eq!(facts.text_at("/partition"), partition.id());
        let named = app.get(&format!("/v1/sts/trust?partition={partition}")).await;
        assert_eq!(named.body, facts.body);
    }
}

/// Acceptance rows: F26.
#[tokio::test]
async fn account_id_is_palettes_account_in_the_partition() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let facts = get_trust_facts(&app).await;
        let palette = &app.deployment().palette;
        assert_eq!(facts.text_at("/paletteAccountId"), palette.id());
        let principal = facts.text_at("/trustPolicy/Statement/0/Principal/AWS");
        assert_eq!(principal, palette.root_arn());
    }
}

/// Acceptance rows: F27.
#[tokio::test]
async fn trust_policy_requires_the_external_id() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let facts = get_trust_facts(&app).await;
        assert_eq!(facts.body["requireExternalId"], true);
        let external_id = &app.deployment().external_id;
        assert_eq!(facts.text_at("/externalId"), external_id);
        let statements = facts.body["trustPolicy"]["Statement"].as_array().expect("statements");
        assert!(!statements.is_empty());
        for statement in statements {
            let condition = json!({"StringEquals": {"sts:ExternalId": external_id}});
            assert_eq!(statement["Condition"], condition);
        }
        // The unchanged policy passes.
        let customer = app.customer();
        customer.trust_without_external_id();
        app.assert_blocked(AuthMethod::Sts, &app.request(AuthMethod::Sts, customer, "prod")).await;
        customer.role.set_trust_policy(&facts.body["trustPolicy"]);
        app.assert_registered(AuthMethod::Sts, &app.request(AuthMethod::Sts, customer, "prod"))
            .await;
    }
}

/// Acceptance rows: F28.
#[tokio::test]
async fn each_tenant_has_an_external_id_of_its_own() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let first = get_trust_facts(&app).await;
        app.deployment().put_secret(API_KEY_SECRET, OTHER_TENANT_KEY).await;
        app.deployment().functions.stop_idle_instances();
        let second = get_trust_facts(&app).await;
        let ids = {
            let records = app.cloud().palette().records();
            [0, 1].map(|tenant: usize| {
                let ids = &records.tenants[tenant].external_ids;
                ids.get(partition.id()).cloned().unwrap_or_default()
            })
        };
        assert_eq!([first.text_at("/externalId"), second.text_at("/externalId")], ids);
        assert_ne!(ids[0], ids[1]);
        assert_eq!(first.text_at("/paletteAccountId"), second.text_at("/paletteAccountId"));
        // A role for the first tenant does not allow the second.
        let report = app
            .assert_blocked(AuthMethod::Sts, &app.request(AuthMethod::Sts, app.customer(), "prod"))
            .await;
        report.assert_check("palette.validation", "failed", "AccessDenied", "");
        report.assert_check("sts.external-id-required", "failed", "another external id", &ids[1]);
        app.customer().role.set_trust_policy(&second.body["trustPolicy"]);
        app.assert_registered(
            AuthMethod::Sts,
            &app.request(AuthMethod::Sts, app.customer(), "prod"),
        )
        .await;
    }
}

/// Acceptance rows: F29.
#[tokio::test]
async fn the_permissions_are_the_policies_of_the_profile() {
    let core = [
        "PaletteControllerPolicy",
        "PaletteControlPlanePolicy",
        "PaletteNodesPolicy",
        "PaletteDeploymentPolicy",
    ];
    let core_eks = [&core[..], &["PaletteControllersEKSPolicy"]].concat();
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for (query, profile, names) in [
            ("", "core-eks", core_eks.as_slice()),
            ("?permissionProfile=core", "core", &core[..]),
            ("?permissionProfile=core-eks", "core-eks", core_eks.as_slice()),
            (
                "?permissionProfile=minimum-eks-static",
                "minimum-eks-static",
                &["PaletteMinimumEKSStaticPermissions"],
            ),
        ] {
            let facts = app.get(&format!("/v1/sts/trust{query}")).await;
            assert_eq!(facts.text_at("/permissionProfile"), profile);
            let policies = facts.body["permissionPolicies"].as_array().expect("policies");
            let expected: Vec<_> =
                policies.iter().map(|policy| acceptance::text(policy, "name")).collect();
            assert_eq!(expected, names);
            let text: String =
                policies.iter().map(|policy| policy["document"].to_string()).collect();
            let arns: BTreeSet<_> =
                text.split("\"arn:").skip(1).filter_map(|arn| arn.split(':').next()).collect();
            // Palette's policies for clusters on EC2 have `*` for the partition in ARNs.
            let named = if profile == "core" { &["*"][..] } else { &["*", partition.id()] };
            assert!(arns.iter().eq(named), "{profile}: {arns:?}");
        }
        // A role with exactly these policies passes the checks.
        let customer = app.customer();
        for arn in customer.role.attached() {
            customer.role.detach(&arn);
        }
        let facts = get_trust_facts(&app).await;
        for policy in facts.body["permissionPolicies"].as_array().expect("policies") {
            let name = acceptance::text(policy, "name");
            customer.role.attach(&customer.account.policy(name, &policy["document"]));
        }
        let receipt = app
            .assert_registered(AuthMethod::Sts, &app.request(AuthMethod::Sts, customer, "prod"))
            .await;
        receipt.assert_check("iam.policies-attached", "passed", "PaletteNodesPolicy", "");
        receipt.assert_check("iam.actions-allowed", "passed", "", "");
    }
}

/// Acceptance rows: F30.
#[tokio::test]
async fn trust_response_names_the_role_and_another_name_works() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let facts = get_trust_facts(&app).await;
        assert_eq!(facts.text_at("/roleName"), "SpectroCloudRole");
        let name = &facts.body["cloudFormationTemplate"]["Parameters"]["RoleName"]["Default"];
        assert_eq!(*name, Value::from("SpectroCloudRole"));
        let customer = app.customer();
        let role = customer.account.role("palette-by-another-name");
        role.set_trust_policy(&facts.body["trustPolicy"]);
        for document in gangway_policies::documents_for(PermissionProfile::CoreEks) {
            role.attach(&customer.policy(*document));
        }
        app.assert_registered(AuthMethod::Sts, &json!({"name": "prod", "roleArn": role.arn()}))
            .await;
    }
}
