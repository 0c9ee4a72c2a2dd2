use crate::{AuthMethod, Credential, PolicyArn};

/// The public part of a credential, as Palette's API returns it with a cloud account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StoredCredential {
    /// A long-lived access key of an IAM user.
    AccessKey {
        /// The access key id. It is empty if Palette masks it.
        access_key_id: String,
    },
    /// A role that Palette assumes.
    StsRole { role_arn: String },
    /// A role that Palette's pods get through EKS Pod Identity.
    PodIdentity {
        role_arn: String,
        /// The permissions boundary of the roles that Palette creates. It is empty if there is
        /// none.
        permission_boundary_arn: String,
    },
    /// The parameters of a request for temporary credentials to an access portal.
    AccessPortal {
        agency: String,
        /// The account in the portal: the `accountName` of SCAP, or the `mission` of CAP.
        account: String,
        role: String,
        /// The prefix of the names of roles that Palette creates. If it is empty, Palette uses its
        /// default.
        prefix: String,
        /// The permissions boundary of the roles that Palette creates. It is empty if there is
        /// none.
        permission_boundary_arn: String,
    },
    /// A credential of a type that Gangway does not know. The text is the type in Palette's API.
    Unrecognized(String),
}

impl StoredCredential {
    /// Returns the method of the credential, or `None` if Gangway does not know its type.
    pub const fn method(&self) -> Option<AuthMethod> {
        match self {
            Self::AccessKey { .. } => Some(AuthMethod::StaticCredentials),
            Self::StsRole { .. } => Some(AuthMethod::Sts),
            Self::PodIdentity { .. } => Some(AuthMethod::PodIdentity),
            Self::AccessPortal { .. } => Some(AuthMethod::Scap),
            Self::Unrecognized(_) => None,
        }
    }

    /// Returns `Some(true)` if this is the public part of `credential`, `Some(false)` if it is not,
    /// and `None` if Palette masks the access key id, so that they cannot be compared.
    pub fn matches_credential(&self, credential: &Credential) -> Option<bool> {
        let is_masked =
            matches!(self, Self::AccessKey { access_key_id } if access_key_id.is_empty());
        (!is_masked).then(|| self.has_public_part_of(credential))
    }

    fn has_public_part_of(&self, credential: &Credential) -> bool {
        match (credential, self) {
            (Credential::AccessKey(key), Self::AccessKey { access_key_id }) => {
                key.id.as_str() == access_key_id
            }
            (Credential::StsRole(assumed), Self::StsRole { role_arn }) => {
                assumed.role.as_str() == role_arn
            }
            (
                Credential::PodIdentity(pod_identity),
                Self::PodIdentity { role_arn, permission_boundary_arn },
            ) => {
                let boundary = &pod_identity.permission_boundary;
                pod_identity.role.as_str() == role_arn
                    && boundary.as_ref().map_or("", PolicyArn::as_str) == permission_boundary_arn
            }
            (Credential::AccessPortal(portal), stored) => portal.matches_stored_credential(stored),
            (Credential::AccessKey(_) | Credential::StsRole(_) | Credential::PodIdentity(_), _) => {
                false
            }
        }
    }
}
