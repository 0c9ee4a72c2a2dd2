//! Client of AWS Organizations.

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

/// Display name used in error messages.
const SERVICE: &str = "AWS Organizations";

/// Limits the loop that follows the parents of an OU. AWS allows five levels of OUs below the root.
const MAX_OU_DEPTH: usize = 16;

/// How long the parent of an OU is cached. OUs are seldom moved.
const REMEMBERED: Duration = Duration::from_mins(5);

/// Returns the error context of a call of Organizations.
pub(crate) const fn call(action: &'static str, what: &'static str) -> ApiCall {
    ApiCall { service: SERVICE, action, resource: what }
}

/// Client of AWS Organizations, for the management account or a delegated administrator account.
#[derive(Debug)]
pub struct OrganizationsClient {
    pub(crate) client: Client,
    parents: Mutex<Parents>,
}

/// Cache of the parents of accounts and OUs.
#[derive(Debug)]
struct Parents {
    since: Instant,
    known: HashMap<OuId, OuId>,
}

/// Error of an OU whose parents do not end at a root.
const UNROOTED: &str = "no parent, or no end of them";

impl OrganizationsClient {
    /// Creates a client with the credentials of `management`.
    pub fn new(management: &AwsSession) -> Self {
        // Organizations has one endpoint in each partition, and requests are signed for the
        // partition's home region. The SDK does so for AWS's own endpoints, but not for an endpoint
        // from the environment.
        let home = Region::from_static(management.partition().info().home_region);
        let config = Builder::from(management.config()).region(home).build();
        let parents = Parents { since: Instant::now(), known: HashMap::new() };
        Self { client: Client::from_conf(config), parents: Mutex::new(parents) }
    }

    /// Returns the account, or `None` if the organization has no such account.
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

    /// Returns the account's OU path. Calls Organizations for each parent that is not cached,
    /// unless the account contains the path.
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

    /// Returns the parent of an account or an OU.
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

/// Converts the accounts of a page.
pub(crate) fn members(accounts: &[Account]) -> Vec<OrgAccount> {
    accounts.iter().filter_map(OrgAccount::of).collect()
}
