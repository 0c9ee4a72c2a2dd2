//! The access portals of the classified partitions: CAP and SCAP.

use std::{fmt, str::FromStr, time::SystemTime};

use gangway_certificates::{CaChain, ClientCertificate, PrivateKey};
use secrecy::SecretString;

use crate::{PolicyArn, StoredCredential};

/// What an access portal is asked with, and what Palette does with the keys that it hands out.
#[derive(Clone, Debug)]
pub struct AccessPortalCredential {
    /// Whose account it is (X05).
    pub agency: PortalName,
    /// The account: `accountName` of SCAP, `mission` of CAP (X05).
    pub account: PortalName,
    /// The portal's role, which decides what its keys may do (X09).
    pub role: PortalRole,
    /// What Palette puts before the names of roles that it makes (X10).
    pub prefix: RolePrefix,
    /// What limits the roles that Palette makes (C16).
    pub permission_boundary: Option<PolicyArn>,
    /// What is shown to the portal.
    pub identity: ClientTlsIdentity,
    /// The keys that it has handed out, where they are at hand.
    pub session: Option<TemporaryCredentials>,
}

/// A client that is no person (X06), and whom it trusts.
#[derive(Clone, Debug)]
pub struct ClientTlsIdentity {
    /// Who signed the portal's certificate (X08).
    pub certificate_authority: CaChain,
    /// The client's certificate (X07).
    pub certificate: ClientCertificate,
    /// Its private half (X07).
    pub key: PrivateKey,
}

/// Keys that an access portal hands out (X11).
#[derive(Clone)]
pub struct TemporaryCredentials {
    /// The public half.
    pub id: String,
    /// The private half.
    pub secret: SecretString,
    /// What makes them temporary. Portals are known that hand out keys without one.
    pub token: Option<SecretString>,
    /// When they end, where the portal says so (X13).
    pub expires: Option<SystemTime>,
}

impl fmt::Debug for TemporaryCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKeys([REDACTED])")
    }
}

/// The longest name of a role in IAM (X10).
pub const MAX_ROLE_NAME_LEN: usize = 64;

impl AccessPortalCredential {
    /// Whether this is what Palette shows of an account. The certificates are not compared: the vault knows them.
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

/// Why a text is not one of a portal's names.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidPortalName {
    /// Not a name.
    #[error(
        "must be 1 to 128 characters as the portal's administrator gave them, without control characters or white space at either end"
    )]
    Name,
    /// Not a role's name.
    #[error("must be the name of a role: 1 to 64 letters, digits and '_+=,.@-'")]
    Role,
    /// Not a prefix.
    #[error("must be at most 63 letters, digits and '_+=,.@-'; PROJECT_ where it is left out")]
    Prefix,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $fault:ident, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub struct $type(String);

        impl $type {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = InvalidPortalName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.to_owned())) } else { Err(InvalidPortalName::$fault) }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// An agency, account or mission, as a portal knows it. Percent-encoded where it goes into an address.
    PortalName,
    Name,
    |text| {
        (1..=128).contains(&text.chars().count())
            && text.trim() == text
            && !text.contains(char::is_control)
    }
);

name!(
    /// A role that a portal hands out keys for.
    PortalRole,
    Role,
    |text| (1..=MAX_ROLE_NAME_LEN).contains(&text.len()) && text.bytes().all(of_a_role)
);

name!(
    /// What Palette puts before the names of roles that it makes; empty for Palette's own choice.
    RolePrefix,
    Prefix,
    |text| text.len() < MAX_ROLE_NAME_LEN && text.bytes().all(of_a_role)
);

impl RolePrefix {
    /// What Palette uses where nothing is said.
    pub const DEFAULT: &str = "PROJECT_";

    /// What names will begin with.
    pub fn or_default(&self) -> &str {
        if self.0.is_empty() { Self::DEFAULT } else { &self.0 }
    }
}

impl Default for RolePrefix {
    fn default() -> Self {
        Self(Self::DEFAULT.to_owned())
    }
}

const fn of_a_role(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'=' | b',' | b'.' | b'@' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f73_f74_names_are_taken_as_the_portal_has_them() {
        for text in ["NGA", "Dept of State & Co", "123456789012", "ä/ö?x=1", &"n".repeat(128)] {
            assert_eq!(text.parse::<PortalName>().unwrap().as_str(), text);
        }
        for text in ["", " NGA", "NGA\n", "a\tb", &"n".repeat(129)] {
            assert_eq!(text.parse::<PortalName>(), Err(InvalidPortalName::Name), "{text:?}");
        }
    }

    #[test]
    fn f75_f76_roles_and_prefixes_are_parts_of_names_in_iam() {
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
