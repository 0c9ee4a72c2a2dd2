//! The checklist of this method: P01 to P32. The answers are in the modules beside it.

use gangway_model::{Check, Severity};

pub(crate) static CLUSTER_EXISTS: Check = Check {
    id: "eks.cluster-exists",
    title: "The cluster that Palette runs on is an Amazon EKS cluster of this account",
    severity: Severity::Blocker,
    covers: &["P01"],
};

pub(crate) static CLUSTER_ACTIVE: Check = Check {
    id: "eks.cluster-active",
    title: "The cluster is active",
    severity: Severity::Blocker,
    covers: &["P02"],
};

pub(crate) static KUBERNETES_VERSION: Check = Check {
    id: "eks.kubernetes-version",
    title: "The cluster runs Kubernetes 1.24 or later",
    severity: Severity::Blocker,
    covers: &["P03"],
};

pub(crate) static AGENT: Check = Check {
    id: "eks.pod-identity-agent",
    title: "The EKS Pod Identity Agent is installed and healthy",
    severity: Severity::Blocker,
    covers: &["P04"],
};

pub(crate) static AGENT_EVERYWHERE: Check = Check {
    id: "kubernetes.agent-on-every-node",
    title: "The EKS Pod Identity Agent runs on every node",
    severity: Severity::Blocker,
    covers: &["P05"],
};

pub(crate) static NODE_ROLES: Check = Check {
    id: "eks.node-roles-allow-agent",
    title: "The roles of the nodes let the agent ask for credentials",
    severity: Severity::Blocker,
    covers: &["P06"],
};

pub(crate) static AUTH_ENDPOINT: Check = Check {
    id: "eks.auth-endpoint-reachable",
    title: "The nodes of a private cluster reach the endpoint that gives credentials",
    severity: Severity::Warning,
    covers: &["P07"],
};

pub(crate) static GLOBAL_CONFIG: Check = Check {
    id: "kubernetes.global-config",
    title: "The ConfigMap palette-global-config names the cluster",
    severity: Severity::Warning,
    covers: &["P08"],
};

pub(crate) static FALLBACK: Check = Check {
    id: "eks.instance-metadata-fallback",
    title: "Without that ConfigMap, Palette can find out the cluster's name from its nodes",
    severity: Severity::Blocker,
    covers: &["P09"],
};

pub(crate) static ACCESS: Check = Check {
    id: "kubernetes.access",
    title: "Gangway may look at Palette's pods",
    severity: Severity::Blocker,
    covers: &["P10"],
};

pub(crate) static PALETTE_TRUST: Check = Check {
    id: "pod-identity.palette-role-trust",
    title: "EKS may give Palette's role to pods",
    severity: Severity::Blocker,
    covers: &["P11"],
};

pub(crate) static PALETTE_SUPPLEMENT: Check = Check {
    id: "pod-identity.palette-role-permissions",
    title: "Palette's role may manage Pod Identity associations besides what its profile needs",
    severity: Severity::Blocker,
    covers: &["P12"],
};

pub(crate) static HUBBLE_ROLE: Check = Check {
    id: "pod-identity.hubble-role",
    title: "Hubble's role trusts EKS and may look at what it validates",
    severity: Severity::Blocker,
    covers: &["P13"],
};

pub(crate) static IDENTITY_ROLE: Check = Check {
    id: "pod-identity.identity-role",
    title: "The identity service's role trusts EKS and may pass Palette's role on",
    severity: Severity::Blocker,
    covers: &["P14"],
};

pub(crate) static ROLES_ACCOUNT: Check = Check {
    id: "pod-identity.roles-in-cluster-account",
    title: "The roles that EKS gives to pods are in the account of the cluster",
    severity: Severity::Blocker,
    covers: &["P15"],
};

pub(crate) static IDENTITY_LOCAL_ROLE: Check = Check {
    id: "pod-identity.identity-local-role",
    title: "The identity service's role trusts EKS and may assume Palette's target role",
    severity: Severity::Blocker,
    covers: &["P16"],
};

