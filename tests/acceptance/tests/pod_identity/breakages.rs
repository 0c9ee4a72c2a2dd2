//! Each breakage of a setup changes its own checks, no more and no fewer.

use acceptance::{PARTITIONS, TestApp};
use gangway_policies::pod_identity::{
    HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, RolePurpose,
};
use local_cloud::world::{
    Case::{self, CrossAccount, SameAccount},
    Way,
};

use crate::fixture::{differs, expected};

const F: &str = "failed";
const U: &str = "unverified";
const N: &str = "not-applicable";

/// Palette itself does not get in either.
const PALETTE: (&str, &str) = ("palette.validation", F);

/// The case, what is broken, and every answer that is not as before.
type Row = (&'static str, Case, Way, &'static [(&'static str, &'static str)]);

const ROWS: &[Row] = &[
    (
        "P01",
        SameAccount,
        Way::RunsElsewhere,
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
    ("P02", SameAccount, Way::Updating, &[("eks.cluster-active", F)]),
    ("P03", SameAccount, Way::Old, &[("eks.kubernetes-version", F)]),
    ("P04", SameAccount, Way::AgentDegraded, &[("eks.pod-identity-agent", F)]),
    (
        "P04",
        SameAccount,
        Way::NoAgent,
        &[("eks.pod-identity-agent", F), ("kubernetes.agent-on-every-node", N)],
    ),
    ("P04", SameAccount, Way::AgentOfHelm, &[]),
    ("P05", SameAccount, Way::AgentNotEverywhere, &[("kubernetes.agent-on-every-node", F)]),
    ("P06", SameAccount, Way::NodesNotAllowed, &[("eks.node-roles-allow-agent", F)]),
    ("P07", SameAccount, Way::Private, &[("eks.auth-endpoint-reachable", U)]),
    (
        "P08",
        SameAccount,
        Way::NoConfig,
        &[("kubernetes.global-config", F), ("eks.instance-metadata-fallback", U)],
    ),
    (
        "P08",
        SameAccount,
        Way::ConfigWithoutName,
        &[("kubernetes.global-config", F), ("eks.instance-metadata-fallback", U)],
    ),
    (
        "P08",
        SameAccount,
        Way::ConfigOfAnother,
        &[("kubernetes.global-config", F), ("eks.instance-metadata-fallback", F)],
    ),
    (
        "P09",
        SameAccount,
        Way::SelfManagedNode,
        &[("kubernetes.global-config", F), ("eks.instance-metadata-fallback", F)],
    ),
    (
        "P09",
        SameAccount,
        Way::Fargate,
        &[("kubernetes.global-config", F), ("eks.instance-metadata-fallback", F)],
    ),
    (
        "P09",
        SameAccount,
        Way::NoNodegroups,
        &[
            ("kubernetes.global-config", F),
            ("eks.instance-metadata-fallback", F),
            ("eks.node-roles-allow-agent", U),
        ],
    ),
    (
        "P10",
        SameAccount,
        Way::NotKnown,
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
        Way::TrustWithoutTags(RolePurpose::Palette),
        &[("pod-identity.palette-role-trust", F), PALETTE],
    ),
    (
        "P12",
        SameAccount,
        Way::WithoutPermissions(RolePurpose::Palette),
        &[("pod-identity.palette-role-permissions", F)],
    ),
    (
        "P13",
        SameAccount,
        Way::TrustWithoutTags(RolePurpose::Hubble),
        &[("pod-identity.hubble-role", F)],
    ),
    (
        "P13",
        SameAccount,
        Way::WithoutPermissions(RolePurpose::Hubble),
        &[("pod-identity.hubble-role", F)],
    ),
    (
        "P14",
        SameAccount,
        Way::TrustsOthers(RolePurpose::Identity),
        &[("pod-identity.identity-role", F), PALETTE],
    ),
    (
        "P14",
        SameAccount,
        Way::WithoutPermissions(RolePurpose::Identity),
        &[("pod-identity.identity-role", F), PALETTE],
    ),
    (
        "P16",
        CrossAccount,
        Way::TrustWithoutTags(RolePurpose::IdentityLocal),
        &[("pod-identity.identity-local-role", F), PALETTE],
    ),
    (
        "P16",
        CrossAccount,
        Way::WithoutPermissions(RolePurpose::IdentityLocal),
        &[("pod-identity.identity-local-role", F), PALETTE],
    ),
    ("P17", CrossAccount, Way::WildcardByTheLetter, &[("pod-identity.palette-target-role", F)]),
    ("P17", CrossAccount, Way::OtherRegion, &[("pod-identity.palette-target-role", F), PALETTE]),
    (
        "P17",
        CrossAccount,
        Way::TrustWithoutTags(RolePurpose::PaletteTarget),
        &[("pod-identity.palette-target-role", F), PALETTE],
    ),
    (
        "P17",
        CrossAccount,
        Way::WithoutPermissions(RolePurpose::PaletteTarget),
        &[("pod-identity.palette-target-role", F)],
    ),
    (
        "P18",
        CrossAccount,
        Way::DocumentedPrincipal,
        &[("pod-identity.hubble-target-role", F), ("pod-identity.external-id", N)],
    ),
    (
        "P18",
        CrossAccount,
        Way::WithoutPermissions(RolePurpose::HubbleTarget),
        &[("pod-identity.hubble-target-role", F)],
    ),
    (
        "P19",
        CrossAccount,
        Way::TrustsOthers(RolePurpose::HubbleLocal),
        &[("pod-identity.hubble-local-role", F)],
    ),
    (
        "P19",
        CrossAccount,
        Way::WithoutPermissions(RolePurpose::HubbleLocal),
        &[("pod-identity.hubble-local-role", F)],
    ),
    (
        "P20",
        SameAccount,
        Way::NotAssociated(HUBBLE_SERVICE_ACCOUNT),
        &[("pod-identity.hubble-association", F)],
    ),
    (
        "P20",
        CrossAccount,
        Way::OtherRole(HUBBLE_SERVICE_ACCOUNT),
        &[("pod-identity.hubble-association", F)],
    ),
    (
        "P21",
        SameAccount,
        Way::NotAssociated(IDENTITY_SERVICE_ACCOUNT),
        &[("pod-identity.identity-association", F), PALETTE],
    ),
    (
        "P21",
        CrossAccount,
        Way::NotAssociated(IDENTITY_SERVICE_ACCOUNT),
        &[("pod-identity.identity-association", F), PALETTE],
    ),
    (
        "P22",
        CrossAccount,
        Way::NoTarget,
        &[("pod-identity.target-roles", F), ("pod-identity.external-id", N)],
    ),
    (
        "P23",
        CrossAccount,
        Way::OtherExternalId,
        // That the role is right but for which external id it asks for is said of the role itself (P18).
        &[("pod-identity.external-id", F)],
    ),
    (
        "P24",
        SameAccount,
        Way::PaletteAssociated,
        &[("pod-identity.palette-role-not-associated", F)],
    ),
    (
        "P24",
        CrossAccount,
        Way::PaletteAssociated,
        &[("pod-identity.palette-role-not-associated", F)],
    ),
    (
        "P25",
        SameAccount,
        Way::NotRestarted(HUBBLE_SERVICE_ACCOUNT),
        &[("kubernetes.pods-have-credentials", F)],
    ),
    (
        "P25",
        CrossAccount,
        Way::HalfRestarted(IDENTITY_SERVICE_ACCOUNT),
        &[("kubernetes.pods-have-credentials", F)],
    ),
    ("P25", SameAccount, Way::OtherLabel, &[]),
    (
        "P26",
        SameAccount,
        Way::NoServiceAccount(HUBBLE_SERVICE_ACCOUNT),
        &[("kubernetes.service-accounts", F)],
    ),
    ("P28", SameAccount, Way::RegistryWithOtherRole, &[("pod-identity.ecr-registry", F)]),
];

#[tokio::test]
async fn each_breakage_changes_exactly_its_checks() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let mut wrong = Vec::new();
        for (id, case, breakage, rows) in ROWS {
            let (changed, response) = differs(&app, *case, &[*breakage]).await;
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
