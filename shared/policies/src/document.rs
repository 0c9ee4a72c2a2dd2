//! The permission documents that Palette publishes, with functions that find the documents of a
//! profile and the document with a name.

use std::sync::OnceLock;

use gangway_model::{AuthMethod, Partition, PermissionProfile};
use serde_json::Value;

/// The placeholder for the partition in the ARNs of the files in `documents/`.
pub(crate) const PARTITION: &str = "{partition}";

/// A permission document that Palette publishes. Its file in `documents/` is a copy of the
/// published document, with a placeholder for the partition in ARNs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum PolicyDocument {
    /// A core document: permissions for networks, machines and load balancers of clusters.
    Controller,
    /// A core document: permissions of control plane nodes.
    ControlPlane,
    /// A core document: permissions of worker nodes.
    Nodes,
    /// A core document: permissions for the CloudFormation stack of CAPA (Cluster API Provider
    /// AWS), and for the roles and groups in this stack.
    Deployment,
    /// Permissions for EKS clusters, in addition to the core documents.
    ControllersEks,
    /// The minimum permissions for EKS clusters in a VPC that Palette creates.
    MinimumEksDynamic,
    /// The minimum permissions for EKS clusters in a VPC that exists already.
    MinimumEksStatic,
    /// Permissions to install add-ons of EKS clusters. An account with the method `pod-identity`
    /// and a minimum profile for EKS needs them, too. Palette publishes this document without a
    /// name.
    MinimumEksPodIdentity,
    /// The minimum permissions for clusters on EC2 in a VPC that Palette creates.
    MinimumIaasDynamic,
    /// The minimum permissions for clusters on EC2 in a VPC that exists already.
    MinimumIaasStatic,
    /// Permissions to create the CloudFormation stack of CAPA. An operator can add this document to
    /// a minimum document.
    CloudFormationStack,
    /// Permissions for dedicated hosts. An operator can add this document to the documents of any
    /// profile.
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

/// Returns the documents that an account with this profile and method needs: those of the profile,
/// and [`PolicyDocument::MinimumEksPodIdentity`] for the method `pod-identity` with a minimum
/// profile for EKS.
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

struct CatalogueEntry {
    /// The name of the policy in IAM.
    name: &'static str,
    /// The names of the policy in older versions of Palette's documentation.
    aliases: &'static [&'static str],
    /// The JSON text of the file, with placeholders.
    text: &'static str,
    /// The parsed text, with placeholders.
    template_cell: OnceLock<Value>,
    /// The document without placeholders as compact JSON, for each partition.
    compact_json_by_partition: [OnceLock<String>; 4],
}

macro_rules! catalogue_entry {
    ($name:literal $(, $other:literal)*) => {
        CatalogueEntry {
            name: $name,
            aliases: &[$($other),*],
            text: include_str!(concat!("../documents/", $name, ".json")),
            template_cell: OnceLock::new(),
            compact_json_by_partition: [const { OnceLock::new() }; 4],
        }
    };
}

/// The name, aliases and text of every document, in the order of [`PolicyDocument`].
static CATALOGUE: [CatalogueEntry; 12] = [
    catalogue_entry!("PaletteControllerPolicy", "PaletteControllersPolicy"),
    catalogue_entry!("PaletteControlPlanePolicy"),
    catalogue_entry!("PaletteNodesPolicy"),
    catalogue_entry!("PaletteDeploymentPolicy"),
    catalogue_entry!("PaletteControllersEKSPolicy", "PaletteControllerEKSPolicy"),
    catalogue_entry!("PaletteMinimumEKSDynamicPermissions"),
    catalogue_entry!("PaletteMinimumEKSStaticPermissions"),
    catalogue_entry!("PaletteMinimumEKSPodIdentityPermissions"),
    catalogue_entry!("PaletteMinimumIaaSDynamicPermissions"),
    catalogue_entry!("PaletteMinimumIaaSStaticPermissions"),
    catalogue_entry!("PaletteCloudFormationStackPermissions"),
    catalogue_entry!("PaletteHostResourceGroupsPolicy"),
];

impl PolicyDocument {
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

