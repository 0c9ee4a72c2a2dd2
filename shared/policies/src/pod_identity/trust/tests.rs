use gangway_model::PARTITIONS;
use serde_json::json;

use super::*;

fn arn(partition: &str, account: &str, name: &str) -> RoleArn {
    format!("arn:{partition}:iam::{account}:role/{name}").parse().unwrap()
}

const LOCAL_ACCOUNT: &str = "111122223333";
const TARGET_ACCOUNT: &str = "444455556666";

fn cross_account_roles(partition: &str) -> PodIdentityRoles {
    PodIdentityRoles::CrossAccount {
        palette_target: arn(partition, TARGET_ACCOUNT, "Palette"),
        hubble_target: arn(partition, TARGET_ACCOUNT, "Hubble"),
        hubble_local: arn(partition, LOCAL_ACCOUNT, "HubbleLocal"),
        identity_local: arn(partition, LOCAL_ACCOUNT, "IdentityLocal"),
    }
}

fn same_account_roles(partition: &str) -> PodIdentityRoles {
    PodIdentityRoles::SameAccount {
        palette: arn(partition, LOCAL_ACCOUNT, "Palette"),
        hubble: arn(partition, LOCAL_ACCOUNT, "Hubble"),
        identity: arn(partition, LOCAL_ACCOUNT, "Identity"),
    }
}

fn cluster(region: &str) -> Cluster<'_> {
    Cluster { name: "mgmt", region, account: LOCAL_ACCOUNT.parse().unwrap() }
}

/// Assesses a trust policy. Returns `G` for valid, `U` for undetermined or `B` for invalid, and the
/// messages.
fn assess_as_letter(
    purpose: RolePurpose,
    roles: &PodIdentityRoles,
    document: &Value,
) -> (char, String) {
    let cluster = cluster("us-east-1");
    match assess_trust(document, purpose, roles, cluster, &EksSessions::expected(cluster)) {
        TrustAssessment::Valid => ('G', String::new()),
        TrustAssessment::Undetermined(lines) => ('U', lines.join("; ")),
        TrustAssessment::Invalid(lines) => ('B', lines.join("; ")),
    }
}

/// Acceptance rows: F44, F47, F48, F50, F52, F54, F55.
#[test]
fn trust_policies_of_gangway_are_valid_in_every_partition() {
    for facts in &PARTITIONS {
        for roles in [same_account_roles(facts.id), cross_account_roles(facts.id)] {
            let cluster = cluster(facts.home_region);
            let ids = EksSessions::expected(cluster);
            for (purpose, _) in roles.in_creation_order() {
                let document = roles.trust(purpose, &ids);
                let assessment = assess_trust(&document, purpose, &roles, cluster, &ids);
                assert_eq!(assessment, TrustAssessment::Valid, "{purpose:?} {document}");
            }
            if roles.hubble_target().is_some() {
                let document = roles.trust(RolePurpose::HubbleTarget, &ids);
                let accepted = accepts_external_id(&document, &roles, cluster, &ids);
                assert_eq!(accepted, Some(TrustAssessment::Valid));
            }
        }
    }
}

/// The name of a case, a change of the correct document, the expected letter of
/// [`assess_as_letter`], and a part of the expected message.
type Row<'a> = (&'a str, &'a dyn Fn(&mut Value), char, &'a str);

fn assert_rows(purpose: RolePurpose, roles: &PodIdentityRoles, rows: &[Row<'_>]) {
    let ids = EksSessions::expected(cluster("us-east-1"));
    for (name, change, wanted, expected_text) in rows {
        let mut document = roles.trust(purpose, &ids);
        change(&mut document);
        let (letter, text) = assess_as_letter(purpose, roles, &document);
        assert!(letter == *wanted && text.contains(expected_text), "{name}: {letter} {text}");
    }
}

/// Acceptance rows: F44.
#[test]
fn trust_policy_of_pods_must_allow_both_actions_to_eks() {
    let at = |path: &'static str, value: Value| {
        move |document: &mut Value| document["Statement"][0][path] = value.clone()
    };
    let condition = |key: &'static str, value: &'static str| {
        at("Condition", json!({"StringEquals": {key: value}}))
    };
    assert_rows(
        RolePurpose::Hubble,
        &same_account_roles("aws"),
        &[
            ("as documented", &|_| (), 'G', ""),
            ("all of sts", &at("Action", json!("sts:*")), 'G', ""),
            ("no tags", &at("Action", json!("sts:AssumeRole")), 'B', "call sts:TagSession"),
            ("tags only", &at("Action", json!(["sts:TagSession"])), 'B', "call sts:AssumeRole"),
            ("EC2", &at("Principal", json!({"Service": "ec2.amazonaws.com"})), 'B', "pods.eks"),
            (
                "the cluster's account",
                &at("Principal", json!({"AWS": LOCAL_ACCOUNT})),
                'B',
                "pods.eks",
            ),
            ("everyone", &at("Principal", json!("*")), 'B', "trusts every AWS account"),
            ("denied", &at("Effect", json!("Deny")), 'B', "sts:AssumeRole"),
            ("its account", &condition("aws:SourceAccount", LOCAL_ACCOUNT), 'G', ""),
            (
                "another account",
                &condition("aws:SourceAccount", TARGET_ACCOUNT),
                'B',
                "sts:AssumeRole",
            ),
            (
                "its cluster",
                &condition("aws:SourceArn", "arn:aws:eks:us-east-1:111122223333:cluster/mgmt"),
                'G',
                "",
            ),
            (
                "another cluster",
                &condition("aws:SourceArn", "arn:aws:eks:us-east-1:111122223333:cluster/dev"),
                'B',
                "sts:AssumeRole",
            ),
            (
                "its namespace",
                &condition("aws:RequestTag/kubernetes-namespace", "hubble-system"),
                'G',
                "",
            ),
            ("another", &condition("aws:RequestTag/kubernetes-namespace", "x"), 'B', "sts:"),
            ("a pod's name", &condition("aws:RequestTag/kubernetes-pod-name", "x"), 'U', "sts:"),
            ("an external id", &condition("sts:ExternalId", "x"), 'B', "sts:AssumeRole"),
        ],
    );
}

