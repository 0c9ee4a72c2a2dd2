//! Tests that each breakage of a cluster changes the outcome of exactly the checks that are about
//! it.

use acceptance::{PARTITIONS, TestApp};
use gangway_policies::pod_identity::{
    HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, RolePurpose,
};
use local_cloud::fixtures::{
    Breakage,
    PodIdentityCase::{self, CrossAccount, SameAccount},
};

use crate::fixture::{break_and_validate, to_outcome_map};

const FAILED: &str = "failed";
const UNVERIFIED: &str = "unverified";
const NOT_APPLICABLE: &str = "not-applicable";

/// The check of Palette's own validation, which also fails.
const PALETTE_VALIDATION_FAILED: (&str, &str) = ("palette.validation", FAILED);

/// The id of the prerequisite, the account case, the breakage, and each check whose outcome
/// changes, with its new outcome.
type Row = (&'static str, PodIdentityCase, Breakage, &'static [(&'static str, &'static str)]);

const ROWS: &[Row] = &[
    (
        "P01",
        SameAccount,
        Breakage::ConnectedCluster,
        // EKS does not return the endpoint of a connected cluster.
        &[
            ("eks.cluster-exists", FAILED),
            ("kubernetes.access", UNVERIFIED),
            ("kubernetes.agent-on-every-node", UNVERIFIED),
            ("kubernetes.global-config", UNVERIFIED),
            ("eks.instance-metadata-fallback", UNVERIFIED),
            ("kubernetes.pods-have-credentials", UNVERIFIED),
            ("kubernetes.service-accounts", UNVERIFIED),
        ],
    ),
    (
        "P20",
        SameAccount,
        Breakage::SessionPolicy(HUBBLE_SERVICE_ACCOUNT),
        &[("pod-identity.hubble-association", FAILED)],
    ),
    (
        "P21",
        CrossAccount,
        Breakage::SessionPolicy(IDENTITY_SERVICE_ACCOUNT),
        &[("pod-identity.identity-association", FAILED), PALETTE_VALIDATION_FAILED],
    ),
    ("P02", SameAccount, Breakage::Updating, &[("eks.cluster-active", UNVERIFIED)]),
    ("P03", SameAccount, Breakage::OldVersion, &[("eks.kubernetes-version", FAILED)]),
    ("P04", SameAccount, Breakage::AgentDegraded, &[("eks.pod-identity-agent", FAILED)]),
    (
        "P04",
        SameAccount,
        Breakage::NoAgent,
        &[("eks.pod-identity-agent", FAILED), ("kubernetes.agent-on-every-node", NOT_APPLICABLE)],
    ),
    ("P04", SameAccount, Breakage::AgentFromHelm, &[]),
    (
        "P05",
        SameAccount,
        Breakage::AgentNotOnAllNodes,
        &[("kubernetes.agent-on-every-node", FAILED)],
    ),
    (
        "P06",
        SameAccount,
        Breakage::NodeRoleWithoutPermission,
        &[("eks.node-roles-allow-agent", FAILED)],
    ),
    ("P07", SameAccount, Breakage::PrivateEndpoint, &[("eks.auth-endpoint-reachable", UNVERIFIED)]),
    (
        "P08",
        SameAccount,
        Breakage::NoConfigMap,
        &[("kubernetes.global-config", FAILED), ("eks.instance-metadata-fallback", UNVERIFIED)],
    ),
    (
        "P08",
        SameAccount,
        Breakage::ConfigMapWithoutName,
        &[("kubernetes.global-config", FAILED), ("eks.instance-metadata-fallback", UNVERIFIED)],
    ),
    (
        "P08",
        SameAccount,
        Breakage::ConfigMapOfOtherCluster,
        &[("kubernetes.global-config", FAILED), ("eks.instance-metadata-fallback", FAILED)],
    ),
    (
        "P09",
        SameAccount,
        Breakage::SelfManagedNode,
        &[("kubernetes.global-config", FAILED), ("eks.instance-metadata-fallback", FAILED)],
    ),
    (
        "P09",
        SameAccount,
        Breakage::Fargate,
        &[("kubernetes.global-config", FAILED), ("eks.instance-metadata-fallback", FAILED)],
    ),
    (
        "P09",
        SameAccount,
        Breakage::NoNodegroups,
        &[
            ("kubernetes.global-config", FAILED),
            ("eks.instance-metadata-fallback", FAILED),
            ("eks.node-roles-allow-agent", UNVERIFIED),
        ],
    ),
    (
        "P10",
        SameAccount,
        Breakage::NoAccessEntry,
        &[
            ("kubernetes.access", FAILED),
            ("kubernetes.agent-on-every-node", UNVERIFIED),
            ("kubernetes.global-config", UNVERIFIED),
            ("eks.instance-metadata-fallback", UNVERIFIED),
            ("kubernetes.pods-have-credentials", UNVERIFIED),
            ("kubernetes.service-accounts", UNVERIFIED),
        ],
    ),
    (
        "P11",
        SameAccount,
        Breakage::TrustWithoutTagSession(RolePurpose::Palette),
        &[("pod-identity.palette-role-trust", FAILED), PALETTE_VALIDATION_FAILED],
    ),
    (
        "P12",
        SameAccount,
        Breakage::WithoutPermissions(RolePurpose::Palette),
        &[("pod-identity.palette-role-permissions", FAILED)],
    ),
    (
        "P13",
        SameAccount,
        Breakage::TrustWithoutTagSession(RolePurpose::Hubble),
        &[("pod-identity.hubble-role", FAILED)],
    ),
    (
        "P13",
        SameAccount,
        Breakage::WithoutPermissions(RolePurpose::Hubble),
        &[("pod-identity.hubble-role", FAILED)],
    ),
    (
        "P14",
        SameAccount,
        Breakage::TrustsOtherPrincipal(RolePurpose::Identity),
        &[("pod-identity.identity-role", FAILED), PALETTE_VALIDATION_FAILED],
    ),
    (
        "P14",
        SameAccount,
        Breakage::WithoutPermissions(RolePurpose::Identity),
        &[("pod-identity.identity-role", FAILED), PALETTE_VALIDATION_FAILED],
    ),
    (
        "P16",
        CrossAccount,
        Breakage::TrustWithoutTagSession(RolePurpose::IdentityLocal),
        &[("pod-identity.identity-local-role", FAILED), PALETTE_VALIDATION_FAILED],
    ),
    (
        "P16",
        CrossAccount,
        Breakage::WithoutPermissions(RolePurpose::IdentityLocal),
        &[("pod-identity.identity-local-role", FAILED), PALETTE_VALIDATION_FAILED],
    ),
    (
        "P17",
        CrossAccount,
        Breakage::WildcardWithStringEquals,
        &[("pod-identity.palette-target-role", FAILED)],
    ),
    (
        "P17",
        CrossAccount,
        Breakage::TrustForOtherRegion,
        &[("pod-identity.palette-target-role", FAILED), PALETTE_VALIDATION_FAILED],
    ),
    (
        "P17",
        CrossAccount,
        Breakage::TrustWithoutTagSession(RolePurpose::PaletteTarget),
        &[("pod-identity.palette-target-role", FAILED), PALETTE_VALIDATION_FAILED],
    ),
    (
        "P17",
        CrossAccount,
        Breakage::WithoutPermissions(RolePurpose::PaletteTarget),
        &[("pod-identity.palette-target-role", FAILED)],
    ),
    (
        "P18",
        CrossAccount,
        Breakage::DocumentedPrincipal,
        &[
            ("pod-identity.hubble-target-role", FAILED),
            ("pod-identity.external-id", NOT_APPLICABLE),
        ],
    ),
    (
        "P18",
        CrossAccount,
        Breakage::WithoutPermissions(RolePurpose::HubbleTarget),
        &[("pod-identity.hubble-target-role", FAILED)],
    ),
    (
        "P19",
        CrossAccount,
        Breakage::TrustsOtherPrincipal(RolePurpose::HubbleLocal),
        &[("pod-identity.hubble-local-role", FAILED)],
    ),
    (
        "P19",
        CrossAccount,
        Breakage::WithoutPermissions(RolePurpose::HubbleLocal),
        &[("pod-identity.hubble-local-role", FAILED)],
    ),
    (
        "P20",
        SameAccount,
        Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT),
        &[("pod-identity.hubble-association", FAILED)],
    ),
    (
        "P20",
        CrossAccount,
        Breakage::AssociatedWithOtherRole(HUBBLE_SERVICE_ACCOUNT),
        &[("pod-identity.hubble-association", FAILED)],
    ),
    (
        "P21",
        SameAccount,
        Breakage::NoAssociation(IDENTITY_SERVICE_ACCOUNT),
        &[("pod-identity.identity-association", FAILED), PALETTE_VALIDATION_FAILED],
    ),
    (
        "P21",
        CrossAccount,
        Breakage::NoAssociation(IDENTITY_SERVICE_ACCOUNT),
        &[("pod-identity.identity-association", FAILED), PALETTE_VALIDATION_FAILED],
    ),
    (
        "P22",
        CrossAccount,
        Breakage::NoTargetRole,
        &[("pod-identity.target-roles", FAILED), ("pod-identity.external-id", NOT_APPLICABLE)],
    ),
    (
        "P23",
        CrossAccount,
        Breakage::OtherExternalId,
        // The check of the Hubble target role ignores the external id.
        &[("pod-identity.external-id", FAILED)],
    ),
    (
        "P24",
        SameAccount,
        Breakage::PaletteRoleAssociated,
        &[("pod-identity.palette-role-not-associated", FAILED)],
    ),
    (
        "P24",
        CrossAccount,
        Breakage::PaletteRoleAssociated,
        &[("pod-identity.palette-role-not-associated", FAILED)],
    ),
    (
        "P25",
        SameAccount,
        Breakage::PodsNotRestarted(HUBBLE_SERVICE_ACCOUNT),
        &[("kubernetes.pods-have-credentials", FAILED)],
    ),
    (
        "P25",
        CrossAccount,
        Breakage::PodsPartlyRestarted(IDENTITY_SERVICE_ACCOUNT),
        &[("kubernetes.pods-have-credentials", FAILED)],
    ),
    ("P25", SameAccount, Breakage::OtherPodLabel, &[]),
    (
        "P26",
        SameAccount,
        Breakage::NoServiceAccount(HUBBLE_SERVICE_ACCOUNT),
        &[("kubernetes.service-accounts", FAILED)],
    ),
    ("P28", SameAccount, Breakage::RegistryWithOtherRole, &[("pod-identity.ecr-registry", FAILED)]),
];

#[tokio::test]
async fn each_breakage_changes_exactly_its_checks() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let mut wrong = Vec::new();
        for (id, case, breakage, rows) in ROWS {
            let (changed, response) = break_and_validate(&app, *case, &[*breakage]).await;
            if changed != to_outcome_map(rows) {
                wrong.push(format!("{id} {case:?} {breakage:?}: {changed:#?}"));
            }
            for (check, _) in rows.iter().filter(|(_, outcome)| *outcome == FAILED) {
                let check = response.check(check);
                if check["remedy"].as_str().is_none_or(str::is_empty) {
                    wrong.push(format!("{id} {breakage:?} has no remedy: {check:#}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
