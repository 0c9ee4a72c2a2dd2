//! Whom a role must trust, as Palette says it (D01, D03, D04).

use gangway_model::{AccountId, Partition, PortError, ports::Keyring};

use crate::{
    Scoped,
    call::Call,
    fault::Fault,
    read::{Trust, some},
    refusal::{Kind, Refusal},
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
    /// Palette's account and external id. Where Palette has no account for this partition, it tells an empty one or
    /// refuses: both are facts without an account (D01). An error of Palette's own (500) tells nothing of the kind.
    pub async fn sts_trust(&self, partition: Partition) -> Result<TrustFacts, PortError> {
        let what = "AWS account of its own for this partition";
        let call = Call::get("/v1/clouds/aws/account/sts").query("partition", partition.id());
        let answer = match self.palette.ask(&call, &self.scope).await {
            Ok(answer) => answer,
            Err(Fault::Refusal(Refusal {
                kind: Kind::Other | Kind::Missing,
                status: ..500,
                ..
            })) => {
                return Ok(TrustFacts {
                    account: None,
                    raw_account: String::new(),
                    external_id: None,
                });
            }
            Err(fault) => return Err(fault.port(what)),
        };
        let Trust { account_id, external_id } = answer.json().map_err(|fault| fault.port(what))?;
        Ok(TrustFacts {
            account: account_id.parse().ok(),
            raw_account: account_id,
            external_id: some(external_id),
        })
    }
}