pub(crate) static PALETTE_TARGET_ROLE: Check = Check {
    id: "pod-identity.palette-target-role",
    title: "Palette's target role trusts the identity service's role and EKS, and has its permissions",
    severity: Severity::Blocker,
    covers: &["P17"],
};

pub(crate) static HUBBLE_TARGET_ROLE: Check = Check {
    id: "pod-identity.hubble-target-role",
    title: "Hubble's target role trusts Hubble's role in the cluster's account, and has its permissions",
    severity: Severity::Blocker,
    covers: &["P18"],
};

pub(crate) static HUBBLE_LOCAL_ROLE: Check = Check {
    id: "pod-identity.hubble-local-role",
    title: "Hubble's role trusts EKS and may assume Hubble's target role",
    severity: Severity::Blocker,
    covers: &["P19"],
};

pub(crate) static HUBBLE_ASSOCIATION: Check = Check {
    id: "pod-identity.hubble-association",
    title: "Hubble's service account is associated with Hubble's role",
    severity: Severity::Blocker,
    covers: &["P20"],
};

pub(crate) static IDENTITY_ASSOCIATION: Check = Check {
    id: "pod-identity.identity-association",
    title: "The identity service's service account is associated with its role",
    severity: Severity::Blocker,
    covers: &["P21"],
};

pub(crate) static TARGET_ROLES: Check = Check {
    id: "pod-identity.target-roles",
    title: "Hubble's association has its target role, the identity service's has none",
    severity: Severity::Blocker,
    covers: &["P22"],
};

pub(crate) static EXTERNAL_ID: Check = Check {
    id: "pod-identity.external-id",
    title: "Hubble's target role asks for the external id that EKS issued",
    severity: Severity::Blocker,
    covers: &["P23"],
};

pub(crate) static PALETTE_NOT_ASSOCIATED: Check = Check {
    id: "pod-identity.palette-role-not-associated",
    title: "Nobody has associated Palette's own role by hand",
    severity: Severity::Warning,
    covers: &["P24"],
};

pub(crate) static PODS_RESTARTED: Check = Check {
    id: "kubernetes.pods-have-credentials",
    title: "Palette's pods were started after their associations, so they carry credentials",
    severity: Severity::Blocker,
    covers: &["P25"],
};

pub(crate) static SERVICE_ACCOUNTS: Check = Check {
    id: "kubernetes.service-accounts",
    title: "Palette's service accounts exist",
    severity: Severity::Blocker,
    covers: &["P26"],
};

pub(crate) static EKS_ONLY: Check = Check {
    id: "pod-identity.eks-clusters-only",
    title: "The permission profile is one for EKS clusters, the only ones that this method can make",
    severity: Severity::Blocker,
    covers: &["P27"],
};

pub(crate) static REGISTRY: Check = Check {
    id: "pod-identity.ecr-registry",
    title: "A pack registry in ECR that uses Pod Identity has Hubble's role, in the cluster's account",
    severity: Severity::Warning,
    covers: &["P28"],
};

pub(crate) static MAPPED_USERS: Check = Check {
    id: "pod-identity.mapped-users",
    title: "Those who need a kubeconfig of workload clusters are mapped in the cluster profile",
    severity: Severity::Warning,
    covers: &["P29"],
};

pub(crate) static REGISTERED_ROLE: Check = Check {
    id: "pod-identity.role-arn",
    title: "The role to register is Palette's own: its target role where the account is another than the cluster's",
    severity: Severity::Blocker,
    covers: &["P30"],
};

/// Asked only where the method is a deployment's own choice.
pub(crate) static OPTED_IN: Check = Check {
    id: "pod-identity.partition-supported",
    title: "Palette's documents offer Pod Identity in this partition",
    severity: Severity::Warning,
    covers: &["X18"],
};

pub(crate) static NO_POLICIES: Check = Check {
    id: "pod-identity.no-policies-named",
    title: "No policies are named: those that Palette needs are on its role already",
    severity: Severity::Warning,
    covers: &["P32"],
};
