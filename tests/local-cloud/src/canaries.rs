//! Finds leaked secrets in texts, such as logs and responses.
//!
//! A canary is a secret that occurs nowhere else, so that a test can search for it. A fragment of
//! twelve characters is enough to find it, also in common encodings.

mod encodings;
mod search;
#[cfg(test)]
mod tests;

use std::fmt;

pub use self::encodings::{Encoding, encodings};
pub use self::search::{Leak, LeakSearcher};

/// Minimum length, in characters, of a fragment of a secret that counts as a leak.
pub const MIN_FRAGMENT_LENGTH: usize = 12;

/// Kind of a secret. Tests decide by it where the secret may occur.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum SecretKind {
    /// Secret access key of a user.
    AccessKey,
    /// Secret access key of temporary credentials.
    Session,
    /// Session token of temporary credentials.
    Token,
    /// Palette API key.
    PaletteKey,
    /// Private key in PEM.
    PrivateKey,
    /// EKS token of a cluster: a presigned URL.
    ClusterToken,
}

/// A secret that a test searches for, with a name for error messages.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
pub struct Canary {
    pub kind: SecretKind,
    /// Id or owner of the secret.
    pub name: String,
    secret: String,
}

impl Canary {
    pub fn new(kind: SecretKind, name: &str, secret: &str) -> Self {
        Self { kind, name: name.to_owned(), secret: secret.to_owned() }
    }

    pub fn secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {}", self.kind, self.name)
    }
}
