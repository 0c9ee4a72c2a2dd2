//! Finds leaked secrets in text.
//!
//! Each canary is a unique secret of a test. It is found in common encodings, and by any fragment
//! of twelve characters.

mod encodings;
mod search;
#[cfg(test)]
mod tests;

use std::fmt;

pub use self::encodings::{Encoding, encodings};
pub use self::search::{Leak, LeakSearcher};

/// Minimum length of a fragment.
pub const MIN_FRAGMENT: usize = 12;

/// Type of a secret. It decides where the secret is allowed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum SecretKind {
    /// Secret access key of a long-lived key.
    AccessKey,
    /// Secret access key of a session.
    Session,
    /// Session token.
    Token,
    /// Palette API key.
    PaletteKey,
    /// Private key in PEM.
    PrivateKey,
    /// Kubernetes token of a cluster: a presigned URL.
    ClusterToken,
}

/// A secret with a name for messages.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
pub struct Canary {
    pub kind: SecretKind,
    /// Id or owner.
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
