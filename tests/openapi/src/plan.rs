//! The types of the plan for EKS Pod Identity.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    response_types::NamedDocument,
    values::{AccountId, PartitionId, Profile, RoleArn},
};

/// Roles, policies, associations and commands for EKS Pod Identity. Gangway computes them without
/// calling AWS or Palette.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Plan {
    partition: PartitionId,
    case: PlannedCase,
    cluster: PlannedCluster,
    /// The AWS account in which Palette creates clusters.
    target_account_id: AccountId,
    permission_profile: Profile,
    /// The roles, in the order in which they must be created.
    roles: Vec<PlannedRole>,
    /// The EKS add-on that the cluster needs.
    add_on: String,
    /// The policy for roles of nodes that lack the current `AmazonEKSWorkerNodePolicy`.
    node_role_policy: NamedDocument,
    associations: Vec<PlannedAssociation>,
    /// The `ConfigMap` that names the cluster to Palette.
    config_map: Value,
    /// The steps, in the order in which they must be done.
    steps: Vec<PlannedStep>,
    /// The commands of all steps, for the shells of the accounts that they name.
    commands: String,
    /// Commands that show whether all steps were successful.
    validation: Vec<String>,
    register: PlannedRequest,
    notices: Vec<String>,
}

/// Whether Palette creates clusters in the account of its own cluster.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PlannedCase {
    /// Palette creates clusters in the account of its own cluster.
    SameAccount,
    /// Palette creates clusters in another account. It assumes target roles there.
    CrossAccount,
}

/// The EKS cluster that Palette runs on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlannedCluster {
    cluster_name: String,
    cluster_region: String,
    account_id: AccountId,
}

/// A role to create, with its trust policy and permission policies.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlannedRole {
    role: PlannedPart,
    role_name: String,
    role_arn: RoleArn,
    account_id: AccountId,
    trust_policy: Value,
    permission_policies: Vec<NamedDocument>,
}

/// The purpose of a role.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PlannedPart {
    /// Palette's role, in the account of its cluster.
    Palette,
    /// Hubble's role, if Palette creates clusters in the account of its own cluster.
    Hubble,
    /// The identity service's role, if Palette creates clusters in the account of its own cluster.
    Identity,
    /// The identity service's role in the cluster's account, which assumes Palette's target role.
    IdentityLocal,
    /// Hubble's role in the cluster's account, which assumes Hubble's target role.
    HubbleLocal,
    /// Palette's target role, in the account in which Palette creates clusters.
    PaletteTarget,
    /// Hubble's target role, in the account in which Palette creates clusters.
    HubbleTarget,
}

/// A Pod Identity association to create: EKS gives the role to the pods of the service account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlannedAssociation {
    namespace: String,
    service_account: String,
    role_arn: RoleArn,
    /// The target role: the role in another account that EKS assumes next.
    target_role_arn: Option<RoleArn>,
}

/// A step, and the account whose credentials it needs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlannedStep {
    title: String,
    account_id: AccountId,
    commands: Vec<String>,
}

/// The members of the registration that then follows; it needs a name besides.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlannedRequest {
    role_arn: RoleArn,
    cluster_name: String,
    cluster_region: String,
    hubble_role_arn: RoleArn,
    identity_role_arn: RoleArn,
    hubble_target_role_arn: Option<RoleArn>,
    permission_profile: Profile,
}
