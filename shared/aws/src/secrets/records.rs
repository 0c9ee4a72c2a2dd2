//! Reads facts about accounts from the names and tags of their secrets. Palette does not return the
//! AWS account of access keys, and may lose annotations.

use aws_sdk_secretsmanager::types::SecretListEntry;
use futures_util::future::try_join_all;
use gangway_model::{AccountId, AccountSettings, AuthMethod, CloudAccount, Uid, UpstreamError};

use super::{
    SecretsManagerStore, deletion,
    metadata::{self, SecretMetadata},
};

/// Maximum number of values that Secrets Manager accepts for one filter.
const MAX_FILTER_VALUES: usize = 10;

/// Facts about an account in the name and the tags of its secret.
#[derive(Clone, Debug, Eq, PartialEq)]
struct SecretRecord {
    account: AccountId,
    /// Settings of the account. `None` if an older version of Gangway has written the secret.
    settings: Option<AccountSettings>,
}

impl SecretsManagerStore {
    /// Fills in the AWS account and the settings of each account whose AWS account Palette does not
    /// return. Reads the AWS account from the name of the account's secret, and the settings from
    /// the tags of the secret. Sends no request if no account lacks them.
    pub async fn complete(&self, accounts: &mut [CloudAccount]) -> Result<(), UpstreamError> {
        let partition = self.0.partition.id();
        let is_incomplete = |account: &CloudAccount| {
            let method = account.access.method();
            matches!(method, Some(AuthMethod::StaticCredentials | AuthMethod::Scap))
                && account.account.is_none()
                && account.partition == partition
        };
        let uids: Vec<Uid> = accounts
            .iter()
            .filter(|account| is_incomplete(account))
            .map(|account| account.uid.clone())
            .collect();
        let prefix = self.stored_secret_prefix();
        let queries =
            uids.chunks(MAX_FILTER_VALUES).map(|uids| deletion::list_secrets(self, &prefix, uids));
        let secrets = try_join_all(queries).await?.concat();
        for account in accounts.iter_mut().filter(|account| is_incomplete(account)) {
            if let Some(record) = find_record(&secrets, &prefix, account) {
                account.account = Some(record.account);
                if let Some(AccountSettings { profile, region }) = record.settings {
                    account.profile = Some(profile);
                    account.region = region;
                }
            }
        }
        Ok(())
    }

    /// Returns `true` if `account` is the AWS account of `known`. Checks whether the secret of this
    /// AWS account, with the name and the scope of `known`, belongs to `known`.
    pub async fn is_of_account(
        &self,
        known: &CloudAccount,
        account: AccountId,
    ) -> Result<bool, UpstreamError> {
        let Ok(name) = known.name.parse() else { return Ok(false) };
        let name = self.secret_name(self.0.partition, account, &name, &known.scope);
        let secret = SecretMetadata::describe(self, &name).await?;
        Ok(secret.is_some_and(|secret| secret.belongs_to(&known.uid)))
    }
}

/// Returns the record of an account. Returns `None` if the account has no active secret, or several
/// active secrets with different records. An interrupted replacement can cause the second case.
fn find_record(
    secrets: &[SecretListEntry],
    prefix: &str,
    account: &CloudAccount,
) -> Option<SecretRecord> {
    let mut records = secrets.iter().filter_map(|secret| to_record(secret, prefix, account));
    let record = records.next()?;
    records.all(|other| other == record).then_some(record)
}

/// Returns the record of a secret. Returns `None` if the secret is not the active secret of this
/// account.
fn to_record(
    secret: &SecretListEntry,
    prefix: &str,
    account: &CloudAccount,
) -> Option<SecretRecord> {
    let CloudAccount { uid, name, scope, .. } = account;
    let tags = secret.tags();
    if !metadata::has_owner(tags, uid, scope) || !metadata::is_registered(tags) {
        return None;
    }
    let (id, rest) = secret.name()?.strip_prefix(prefix)?.split_once('/')?;
    if rest != SecretsManagerStore::account_and_scope_part(&name.parse().ok()?, scope) {
        return None;
    }
    Some(SecretRecord { account: id.parse().ok()?, settings: metadata::parse_settings(tags) })
}
