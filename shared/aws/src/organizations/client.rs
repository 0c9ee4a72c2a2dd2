//! The organization, seen from its management account.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    AwsSession,
    error::{ApiCall, AwsErrorKind},
};
use aws_sdk_organizations::{
    Client,
    config::{Builder, Region},
    types::Account,
};
use gangway_model::{AccountId, UpstreamError};
use tokio::time::Instant;

use super::{AccountPaginator, OrgAccount, OuId, OuPath};

/// As people know the service.
const SERVICE: &str = "AWS Organizations";

/// How deep units can be nested is five below the root; a chain that is longer has no end.
const MAX_OU_DEPTH: usize = 16;

/// How long it is remembered which unit is in which: they are seldom moved.
const REMEMBERED: Duration = Duration::from_mins(5);

/// A call of Organizations, for its errors.
pub(crate) const fn call(action: &'static str, what: &'static str) -> ApiCall {
    ApiCall { service: SERVICE, action, resource: what }
}

/// The organization, seen from its management account, or from one that it has delegated this to.
#[derive(Debug)]
pub struct OrganizationsClient {
    pub(crate) client: Client,
    parents: Mutex<Parents>,
}

/// Which unit is in which.
#[derive(Debug)]
struct Parents {
    since: Instant,
    known: HashMap<OuId, OuId>,
}

/// Everything is in a unit that is in another, up to the root.
const UNROOTED: &str = "no parent, or no end of them";

impl OrganizationsClient {
    /// The organization that this view belongs to.
    pub fn new(management: &AwsSession) -> Self {
        // Organizations is one for a partition, and signed for its home. The SDK knows that of AWS's own endpoints only,
        // not of one that the environment names.
        let home = Region::from_static(management.partition().info().home_region);
        let config = Builder::from(management.config()).region(home).build();
        let parents = Parents { since: Instant::now(), known: HashMap::new() };
        Self { client: Client::from_conf(config), parents: Mutex::new(parents) }
    }

    /// The account of this number; `None` where Organizations says that it has none.
    pub async fn describe_account(
        &self,
        id: AccountId,
    ) -> Result<Option<OrgAccount>, UpstreamError> {
        let call = call("organizations:DescribeAccount", "such account");
        match self.client.describe_account().account_id(id.as_str()).send().await {
            Ok(answer) => {
                let member = answer.account().and_then(OrgAccount::of);
                member.map(Some).ok_or_else(|| call.invalid_response("an account without a number"))
            }
            Err(error) if AwsErrorKind::from_sdk(&error) == Some(AwsErrorKind::NotFound) => {
                Ok(None)
            }
            Err(error) => Err(call.to_upstream_error(&error)),
        }
    }

    /// Returns every account of the organization, page by page, with its OU path if OUs matter.
    pub fn list_accounts(&self, with_units: bool) -> AccountPaginator<'_> {
        AccountPaginator::new(self, with_units)
    }

    /// The units that a member is in: as it came, else looked up, one call for each that is not known yet.
    pub async fn ou_path(&self, member: &OrgAccount) -> Result<OuPath, UpstreamError> {
        if let Some(ou_path) = &member.ou_path {
            return Ok(ou_path.clone());
        }
        let mut units = vec![self.parent(member.id.as_str()).await?];
        while let Some(unit) = units.last().filter(|unit| !unit.as_str().starts_with("r-")) {
            let parent = if let Some(parent) = self.known_parent(unit) {
                parent
            } else {
                let parent = self.parent(unit.as_str()).await?;
                self.remember(unit.clone(), parent.clone());
                parent
            };
            units.push(parent);
            if units.len() > MAX_OU_DEPTH {
                return Err(PARENTS.invalid_response(UNROOTED));
            }
        }
        Ok(OuPath::from_parent_first(units))
    }

    /// What an account or a unit is in.
    async fn parent(&self, child: &str) -> Result<OuId, UpstreamError> {
        let answer = self.client.list_parents().child_id(child).send().await;
        let answer = answer.map_err(|error| PARENTS.to_upstream_error(&error))?;
        let parent = answer.parents().iter().find_map(|parent| parent.id()?.parse().ok());
        parent.ok_or_else(|| PARENTS.invalid_response(UNROOTED))
    }

    fn known_parent(&self, unit: &OuId) -> Option<OuId> {
        let mut parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
        if parents.since.elapsed() > REMEMBERED {
            *parents = Parents { since: Instant::now(), known: HashMap::new() };
        }
        parents.known.get(unit).cloned()
    }

    fn remember(&self, unit: OuId, parent: OuId) {
        let mut parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
        parents.known.insert(unit, parent);
    }
}

const PARENTS: ApiCall = call("organizations:ListParents", "such account or organizational unit");

/// The accounts of a page that can be told by a number: all of them.
pub(crate) fn members(accounts: &[Account]) -> Vec<OrgAccount> {
    accounts.iter().filter_map(OrgAccount::of).collect()
}
