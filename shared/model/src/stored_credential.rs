use crate::{AuthMethod, Credential, PolicyArn};

/// The public part of a credential, as Palette returns it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StoredCredential {
    /// Long-lived access keys.
    AccessKey {
        /// Empty if Palette masks it.
        access_key_id: String,
    },
    /// A role that Palette assumes.
    StsRole { role_arn: String },
    /// Roles bound by EKS Pod Identity.
    PodIdentity {
        role_arn: String,
        /// The permissions boundary of roles that Palette creates; empty for none.
        permission_boundary_arn: String,
    },
    /// Temporary keys from an access portal.
    AccessPortal {
        agency: String,
        /// The account of SCAP, or the mission of CAP.
        account: String,
        role: String,
        /// The prefix of the names of roles that Palette creates; empty for its default.
        prefix: String,
        /// The permissions boundary of roles that Palette creates; empty for none.
        permission_boundary_arn: String,
    },
    /// A type that Gangway does not know, as Palette names it.
    Unrecognized(String),
}

impl StoredCredential {
    pub const fn method(&self) -> Option<AuthMethod> {
        match self {
            Self::AccessKey { .. } => Some(AuthMethod::StaticCredentials),
            Self::StsRole { .. } => Some(AuthMethod::Sts),
            Self::PodIdentity { .. } => Some(AuthMethod::PodIdentity),
            Self::AccessPortal { .. } => Some(AuthMethod::Scap),
            Self::Unrecognized(_) => None,
        }
    }

    /// Returns whether this is the public part of `credential`, or `None` if Palette masks the
    /// access key id.
    pub fn matches_credential(&self, credential: &Credential) -> Option<bool> {
        let masked = matches!(self, Self::AccessKey { access_key_id } if access_key_id.is_empty());
        (!masked).then(|| self.eq_credential(credential))
    }

    fn eq_credential(&self, credential: &Credential) -> bool {
        match (credential, self) {
            (Credential::AccessKey(keys), Self::AccessKey { access_key_id }) => {
                keys.id.as_str() == access_key_id
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
            (Credential::AccessPortal(wanted), shown) => wanted.shown_as(shown),
            (Credential::AccessKey(_) | Credential::StsRole(_) | Credential::PodIdentity(_), _) => {
                false
            }
        }
    }
}
