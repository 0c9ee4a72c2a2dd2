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

/// Display name of the service in error messages.
const SERVICE: &str = "AWS Organizations";

/// Maximum number of parents that are read for one account. AWS allows five levels of OUs below the
/// root.
const MAX_OU_DEPTH: usize = 16;

/// Time for which the parents of OUs are cached. OUs are seldom moved.
const PARENT_CACHE_TTL: Duration = Duration::from_mins(5);

/// Returns the error context of an Organizations call.
pub(crate) const fn organizations_call(action: &'static str, resource: &'static str) -> ApiCall {
    ApiCall { service: SERVICE, action, resource }
}

/// Client of AWS Organizations, for the management account or a delegated administrator account.
#[derive(Debug)]
pub struct OrganizationsClient {
    pub(crate) client: Client,
    parents: Mutex<ParentCache>,
}

/// Cache of the parents of OUs.
#[derive(Debug)]
struct ParentCache {
    /// When the cache was last emptied.
    since: Instant,
    parent_of: HashMap<OuId, OuId>,
}

/// Reason of the error if the parents of an account or OU do not lead to a root.
const NO_ROOT_REASON: &str = "no path of OUs that ends at a root";

impl OrganizationsClient {
    /// Creates a client with the credentials of `management`, a session in the management account
    /// or in a delegated administrator account.
    pub fn new(management: &AwsSession) -> Self {
        // Organizations has one endpoint in each partition, and requests are signed for the home
        // region of the partition. The SDK uses the home region for the endpoints of AWS, but not
        // for an endpoint from the environment.
        let home_region = Region::from_static(management.partition().info().home_region);
        let config = Builder::from(management.config()).region(home_region).build();
        let parents = ParentCache { since: Instant::now(), parent_of: HashMap::new() };
        Self { client: Client::from_conf(config), parents: Mutex::new(parents) }
    }

    /// Reads an account of the organization. Returns `None` if the organization has no such
    /// account.
    pub async fn describe_account(
        &self,
        id: AccountId,
    ) -> Result<Option<OrgAccount>, UpstreamError> {
        let call = organizations_call("organizations:DescribeAccount", "such account");
        match self.client.describe_account().account_id(id.as_str()).send().await {
            Ok(response) => {
                let account = response.account().and_then(OrgAccount::from_sdk);
                account.map(Some).ok_or_else(|| call.invalid_response("an account without an id"))
            }
            Err(error) if AwsErrorKind::from_sdk(&error) == Some(AwsErrorKind::NotFound) => {
                Ok(None)
            }
            Err(error) => Err(call.to_upstream_error(&error)),
        }
    }

    /// Returns a paginator over all accounts of the organization. With `needs_ou_paths`, each
    /// account has its OU path.
    pub fn list_accounts(&self, needs_ou_paths: bool) -> AccountPaginator<'_> {
        AccountPaginator::new(self, needs_ou_paths)
    }

    /// Returns the OU path of the account. If `account` does not contain the path, calls
    /// Organizations for each parent that is not cached.
    pub async fn ou_path(&self, account: &OrgAccount) -> Result<OuPath, UpstreamError> {
        if let Some(ou_path) = &account.ou_path {
            return Ok(ou_path.clone());
        }
        let mut ous = vec![self.read_parent(account.id.as_str()).await?];
        while let Some(ou) = ous.last().filter(|ou| !ou.as_str().starts_with("r-")) {
            let parent = if let Some(parent) = self.cached_parent(ou) {
                parent
            } else {
                let parent = self.read_parent(ou.as_str()).await?;
                self.cache_parent(ou.clone(), parent.clone());
                parent
            };
            ous.push(parent);
            if ous.len() > MAX_OU_DEPTH {
                return Err(LIST_PARENTS.invalid_response(NO_ROOT_REASON));
            }
        }
        Ok(OuPath::from_parent_first(ous))
    }

    /// Reads the parent of an account or an OU.
    async fn read_parent(&self, child: &str) -> Result<OuId, UpstreamError> {
        let response = self.client.list_parents().child_id(child).send().await;
        let response = response.map_err(|error| LIST_PARENTS.to_upstream_error(&error))?;
        let parent = response.parents().iter().find_map(|parent| parent.id()?.parse().ok());
        parent.ok_or_else(|| LIST_PARENTS.invalid_response(NO_ROOT_REASON))
    }

    /// Returns the cached parent of an OU. Empties the cache if it is too old.
    fn cached_parent(&self, ou: &OuId) -> Option<OuId> {
        let mut parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
        if parents.since.elapsed() > PARENT_CACHE_TTL {
            *parents = ParentCache { since: Instant::now(), parent_of: HashMap::new() };
        }
        parents.parent_of.get(ou).cloned()
    }

    fn cache_parent(&self, ou: OuId, parent: OuId) {
        let mut parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
        parents.parent_of.insert(ou, parent);
    }
}

const LIST_PARENTS: ApiCall =
    organizations_call("organizations:ListParents", "such account or organizational unit");

/// Converts the accounts of a page. Leaves out accounts without a valid id.
pub(crate) fn to_org_accounts(accounts: &[Account]) -> Vec<OrgAccount> {
    accounts.iter().filter_map(OrgAccount::from_sdk).collect()
}
