//! An index of the accounts in Palette. 10,000 accounts take about 1 MB of memory.

use futures_util::future::try_join_all;
use gangway_checks::ScopedClient;
use gangway_model::{AccountId, CloudAccount, RegistrationError, Scope, Uid, UpstreamError};
use gangway_palette::ScopedResults;
use gangway_registration::AppContext;
use gangway_registration::vending::OuScopeMap;
use tokio::try_join;

/// Value of Palette's scope annotation for accounts of a project.
const PROJECT_SCOPE: &str = "project";

/// The fields of a Palette account that the sweep compares.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct IndexedAccount {
    /// The AWS account, if it is known and in this partition.
    pub(crate) account: Option<AccountId>,
    /// Index of the account's scope. The scopes that the settings name have the first indexes, the
    /// other projects follow. `None` if Palette does not return the project of the account.
    pub(crate) scope: Option<usize>,
    pub(crate) name: Box<str>,
    pub(crate) uid: Box<str>,
    /// `true` once the organization has listed the AWS account.
    pub(crate) is_seen: bool,
}

/// All accounts that Palette lists.
#[derive(Debug, Default)]
pub(crate) struct PaletteIndex {
    /// Sorted by AWS account.
    accounts: Vec<IndexedAccount>,
    /// Indexes into the accounts, sorted by scope and name.
    by_name: Vec<usize>,
    /// Number of scopes that the settings name.
    named_scopes: usize,
    /// Projects that the settings do not name.
    other_projects: Vec<Uid>,
    /// Number of projects that deny access to Gangway.
    pub(crate) unread_projects: usize,
}

impl PaletteIndex {
    /// Reads all accounts of every scope that the API key can see, including projects that the
    /// settings do not name, because an event may have named such a project.
    pub(crate) async fn load(
        context: &AppContext,
        scopes: &OuScopeMap,
    ) -> Result<Self, UpstreamError> {
        let requested = scopes.all();
        let scopes = requested.iter().map(|requested| async {
            context.clients.palette.resolve_scope(requested).await.map_err(to_missing_project_error)
        });
        let scopes = try_join_all(scopes).await?;
        let partition = context.clients.partition.id();
        let listings =
            scopes.iter().enumerate().map(|(index, scope)| list_scope(scope, index, partition));
        let (listings, projects) =
            try_join!(try_join_all(listings), context.clients.palette.projects())?;
        let named: Vec<_> = scopes.iter().map(|scope| scope.scope().clone()).collect();
        let others = projects.into_iter().map(|project| project.uid);
        let others: Vec<_> =
            others.filter(|uid| !named.contains(&Scope::Project(uid.clone()))).collect();
        let requests = (scopes.len()..).zip(&others).map(async |(index, uid)| {
            let scope = context.clients.palette.in_scope(Scope::Project(uid.clone()));
            list_scope(&scope, index, partition).await
        });
        let ScopedResults { results: other_listings, denied: unread_projects } =
            gangway_palette::query_scopes(requests).await?;
        let all = listings.into_iter().chain(other_listings).flatten().collect();
        Ok(Self {
            named_scopes: scopes.len(),
            other_projects: others,
            unread_projects,
            ..Self::from_accounts(all)
        })
    }

    pub(crate) fn from_accounts(mut all: Vec<IndexedAccount>) -> Self {
        all.sort_unstable();
        all.dedup();
        let name =
            |index: &usize| all.get(*index).map(|account| (account.scope, account.name.clone()));
        let mut by_name: Vec<_> = (0..all.len()).collect();
        by_name.sort_by_cached_key(name);
        Self { accounts: all, by_name, ..Self::default() }
    }

    /// Returns the number of accounts.
    pub(crate) fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Returns the Palette accounts of an AWS account that the organization listed, and sets
    /// `is_seen`.
    pub(crate) fn mark_seen(&mut self, account: AccountId) -> &[IndexedAccount] {
        let start = self.accounts.partition_point(|indexed| indexed.account < Some(account));
        let end = self.accounts.partition_point(|indexed| indexed.account <= Some(account));
        let matching = self.accounts.get_mut(start..end).unwrap_or_default();
        for indexed in matching.iter_mut() {
            indexed.is_seen = true;
        }
        matching
    }

    /// Returns the project of an AWS account, if no scope that the settings name has the account.
    pub(crate) fn find_unnamed_project(&self, account: AccountId) -> Option<&Uid> {
        let start = self.accounts.partition_point(|indexed| indexed.account < Some(account));
        let scope_indexes = || {
            let all = self.accounts.iter().skip(start);
            all.take_while(|indexed| indexed.account == Some(account))
                .filter_map(|indexed| indexed.scope)
        };
        if scope_indexes().any(|index| index < self.named_scopes) {
            return None;
        }
        scope_indexes()
            .find_map(|index| self.other_projects.get(index.checked_sub(self.named_scopes)?))
    }

