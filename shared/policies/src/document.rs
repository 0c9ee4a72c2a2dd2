//! The permission documents that Palette publishes, by name and by profile.

use std::sync::OnceLock;

use gangway_model::{AuthMethod, Partition, PermissionProfile};
use serde_json::Value;

/// Placeholder for the partition in the ARNs of the files.
pub(crate) const PARTITION: &str = "{partition}";

/// A permission document that Palette publishes. The files in `documents/` are as published, except
/// that a placeholder replaces the partition of ARNs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum PolicyDocument {
    /// Networks, machines and load balancers of clusters; core.
    Controller,
    /// Permissions of control plane nodes; core.
    ControlPlane,
    /// Permissions of worker nodes; core.
    Nodes,
    /// The CloudFormation stack of CAPA (Cluster API Provider AWS), its roles and groups; core.
    Deployment,
    /// EKS clusters; in addition to the core documents.
    ControllersEks,
    /// EKS, if Palette creates the VPC; minimum.
    MinimumEksDynamic,
    /// EKS in an existing VPC; minimum.
    MinimumEksStatic,
    /// Installs add-ons of EKS clusters; in addition to the minimum documents for EKS, for the
    /// method `pod-identity` only. Palette publishes it without a name.
    MinimumEksPodIdentity,
    /// Clusters on EC2, if Palette creates the VPC; minimum.
    MinimumIaasDynamic,
    /// Clusters on EC2 in an existing VPC; minimum.
    MinimumIaasStatic,
    /// Lets Palette create CAPA's stack; an add-on to the minimum documents.
    CloudFormationStack,
    /// Dedicated hosts; an add-on.
    HostResourceGroups,
}

/// Returns the documents of a profile, in the order of Palette's documentation.
pub const fn documents_for(profile: PermissionProfile) -> &'static [PolicyDocument] {
    use PolicyDocument::{ControlPlane, Controller, ControllersEks, Deployment, Nodes};
    match profile {
        PermissionProfile::Core => &[Controller, ControlPlane, Nodes, Deployment],
        PermissionProfile::CoreEks => {
            &[Controller, ControlPlane, Nodes, Deployment, ControllersEks]
        }
        PermissionProfile::MinimumEksDynamic => &[PolicyDocument::MinimumEksDynamic],
        PermissionProfile::MinimumEksStatic => &[PolicyDocument::MinimumEksStatic],
        PermissionProfile::MinimumIaasDynamic => &[PolicyDocument::MinimumIaasDynamic],
        PermissionProfile::MinimumIaasStatic => &[PolicyDocument::MinimumIaasStatic],
    }
}

/// Returns the documents that an account of this profile and method needs. EKS Pod Identity with a
/// minimum profile needs one more than the profile has.
pub const fn required_documents(
    profile: PermissionProfile,
    method: AuthMethod,
) -> &'static [PolicyDocument] {
    use PolicyDocument::{MinimumEksDynamic, MinimumEksPodIdentity, MinimumEksStatic};
    match (method, profile) {
        (AuthMethod::PodIdentity, PermissionProfile::MinimumEksDynamic) => {
            &[MinimumEksDynamic, MinimumEksPodIdentity]
        }
        (AuthMethod::PodIdentity, PermissionProfile::MinimumEksStatic) => {
            &[MinimumEksStatic, MinimumEksPodIdentity]
        }
        _ => documents_for(profile),
    }
}

struct Entry {
    name: &'static str,
    aliases: &'static [&'static str],
    text: &'static str,
    parsed: OnceLock<Value>,
    /// Compact JSON for each partition.
    rendered: [OnceLock<String>; 4],
}

macro_rules! entry {
    ($name:literal $(, $other:literal)*) => {
        Entry {
            name: $name,
            aliases: &[$($other),*],
            text: include_str!(concat!("../documents/", $name, ".json")),
            parsed: OnceLock::new(),
            rendered: [const { OnceLock::new() }; 4],
        }
    };
}

