use std::{fmt, str::FromStr};

use gangway_certificates::CaChain;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{AccessPortalCredential, AuthMethod, PaletteCluster, PolicyArn, RoleArn};

/// The credential with which Palette authenticates to an AWS account, with its secret parts.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A long-lived access key of an IAM user.
    AccessKey(AccessKey),
    /// A role that Palette assumes from its own AWS account.
    StsRole(StsRole),
    /// A role that Palette's pods get through EKS Pod Identity.
    PodIdentity(PodIdentityRole),
    /// A client certificate for which an access portal issues temporary credentials.
    AccessPortal(Box<AccessPortalCredential>),
}

impl Credential {
    pub const fn method(&self) -> AuthMethod {
        match self {
            Self::AccessKey(_) => AuthMethod::StaticCredentials,
            Self::StsRole(_) => AuthMethod::Sts,
            Self::PodIdentity(_) => AuthMethod::PodIdentity,
            Self::AccessPortal(_) => AuthMethod::Scap,
        }
    }

    /// Returns the EKS cluster and the roles that Gangway stores as annotations of the account.
    /// Returns `None` unless the method is `pod-identity`.
    pub const fn palette_cluster(&self) -> Option<&PaletteCluster> {
        match self {
            Self::PodIdentity(pod_identity) => pod_identity.palette_cluster.as_ref(),
            Self::AccessKey(_) | Self::StsRole(_) | Self::AccessPortal(_) => None,
        }
    }
}

/// A long-lived access key of an IAM user.
#[derive(Clone, Debug)]
pub struct AccessKey {
    pub id: AccessKeyId,
    pub secret: SecretAccessKey,
    /// The CA certificates with which Palette verifies the service endpoints of the partition, if
    /// the endpoints do not use public CA certificates.
    pub certificate_authority: Option<CaChain>,
}

/// A role, and the external id that Palette sends when it assumes the role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StsRole {
    pub role: RoleArn,
    /// The external id that Palette creates for its tenant. It is not a secret. The customer must
    /// not choose another one.
    pub external_id: String,
}

/// The role that Palette's pods get through EKS Pod Identity. It is in the AWS account to register:
/// if this is not the account of Palette's EKS cluster, then it is a target role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PodIdentityRole {
    pub role: RoleArn,
    /// The permissions boundary of the roles that Palette creates.
    pub permission_boundary: Option<PolicyArn>,
    /// The EKS cluster and the roles that Gangway stores as annotations of the account, because
    /// Palette's API has no members for them.
    pub palette_cluster: Option<PaletteCluster>,
}

/// The error for a text that is not an access key id or a secret access key. Its message is the
/// violated rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidAccessKey {
    #[error("must be an access key id: 16 to 128 letters, digits and '_', without white space")]
    Id,
    #[error(
        "is a temporary key (ASIA…), which expires: create a long-lived access key (AKIA…) for the IAM user"
    )]
    Temporary,
    #[error("must be a secret access key: 16 to 128 printable characters, without white space")]
    Secret,
}

/// The id of a long-lived access key. `Display` and `Debug` print only its first four and last four
/// characters.
#[derive(Clone, Eq, PartialEq)]
pub struct AccessKeyId(String);

impl AccessKeyId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccessKeyId {
    type Err = InvalidAccessKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_word_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !(16..=128).contains(&text.len()) || !text.bytes().all(is_word_byte) {
            return Err(InvalidAccessKey::Id);
        }
        if text.starts_with("ASIA") {
            return Err(InvalidAccessKey::Temporary);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, tail) =
            (self.0.get(..4), self.0.len().checked_sub(4).and_then(|at| self.0.get(at..)));
        write!(f, "{}…{}", head.unwrap_or_default(), tail.unwrap_or_default())
    }
}

impl fmt::Debug for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A secret access key. `Debug` prints it redacted.
#[derive(Clone, Debug)]
pub struct SecretAccessKey(SecretString);

impl SecretAccessKey {
    /// Returns the secret access key as a `SecretString`. Only a client that sends the key to an
    /// outside service may call `expose_secret`.
    pub const fn secret(&self) -> &SecretString {
        &self.0
    }

    /// Returns `true` if the text contains the secret access key.
    pub fn is_in(&self, text: &str) -> bool {
        #[expect(clippy::disallowed_methods, reason = "searches a text for the secret")]
        let secret = self.0.expose_secret();
        text.contains(secret)
    }
}

impl TryFrom<SecretString> for SecretAccessKey {
    type Error = InvalidAccessKey;

    fn try_from(secret: SecretString) -> Result<Self, Self::Error> {
        #[expect(
            clippy::disallowed_methods,
            reason = "checks the form of the secret, keeps no part of it"
        )]
        let text = secret.expose_secret();
        let is_valid =
            (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_valid { Ok(Self(secret)) } else { Err(InvalidAccessKey::Secret) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Acceptance rows: F14.
    #[test]
    fn temporary_and_malformed_access_key_ids_are_rejected() {
        for (text, outcome) in [
            ("AKIAIOSFODNN7EXAMPLE", Ok("AKIA…MPLE")),
            ("AKIA_SIXTEEN_CHR", Ok("AKIA…_CHR")),
            ("ANYPREFIXISFORSTSTOJUDGE", Ok("ANYP…UDGE")),
            ("ASIAIOSFODNN7EXAMPLE", Err(InvalidAccessKey::Temporary)),
            ("AKIAIOSFODNN7EX", Err(InvalidAccessKey::Id)),
            (" AKIAIOSFODNN7EXAMPLE", Err(InvalidAccessKey::Id)),
            ("AKIAIOSFODNN7EXAMPLE\n", Err(InvalidAccessKey::Id)),
            ("", Err(InvalidAccessKey::Id)),
        ] {
            let parsed = text.parse::<AccessKeyId>().map(|id| id.to_string());
            assert_eq!(parsed.as_deref().map_err(|fault| *fault), outcome, "{text}");
        }
    }

    /// Acceptance rows: F15.
    #[test]
    fn debug_output_of_a_credential_does_not_contain_its_secret() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let credential = Credential::AccessKey(AccessKey {
            id: "AKIAIOSFODNN7EXAMPLE".parse().unwrap(),
            secret: SecretString::from(secret).try_into().unwrap(),
            certificate_authority: None,
        });
        let Credential::AccessKey(AccessKey { secret: key, .. }) = &credential else { panic!() };
        assert!(
            key.is_in(&format!("use {secret}"))
                && !key.is_in(secret.get(1..).unwrap())
                && !key.is_in("")
        );
        let shown = format!("{credential:?} {credential:#?}");
        assert!(shown.contains("AKIA…MPLE") && !shown.contains("wJalrX"), "{shown}");
        for text in ["", "short", "has a space in its very middle", "ends-with-a-line-break-here\n"]
        {
            assert_eq!(
                SecretAccessKey::try_from(SecretString::from(text)).unwrap_err(),
                InvalidAccessKey::Secret
            );
        }
    }
}