    /// Returns `true` if an account in this scope has this name.
    pub(crate) fn has_name(&self, scope: usize, name: &str) -> bool {
        let key = |index: &usize| {
            self.accounts.get(*index).map(|account| (account.scope, &*account.name))
        };
        self.by_name.binary_search_by(|index| key(index).cmp(&Some((Some(scope), name)))).is_ok()
    }

    /// Returns the accounts with a known AWS account that the organization has not listed.
    pub(crate) fn unseen_accounts(&self) -> impl Iterator<Item = (AccountId, &IndexedAccount)> {
        self.accounts
            .iter()
            .filter(|indexed| !indexed.is_seen)
            .filter_map(|indexed| Some((indexed.account?, indexed)))
    }
}

fn to_missing_project_error(error: RegistrationError) -> UpstreamError {
    match error {
        RegistrationError::Upstream(error) => error,
        other @ (RegistrationError::Invalid(_)
        | RegistrationError::ChecksFailed(_)
        | RegistrationError::Conflict(_)
        | RegistrationError::ConcurrentModification(_)
        | RegistrationError::NotFound(_)) => UpstreamError::Rejected {
            service: "Palette",
            reason: format!(
                "the parameter OuScopeMap names a project that does not exist: {other}"
            ),
        },
    }
}

async fn list_scope(
    scope: &ScopedClient<'_>,
    index: usize,
    partition: &str,
) -> Result<Vec<IndexedAccount>, UpstreamError> {
    scope.list_all(|account| to_indexed_account(&account, scope.scope(), index, partition)).await
}

/// Converts an account that the list of a scope contains. Returns `None` for an account that the
/// tenant shares with a project, because the list of the tenant contains it too.
fn to_indexed_account(
    account: &CloudAccount,
    listed_in: &Scope,
    index: usize,
    partition: &str,
) -> Option<IndexedAccount> {
    let belongs_to_project =
        account.annotations.get("scope").is_some_and(|scope| scope == PROJECT_SCOPE);
    let scope = match listed_in {
        Scope::Tenant if belongs_to_project => None,
        Scope::Tenant => Some(index),
        Scope::Project(_) if account.scope == *listed_in => Some(index),
        Scope::Project(_) => return None,
    };
    Some(IndexedAccount {
        account: account.aws_account().filter(|_| account.partition == partition),
        scope,
        name: account.name.as_str().into(),
        uid: account.uid.as_str().into(),
        is_seen: false,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gangway_model::StoredCredential;

    use super::*;

    fn account(annotations: &[(&str, &str)], scope: Scope) -> CloudAccount {
        let role_arn = "arn:aws:iam::123456789012:role/SpectroCloudRole".to_owned();
        CloudAccount {
            uid: "5f0c1a2b3c4d5e6f70818293".parse().unwrap(),
            name: "aws-123456789012".to_owned(),
            partition: "aws".to_owned(),
            access: StoredCredential::StsRole { role_arn },
            account: None,
            profile: None,
            region: None,
            waived_checks: Vec::new(),
            palette_cluster: None,
            policies: Vec::new(),
            portal_policy: None,
            annotations: annotations
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect::<BTreeMap<_, _>>(),
            labels: BTreeMap::new(),
            description: None,
            gateway: None,
            scope,
            state: None,
            token_expiry: None,
        }
    }

    #[test]
    fn the_scope_comes_from_the_annotation_and_the_list() {
        let project = Scope::Project("6a0c1a2b3c4d5e6f70818293".parse().unwrap());
        let scope_of = |annotations, scope: &Scope, listed_in: &Scope, index| {
            let indexed =
                to_indexed_account(&account(annotations, scope.clone()), listed_in, index, "aws");
            indexed.map(|indexed| indexed.scope)
        };
        assert_eq!(scope_of(&[], &Scope::Tenant, &Scope::Tenant, 0), Some(Some(0)));
        assert_eq!(
            scope_of(&[("scope", "project")], &Scope::Tenant, &Scope::Tenant, 0),
            Some(None)
        );
        assert_eq!(scope_of(&[("scope", "project")], &project, &project, 1), Some(Some(1)));
        assert_eq!(scope_of(&[("scope", "tenant")], &Scope::Tenant, &project, 1), None);
    }

    #[test]
    fn aws_account_is_unknown_in_another_partition() {
        let indexed =
            to_indexed_account(&account(&[], Scope::Tenant), &Scope::Tenant, 0, "aws-us-gov")
                .unwrap();
        assert_eq!((indexed.account, &*indexed.name), (None, "aws-123456789012"));
        let indexed =
            to_indexed_account(&account(&[], Scope::Tenant), &Scope::Tenant, 0, "aws").unwrap();
        assert_eq!(indexed.account, Some("123456789012".parse().unwrap()));
    }
}