/// Acceptance rows: F52.
#[test]
fn trust_policy_of_palettes_target_role_needs_four_statements() {
    let drop = |index: usize| {
        move |document: &mut Value| {
            document["Statement"].as_array_mut().unwrap().remove(index);
        }
    };
    let id = |index: usize, operator: &'static str, id: &'static str| {
        move |document: &mut Value| {
            document["Statement"][index]["Condition"] = json!({operator: {"sts:ExternalId": id}});
        }
    };
    let principal = |principal: &'static str| {
        move |document: &mut Value| {
            for index in 0..3 {
                document["Statement"][index]["Principal"] = json!({"AWS": principal});
            }
        }
    };
    let open = |document: &mut Value| {
        document["Statement"][0].as_object_mut().unwrap().remove("Condition");
    };
    assert_rows(
        RolePurpose::PaletteTarget,
        &cross_account_roles("aws"),
        &[
            ("as documented", &|_| (), 'G', ""),
            ("no identity service", &drop(0), 'B', "palette-identity/palette-identity"),
            ("no manager", &drop(1), 'B', "mgmt/*/palette-manager"),
            ("no tags", &drop(2), 'B', "sts:TagSession"),
            ("no pods", &drop(3), 'B', "pods.eks.amazonaws.com"),
            (
                "a pattern with StringEquals",
                &id(1, "StringEquals", "us-east-1/111122223333/mgmt/*/palette-manager"),
                'B',
                "StringLike",
            ),
            (
                "one namespace only",
                &id(1, "StringEquals", "us-east-1/111122223333/mgmt/a/palette-manager"),
                'B',
                "palette-manager",
            ),
            (
                "another region",
                &id(
                    0,
                    "StringEquals",
                    "us-east-2/111122223333/mgmt/palette-identity/palette-identity",
                ),
                'B',
                "does not accept the external id us-east-1/",
            ),
            ("any cluster", &id(0, "StringLike", "us-east-1/*"), 'B', "other clusters"),
            ("no external id", &open, 'B', "without an external id"),
            ("account", &principal("arn:aws:iam::111122223333:root"), 'G', ""),
            (
                "another role",
                &principal("arn:aws:iam::111122223333:role/spectro-identity"),
                'B',
                "trusted are arn:aws:iam::111122223333:role/spectro-identity",
            ),
            ("deleted role", &principal("AROACKCEVSQ6C2EXAMPLE"), 'B', "trusted are AROA"),
        ],
    );
}

/// Acceptance rows: F54.
#[test]
fn trust_policy_of_hubbles_target_role_must_trust_local_role() {
    let principal = |document: &mut Value| {
        for index in 0..2 {
            document["Statement"][index]["Principal"] =
                json!({"AWS": "arn:aws:iam::111122223333:role/spectro-hubble-identity"});
        }
    };
    let no_tags = |document: &mut Value| {
        document["Statement"].as_array_mut().unwrap().remove(1);
    };
    let open = |document: &mut Value| {
        document["Statement"][0].as_object_mut().unwrap().remove("Condition");
    };
    // `assess_trust` ignores which external id is accepted; `accepts_external_id` assesses that.
    let other = |document: &mut Value| {
        document["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"] = json!("other");
    };
    assert_rows(
        RolePurpose::HubbleTarget,
        &cross_account_roles("aws"),
        &[
            ("as documented", &|_| (), 'G', ""),
            ("the literal of the documents", &principal, 'B', "role/spectro-hubble-identity"),
            ("no tags", &no_tags, 'B', "sts:TagSession"),
            ("no external id", &open, 'B', "without an external id"),
            ("another external id", &other, 'G', ""),
        ],
    );
}

/// Acceptance rows: F60.
#[test]
fn issued_external_ids_replace_the_expected_ones() {
    let (roles, cluster) = (cross_account_roles("aws"), cluster("us-east-1"));
    let expected = EksSessions::expected(cluster);
    let document = roles.trust(RolePurpose::HubbleTarget, &expected);
    for (issued, is_valid) in [
        (None, true),
        (Some("us-east-1/111122223333/mgmt/hubble-system/spectro-hubble"), true),
        (Some("us-east-1/111122223333/old/hubble-system/spectro-hubble"), false),
    ] {
        let ids = expected.clone().with_issued(issued, None);
        let assessment = accepts_external_id(&document, &roles, cluster, &ids);
        assert_eq!(
            assessment == Some(TrustAssessment::Valid),
            is_valid,
            "{issued:?}: {assessment:?}"
        );
    }
    // There is no result if the trust policy does not trust Hubble's local role at all.
    let others = document.to_string().replace("role/", "role/not-");
    let others = serde_json::from_str(&others).unwrap();
    assert_eq!(accepts_external_id(&others, &roles, cluster, &expected), None);
    let ids = expected.with_issued(None, Some("eu/1/m/palette-identity/palette-identity"));
    assert_eq!(ids.manager_external_id("*"), "eu/1/m/*/palette-manager");
}
