//! What is secret in a world, each secret made at run time and like no other; and where any of it turns up.
//!
//! A secret is found in every spelling that a program gives it by accident, and by any fragment of twelve letters.

mod search;
mod spellings;
#[cfg(test)]
mod tests;

use std::fmt;

pub use self::search::{Found, Searcher};
pub use self::spellings::{Spelling, spellings};

/// The shortest fragment that is found.
pub const FRAGMENT: usize = 12;

/// What a secret is. It decides where it may be.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// The secret half of a long-lived access key.
    AccessKey,
    /// The secret half of a session's access key.
    Session,
    /// A session's token.
    Token,
    /// Palette's API key.
    PaletteKey,
    /// A private key in PEM.
    PrivateKey,
    /// A presigned URL that is a token of a cluster.
    ClusterToken,
}

/// A secret, and what it is called in what tests print.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
pub struct Canary {
    /// What it is.
    pub kind: Kind,
    /// Whose it is.
    pub name: String,
    secret: String,
}

impl Canary {
    /// A secret of somebody's.
    pub fn new(kind: Kind, name: &str, secret: &str) -> Self {
        Self { kind, name: name.to_owned(), secret: secret.to_owned() }
    }

    /// The secret itself.
    pub fn secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {}", self.kind, self.name)
    }
}
