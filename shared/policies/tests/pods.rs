//! The documents of the Pod Identity roles, held against files that a person has read (F49–F57).
#![expect(clippy::unwrap_used, clippy::tests_outside_test_module, reason = "a test program")]

use std::{fs, path::Path};

use gangway_model::{PARTITIONS, Partition, RoleArn};
use gangway_policies::pod_identity::{
    Cluster, EksSessions, PermissionQuery, PodIdentityRoles, RolePurpose,
};
use serde_json::{Value, json};

const CLUSTERS: &str = "111122223333";
const TARGET: &str = "444455556666";

fn arn(partition: Partition, account: &str, name: &str) -> RoleArn {
    format!("arn:{partition}:iam::{account}:role/{name}").parse().unwrap()
}

fn both(partition: Partition) -> [(&'static str, PodIdentityRoles); 2] {
    let local = |name| arn(partition, CLUSTERS, name);
    let target = |name| arn(partition, TARGET, name);
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

fn rendered(roles: &PodIdentityRoles, region: &str) -> Value {
    let cluster = Cluster { name: "palette", region, account: CLUSTERS.parse().unwrap() };
    let ids = EksSessions::expected(cluster);
    let one = |(part, arn): (RolePurpose, &RoleArn)| {
        json!({
            "part": part.id(),
            "arn": arn.as_str(),
            "trust": roles.trust(part, &ids),
            "permissions": roles.permissions(part),
        })
    };
    roles.in_creation_order().into_iter().map(one).collect()
}

/// Acceptance rows: F47, F48, F50, F51, F52, F54, F55.
#[test]
fn documents_are_the_published_ones() {
    for (case, roles) in both(Partition::AwsUsGov) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("tests/golden/pod-identity/{case}.json"));
        let golden: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let rendered = rendered(&roles, "us-gov-west-1");
        assert_eq!(rendered, golden, "{rendered:#}");
    }
}

/// Acceptance rows: F56, F57.
#[test]
fn no_placeholder_is_left_and_arns_are_of_the_partition() {
    for facts in &PARTITIONS {
        for (case, roles) in both(facts.partition) {
            let text = rendered(&roles, facts.home_region).to_string();
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
fn documents_fit_into_roles() {
    let name = "n".repeat(64);
    for facts in &PARTITIONS {
        let local = arn(facts.partition, CLUSTERS, &name);
        let target = arn(facts.partition, TARGET, &name);
        let roles = PodIdentityRoles::CrossAccount {
            palette_target: target.clone(),
            hubble_target: target,
            hubble_local: local.clone(),
            identity_local: local,
        };
        for role in rendered(&roles, "us-gov-west-1").as_array().unwrap() {
            assert!(role["trust"].to_string().len() <= 2048, "{role}");
            assert!(role["permissions"].to_string().len() <= 6144, "{role}");
        }
    }
}

/// Acceptance rows: F49.
#[test]
fn roles_come_before_the_trusts_that_name_them() {
    for (case, roles) in both(Partition::Aws) {
        let rendered = rendered(&roles, "us-east-1");
        let mut made = Vec::new();
        for role in rendered.as_array().unwrap() {
            let trust = role["trust"].to_string();
            for named in trust.split('"').filter(|text| text.starts_with("arn:")) {
                assert!(made.contains(&named.to_owned()), "{case}: {named} is not there yet");
            }
            made.push(role["arn"].as_str().unwrap().to_owned());
        }
        let order: Vec<_> =
            roles.in_creation_order().into_iter().map(|(part, _)| part.id()).collect();
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
fn questions_leave_out_what_can_have_no_effect() {
    let [(_, same), (_, cross)] = both(Partition::Aws);
    let of = |roles: &PodIdentityRoles, part| -> Vec<(String, usize)> {
        let grants = roles.permission_queries(part).into_iter();
        grants
            .map(|PermissionQuery { actions, resources }| (resources.join(" "), actions.len()))
            .collect()
    };
    let palette = "arn:aws:iam::111122223333:role/SpectroCloudPaletteRole".to_owned();
    assert_eq!(of(&same, RolePurpose::Palette), [("*".to_owned(), 4)]);
    // Without ecr:ListRepositories, which IAM does not know.
    assert_eq!(of(&same, RolePurpose::Hubble), [("*".to_owned(), 38)]);
    assert_eq!(of(&same, RolePurpose::Identity), [("*".to_owned(), 4), (palette, 2)]);
    let target = "arn:aws:iam::444455556666:role/SpectroCloudPaletteTargetRole".to_owned();
    let own = "arn:aws:iam::111122223333:role/SpectroCloudIdentityLocalRole".to_owned();
    // PassRole never reaches another account (T19).
    let wanted = [("*".to_owned(), 4), (target, 3), (own, 4)];
    assert_eq!(of(&cross, RolePurpose::IdentityLocal), wanted);
    let hubble = "arn:aws:iam::444455556666:role/SpectroCloudHubbleTargetRole".to_owned();
    assert_eq!(of(&cross, RolePurpose::HubbleLocal), [(hubble, 3)]);
}
