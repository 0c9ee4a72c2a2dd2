//! Whom a role must trust, as Palette says it (D01, D03, D04).

use domain::{AccountId, Partition, PortError, ports::Keyring};

use crate::{
    Scoped,
    call::Call,
    read::{Trust, some},
};

/// Palette's own identity in a partition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustFacts {
    /// The account that assumes the role. `None` if what Palette says is no account id (D04).
    pub account: Option<AccountId>,
    /// What Palette says instead; empty if it has no account for this partition (D01).
    pub raw_account: String,
    /// What it presents, one for each tenant (D03).
    pub external_id: Option<String>,
}

impl<K: Keyring + Sync> Scoped<'_, K> {
    /// Palette's account and external id. A self-hosted Palette that has no account for this partition may refuse.
    pub async fn sts_trust(&self, partition: Partition) -> Result<TrustFacts, PortError> {
        let what = "AWS account of its own for this partition";
        let call = Call::get("/v1/clouds/aws/account/sts").query("partition", partition.id());
        let answer =
            self.palette.ask(&call, &self.scope).await.map_err(|fault| fault.port(what))?;
        let Trust { account_id, external_id } = answer.json().map_err(|fault| fault.port(what))?;
        Ok(TrustFacts {
            account: account_id.parse().ok(),
            raw_account: account_id,
            external_id: some(external_id),
        })
    }
}
