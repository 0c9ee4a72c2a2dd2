//! Compares the attached policies of an identity with Palette's policies, by name and by content.

use crate::catalogue::iam::POLICIES_ATTACHED;
use futures_util::future::join_all;
use gangway_model::{Finding, Partition};
use gangway_policies::PolicyDocument;
use serde_json::Value;

use super::{
    attached_policies::{LookupResult, ManagedPolicy, to_lookup_result},
    iam_role::decode_policy_document,
};
use gangway_aws::{AwsSession, Principal};

/// The maximum number of attached policies whose content Gangway reads. A user has at most 20
/// policies, and more in its groups.
const MAX_DOCUMENTS: usize = 40;

/// The maximum number of actions that [`summarize`] names. Further actions are only counted.
const MAX_LISTED_ACTIONS: usize = 8;

/// An attached policy with the document of its default version.
pub(super) struct AttachedDocument {
    attached: ManagedPolicy,
    document: Value,
}

/// Checks that a policy with the name of each document is attached. Does not compare the content,
/// because every simulated action is allowed.
pub(super) fn policy_names_finding(
    documents: &[PolicyDocument],
    attached: &[ManagedPolicy],
    principal: &Principal,
) -> Finding {
    let missing = find_missing(documents, attached);
    if missing.is_empty() {
        return POLICIES_ATTACHED.passed(format!("{} attached", join_names(documents)));
    }
    POLICIES_ATTACHED.failed(
        format!(
            "not attached under their names: {}; every action is allowed nevertheless",
            join_names(&missing)
        ),
        format!(
            "attach {} to {}, so that updates of these policies can be recognized",
            join_names(&missing),
            principal.label()
        ),
    )
}

/// Returns the documents for which no attached policy has the same name. Older spellings of a name
/// are the same name.
pub(super) fn find_missing(
    documents: &[PolicyDocument],
    attached: &[ManagedPolicy],
) -> Vec<PolicyDocument> {
    let is_attached = |document: &PolicyDocument| {
        attached.iter().any(|policy| PolicyDocument::from_name(&policy.name) == Some(*document))
    };
    documents.iter().copied().filter(|document| !is_attached(document)).collect()
}

/// Reads the documents of the attached policies from IAM.
pub(super) async fn fetch_documents(
    aws: &AwsSession,
    attached: &[ManagedPolicy],
) -> LookupResult<Vec<AttachedDocument>> {
    let fetched = attached.iter().take(MAX_DOCUMENTS).map(|policy| fetch_document(aws, policy));
    join_all(fetched).await.into_iter().collect()
}

/// Checks that an attached policy has the content of each document.
pub(super) fn policy_content_finding(
    documents: &[PolicyDocument],
    attached: &[AttachedDocument],
    partition: Partition,
    principal: &Principal,
) -> Finding {
    let differences: Vec<_> = documents
        .iter()
        .filter_map(|document| find_difference(*document, partition, attached))
        .collect();
    if differences.is_empty() {
        return POLICIES_ATTACHED
            .passed(format!("{} attached and up to date", join_names(documents)));
    }
    let label = principal.label();
    let (observed, remedies): (Vec<_>, Vec<_>) = differences.into_iter().unzip();
    POLICIES_ATTACHED.failed(observed.join("; "), format!("on {label}: {}", remedies.join("; ")))
}

/// Compares a document with the attached policies. Returns the observed difference and the remedy,
/// or `None` if an attached policy has the same content.
fn find_difference(
    document: PolicyDocument,
    partition: Partition,
    read: &[AttachedDocument],
) -> Option<(String, String)> {
    let wanted = document.render(partition);
    if read.iter().any(|policy| gangway_policies::is_equivalent(&policy.document, &wanted)) {
        return None;
    }
    let name = document.name();
    let same_name = read
        .iter()
        .find(|policy| PolicyDocument::from_name(&policy.attached.name) == Some(document));
    let Some(same_name) = same_name else {
        return Some((format!("{name} is not attached"), format!("attach {name}")));
    };
    let documents = std::slice::from_ref(&same_name.document);
    let missing_actions = gangway_policies::missing_actions(document, partition, documents);
    let observed = if missing_actions.is_empty() {
        format!("{} differs from the published {name}", same_name.attached.arn)
    } else {
        format!(
            "{} is an older {name}: it lacks {}",
            same_name.attached.arn,
            summarize(&missing_actions)
        )
    };
    Some((observed, format!("give {} a new default version (IAM keeps 5)", same_name.attached.arn)))
}

