//! The credential for an access portal of a classified partition: CAP in Top Secret, SCAP in
//! Secret.

use std::{fmt, time::SystemTime};

use gangway_certificates::{CaChain, ClientCertificate, PrivateKey};
use secrecy::SecretString;

use crate::{
    PolicyArn, StoredCredential,
    text::{define_text_type, is_iam_name},
};

/// The data with which Palette requests temporary credentials from an access portal, and creates
/// roles with these credentials.
#[derive(Clone, Debug)]
pub struct AccessPortalCredential {
    pub agency: PortalName,
    /// The account in the portal: the query parameter `accountName` of SCAP, or `mission` of CAP.
    pub account: PortalName,
    /// The role in the AWS account for which the portal issues temporary credentials.
    pub role: PortalRole,
    /// The prefix of the names of roles that Palette creates.
    pub prefix: RolePrefix,
    /// The permissions boundary of the roles that Palette creates.
    pub permission_boundary: Option<PolicyArn>,
    /// The client certificate that authenticates Gangway and Palette to the portal.
    pub identity: ClientTlsIdentity,
    /// The temporary credentials that the portal issued. `None` if Gangway sent no request to the
    /// portal.
    pub session: Option<TemporaryCredentials>,
}

/// A client certificate with its key, and the CA certificates that the client trusts.
#[derive(Clone, Debug)]
pub struct ClientTlsIdentity {
    /// The CA certificates with which the client verifies the portal's certificate.
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
    /// The session token. Some portals issue temporary credentials without a session token.
    pub token: Option<SecretString>,
    /// The time at which the credentials expire, if the portal returned it.
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
    /// Returns `true` if a credential that Palette returned has the same agency, account, role,
    /// prefix and permissions boundary. Palette does not return certificates, so they are not
    /// compared.
    pub(crate) fn matches_stored_credential(&self, known: &StoredCredential) -> bool {
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

/// The error for a text that is not a valid name in an access portal, role name or prefix. Its
/// message is the violated rule.
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

define_text_type!(
    /// The name of an agency, account or mission in an access portal. It may contain characters
    /// that must be percent-encoded in a URL.
    PortalName,
    InvalidPortalName,
    Name,
    |text| {
        (1..=128).contains(&text.chars().count())
            && text.trim() == text
            && !text.contains(char::is_control)
    }
);

define_text_type!(
    /// The name of a role that an access portal issues credentials for.
    PortalRole,
    InvalidPortalName,
    Role,
    |text| is_iam_name(text, MAX_ROLE_NAME_LEN)
);

define_text_type!(
    /// The prefix of the names of roles that Palette creates. If it is empty, Palette uses
    /// [`RolePrefix::DEFAULT`].
    RolePrefix,
    InvalidPortalName,
    Prefix,
    |text| text.is_empty() || is_iam_name(text, MAX_ROLE_NAME_LEN - 1)
);

impl RolePrefix {
    /// The prefix that Palette uses if none is set.
    pub const DEFAULT: &str = "PROJECT_";

    /// Returns the prefix, or [`RolePrefix::DEFAULT`] if the prefix is empty.
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
    fn a_portal_name_may_have_spaces_and_special_characters() {
        for text in ["NGA", "Dept of State & Co", "123456789012", "ä/ö?x=1", &"n".repeat(128)] {
            assert_eq!(text.parse::<PortalName>().unwrap().as_str(), text);
        }
        for text in ["", " NGA", "NGA\n", "a\tb", &"n".repeat(129)] {
            assert_eq!(text.parse::<PortalName>(), Err(InvalidPortalName::Name), "{text:?}");
        }
    }

    #[test]
    fn roles_and_prefixes_that_iam_does_not_allow_are_rejected() {
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