/// In the order of [`PolicyDocument`]. The aliases are names in older versions of the
/// documentation.
static CATALOGUE: [Entry; 12] = [
    entry!("PaletteControllerPolicy", "PaletteControllersPolicy"),
    entry!("PaletteControlPlanePolicy"),
    entry!("PaletteNodesPolicy"),
    entry!("PaletteDeploymentPolicy"),
    entry!("PaletteControllersEKSPolicy", "PaletteControllerEKSPolicy"),
    entry!("PaletteMinimumEKSDynamicPermissions"),
    entry!("PaletteMinimumEKSStaticPermissions"),
    entry!("PaletteMinimumEKSPodIdentityPermissions"),
    entry!("PaletteMinimumIaaSDynamicPermissions"),
    entry!("PaletteMinimumIaaSStaticPermissions"),
    entry!("PaletteCloudFormationStackPermissions"),
    entry!("PaletteHostResourceGroupsPolicy"),
];

impl PolicyDocument {
    /// Every document.
    pub const ALL: [Self; 12] = [
        Self::Controller,
        Self::ControlPlane,
        Self::Nodes,
        Self::Deployment,
        Self::ControllersEks,
        Self::MinimumEksDynamic,
        Self::MinimumEksStatic,
        Self::MinimumEksPodIdentity,
        Self::MinimumIaasDynamic,
        Self::MinimumIaasStatic,
        Self::CloudFormationStack,
        Self::HostResourceGroups,
    ];

    fn entry(self) -> &'static Entry {
        match self {
            Self::Controller => &CATALOGUE[0],
            Self::ControlPlane => &CATALOGUE[1],
            Self::Nodes => &CATALOGUE[2],
            Self::Deployment => &CATALOGUE[3],
            Self::ControllersEks => &CATALOGUE[4],
            Self::MinimumEksDynamic => &CATALOGUE[5],
            Self::MinimumEksStatic => &CATALOGUE[6],
            Self::MinimumEksPodIdentity => &CATALOGUE[7],
            Self::MinimumIaasDynamic => &CATALOGUE[8],
            Self::MinimumIaasStatic => &CATALOGUE[9],
            Self::CloudFormationStack => &CATALOGUE[10],
            Self::HostResourceGroups => &CATALOGUE[11],
        }
    }

    /// Returns the name of the policy in IAM.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Returns names from older versions of the documentation.
    pub fn aliases(self) -> &'static [&'static str] {
        self.entry().aliases
    }

    /// Returns the document with this name or alias. IAM treats names that differ only in case as
    /// equal.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|document| {
            let Entry { name: first, aliases, .. } = document.entry();
            name.eq_ignore_ascii_case(first)
                || aliases.iter().any(|other| name.eq_ignore_ascii_case(other))
        })
    }

    /// Returns the document with placeholders for the partition. Parsed once, at first use.
    pub(crate) fn template(self) -> &'static Value {
        let Entry { text, parsed, .. } = self.entry();
        // A test parses each document, so the default is never used.
        parsed.get_or_init(|| serde_json::from_str(text).unwrap_or_default())
    }

    /// Returns the document for a partition.
    pub fn render(self, partition: Partition) -> Value {
        map_text(self.template(), &|text| text.replace(PARTITION, partition.id()).into())
    }

    /// Returns the document for a partition as compact JSON. Rendered once, at first use.
    pub fn text(self, partition: Partition) -> &'static str {
        let [aws, gov, secret, top_secret] = &self.entry().rendered;
        let rendered = match partition {
            Partition::Aws => aws,
            Partition::AwsUsGov => gov,
            Partition::AwsIsoB => secret,
            Partition::AwsIso => top_secret,
        };
        rendered.get_or_init(|| self.render(partition).to_string())
    }
}

