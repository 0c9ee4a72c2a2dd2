//! What callers send.

use serde::Serialize;
use utoipa::ToSchema;

use crate::values::{
    AccessKeyId, AccountName, Description, PartitionId, Pem, PolicyArn, Profile, ProjectOrTenant,
    RoleArn, SecretAccessKey, SecretArn, Uid, UidOrName,
};

/// A registration: the members that every method has, and the method's own.
macro_rules! registration {
    ($(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $member:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub(crate) struct $name {
            /// What Palette is to call the account. With the scope, what the account is known by.
            name: AccountName,
            /// What people read about the account: one line.
            description: Option<Description>,
            /// The partition that the deployment serves. May be left out.
            partition: Option<PartitionId>,
            /// Whose the account is to be: the tenant's, unless a project is named.
            scope: Option<ProjectOrTenant>,
            /// IAM policies that Palette is to attach to the roles of clusters and nodes.
            #[schema(max_items = 20)]
            policy_arns: Option<Vec<PolicyArn>>,
            /// The private cloud gateway that Palette is to go through.
            private_cloud_gateway: Option<UidOrName>,
            /// Which of Palette's sets of IAM policies the account is checked against; `core-eks` unless told.
            permission_profile: Option<Profile>,
            $($(#[$member_doc])* $member: $type,)*
        }
    };
}

registration!(
    /// Keys of an IAM user: `accessKeyId` with `secretAccessKey`, or `secretArn` in place of both.
    StaticCredentialsRequest {
        /// The public half of a long-lived key.
        access_key_id: Option<AccessKeyId>,
        /// The private half.
        secret_access_key: Option<SecretAccessKey>,
        /// The chain of the partition's certification authority. The iso partitions demand it, in the request or in the secret.
        certificate_authority: Option<Pem>,
        /// The secret that holds these members as JSON.
        secret_arn: Option<SecretArn>,
    }
);

registration!(
    /// A role that Palette assumes.
    StsRequest {
        /// The role.
        role_arn: RoleArn,
    }
);

registration!(
    /// Roles that Palette's pods get through EKS Pod Identity.
    PodIdentityRequest {
        /// The role that is registered: Palette's own in the cluster's account, its target role in another.
        role_arn: RoleArn,
        /// The EKS cluster that Palette runs on.
        #[schema(pattern = "^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$")]
        cluster_name: String,
        /// Where the cluster is; the deployment's region unless told.
        cluster_region: Option<String>,
        /// The role of Palette's service Hubble, in the cluster's account.
        hubble_role_arn: RoleArn,
        /// The role of Palette's identity service, in the cluster's account.
        identity_role_arn: RoleArn,
        /// Hubble's role in the target account, where that is another one.
        hubble_target_role_arn: Option<RoleArn>,
        /// What limits the roles that Palette makes.
        permission_boundary_arn: Option<PolicyArn>,
        /// Whether Gangway is to create or correct the two associations.
        ensure_associations: Option<bool>,
        /// Whether Gangway is to create the `ConfigMap` that names the cluster.
        ensure_config_map: Option<bool>,
    }
);

registration!(
    /// Access through the portal of a classified partition: the three certificates, or `secretArn` in place of them.
    ScapRequest {
        /// The agency.
        agency: String,
        /// The account at the portal: in the Secret partition.
        account_name: Option<String>,
        /// The mission at the portal: in the Top Secret partition.
        mission: Option<String>,
        /// The role at the portal.
        role: String,
        /// What the names of roles start with; `PROJECT_` unless told.
        role_prefix: Option<String>,
        /// What limits the roles that Palette makes.
        permission_boundary_arn: Option<PolicyArn>,
        /// The chain of the portal's certification authority.
        certificate_authority: Option<Pem>,
        /// The certificate of the non-person entity.
        user_certificate: Option<Pem>,
        /// Its key, not encrypted.
        #[schema(write_only)]
        user_key: Option<Pem>,
        /// The secret that holds the three as JSON.
        secret_arn: Option<SecretArn>,
    }
);

/// Whose policies are wanted: a registered account's, or those that a credential sees. Exactly one way.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PoliciesRequest {
    /// A registered account.
    uid: Option<Uid>,
    /// A role that Palette assumes.
    role_arn: Option<RoleArn>,
    /// A secret with keys.
    secret_arn: Option<SecretArn>,
    /// The public half of a key.
    access_key_id: Option<AccessKeyId>,
    /// The private half.
    secret_access_key: Option<SecretAccessKey>,
}