    fn catalogue_entry(self) -> &'static CatalogueEntry {
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
        self.catalogue_entry().name
    }

    /// Returns the names that the policy had in older versions of Palette's documentation.
    pub fn aliases(self) -> &'static [&'static str] {
        self.catalogue_entry().aliases
    }

    /// Returns the document that has this name or alias. Ignores case, because in IAM two policy
    /// names that differ only in case are the same name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|document| {
            let CatalogueEntry { name: current, aliases, .. } = document.catalogue_entry();
            name.eq_ignore_ascii_case(current)
                || aliases.iter().any(|alias| name.eq_ignore_ascii_case(alias))
        })
    }

    /// Returns the document with placeholders for the partition. The first call parses it.
    pub(crate) fn template(self) -> &'static Value {
        let CatalogueEntry { text, template_cell, .. } = self.catalogue_entry();
        // The text is valid JSON, because a test parses each document. So the default is never
        // used.
        template_cell.get_or_init(|| serde_json::from_str(text).unwrap_or_default())
    }

    /// Returns the document with the id of the partition in its ARNs.
    pub fn render(self, partition: Partition) -> Value {
        map_strings(self.template(), &|text| text.replace(PARTITION, partition.id()).into())
    }

    /// Returns the document as compact JSON, with the id of the partition in its ARNs. The first
    /// call for a partition creates the text.
    pub fn text(self, partition: Partition) -> &'static str {
        let [aws, gov, secret, top_secret] = &self.catalogue_entry().compact_json_by_partition;
        let cell = match partition {
            Partition::Aws => aws,
            Partition::AwsUsGov => gov,
            Partition::AwsIsoB => secret,
            Partition::AwsIso => top_secret,
        };
        cell.get_or_init(|| self.render(partition).to_string())
    }
}

/// Returns a copy of a JSON value in which `replace` has replaced every string, except for the
/// names of members.
pub(crate) fn map_strings(value: &Value, replace: &dyn Fn(&str) -> Value) -> Value {
    match value {
        Value::String(text) => replace(text),
        Value::Array(items) => items.iter().map(|item| map_strings(item, replace)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), map_strings(member, replace)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use gangway_model::PARTITIONS;

    use super::*;

    fn names_of_documents(profile: PermissionProfile) -> Vec<&'static str> {
        documents_for(profile).iter().map(|document| document.name()).collect()
    }

    /// Acceptance rows: F29.
    #[test]
    fn core_profile_has_the_four_core_documents() {
        let core = [
            "PaletteControllerPolicy",
            "PaletteControlPlanePolicy",
            "PaletteNodesPolicy",
            "PaletteDeploymentPolicy",
        ];
        assert_eq!(names_of_documents(PermissionProfile::Core), core);
    }

    /// Acceptance rows: F90.
    #[test]
    fn core_eks_has_one_document_more_than_core() {
        let (core, eks) = (
            names_of_documents(PermissionProfile::Core),
            names_of_documents(PermissionProfile::CoreEks),
        );
        assert_eq!(eks.split_last(), Some((&"PaletteControllersEKSPolicy", core.as_slice())));
    }

    /// Acceptance rows: F91.
    #[test]
    fn minimum_profiles_have_one_document_and_no_add_on() {
        for (profile, name) in [
            (PermissionProfile::MinimumEksDynamic, "PaletteMinimumEKSDynamicPermissions"),
            (PermissionProfile::MinimumEksStatic, "PaletteMinimumEKSStaticPermissions"),
            (PermissionProfile::MinimumIaasDynamic, "PaletteMinimumIaaSDynamicPermissions"),
            (PermissionProfile::MinimumIaasStatic, "PaletteMinimumIaaSStaticPermissions"),
        ] {
            assert_eq!(names_of_documents(profile), [name]);
        }
        let add_on = "PaletteCloudFormationStackPermissions";
        assert_eq!(PolicyDocument::from_name(add_on), Some(PolicyDocument::CloudFormationStack));
        assert!(
            PermissionProfile::ALL
                .iter()
                .all(|profile| !names_of_documents(*profile).contains(&add_on))
        );
    }

    /// Acceptance rows: F45, F91.
    #[test]
    fn only_pod_identity_with_minimum_eks_profile_needs_add_on_document() {
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
    fn every_document_has_statements_and_is_found_by_name_and_alias() {
        for document in PolicyDocument::ALL {
            assert_eq!(PolicyDocument::from_name(document.name()), Some(document));
            for alias in document.aliases() {
                assert_eq!(PolicyDocument::from_name(&alias.to_uppercase()), Some(document));
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
    fn documents_fit_into_managed_policies_and_name_no_other_partition() {
        for document in PolicyDocument::ALL {
            assert!(!document.catalogue_entry().text.contains("arn:aws"), "{document:?}");
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
