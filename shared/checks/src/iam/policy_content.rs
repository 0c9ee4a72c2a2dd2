//! Compares attached policies with Palette's policies. The content is read only if a simulated action is denied.

use crate::catalogue::iam::POLICIES_ATTACHED;
use futures_util::future::join_all;
use gangway_model::{Finding, Partition};
use gangway_policies::PolicyDocument;
use serde_json::Value;

use super::{
    attached_policies::{Attached, Lookup, lookup},
    iam_role::decode_policy_document,
};
use gangway_aws::{AwsSession, Principal};

/// The largest number of attached policies that are read: the quota is at most 20, and groups have their own.
const MAX_DOCUMENTS: usize = 40;

/// The largest number of actions that a text names; more are only counted.
const MAX_LISTED: usize = 8;

/// An attached policy with its document.
pub(super) struct AttachedDocument {
    attached: Attached,
    document: Value,
}

/// Compares names only. That is enough if every simulated action is allowed.
pub(super) fn check_names(
    documents: &[PolicyDocument],
    attached: &[Attached],
    principal: &Principal,
) -> Finding {
    let missing = missing(documents, attached);
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

/// Returns the documents for which no attached policy has the name. Older spellings of the names
/// count.
pub(super) fn missing(documents: &[PolicyDocument], attached: &[Attached]) -> Vec<PolicyDocument> {
    let named = |document: &PolicyDocument| {
        attached.iter().any(|policy| PolicyDocument::from_name(&policy.name) == Some(*document))
    };
    documents.iter().copied().filter(|document| !named(document)).collect()
}

/// Reads the content of the policies.
pub(super) async fn fetch_documents(
    aws: &AwsSession,
    attached: &[Attached],
) -> Lookup<Vec<AttachedDocument>> {
    let fetched = attached.iter().take(MAX_DOCUMENTS).map(|policy| fetch_document(aws, policy));
    join_all(fetched).await.into_iter().collect()
}

/// Compares the content of the policies.
pub(super) fn check_documents(
    documents: &[PolicyDocument],
    attached: &[AttachedDocument],
    partition: Partition,
    principal: &Principal,
) -> Finding {
    let faults: Vec<_> =
        documents.iter().filter_map(|document| fault(*document, partition, attached)).collect();
    if faults.is_empty() {
        return POLICIES_ATTACHED
            .passed(format!("{} attached and up to date", join_names(documents)));
    }
    let label = principal.label();
    let (observed, remedies): (Vec<_>, Vec<_>) = faults.into_iter().unzip();
    POLICIES_ATTACHED.failed(observed.join("; "), format!("on {label}: {}", remedies.join("; ")))
}

/// Returns what is wrong with the attached policy of a document, and how to fix it.
fn fault(
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

async fn fetch_document(aws: &AwsSession, attached: &Attached) -> Lookup<AttachedDocument> {
    let iam = aws.iam();
    let policy = iam.get_policy().policy_arn(&attached.arn).send().await;
    let policy = match lookup("iam:GetPolicy", policy)? {
        Ok(policy) => policy,
        Err(error) => return Ok(Err(error)),
    };
    let version = policy.policy.and_then(|policy| policy.default_version_id).unwrap_or_default();
    let request = iam.get_policy_version().policy_arn(&attached.arn).version_id(version);
    let version = match lookup("iam:GetPolicyVersion", request.send().await)? {
        Ok(version) => version,
        Err(error) => return Ok(Err(error)),
    };
    let text = version.policy_version.and_then(|version| version.document).unwrap_or_default();
    let document = decode_policy_document(&text).unwrap_or_default();
    Ok(Ok(AttachedDocument { attached: attached.clone(), document }))
}

/// Returns the documents' names as a list.
pub(super) fn join_names(documents: &[PolicyDocument]) -> String {
    documents.iter().map(|document| document.name()).collect::<Vec<_>>().join(", ")
}

/// Returns the first actions, and how many more there are.
pub(crate) fn summarize<T: AsRef<str>>(actions: &[T]) -> String {
    let named: Vec<_> = actions.iter().take(MAX_LISTED).map(T::as_ref).collect();
    match actions.len().saturating_sub(MAX_LISTED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn policies_are_compared_by_content_before_names() {
        let partition = Partition::AwsUsGov;
        let current = PolicyDocument::Nodes.render(partition);
        let mut old = current.clone();
        old["Statement"].as_array_mut().unwrap().remove(0);
        let mut wider = current.clone();
        wider["Statement"].as_array_mut().unwrap().push(json!({
            "Effect": "Allow", "Action": "s3:*", "Resource": "*",
        }));
        for (name, document, fault_is) in [
            ("PaletteNodesPolicy", &current, None),
            ("OurOwnName", &current, None),
            ("PaletteNodesPolicy", &old, Some("it lacks")),
            ("palettenodespolicy", &old, Some("it lacks")),
            ("PaletteNodesPolicy", &wider, Some("differs")),
            ("PaletteNodesPolicy", &Value::Null, Some("it lacks")),
            ("OurOwnName", &old, Some("is not attached")),
        ] {
            let attached = Attached { name: name.to_owned(), arn: format!("arn/{name}") };
            let read = [AttachedDocument { attached, document: document.clone() }];
            let seen = fault(PolicyDocument::Nodes, partition, &read).map(|(observed, _)| observed);
            match (seen, fault_is) {
                (None, None) => {}
                (Some(seen), Some(part)) => assert!(seen.contains(part), "{name}: {seen}"),
                (seen, _) => panic!("{name}: {seen:?}"),
            }
        }
    }

    #[test]
    fn older_spellings_of_policy_names_are_recognized() {
        let attached = |name: &str| Attached { name: name.to_owned(), arn: String::new() };
        let old = [attached("PaletteControllersPolicy"), attached("PaletteControlPlanePolicy")];
        let core = gangway_policies::documents_for(gangway_model::PermissionProfile::Core);
        assert_eq!(missing(core, &old), [PolicyDocument::Nodes, PolicyDocument::Deployment]);
    }
}
