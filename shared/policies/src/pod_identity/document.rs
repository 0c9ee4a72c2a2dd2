//! The policy documents of the Pod Identity roles. Their files have placeholders for role ARNs and
//! external ids.

use serde_json::Value;

use crate::document::map_strings;

/// The permission document of a Pod Identity role. Palette's own role also needs the documents of
/// the permission profile.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PodIdentityPolicy {
    /// The permissions that Palette's role needs in addition to the documents of its profile.
    Supplement,
    /// The permissions that Hubble needs to validate an account.
    Hubble,
    /// The permissions of the identity service if Palette's role is in the account of the cluster.
    Identity,
    /// The permissions of the identity service if Palette's role is in another account than the
    /// cluster.
    IdentityLocal,
    /// The permission of Hubble's local role to assume Hubble's target role in another account.
    HubbleLocal,
}

impl PodIdentityPolicy {
    pub const ALL: [Self; 5] =
        [Self::Supplement, Self::Hubble, Self::Identity, Self::IdentityLocal, Self::HubbleLocal];

    /// Returns the name of the policy in IAM.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Supplement => "PalettePodIdentityPolicy",
            Self::Hubble => "PaletteHubblePolicy",
            Self::Identity => "PaletteIdentityPolicy",
            Self::IdentityLocal => "PaletteIdentityLocalPolicy",
            Self::HubbleLocal => "PaletteHubbleLocalPolicy",
        }
    }

    const fn template_text(self) -> &'static str {
        match self {
            Self::Supplement => {
                include_str!("../../documents/pod-identity/PalettePodIdentityPolicy.json")
            }
            Self::Hubble => include_str!("../../documents/pod-identity/PaletteHubblePolicy.json"),
            Self::Identity => {
                include_str!("../../documents/pod-identity/PaletteIdentityPolicy.json")
            }
            Self::IdentityLocal => {
                include_str!("../../documents/pod-identity/PaletteIdentityLocalPolicy.json")
            }
            Self::HubbleLocal => {
                include_str!("../../documents/pod-identity/PaletteHubbleLocalPolicy.json")
            }
        }
    }

    /// Returns the document, in which each placeholder `{name}` is replaced with the value of that
    /// name.
    pub(super) fn render(self, values: &[(&str, &str)]) -> Value {
        render_template(self.template_text(), values)
    }
}

/// The policy with the permission that the EKS Pod Identity Agent needs in the role of each node.
/// The AWS managed policy `AmazonEKSWorkerNodePolicy` contains the same permission.
#[derive(Clone, Copy, Debug)]
pub struct NodePolicy;

impl NodePolicy {
    /// The name of the policy in IAM.
    pub const NAME: &str = "PalettePodIdentityAgentPolicy";

    /// Returns the policy document. Its file has no placeholders.
    pub fn document() -> Value {
        render_template(
            include_str!("../../documents/pod-identity/PalettePodIdentityAgentPolicy.json"),
            &[],
        )
    }
}

/// The trust policy of a Pod Identity role.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TrustPolicyDocument {
    /// The trust policy of a role that EKS gives to pods: it trusts EKS Pod Identity.
    Pods,
    /// The trust policy of Palette's target role: it trusts the identity service's local role and
    /// EKS Pod Identity.
    PaletteTarget,
    /// The trust policy of Hubble's target role: it trusts Hubble's local role.
    HubbleTarget,
}

impl TrustPolicyDocument {
    pub(super) fn render(self, values: &[(&str, &str)]) -> Value {
        let template_text = match self {
            Self::Pods => include_str!("../../documents/pod-identity/TrustPods.json"),
            Self::PaletteTarget => {
                include_str!("../../documents/pod-identity/TrustPaletteTarget.json")
            }
            Self::HubbleTarget => {
                include_str!("../../documents/pod-identity/TrustHubbleTarget.json")
            }
        };
        render_template(template_text, values)
    }
}

/// Parses a document and replaces each placeholder `{name}` with the value of that name.
fn render_template(template_text: &str, values: &[(&str, &str)]) -> Value {
    // The text is valid JSON, because a test parses each document. So the default is never used.
    let template: Value = serde_json::from_str(template_text).unwrap_or_default();
    map_strings(&template, &|text| {
        let filled = values.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        });
        filled.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_has_statements_and_names_no_partition() {
        let trusts = [
            TrustPolicyDocument::Pods,
            TrustPolicyDocument::PaletteTarget,
            TrustPolicyDocument::HubbleTarget,
        ];
        let permissions = PodIdentityPolicy::ALL.map(|document| document.render(&[]));
        let others =
            trusts.map(|trust| trust.render(&[])).into_iter().chain([NodePolicy::document()]);
        for document in permissions.into_iter().chain(others) {
            assert_eq!(document["Version"], "2012-10-17");
            assert!(!document["Statement"].as_array().unwrap().is_empty(), "{document}");
            assert!(!document.to_string().contains("arn:"), "{document}");
            assert!(!document.to_string().contains('<'), "{document}");
        }
    }
}
