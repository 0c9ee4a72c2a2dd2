//! Notices about actions in Palette's documents that allow privilege escalation.

use crate::{document::PolicyDocument, statement::statements};

/// The actions that allow privilege escalation if they are allowed on every resource, and what an
/// identity can do with each action.
const ESCALATING_ACTIONS: &[(&str, &str)] = &[
    ("iam:AddUserToGroup", "join any group"),
    ("iam:AttachGroupPolicy", "attach any policy to a group"),
    ("iam:AttachRolePolicy", "attach any policy to a role"),
    ("iam:CreatePolicyVersion", "rewrite any customer-managed policy"),
    ("iam:CreateUser", "create users"),
    ("iam:PassRole", "pass any role to EKS"),
    ("s3:PutBucketPolicy", "access any bucket"),
    ("sts:AssumeRole", "assume any role that trusts the account"),
];

/// The patterns in the member `Resource` of Palette's documents that match every resource.
const UNRESTRICTED_RESOURCES: &[&str] = &["*", "arn:*:s3:::*", "arn:*:iam::*:role/*"];

/// Returns one notice for each document that allows privilege escalation, in
/// the order of the documents.
pub fn privilege_escalation_notices(documents: &[PolicyDocument]) -> Vec<String> {
    documents.iter().filter_map(|document| privilege_escalation_notice(*document)).collect()
}

/// Returns a notice with the actions of a document that allow privilege
/// escalation, or `None` if the document has no such action.
fn privilege_escalation_notice(document: PolicyDocument) -> Option<String> {
    let statements = statements(document.template());
    let actions: Vec<_> = ESCALATING_ACTIONS
        .iter()
        .filter(|(action, _)| {
            statements.iter().any(|statement| {
                statement.allows()
                    && statement.action_names().any(|name| name == *action)
                    && statement
                        .resources()
                        .iter()
                        .any(|held| UNRESTRICTED_RESOURCES.contains(&held.as_str()))
            })
        })
        .map(|(action, power)| format!("{action} ({power})"))
        .collect();
    let remedy = if document == PolicyDocument::MinimumEksPodIdentity {
        "set a permissions boundary"
    } else {
        "choose a minimum profile or set a permissions boundary"
    };
    (!actions.is_empty()).then(|| {
        format!(
            "{} allows privilege escalation: {}. If that is too much, {remedy}.",
            document.name(),
            actions.join(", "),
        )
    })
}

#[cfg(test)]
mod tests {
    use gangway_model::PermissionProfile;

    use super::*;
    use crate::documents_for;

    #[test]
    fn a_notice_has_the_document_and_its_escalating_actions() {
        let notices = privilege_escalation_notices(documents_for(PermissionProfile::CoreEks));
        let heads: Vec<_> =
            notices.iter().map(|notice| notice.split_once(". ").unwrap().0.to_owned()).collect();
        assert_eq!(
            heads,
            [
                "PaletteControllerPolicy allows privilege escalation: s3:PutBucketPolicy (access any bucket)",
                "PaletteDeploymentPolicy allows privilege escalation: iam:AddUserToGroup (join any group), iam:AttachGroupPolicy (attach any policy to a group), iam:CreatePolicyVersion (rewrite any customer-managed policy), iam:CreateUser (create users), sts:AssumeRole (assume any role that trusts the account)",
                "PaletteControllersEKSPolicy allows privilege escalation: iam:AttachRolePolicy (attach any policy to a role), iam:PassRole (pass any role to EKS)",
            ]
        );
    }

    #[test]
    fn minimum_profiles_have_no_notice_without_the_stack_document() {
        for profile in PermissionProfile::ALL {
            let core = matches!(profile, PermissionProfile::Core | PermissionProfile::CoreEks);
            assert_eq!(
                privilege_escalation_notices(documents_for(profile)).is_empty(),
                !core,
                "{profile}"
            );
        }
        assert_eq!(
            privilege_escalation_notices(&[
                PolicyDocument::CloudFormationStack,
                PolicyDocument::HostResourceGroups
            ])
            .len(),
            1
        );
    }
}
