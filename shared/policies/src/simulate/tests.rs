//! Tests that evaluate every request against Palette's documents. If a document did not allow an
//! action on the sample ARN of its request, a check would fail for a role with all permissions.

use std::collections::BTreeSet;

use gangway_model::{AuthMethod, PARTITIONS, PermissionProfile};

use super::*;
use crate::{
    documents_for, required_documents,
    wildcard::{matches_pattern, matches_pattern_ignore_case},
};

fn account() -> AccountId {
    "123456789012".parse().unwrap()
}

fn requests_for_documents(
    documents: &[PolicyDocument],
    partition: Partition,
) -> Vec<SimulationRequest> {
    simulation_requests(documents, partition, account(), partition.info().home_region)
}

fn requests_for_profile(
    profile: PermissionProfile,
    partition: Partition,
) -> Vec<SimulationRequest> {
    requests_for_documents(documents_for(profile), partition)
}

/// Returns `true` if a policy allows the action on the resource. Evaluates only string conditions,
/// because Palette's documents have no other conditions.
fn is_allowed(
    document: &serde_json::Value,
    action: &str,
    resource: &str,
    context: &[ContextEntry],
) -> bool {
    statements(document).into_iter().any(|statement| {
        statement.allows()
            && statement.action_names().any(|pattern| matches_pattern_ignore_case(pattern, action))
            && statement.resources().iter().any(|pattern| matches_pattern(pattern, resource))
            && statement.conditions().iter().all(|condition| {
                context.iter().any(|entry| {
                    entry.key == condition.key
                        && entry.values.iter().any(|value| {
                            condition.values.iter().any(|pattern| matches_pattern(pattern, value))
                        })
                })
            })
    })
}

#[test]
fn each_document_allows_its_actions_on_the_sample_arns() {
    for facts in &PARTITIONS {
        for profile in PermissionProfile::ALL {
            for SimulationRequest { actions, resources: all, context } in
                requests_for_profile(profile, facts.partition)
            {
                for SimulatedAction { action, document, resources, .. } in actions {
                    assert!(resources.iter().all(|resource| all.contains(resource)));
                    let rendered = document.render(facts.partition);
                    for resource in &resources {
                        assert!(
                            is_allowed(&rendered, action, resource, &context),
                            "{document:?} {action} {resource} {context:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn sample_arns_are_complete_and_of_the_partition() {
    for facts in &PARTITIONS {
        for profile in PermissionProfile::ALL {
            for resource in requests_for_profile(profile, facts.partition)
                .into_iter()
                .flat_map(|request| request.resources)
            {
                let prefix = format!("arn:{}:", facts.id);
                assert!(
                    resource == "*" || (resource.starts_with(&prefix) && !resource.contains('*')),
                    "{resource}"
                );
            }
        }
    }
}

#[test]
fn requests_of_a_profile_are_combined_into_few_calls() {
    for (profile, calls) in [
        (PermissionProfile::Core, 3),
        (PermissionProfile::CoreEks, 4),
        (PermissionProfile::MinimumEksDynamic, 2),
        (PermissionProfile::MinimumEksStatic, 2),
        (PermissionProfile::MinimumIaasDynamic, 2),
        (PermissionProfile::MinimumIaasStatic, 2),
    ] {
        let requests = requests_for_profile(profile, Partition::Aws);
        assert_eq!(requests.len(), calls, "{profile} {requests:#?}");
        for request in requests {
            let unique: BTreeSet<_> = request.actions().collect();
            assert_eq!(unique.len(), request.actions.len());
            assert!((1..=MAX_ACTIONS_PER_CALL).contains(&unique.len()), "{profile}");
        }
    }
}

#[test]
fn every_action_of_a_profile_is_requested() {
    for profile in PermissionProfile::ALL {
        let requested: BTreeSet<_> = requests_for_profile(profile, Partition::Aws)
            .iter()
            .flat_map(SimulationRequest::actions)
            .collect();
        for document in documents_for(profile) {
            for statement in statements(document.template()) {
                for action in statement.action_names() {
                    assert!(requested.contains(action), "{profile} {action}");
                    assert!(!action.contains('*'), "a pattern of actions needs samples: {action}");
                }
            }
        }
        assert!(requested.iter().all(|action| !UNKNOWN_TO_IAM.contains(action)));
    }
}

#[test]
fn documents_have_only_condition_operators_that_this_test_evaluates() {
    for document in PolicyDocument::ALL {
        for statement in statements(document.template()) {
            for Condition { operator, key, values } in statement.conditions() {
                assert!(
                    matches!(operator, "StringLike" | "StringEquals" | "ForAnyValue:StringLike")
                        && matches!(
                            key,
                            "iam:AWSServiceName" | "iam:PassedToService" | "kms:ResourceAliases"
                        )
                        && values.len() == 1,
                    "{document:?} {operator} {key}"
                );
            }
        }
    }
}

#[test]
fn context_has_values_that_satisfy_the_conditions_for_eks() {
    let requests = requests_for_profile(PermissionProfile::CoreEks, Partition::AwsUsGov);
    let pass = requests
        .iter()
        .find(|request| request.resources == ["*"] && !request.context.is_empty())
        .unwrap();
    assert_eq!(pass.actions().collect::<Vec<_>>(), ["iam:PassRole", "kms:CreateGrant"]);
    let entry = |key, value: &str, list| ContextEntry { key, values: vec![value.into()], list };
    assert_eq!(
        pass.context,
        [
            entry("iam:PassedToService", "eks.amazonaws.com", false),
            entry("kms:ResourceAliases", "alias/cluster-api-provider-aws-probe", true),
        ]
    );
}

#[test]
fn only_actions_on_wrong_resources_are_marked_as_vendor_defects() {
    let marked = |profile| {
        requests_for_profile(profile, Partition::Aws)
            .into_iter()
            .flat_map(|request| request.actions)
            .filter(|simulated| simulated.vendor_defect)
            .map(|simulated| simulated.action)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        marked(PermissionProfile::CoreEks),
        ACTIONS_ON_WRONG_RESOURCES.iter().copied().collect()
    );
    assert!(marked(PermissionProfile::Core).is_empty());
    assert!(marked(PermissionProfile::MinimumEksDynamic).is_empty());
}

#[test]
fn pod_identity_with_minimum_profile_requests_actions_on_add_ons() {
    for profile in [PermissionProfile::MinimumEksDynamic, PermissionProfile::MinimumEksStatic] {
        let documents = required_documents(profile, AuthMethod::PodIdentity);
        let requests = requests_for_documents(documents, Partition::Aws);
        let everywhere: Vec<_> = requests
            .iter()
            .filter(|request| request.resources == ["*"] && request.context.is_empty())
            .flat_map(|request| &request.actions)
            .filter(|simulated| simulated.document == PolicyDocument::MinimumEksPodIdentity)
            .map(|simulated| simulated.action)
            .collect();
        let actions =
            ["eks:DescribeAddonVersions", "eks:CreateAddon", "eks:UpdateAddon", "iam:PassRole"];
        assert_eq!(everywhere, actions, "{profile}");
    }
}

#[test]
fn each_profile_needs_at_most_six_calls_in_each_partition() {
    for facts in &PARTITIONS {
        for profile in PermissionProfile::ALL {
            let calls = requests_for_profile(profile, facts.partition).len();
            assert!(calls <= 6, "{profile} in {}: {calls}", facts.id);
        }
    }
}
