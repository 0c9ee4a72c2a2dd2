//! Tests that compare the documents of the Pod Identity roles with files that a person has
//! reviewed.
#![expect(clippy::unwrap_used, clippy::tests_outside_test_module, reason = "a test program")]

use std::{fs, path::Path};

use gangway_model::{PARTITIONS, Partition, RoleArn};
use gangway_policies::pod_identity::{
    Cluster, EksSessions, PermissionQuery, PodIdentityRoles, RolePurpose,
};
use serde_json::{Value, json};

const CLUSTER_ACCOUNT: &str = "111122223333";
const TARGET_ACCOUNT: &str = "444455556666";

fn arn(partition: Partition, account: &str, name: &str) -> RoleArn {
    format!("arn:{partition}:iam::{account}:role/{name}").parse().unwrap()
}

fn both_role_sets(partition: Partition) -> [(&'static str, PodIdentityRoles); 2] {
    let local = |name| arn(partition, CLUSTER_ACCOUNT, name);
    let target = |name| arn(partition, TARGET_ACCOUNT, name);
    [
        (
            "same-account",
            PodIdentityRoles::SameAccount {
                palette: local("SpectroCloudPaletteRole"),
                hubble: local("SpectroCloudHubbleRole"),
                identity: local("SpectroCloudIdentityRole"),
            },
        ),
        (
            "cross-account",
            PodIdentityRoles::CrossAccount {
                palette_target: target("SpectroCloudPaletteTargetRole"),
                hubble_target: target("SpectroCloudHubbleTargetRole"),
                hubble_local: local("SpectroCloudHubbleLocalRole"),
                identity_local: local("SpectroCloudIdentityLocalRole"),
            },
        ),
    ]
}

fn render_roles(roles: &PodIdentityRoles, region: &str) -> Value {
    let cluster = Cluster { name: "palette", region, account: CLUSTER_ACCOUNT.parse().unwrap() };
    let ids = EksSessions::expected(cluster);
    let one = |(purpose, arn): (RolePurpose, &RoleArn)| {
        json!({
            "part": purpose.id(),
            "arn": arn.as_str(),
            "trust": roles.trust(purpose, &ids),
            "permissions": roles.permissions(purpose),
        })
    };
    roles.in_creation_order().into_iter().map(one).collect()
}

/// Acceptance rows: F47, F48, F50, F51, F52, F54, F55.
#[test]
fn documents_of_pod_identity_roles_equal_the_golden_files() {
    for (case, roles) in both_role_sets(Partition::AwsUsGov) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("tests/golden/pod-identity/{case}.json"));
        let golden: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let rendered_roles = render_roles(&roles, "us-gov-west-1");
        assert_eq!(rendered_roles, golden, "{rendered_roles:#}");
    }
}

/// Acceptance rows: F56, F57.
#[test]
fn documents_have_no_placeholder_and_only_arns_of_the_partition() {
    for facts in &PARTITIONS {
        for (case, roles) in both_role_sets(facts.partition) {
            let text = render_roles(&roles, facts.home_region).to_string();
            assert!(!text.contains('<') && !text.contains("{\\"), "{case}: {text}");
            for open in ["{partition}", "Role}", "Prefix}", "ExternalId}"] {
                assert!(!text.contains(open), "{case}: {text}");
            }
            for arn in text.split("arn:").skip(1) {
                assert_eq!(arn.split(':').next(), Some(facts.id), "{case}: {arn}");
            }
        }
    }
}

#[test]
fn documents_are_not_longer_than_iam_allows() {
    let name = "n".repeat(64);
    for facts in &PARTITIONS {
        let local = arn(facts.partition, CLUSTER_ACCOUNT, &name);
        let target = arn(facts.partition, TARGET_ACCOUNT, &name);
        let roles = PodIdentityRoles::CrossAccount {
            palette_target: target.clone(),
            hubble_target: target,
            hubble_local: local.clone(),
            identity_local: local,
        };
        for role in render_roles(&roles, "us-gov-west-1").as_array().unwrap() {
            assert!(role["trust"].to_string().len() <= 2048, "{role}");
            assert!(role["permissions"].to_string().len() <= 6144, "{role}");
        }
    }
}

/// Acceptance rows: F49.
#[test]
fn a_role_is_created_before_the_trust_policy_that_names_it() {
    for (case, roles) in both_role_sets(Partition::Aws) {
        let rendered_roles = render_roles(&roles, "us-east-1");
        let mut created = Vec::new();
        for role in rendered_roles.as_array().unwrap() {
            let trust = role["trust"].to_string();
            for named in trust.split('"').filter(|text| text.starts_with("arn:")) {
                assert!(created.contains(&named.to_owned()), "{case}: {named} is not there yet");
            }
            created.push(role["arn"].as_str().unwrap().to_owned());
        }
        let order: Vec<_> =
            roles.in_creation_order().into_iter().map(|(purpose, _)| purpose.id()).collect();
        let wanted: &[&str] = match roles {
            PodIdentityRoles::SameAccount { .. } => &["palette", "hubble", "identity"],
            PodIdentityRoles::CrossAccount { .. } => {
                &["identity-local", "hubble-local", "palette-target", "hubble-target"]
            }
        };
        assert_eq!(order, wanted);
    }
}

#[test]
fn queries_do_not_contain_actions_that_iam_cannot_allow() {
    let [(_, same), (_, cross)] = both_role_sets(Partition::Aws);
    let of = |roles: &PodIdentityRoles, purpose| -> Vec<(String, usize)> {
        let queries = roles.permission_queries(purpose).into_iter();
        queries
            .map(|PermissionQuery { actions, resources }| (resources.join(" "), actions.len()))
            .collect()
    };
    let palette = "arn:aws:iam::111122223333:role/SpectroCloudPaletteRole".to_owned();
    assert_eq!(of(&same, RolePurpose::Palette), [("*".to_owned(), 4)]);
    // The query does not contain `ecr:ListRepositories`, because IAM does not know this action.
    assert_eq!(of(&same, RolePurpose::Hubble), [("*".to_owned(), 38)]);
    assert_eq!(of(&same, RolePurpose::Identity), [("*".to_owned(), 4), (palette, 2)]);
    let target = "arn:aws:iam::444455556666:role/SpectroCloudPaletteTargetRole".to_owned();
    let own = "arn:aws:iam::111122223333:role/SpectroCloudIdentityLocalRole".to_owned();
    // The query for the target role does not contain `iam:PassRole`, because IAM does not allow to
    // pass a role of another account.
    let wanted = [("*".to_owned(), 4), (target, 3), (own, 4)];
    assert_eq!(of(&cross, RolePurpose::IdentityLocal), wanted);
    let hubble = "arn:aws:iam::444455556666:role/SpectroCloudHubbleTargetRole".to_owned();
    assert_eq!(of(&cross, RolePurpose::HubbleLocal), [(hubble, 3)]);
}
