//! The way into an account, as far as Palette shows it.

use crate::{AuthMethod, Credential, PolicyArn};

/// The public part of a way in, read back from Palette.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StoredCredential {
    /// Long-lived keys, by the public half. Empty where Palette masks it.
    AccessKey {
        /// The public half.
        access_key_id: String,
    },
    /// A role that Palette assumes.
    AssumedRole {
        /// Its ARN, as it was given.
        role_arn: String,
    },
    /// Roles bound by EKS Pod Identity.
    PodIdentity {
        /// Its ARN, as it was given.
        role_arn: String,
        /// What limits the roles that Palette makes; empty for none.
        permission_boundary_arn: String,
    },
    /// Temporary keys from an access portal.
    AccessPortal {
        /// The agency, as it was given.
        agency: String,
        /// The account or mission, as it was given.
        account: String,
        /// The role, as it was given.
        role: String,
        /// What Palette puts before the names of roles that it makes; empty for its default.
        prefix: String,
        /// What limits the roles that Palette makes; empty for none.
        permission_boundary_arn: String,
    },
    /// None that Gangway knows; in Palette's words.
    Unrecognized(String),
}

impl StoredCredential {
    /// The method, where it is one that Gangway knows.
    pub const fn method(&self) -> Option<AuthMethod> {
        match self {
            Self::AccessKey { .. } => Some(AuthMethod::StaticCredentials),
            Self::AssumedRole { .. } => Some(AuthMethod::Sts),
            Self::PodIdentity { .. } => Some(AuthMethod::PodIdentity),
            Self::AccessPortal { .. } => Some(AuthMethod::Scap),
            Self::Unrecognized(_) => None,
        }
    }

    /// The same where Palette shows it: some mask the public half of keys, too.
    pub fn matches_credential(&self, credential: &Credential) -> Option<bool> {
        let masked = matches!(self, Self::AccessKey { access_key_id } if access_key_id.is_empty());
        (!masked).then(|| self.eq_credential(credential))
    }

    /// Whether this is what Palette shows of a credential.
    fn eq_credential(&self, credential: &Credential) -> bool {
        match (credential, self) {
            (Credential::AccessKey(keys), Self::AccessKey { access_key_id }) => {
                keys.id.as_str() == access_key_id
            }
            (Credential::AssumedRole(assumed), Self::AssumedRole { role_arn }) => {
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
            (
                Credential::AccessKey(_) | Credential::AssumedRole(_) | Credential::PodIdentity(_),
                _,
            ) => false,
        }
    }
}