/// Returns a copy of the document with every string replaced. Member names stay.
pub(crate) fn map_text(value: &Value, replace: &dyn Fn(&str) -> Value) -> Value {
    match value {
        Value::String(text) => replace(text),
        Value::Array(items) => items.iter().map(|item| map_text(item, replace)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), map_text(member, replace))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use gangway_model::PARTITIONS;

    use super::*;

    fn names(profile: PermissionProfile) -> Vec<&'static str> {
        documents_for(profile).iter().map(|document| document.name()).collect()
    }

    /// Acceptance rows: F29.
    #[test]
    fn core_has_four_documents() {
        let core = [
            "PaletteControllerPolicy",
            "PaletteControlPlanePolicy",
            "PaletteNodesPolicy",
            "PaletteDeploymentPolicy",
        ];
        assert_eq!(names(PermissionProfile::Core), core);
    }

    /// Acceptance rows: F90.
    #[test]
    fn core_eks_adds_one_document() {
        let (core, eks) = (names(PermissionProfile::Core), names(PermissionProfile::CoreEks));
        assert_eq!(eks.split_last(), Some((&"PaletteControllersEKSPolicy", core.as_slice())));
    }

    /// Acceptance rows: F91.
    #[test]
    fn minimum_profiles_have_one_document_each_and_the_stack_is_an_add_on() {
        for (profile, name) in [
            (PermissionProfile::MinimumEksDynamic, "PaletteMinimumEKSDynamicPermissions"),
            (PermissionProfile::MinimumEksStatic, "PaletteMinimumEKSStaticPermissions"),
            (PermissionProfile::MinimumIaasDynamic, "PaletteMinimumIaaSDynamicPermissions"),
            (PermissionProfile::MinimumIaasStatic, "PaletteMinimumIaaSStaticPermissions"),
        ] {
            assert_eq!(names(profile), [name]);
        }
        let add_on = "PaletteCloudFormationStackPermissions";
        assert_eq!(PolicyDocument::from_name(add_on), Some(PolicyDocument::CloudFormationStack));
        assert!(PermissionProfile::ALL.iter().all(|profile| !names(*profile).contains(&add_on)));
    }

    /// Acceptance rows: F45, F91.
    #[test]
    fn only_pod_identity_with_a_minimum_profile_needs_the_document_about_add_ons() {
        use PermissionProfile::{MinimumEksDynamic, MinimumEksStatic};
        let needs = |profile, method| {
            required_documents(profile, method).contains(&PolicyDocument::MinimumEksPodIdentity)
        };
        for profile in PermissionProfile::ALL {
            for method in AuthMethod::ALL {
                let expected = method == AuthMethod::PodIdentity
                    && matches!(profile, MinimumEksDynamic | MinimumEksStatic);
                assert_eq!(needs(profile, method), expected, "{profile} {method}");
                assert!(required_documents(profile, method).starts_with(documents_for(profile)));
            }
        }
    }

    #[test]
    fn every_document_is_found_by_its_name_and_has_statements() {
        for document in PolicyDocument::ALL {
            assert_eq!(PolicyDocument::from_name(document.name()), Some(document));
            for other in document.aliases() {
                assert_eq!(PolicyDocument::from_name(&other.to_uppercase()), Some(document));
            }
            assert!(
                !document.template()["Statement"].as_array().unwrap().is_empty(),
                "{document:?}"
            );
            assert_eq!(document.template()["Version"], "2012-10-17");
        }
        assert_eq!(PolicyDocument::from_name("PalettePolicy"), None);
    }

    #[test]
    fn documents_fit_into_a_managed_policy_and_name_no_other_partition() {
        for document in PolicyDocument::ALL {
            assert!(!document.entry().text.contains("arn:aws"), "{document:?}");
            for facts in &PARTITIONS {
                let text = document.text(facts.partition);
                let size = text.chars().filter(|c| !c.is_whitespace()).count();
                assert!(size <= 6144, "{document:?}: {size}");
                assert!(!text.contains(PARTITION), "{document:?}");
                for arn in text.split("arn:").skip(1) {
                    let partition = arn.split(':').next().unwrap();
                    assert!(partition == "*" || partition == facts.id, "{document:?}: {partition}");
                }
            }
        }
    }
}
