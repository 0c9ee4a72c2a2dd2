//! What became of a request for an account.

use crate::{AccountId, AccountName, AuthMethod, Partition, Report, SecretArn, Uid};

/// An account that is registered.
#[derive(Debug)]
pub struct Receipt {
    /// Palette's own name for it.
    pub uid: Uid,
    /// Its name.
    pub name: AccountName,
    /// What it took.
    pub outcome: UpsertOutcome,
    /// Where it is.
    pub partition: Partition,
    /// How Palette gets in.
    pub method: AuthMethod,
    /// Which AWS account it is.
    pub account: AccountId,
    /// Where its secret is kept, for methods that have one.
    pub secret: Option<SecretArn>,
    /// The report that cleared it.
    pub report: Report,
}

/// What a registration took.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UpsertOutcome {
    /// The account is new.
    Created,
    /// The account was there, and has been changed.
    Updated,
    /// The account was there as asked for.
    Unchanged,
}