async fn fetch_document(
    aws: &AwsSession,
    attached: &ManagedPolicy,
) -> LookupResult<AttachedDocument> {
    let iam = aws.iam();
    let policy = iam.get_policy().policy_arn(&attached.arn).send().await;
    let policy = match to_lookup_result("iam:GetPolicy", policy)? {
        Ok(policy) => policy,
        Err(error) => return Ok(Err(error)),
    };
    let version = policy.policy.and_then(|policy| policy.default_version_id).unwrap_or_default();
    let request = iam.get_policy_version().policy_arn(&attached.arn).version_id(version);
    let version = match to_lookup_result("iam:GetPolicyVersion", request.send().await)? {
        Ok(version) => version,
        Err(error) => return Ok(Err(error)),
    };
    let text = version.policy_version.and_then(|version| version.document).unwrap_or_default();
    let document = decode_policy_document(&text).unwrap_or_default();
    Ok(Ok(AttachedDocument { attached: attached.clone(), document }))
}

/// Returns the names of the documents, separated by commas.
pub(super) fn join_names(documents: &[PolicyDocument]) -> String {
    documents.iter().map(|document| document.name()).collect::<Vec<_>>().join(", ")
}

/// Returns the first actions as a list, and the number of further actions.
pub(crate) fn summarize<T: AsRef<str>>(actions: &[T]) -> String {
    let named: Vec<_> = actions.iter().take(MAX_LISTED_ACTIONS).map(T::as_ref).collect();
    match actions.len().saturating_sub(MAX_LISTED_ACTIONS) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn policy_with_equal_content_passes_under_any_name() {
        let partition = Partition::AwsUsGov;
        let current = PolicyDocument::Nodes.render(partition);
        let mut old = current.clone();
        old["Statement"].as_array_mut().unwrap().remove(0);
        let mut wider = current.clone();
        wider["Statement"].as_array_mut().unwrap().push(json!({
            "Effect": "Allow", "Action": "s3:*", "Resource": "*",
        }));
        for (name, document, expected) in [
            ("PaletteNodesPolicy", &current, None),
            ("OurOwnName", &current, None),
            ("PaletteNodesPolicy", &old, Some("it lacks")),
            ("palettenodespolicy", &old, Some("it lacks")),
            ("PaletteNodesPolicy", &wider, Some("differs")),
            ("PaletteNodesPolicy", &Value::Null, Some("it lacks")),
            ("OurOwnName", &old, Some("is not attached")),
        ] {
            let attached = ManagedPolicy { name: name.to_owned(), arn: format!("arn/{name}") };
            let read = [AttachedDocument { attached, document: document.clone() }];
            let difference = find_difference(PolicyDocument::Nodes, partition, &read);
            let seen = difference.map(|(observed, _)| observed);
            match (seen, expected) {
                (None, None) => {}
                (Some(seen), Some(part)) => assert!(seen.contains(part), "{name}: {seen}"),
                (seen, _) => panic!("{name}: {seen:?}"),
            }
        }
    }

    #[test]
    fn older_spellings_of_policy_names_are_recognized() {
        let attached = |name: &str| ManagedPolicy { name: name.to_owned(), arn: String::new() };
        let old = [attached("PaletteControllersPolicy"), attached("PaletteControlPlanePolicy")];
        let core = gangway_policies::documents_for(gangway_model::PermissionProfile::Core);
        assert_eq!(find_missing(core, &old), [PolicyDocument::Nodes, PolicyDocument::Deployment]);
    }
}
