//! `GET /v1/pod-identity/plan`: the roles, policies and associations for EKS Pod Identity.

use acceptance::{HttpResponse, PARTITIONS, TestApp};
use serde_json::{Value, json};

const PLAN: &str = "/v1/pod-identity/plan?clusterName=palette";
const TARGET: &str = "300000000009";

/// Returns the plan for one AWS account, and the plan for a target role in another AWS account.
async fn get_plans(app: &TestApp) -> [HttpResponse; 2] {
    let same = app.get(PLAN).await;
    let cross = app.get(&format!("{PLAN}&targetAccountId={TARGET}")).await;
    same.assert_status(200);
    cross.assert_status(200);
    [same, cross]
}

/// Returns a text member of every item in a list of the plan.
fn member_texts<'a>(plan: &'a HttpResponse, list: &str, member: &str) -> Vec<&'a str> {
    let items = plan.body[list].as_array().expect("a list");
    items.iter().map(|item| item[member].as_str().expect("a text")).collect()
}

/// Acceptance rows: F49, F50, F51.
#[tokio::test]
async fn plan_creates_roles_in_a_working_order() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        // The log also contains the setup.
        app.cloud().calls().clear();
        let [same, cross] = get_plans(&app).await;
        assert_eq!(same.text_at("/case"), "same-account");
        assert_eq!(member_texts(&same, "roles", "role"), ["palette", "hubble", "identity"]);
        assert_eq!(cross.text_at("/case"), "cross-account");
        let local_first = ["identity-local", "hubble-local", "palette-target", "hubble-target"];
        assert_eq!(member_texts(&cross, "roles", "role"), local_first);
        // The policy that names its own role is created when every role exists.
        let titles = member_texts(&cross, "steps", "title");
        let at = |part: &str| titles.iter().position(|title| title.contains(part)).expect(part);
        let made = at("create SpectroCloudHubbleTargetRole");
        assert!(at("attach the policies of SpectroCloudIdentityLocalRole") > made, "{titles:?}");
        assert!(at("attach the policies of SpectroCloudHubbleLocalRole") > made, "{titles:?}");
        assert_eq!(app.cloud().calls().lines(), Vec::<String>::new(), "a plan makes no call");
    }
}

/// Acceptance rows: F52, F53, F54.
#[tokio::test]
async fn target_roles_have_their_trust_and_policies() {
    let app = TestApp::start(PARTITIONS[0]).await;
    let [_same, cross] = get_plans(&app).await;
    let own = app.deployment().gangway_account.id();
    let external = "/roles/2/trustPolicy/Statement/1/Condition/StringLike/sts:ExternalId";
    let region = cross.text_at("/cluster/clusterRegion").to_owned();
    assert_eq!(cross.text_at(external), format!("{region}/{own}/palette/*/palette-manager"));
    let names = |role: usize| -> Vec<&str> {
        let policies = cross.body["roles"][role]["permissionPolicies"].as_array().expect("a list");
        policies.iter().map(|policy| policy["name"].as_str().expect("a name")).collect()
    };
    assert_eq!(names(2).len(), 6, "the five of core-eks, and the supplement: {:?}", names(2));
    assert_eq!(names(3), ["PaletteHubblePolicy"]);
    assert_eq!(cross.text_at("/associations/0/targetRoleArn"), cross.text_at("/roles/3/roleArn"));
    assert!(cross.body["associations"][1].get("targetRoleArn").is_none());
    assert_eq!(cross.text_at("/register/roleArn"), cross.text_at("/roles/2/roleArn"));
}

/// Acceptance rows: F36, F45, F91.
#[tokio::test]
async fn plan_of_a_minimum_profile_has_the_policy_about_add_ons() {
    const ADD_ONS: &str = "PaletteMinimumEKSPodIdentityPermissions";
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for (profile, own) in [
            ("minimum-eks-static", "PaletteMinimumEKSStaticPermissions"),
            ("minimum-eks-dynamic", "PaletteMinimumEKSDynamicPermissions"),
        ] {
            let query = format!("{PLAN}&permissionProfile={profile}");
            for (path, role) in
                [(query.clone(), 0), (format!("{query}&targetAccountId={TARGET}"), 2)]
            {
                let plan = app.get(&path).await;
                plan.assert_status(200);
                let policies = plan.body["roles"][role]["permissionPolicies"].as_array();
                let policies = policies.expect("a list");
                let names: Vec<_> = policies
                    .iter()
                    .map(|policy| policy["name"].as_str().expect("a name"))
                    .collect();
                assert_eq!(names, [own, ADD_ONS, "PalettePodIdentityPolicy"]);
                let statements = &policies[1]["document"]["Statement"];
                let actions =
                    json!(["eks:DescribeAddonVersions", "eks:CreateAddon", "eks:UpdateAddon"]);
                assert_eq!(statements[0]["Action"], actions);
                assert_eq!(statements[1]["Action"], json!(["iam:PassRole"]));
                let commands = plan.text_at("/commands");
                assert!(commands.contains(&format!("policy/{ADD_ONS}")), "{commands}");
            }
        }
        for plan in get_plans(&app).await {
            assert!(!plan.text.contains(ADD_ONS), "{}", plan.text);
        }
    }
}

/// Acceptance rows: F56, F57.
#[tokio::test]
async fn plan_has_no_placeholder_and_uses_the_partition() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for plan in get_plans(&app).await {
            assert!(!plan.text.contains('<'), "{}", plan.text);
            assert!(!plan.text.contains("{partition}") && !plan.text.contains("Role}"));
            for arn in plan.text.split("arn:").skip(1) {
                let found = arn.split(':').next();
                assert!(found == Some(partition.id()) || found == Some("*"), "{arn:.60}");
            }
        }
    }
}

/// Acceptance rows: F60, F65.
#[tokio::test]
async fn plan_commands_are_complete_and_include_the_checks() {
    let app = TestApp::start(PARTITIONS[0]).await;
    for plan in get_plans(&app).await {
        for line in plan.text_at("/commands").lines() {
            let starts = ["# ", "aws ", "kubectl "].iter().any(|start| line.starts_with(start));
            // An option continues the previous line.
            assert!(line.is_empty() || starts || line.starts_with("  --"), "{line:.80}");
        }
        let script = plan.text_at("/commands").to_owned();
        let lines: Vec<_> = script.lines().collect();
        for pair in lines.windows(2) {
            assert_eq!(pair[1].starts_with("  --"), pair[0].ends_with('\\'), "{:.80}", pair[1]);
        }
        let validation = plan.body["validation"].as_array().expect("a list");
        let has = |part: &str| {
            validation.iter().filter_map(Value::as_str).any(|command| command.contains(part))
        };
        assert!(has("update-kubeconfig") && has("-l app=spectro-hubble"));
        assert!(has("-l app=palette-identity"));
    }
    let [_same, cross] = get_plans(&app).await;
    assert!(cross.text_at("/commands").contains("--target-role-arn"));
}
