//! Each breakage of a setup changes its own checks, no more and no fewer.

use acceptance::{PARTITIONS, TestApp};
use gangway_policies::pod_identity::{
    HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, RolePurpose,
};
use local_cloud::fixtures::{
    Breakage,
    PodIdentityCase::{self, CrossAccount, SameAccount},
};

use crate::fixture::{break_and_validate, expected};

const F: &str = "failed";
const U: &str = "unverified";
const N: &str = "not-applicable";

/// Palette's own validation fails as well.
const PALETTE: (&str, &str) = ("palette.validation", F);

/// The case, the breakage, and every check whose outcome changes.
type Row = (&'static str, PodIdentityCase, Breakage, &'static [(&'static str, &'static str)]);

const ROWS: &[Row] = &[
    (
        "P01",
        SameAccount,
        Breakage::ConnectedCluster,
        // EKS does not return the endpoint of such a cluster.
        &[
            ("eks.cluster-exists", F),
            ("kubernetes.access", U),
            ("kubernetes.agent-on-every-node", U),
            ("kubernetes.global-config", U),
            ("eks.instance-metadata-fallback", U),
            ("kubernetes.pods-have-credentials", U),
            ("kubernetes.service-accounts", U),
        ],
    ),
    (
        "P20",
        SameAccount,
        Breakage::SessionPolicy(HUBBLE_SERVICE_ACCOUNT),
        &[("pod-identity.hubble-association", F)],
    ),
    (
        "P21",
        CrossAccount,
        Breakage::SessionPolicy(IDENTITY_SERVICE_ACCOUNT),
        &[("pod-identity.identity-association", F), PALETTE],
    ),
    ("P02", SameAccount, Breakage::Updating, &[("eks.cluster-active", U)]),
    ("P03", SameAccount, Breakage::OldVersion, &[("eks.kubernetes-version", F)]),
    ("P04", SameAccount, Breakage::AgentDegraded, &[("eks.pod-identity-agent", F)]),
    (
        "P04",
        SameAccount,
        Breakage::NoAgent,
        &[("eks.pod-identity-agent", F), ("kubernetes.agent-on-every-node", N)],
    ),
    ("P04", SameAccount, Breakage::AgentFromHelm, &[]),
    ("P05", SameAccount, Breakage::AgentNotOnAllNodes, &[("kubernetes.agent-on-every-node", F)]),
    ("P06", SameAccount, Breakage::NodeRoleWithoutPermission, &[("eks.node-roles-allow-agent", F)]),
    ("P07", SameAccount, Breakage::PrivateEndpoint, &[("eks.auth-endpoint-reachable", U)]),
    (
        "P08",
        SameAccount,
        Breakage::NoConfigMap,
        &[("kubernetes.global-config", F), ("eks.instance-metadata-fallback", U)],
    ),
    (
        "P08",
        SameAccount,
        Breakage::ConfigMapWithoutName,
        &[("kubernetes.global-config", F), ("eks.instance-metadata-fallback", U)],
    ),
    (
        "P08",
        SameAccount,
        Breakage::ConfigMapOfOtherCluster,
        &[("kubernetes.global-config", F), ("eks.instance-metadata-fallback", F)],
    ),
    (
        "P09",
        SameAccount,
        Breakage::SelfManagedNode,
        &[("kubernetes.global-config", F), ("eks.instance-metadata-fallback", F)],
    ),
    (
        "P09",
        SameAccount,
        Breakage::Fargate,
        &[("kubernetes.global-config", F), ("eks.instance-metadata-fallback", F)],
    ),
    (
        "P09",
        SameAccount,
        Breakage::NoNodegroups,
        &[
            ("kubernetes.global-config", F),
            ("eks.instance-metadata-fallback", F),
            ("eks.node-roles-allow-agent", U),
        ],
    ),
    (
        "P10",
        SameAccount,
        Breakage::NoAccessEntry,
        &[
            ("kubernetes.access", F),
            ("kubernetes.agent-on-every-node", U),
            ("kubernetes.global-config", U),
            ("eks.instance-metadata-fallback", U),
            ("kubernetes.pods-have-credentials", U),
            ("kubernetes.service-accounts", U),
        ],
    ),
    (
        "P11",
        SameAccount,
        Breakage::TrustWithoutTagSession(RolePurpose::Palette),
        &[("pod-identity.palette-role-trust", F), PALETTE],
    ),
    (
        "P12",
        SameAccount,
        Breakage::WithoutPermissions(RolePurpose::Palette),
        &[("pod-identity.palette-role-permissions", F)],
    ),
    (
        "P13",
        SameAccount,
        Breakage::TrustWithoutTagSession(RolePurpose::Hubble),
        &[("pod-identity.hubble-role", F)],
    ),
    (
        "P13",
        SameAccount,
        Breakage::WithoutPermissions(RolePurpose::Hubble),
        &[("pod-identity.hubble-role", F)],
    ),
    (
        "P14",
        SameAccount,
        Breakage::TrustsOtherPrincipal(RolePurpose::Identity),
        &[("pod-identity.identity-role", F), PALETTE],
    ),
    (
        "P14",
        SameAccount,
        Breakage::WithoutPermissions(RolePurpose::Identity),
        &[("pod-identity.identity-role", F), PALETTE],
    ),
    (
        "P16",
        CrossAccount,
        Breakage::TrustWithoutTagSession(RolePurpose::IdentityLocal),
        &[("pod-identity.identity-local-role", F), PALETTE],
    ),
    (
        "P16",
        CrossAccount,
        Breakage::WithoutPermissions(RolePurpose::IdentityLocal),
        &[("pod-identity.identity-local-role", F), PALETTE],
    ),
    (
        "P17",
        CrossAccount,
        Breakage::WildcardWithStringEquals,
        &[("pod-identity.palette-target-role", F)],
    ),
    (
        "P17",
        CrossAccount,
        Breakage::TrustForOtherRegion,
        &[("pod-identity.palette-target-role", F), PALETTE],
    ),
    (
        "P17",
        CrossAccount,
        Breakage::TrustWithoutTagSession(RolePurpose::PaletteTarget),
        &[("pod-identity.palette-target-role", F), PALETTE],
    ),
    (
        "P17",
        CrossAccount,
        Breakage::WithoutPermissions(RolePurpose::PaletteTarget),
        &[("pod-identity.palette-target-role", F)],
    ),
    (
        "P18",
        CrossAccount,
        Breakage::DocumentedPrincipal,
        &[("pod-identity.hubble-target-role", F), ("pod-identity.external-id", N)],
    ),
    (
        "P18",
        CrossAccount,
        Breakage::WithoutPermissions(RolePurpose::HubbleTarget),
        &[("pod-identity.hubble-target-role", F)],
    ),
    (
        "P19",
        CrossAccount,
        Breakage::TrustsOtherPrincipal(RolePurpose::HubbleLocal),
        &[("pod-identity.hubble-local-role", F)],
    ),
    (
        "P19",
        CrossAccount,
        Breakage::WithoutPermissions(RolePurpose::HubbleLocal),
        &[("pod-identity.hubble-local-role", F)],
    ),
    (
        "P20",
        SameAccount,
        Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT),
        &[("pod-identity.hubble-association", F)],
    ),
    (
        "P20",
        CrossAccount,
        Breakage::AssociatedWithOtherRole(HUBBLE_SERVICE_ACCOUNT),
        &[("pod-identity.hubble-association", F)],
    ),
    (
        "P21",
        SameAccount,
        Breakage::NoAssociation(IDENTITY_SERVICE_ACCOUNT),
        &[("pod-identity.identity-association", F), PALETTE],
    ),
    (
        "P21",
        CrossAccount,
        Breakage::NoAssociation(IDENTITY_SERVICE_ACCOUNT),
        &[("pod-identity.identity-association", F), PALETTE],
    ),
    (
        "P22",
        CrossAccount,
        Breakage::NoTargetRole,
        &[("pod-identity.target-roles", F), ("pod-identity.external-id", N)],
    ),
    (
        "P23",
        CrossAccount,
        Breakage::OtherExternalId,
        // The role's own check does not report a wrong external id.
        &[("pod-identity.external-id", F)],
    ),
    (
        "P24",
        SameAccount,
        Breakage::PaletteRoleAssociated,
        &[("pod-identity.palette-role-not-associated", F)],
    ),
    (
        "P24",
        CrossAccount,
        Breakage::PaletteRoleAssociated,
        &[("pod-identity.palette-role-not-associated", F)],
    ),
    (
        "P25",
        SameAccount,
        Breakage::PodsNotRestarted(HUBBLE_SERVICE_ACCOUNT),
        &[("kubernetes.pods-have-credentials", F)],
    ),
    (
        "P25",
        CrossAccount,
        Breakage::PodsPartlyRestarted(IDENTITY_SERVICE_ACCOUNT),
        &[("kubernetes.pods-have-credentials", F)],
    ),
    ("P25", SameAccount, Breakage::OtherPodLabel, &[]),
    (
        "P26",
        SameAccount,
        Breakage::NoServiceAccount(HUBBLE_SERVICE_ACCOUNT),
        &[("kubernetes.service-accounts", F)],
    ),
    ("P28", SameAccount, Breakage::RegistryWithOtherRole, &[("pod-identity.ecr-registry", F)]),
];

#[tokio::test]
async fn each_breakage_changes_exactly_its_checks() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let mut wrong = Vec::new();
        for (id, case, breakage, rows) in ROWS {
            let (changed, response) = break_and_validate(&app, *case, &[*breakage]).await;
            if changed != expected(rows) {
                wrong.push(format!("{id} {case:?} {breakage:?}: {changed:#?}"));
            }
            for (check, _) in rows.iter().filter(|(_, outcome)| *outcome == F) {
                let check = response.check(check);
                if check["remedy"].as_str().is_none_or(str::is_empty) {
                    wrong.push(format!("{id} {breakage:?} has no remedy: {check:#}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
