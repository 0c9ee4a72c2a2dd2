//! Evaluates every request against the documents themselves. If a document denied a sample ARN,
//! Gangway would report a correct role as wrong.

use std::collections::BTreeSet;

use gangway_model::{AuthMethod, PARTITIONS, PermissionProfile};

use super::*;
use crate::{
    documents_for, required_documents,
    wildcard::{wildcard_match, wildcard_match_ignore_case},
};

fn account() -> AccountId {
    "123456789012".parse().unwrap()
}

fn requests_of(documents: &[PolicyDocument], partition: Partition) -> Vec<SimulationRequest> {
    simulation_requests(documents, partition, account(), partition.info().home_region)
}

fn requests_for(profile: PermissionProfile, partition: Partition) -> Vec<SimulationRequest> {
    requests_of(documents_for(profile), partition)
}

/// Evaluates a policy. It supports only string conditions, since the documents contain no others.
fn allowed(
    document: &serde_json::Value,
    action: &str,
    resource: &str,
    context: &[ContextEntry],
) -> bool {
    statements(document).into_iter().any(|statement| {
        statement.allows()
            && statement.action_names().any(|pattern| wildcard_match_ignore_case(pattern, action))
            && statement.resources().iter().any(|pattern| wildcard_match(pattern, resource))
            && statement.conditions().iter().all(|condition| {
                context.iter().any(|entry| {
                    entry.key == condition.key
                        && entry.values.iter().any(|value| {
                            condition.values.iter().any(|pattern| wildcard_match(pattern, value))
                        })
                })
            })
    })
}

#[test]
fn each_document_allows_its_own_actions() {
    for facts in &PARTITIONS {
        for profile in PermissionProfile::ALL {
            for SimulationRequest { actions, resources: all, context } in
                requests_for(profile, facts.partition)
            {
                for SimulatedAction { action, document, resources, .. } in actions {
                    assert!(resources.iter().all(|resource| all.contains(resource)));
                    let rendered = document.render(facts.partition);
                    for resource in &resources {
                        assert!(
                            allowed(&rendered, action, resource, &context),
                            "{document:?} {action} {resource} {context:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn samples_are_complete_arns_of_the_partition() {
    for facts in &PARTITIONS {
        for profile in PermissionProfile::ALL {
            for resource in
                requests_for(profile, facts.partition).into_iter().flat_map(|q| q.resources)
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
fn requests_are_combined_up_to_the_maximum_size() {
    for (profile, calls) in [
        (PermissionProfile::Core, 3),
        (PermissionProfile::CoreEks, 4),
        (PermissionProfile::MinimumEksDynamic, 2),
        (PermissionProfile::MinimumEksStatic, 2),
        (PermissionProfile::MinimumIaasDynamic, 2),
        (PermissionProfile::MinimumIaasStatic, 2),
    ] {
        let requests = requests_for(profile, Partition::Aws);
        assert_eq!(requests.len(), calls, "{profile} {requests:#?}");
        for question in requests {
            let unique: BTreeSet<_> = question.actions().collect();
            assert_eq!(unique.len(), question.actions.len());
            assert!((1..=MAX_ACTIONS).contains(&unique.len()), "{profile}");
        }
    }
}

#[test]
fn every_action_of_a_profile_is_requested() {
    for profile in PermissionProfile::ALL {
        let requested: BTreeSet<_> = requests_for(profile, Partition::Aws)
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
fn only_supported_condition_operators_are_used() {
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
fn context_satisfies_the_conditions_of_eks() {
    let requests = requests_for(PermissionProfile::CoreEks, Partition::AwsUsGov);
    let pass = requests
        .iter()
        .find(|question| question.resources == ["*"] && !question.context.is_empty())
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
fn defects_of_published_documents_are_marked() {
    let marked = |profile| {
        requests_for(profile, Partition::Aws)
            .into_iter()
            .flat_map(|question| question.actions)
            .filter(|simulated| simulated.vendor_defect)
            .map(|simulated| simulated.action)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(marked(PermissionProfile::CoreEks), MISPLACED.iter().copied().collect());
    assert!(marked(PermissionProfile::Core).is_empty());
    assert!(marked(PermissionProfile::MinimumEksDynamic).is_empty());
}

#[test]
fn pod_identity_with_a_minimum_profile_also_asks_about_add_ons() {
    for profile in [PermissionProfile::MinimumEksDynamic, PermissionProfile::MinimumEksStatic] {
        let documents = required_documents(profile, AuthMethod::PodIdentity);
        let requests = requests_of(documents, Partition::Aws);
        let everywhere: Vec<_> = requests
            .iter()
            .filter(|request| request.resources == ["*"] && request.context.is_empty())
            .flat_map(|request| &request.actions)
            .filter(|asked| asked.document == PolicyDocument::MinimumEksPodIdentity)
            .map(|asked| asked.action)
            .collect();
        let actions =
            ["eks:DescribeAddonVersions", "eks:CreateAddon", "eks:UpdateAddon", "iam:PassRole"];
        assert_eq!(everywhere, actions, "{profile}");
    }
}

#[test]
fn a_profile_needs_at_most_six_calls() {
    for facts in &PARTITIONS {
        for profile in PermissionProfile::ALL {
            let calls = requests_for(profile, facts.partition).len();
            assert!(calls <= 6, "{profile} in {}: {calls}", facts.id);
        }
    }
}
