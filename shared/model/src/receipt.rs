use crate::{AccountId, AccountName, AuthMethod, Partition, Report, Scope, SecretArn, Uid};

/// The result of a registration.
#[derive(Debug)]
pub struct Receipt {
    pub uid: Uid,
    pub name: AccountName,
    pub outcome: UpsertOutcome,
    pub partition: Partition,
    pub method: AuthMethod,
    /// The AWS account.
    pub account: AccountId,
    pub scope: Scope,
    /// The account's secret, if the method has one.
    pub secret: Option<SecretArn>,
    /// The report that verified the registration.
    pub report: Report,
}

/// What a registration changed in Palette.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UpsertOutcome {
    Created,
    /// The account existed and was changed.
    Updated,
    /// The account existed as requested.
    Unchanged,
}
