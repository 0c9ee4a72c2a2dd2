use crate::{AccountId, AccountName, AuthMethod, Partition, Report, Scope, SecretArn, Uid};

/// What Gangway registered in Palette, for the response to the caller.
#[derive(Debug)]
pub struct Receipt {
    pub uid: Uid,
    pub name: AccountName,
    pub outcome: UpsertOutcome,
    pub partition: Partition,
    pub method: AuthMethod,
    /// The AWS account that was registered.
    pub account: AccountId,
    pub scope: Scope,
    /// The secret that contains the credential. `None` if accounts of this method have no secret.
    pub secret: Option<SecretArn>,
    /// The report of the checks before the registration.
    pub report: Report,
}

/// What a registration changed in Palette.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UpsertOutcome {
    /// Gangway created the cloud account.
    Created,
    /// The cloud account existed, and Gangway updated it.
    Updated,
    /// The cloud account existed with all requested values, and Gangway changed nothing.
    Unchanged,
}
