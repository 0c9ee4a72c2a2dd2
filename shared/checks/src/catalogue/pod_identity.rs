//! Checks of the roles and associations of EKS Pod Identity.

use gangway_model::{Check, CheckSubject, Severity};

pub static ASSOCIATIONS_ENSURED: Check = Check {
    id: "pod-identity.associations-ensured",
    title: "Gangway has created or changed both associations, as the request allows",
    severity: Severity::Info,
    subject: CheckSubject::Account,
    covers: &["P20", "P21", "P22"],
    remedy: "Put the ARN of the role that the association has now into `replaceAssociations`, if no other account needs it. See check `pod-identity.target-roles`, and the parameters `AllowPodIdentityChanges`, `ClusterArns` and `PodRoleNames`.",
};

pub static ECR_REGISTRY: Check = Check {
    id: "pod-identity.ecr-registry",
    title: "A pack registry in ECR that uses Pod Identity has Hubble's role, in the cluster's account",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["P28"],
    remedy: "Associate the registry's service account with Hubble's role.",
};

pub static EKS_ONLY: Check = Check {
    id: "pod-identity.eks-clusters-only",
    title: "The permission profile is for EKS clusters; this method supports no others",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P27"],
    remedy: "Choose a permission profile for EKS. For clusters on EC2, use another method.",
};

pub static EXTERNAL_ID: Check = Check {
    id: "pod-identity.external-id",
    title: "Hubble's target role requires the external id that EKS issued",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P23"],
    remedy: "Require exactly the external id that EKS issued, in the trust policy.",
};

pub static HUBBLE_ASSOCIATION: Check = Check {
    id: "pod-identity.hubble-association",
    title: "Hubble's service account is associated with Hubble's role",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P20"],
    remedy: "Create the association as the plan shows, or send `ensureAssociations`. It replaces a role only if `replaceAssociations` names it.",
};

pub static HUBBLE_LOCAL_ROLE: Check = Check {
    id: "pod-identity.hubble-local-role",
    title: "Hubble's role trusts EKS and may assume Hubble's target role",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P19"],
    remedy: "Correct the trust policy and the permissions as the plan shows.",
};

pub static HUBBLE_ROLE: Check = Check {
    id: "pod-identity.hubble-role",
    title: "Hubble's role trusts EKS and may read what Hubble validates",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P13"],
    remedy: "Correct the trust policy and the permissions as the plan shows.",
};

pub static HUBBLE_TARGET_ROLE: Check = Check {
    id: "pod-identity.hubble-target-role",
    title: "Hubble's target role trusts Hubble's role in the cluster's account, and has its permissions",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P18"],
    remedy: "Correct the trust policy and the permissions as the plan shows.",
};

pub static IDENTITY_ASSOCIATION: Check = Check {
    id: "pod-identity.identity-association",
    title: "The identity service's service account is associated with its role",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P21"],
    remedy: "Create the association as the plan shows, or send `ensureAssociations`. It replaces a role only if `replaceAssociations` names it.",
};

pub static IDENTITY_LOCAL_ROLE: Check = Check {
    id: "pod-identity.identity-local-role",
    title: "The identity service's role trusts EKS and may assume Palette's target role",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P16"],
    remedy: "Correct the trust policy and the permissions as the plan shows.",
};

pub static IDENTITY_ROLE: Check = Check {
    id: "pod-identity.identity-role",
    title: "The identity service's role trusts EKS and may pass Palette's role",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P14"],
    remedy: "Correct the trust policy and the permissions as the plan shows.",
};

pub static MAPPED_USERS: Check = Check {
    id: "pod-identity.mapped-users",
    title: "The cluster profile maps the users who need a kubeconfig of workload clusters",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["P29"],
    remedy: "Map the users in the cluster profile.",
};

pub static NO_POLICIES: Check = Check {
    id: "pod-identity.no-policies-named",
    title: "No policies are named, because Palette's role already has those that it needs",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["P32"],
    remedy: "Leave out `policyArns`.",
};

pub static PALETTE_NOT_ASSOCIATED: Check = Check {
    id: "pod-identity.palette-role-not-associated",
    title: "Palette's own role has no association that was made by hand",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["P24"],
    remedy: "Delete that association. Palette creates its own.",
};

pub static PALETTE_SUPPLEMENT: Check = Check {
    id: "pod-identity.palette-role-permissions",
    title: "Palette's role may manage Pod Identity associations, in addition to its permission profile",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P12"],
    remedy: "Add the policy from the plan.",
};

pub static PALETTE_TRUST: Check = Check {
    id: "pod-identity.palette-role-trust",
    title: "The trust policy of Palette's role allows EKS Pod Identity",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P11"],
    remedy: "Correct the trust policy as the plan shows.",
};

pub static PALETTE_TARGET_ROLE: Check = Check {
    id: "pod-identity.palette-target-role",
    title: "Palette's target role trusts the identity service's role and EKS, and has its permissions",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P17"],
    remedy: "Correct the trust policy and the permissions as the plan shows.",
};

pub static PARTITION_SUPPORTED: Check = Check {
    id: "pod-identity.partition-supported",
    title: "Palette's documentation offers Pod Identity in this partition",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["X18"],
    remedy: "Ask Palette's operator to confirm it, or use the method `static-credentials` or `scap`.",
};

pub static PERMISSIONS_BOUNDARY: Check = Check {
    id: "pod-identity.permission-boundary",
    title: "The permissions boundary is an IAM policy that exists",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P31", "C16"],
    remedy: "Correct `permissionBoundaryArn`, or create the policy.",
};

pub static REGISTERED_ROLE: Check = Check {
    id: "pod-identity.role-arn",
    title: "The role to register is Palette's own role, or its target role if the account is not the cluster's",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P30"],
    remedy: "Send the ARN of Palette's role. If the account is not the cluster's, send Palette's target role.",
};

pub static ROLES_ACCOUNT: Check = Check {
    id: "pod-identity.roles-in-cluster-account",
    title: "The roles that EKS gives to pods are in the cluster's account",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P15"],
    remedy: "Create the roles in the cluster's account.",
};

pub static TARGET_ROLES: Check = Check {
    id: "pod-identity.target-roles",
    title: "Hubble's association has Hubble's target role, and the identity service's has no target role",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P22"],
    remedy: "Correct the associations as the plan shows. EKS cannot remove a target role, so delete the association and create it again.",
};
