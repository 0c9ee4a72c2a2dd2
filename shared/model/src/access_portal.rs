//! The access portals of the classified partitions: CAP in Top Secret, SCAP in Secret.

use std::{fmt, time::SystemTime};

use gangway_certificates::{CaChain, ClientCertificate, PrivateKey};
use secrecy::SecretString;

use crate::{
    PolicyArn, StoredCredential,
    text::{is_iam_name, text_type},
};

/// The parameters of a request to an access portal, and of the roles that Palette creates with its
/// keys.
#[derive(Clone, Debug)]
pub struct AccessPortalCredential {
    pub agency: PortalName,
    /// `accountName` of SCAP, `mission` of CAP.
    pub account: PortalName,
    /// The role in the AWS account that the portal's keys belong to.
    pub role: PortalRole,
    /// The prefix of the names of roles that Palette creates.
    pub prefix: RolePrefix,
    /// The permissions boundary of the roles that Palette creates.
    pub permission_boundary: Option<PolicyArn>,
    /// The client certificate for the portal.
    pub identity: ClientTlsIdentity,
    /// The keys that the portal issued, if it was asked.
    pub session: Option<TemporaryCredentials>,
}

/// A client certificate with its key, and the CA certificates that the client trusts.
#[derive(Clone, Debug)]
pub struct ClientTlsIdentity {
    /// The CA certificates of the portal's own certificate.
    pub certificate_authority: CaChain,
    pub certificate: ClientCertificate,
    pub key: PrivateKey,
}

/// Temporary AWS credentials that an access portal issued.
#[derive(Clone)]
pub struct TemporaryCredentials {
    /// The access key id.
    pub id: String,
    /// The secret access key.
    pub secret: SecretString,
    /// The session token. Some portals issue keys without one.
    pub token: Option<SecretString>,
    /// The expiration, if the portal returned one.
    pub expires: Option<SystemTime>,
}

impl fmt::Debug for TemporaryCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TemporaryCredentials([REDACTED])")
    }
}

/// The maximum length of a role name in IAM.
pub const MAX_ROLE_NAME_LEN: usize = 64;

impl AccessPortalCredential {
    /// Returns `true` if Palette's account has these parameters. Does not compare certificates,
    /// which Palette does not return.
    pub(crate) fn shown_as(&self, known: &StoredCredential) -> bool {
        let StoredCredential::AccessPortal {
            agency,
            account,
            role,
            prefix,
            permission_boundary_arn,
        } = known
        else {
            return false;
        };
        let boundary = self.permission_boundary.as_ref().map_or("", PolicyArn::as_str);
        let prefix = if prefix.is_empty() { RolePrefix::DEFAULT } else { prefix };
        self.agency.as_str() == agency
            && self.account.as_str() == account
            && self.role.as_str() == role
            && self.prefix.or_default() == prefix
            && boundary == permission_boundary_arn
    }
}

/// The rule that a name violates.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidPortalName {
    #[error(
        "must be 1 to 128 characters as the portal's administrator gave them, without control characters or white space at either end"
    )]
    Name,
    #[error("must be the name of a role: 1 to 64 letters, digits and '_+=,.@-'")]
    Role,
    #[error("must be at most 63 letters, digits and '_+=,.@-'; the default is PROJECT_")]
    Prefix,
}

text_type!(
    /// The name of an agency, account or mission in an access portal. Percent-encode it in a URL.
    PortalName,
    InvalidPortalName,
    Name,
    |text| {
        (1..=128).contains(&text.chars().count())
            && text.trim() == text
            && !text.contains(char::is_control)
    }
);

text_type!(
    /// The name of a role that an access portal issues credentials for.
    PortalRole,
    InvalidPortalName,
    Role,
    |text| is_iam_name(text, MAX_ROLE_NAME_LEN)
);

text_type!(
    /// The prefix of the names of roles that Palette creates. Empty for Palette's default.
    RolePrefix,
    InvalidPortalName,
    Prefix,
    |text| text.is_empty() || is_iam_name(text, MAX_ROLE_NAME_LEN - 1)
);

impl RolePrefix {
    /// Palette's default.
    pub const DEFAULT: &str = "PROJECT_";

    /// Returns the prefix, or Palette's default if it is empty.
    pub fn or_default(&self) -> &str {
        if self.text.is_empty() { Self::DEFAULT } else { &self.text }
    }
}

impl Default for RolePrefix {
    fn default() -> Self {
        Self { text: Self::DEFAULT.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portal_names_keep_spaces_and_special_characters() {
        for text in ["NGA", "Dept of State & Co", "123456789012", "ä/ö?x=1", &"n".repeat(128)] {
            assert_eq!(text.parse::<PortalName>().unwrap().as_str(), text);
        }
        for text in ["", " NGA", "NGA\n", "a\tb", &"n".repeat(129)] {
            assert_eq!(text.parse::<PortalName>(), Err(InvalidPortalName::Name), "{text:?}");
        }
    }

    #[test]
    fn roles_and_prefixes_are_valid_in_iam_names() {
        assert_eq!(RolePrefix::default().or_default(), "PROJECT_");
        for text in ["DevOpsRole", "a.b@c=d+e,f_g-h", &"r".repeat(64)] {
            assert!(text.parse::<PortalRole>().is_ok(), "{text}");
        }
        for text in ["", "a b", "a/b", "rôle", &"r".repeat(65)] {
            assert_eq!(text.parse::<PortalRole>(), Err(InvalidPortalName::Role), "{text}");
        }
        assert_eq!("".parse::<RolePrefix>().unwrap().or_default(), "PROJECT_");
        for text in ["P/", "p p", &"p".repeat(64)] {
            assert_eq!(text.parse::<RolePrefix>(), Err(InvalidPortalName::Prefix), "{text}");
        }
    }
}
