//! Credentials that Palette authenticates to an AWS account with.

use std::{fmt, str::FromStr};

use gangway_certificates::CaChain;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{AccessPortalCredential, AuthMethod, PaletteCluster, PolicyArn, RoleArn};

/// A complete credential, as it is sent to Palette.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A long-lived access key of an IAM user.
    AccessKey(AccessKey),
    /// A role that trusts Palette's own AWS account.
    StsRole(StsRole),
    /// A role that Palette's pods assume through EKS Pod Identity.
    PodIdentity(PodIdentityRole),
    /// Temporary credentials that an access portal issues for a client certificate.
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

    /// Returns the cluster and roles to store as annotations, if the method has some.
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
    /// The CA certificates of the partition's endpoints, if they are not public.
    pub certificate_authority: Option<CaChain>,
}

/// A role, and the external id that Palette presents when it assumes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StsRole {
    pub role: RoleArn,
    /// Created by Palette for each tenant. Not a secret, but never chosen by the customer.
    pub external_id: String,
}

/// A role that Palette's pods use through EKS Pod Identity: Palette's own role if the account is
/// that of its cluster, else its target role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PodIdentityRole {
    pub role: RoleArn,
    /// The permissions boundary of the roles that Palette creates.
    pub permission_boundary: Option<PolicyArn>,
    /// Cluster and roles to store as annotations of the account. Palette itself does not store
    /// them.
    pub palette_cluster: Option<PaletteCluster>,
}

/// The rule that a part of an access key violates.
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

/// An access key id. `Display` and `Debug` print its first and last four characters.
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

/// A secret access key.
#[derive(Clone, Debug)]
pub struct SecretAccessKey(SecretString);

impl SecretAccessKey {
    /// Returns the wrapped secret. Only clients of outside systems may expose it.
    pub const fn secret(&self) -> &SecretString {
        &self.0
    }

    /// Returns `true` if the text contains the secret.
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
        let fits =
            (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(secret)) } else { Err(InvalidAccessKey::Secret) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Acceptance rows: F14.
    #[test]
    fn access_key_ids() {
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
    fn no_debug_shows_a_secret() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let keys = Credential::AccessKey(AccessKey {
            id: "AKIAIOSFODNN7EXAMPLE".parse().unwrap(),
            secret: SecretString::from(secret).try_into().unwrap(),
            certificate_authority: None,
        });
        let Credential::AccessKey(AccessKey { secret: key, .. }) = &keys else { panic!() };
        assert!(
            key.is_in(&format!("use {secret}"))
                && !key.is_in(secret.get(1..).unwrap())
                && !key.is_in("")
        );
        let shown = format!("{keys:?} {keys:#?}");
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
