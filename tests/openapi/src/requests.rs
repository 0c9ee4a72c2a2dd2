//! The request types.

use serde::Serialize;
use utoipa::ToSchema;

use crate::values::{
    AccessKeyId, AccountName, Description, PartitionId, Pem, PolicyArn, Profile, RoleArn,
    SecretAccessKey, SecretArn, UidOrName,
};

/// A registration: the members that every method has, and the method's own.
macro_rules! registration {
    ($(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $member:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub(crate) struct $name {
            /// The account's name in Palette, unique in its scope.
            name: AccountName,
            /// A description of one line.
            description: Option<Description>,
            /// The partition of the deployment. It may be left out.
            partition: Option<PartitionId>,
            /// IAM policies that Palette attaches to the roles of clusters and nodes.
            #[schema(max_items = 20)]
            policy_arns: Option<Vec<PolicyArn>>,
            /// The private cloud gateway that Palette uses.
            private_cloud_gateway: Option<UidOrName>,
            /// The set of Palette's IAM policies to check against; `core-eks` by default.
            permission_profile: Option<Profile>,
            /// The Region in which clusters will run, for which the permissions are checked; the
            /// Region of the deployment by default, and that of the cluster for Pod Identity.
            region: Option<String>,
            /// Ids of checks that do not prevent the registration if they fail. The deployment
            /// decides which those may be.
            waived_checks: Option<Vec<String>>,
            $($(#[$member_doc])* $member: $type,)*
        }
    };
}

registration!(
    /// Keys of an IAM user: `accessKeyId` with `secretAccessKey`, or `secretArn` in place of both.
    StaticCredentialsRequest {
        /// The access key id of a long-lived key.
        access_key_id: Option<AccessKeyId>,
        /// The secret access key.
        secret_access_key: Option<SecretAccessKey>,
        /// The partition's CA certificates. The iso partitions require them.
        certificate_authority: Option<Pem>,
        /// The secret that contains these fields as JSON.
        secret_arn: Option<SecretArn>,
        /// `false` leaves the key out of the rotation, where the deployment rotates keys; `true` by
        /// default.
        rotation: Option<bool>,
    }
);

registration!(
    /// A role that Palette assumes in the AWS account.
    StsRequest {
        /// The ARN of the role that Palette assumes.
        role_arn: RoleArn,
    }
);

registration!(
    /// Roles that Palette's pods get through EKS Pod Identity.
    PodIdentityRequest {
        /// The role to register: Palette's own role, or its target role in another account.
        role_arn: RoleArn,
        /// The EKS cluster that Palette runs on.
        #[schema(pattern = "^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$")]
        cluster_name: String,
        /// The cluster's Region; the Region of the deployment by default.
        cluster_region: Option<String>,
        /// The role of Palette's Hubble service, in the cluster's account.
        hubble_role_arn: RoleArn,
        /// The role of Palette's identity service, in the cluster's account.
        identity_role_arn: RoleArn,
        /// Hubble's role in the target account, if that is another account.
        hubble_target_role_arn: Option<RoleArn>,
        /// The permissions boundary of the roles that Palette creates.
        permission_boundary_arn: Option<PolicyArn>,
        /// `true` lets Gangway create the two associations if they are missing.
        ensure_associations: Option<bool>,
        /// The present roles of existing associations that Gangway may replace, if no other
        /// registered account relies on them; only with `ensureAssociations`.
        #[schema(max_items = 3)]
        replace_associations: Option<Vec<RoleArn>>,
        /// `true` lets Gangway create the `ConfigMap` that names the cluster.
        ensure_config_map: Option<bool>,
        /// `true` lets Gangway install the add-on `eks-pod-identity-agent`, if there is no agent.
        ensure_agent: Option<bool>,
    }
);

registration!(
    /// Access through the portal of a classified partition: the three certificates, or `secretArn`
    /// in place of them.
    ScapRequest {
        /// The agency, as the access portal names it.
        agency: String,
        /// Only in the Secret partition: the name of the account in the access portal.
        account_name: Option<String>,
        /// Only in the Top Secret partition: the name of the mission in the access portal.
        mission: Option<String>,
        /// The name of the role in the access portal.
        role: String,
        /// The prefix of the names of roles in the access portal; `PROJECT_` by default.
        role_prefix: Option<String>,
        /// The permissions boundary of the roles that Palette creates.
        permission_boundary_arn: Option<PolicyArn>,
        /// The CA certificates of the access portal.
        certificate_authority: Option<Pem>,
        /// The client certificate of the non-person entity, for the access portal.
        user_certificate: Option<Pem>,
        /// The private key of the client certificate, not encrypted.
        #[schema(write_only)]
        user_key: Option<Pem>,
        /// The secret that contains the three fields as JSON.
        secret_arn: Option<SecretArn>,
    }
);

/// A credential of the AWS account whose policies are listed: exactly one of `roleArn`,
/// `secretArn`, an access key, or access through a portal.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PoliciesRequest {
    /// A role that Palette assumes in the AWS account.
    role_arn: Option<RoleArn>,
    /// A secret with an access key, or with the certificates for the access portal.
    secret_arn: Option<SecretArn>,
    /// The id of an access key; `secretAccessKey` is needed, too.
    access_key_id: Option<AccessKeyId>,
    /// The secret access key.
    secret_access_key: Option<SecretAccessKey>,
    /// Classified partitions: the CA certificates of AWS or of the access portal.
    certificate_authority: Option<Pem>,
    /// Only in classified partitions: the agency, as the access portal names it.
    agency: Option<String>,
    /// Only in the Secret partition: the name or number of the account in the access portal.
    account_name: Option<String>,
    /// Only in the Top Secret partition: the name of the mission in the access portal.
    mission: Option<String>,
    /// The name of the role in the access portal.
    role: Option<String>,
    /// The prefix of the names of roles in the access portal.
    role_prefix: Option<String>,
    /// The permissions boundary of the roles that Palette creates.
    permission_boundary_arn: Option<PolicyArn>,
    /// The client certificate of the non-person entity, for the access portal.
    user_certificate: Option<Pem>,
    /// The private key of the client certificate, not encrypted.
    #[schema(write_only)]
    user_key: Option<Pem>,
}
