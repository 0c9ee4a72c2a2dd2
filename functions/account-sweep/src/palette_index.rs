//! The AWS accounts that Palette has. 10,000 of them take about 1 MB of memory.

use futures_util::future::try_join_all;
use gangway_checks::ScopedAccounts;
use gangway_model::{AccountId, CloudAccount, RegistrationError, Scope, Uid, UpstreamError};
use gangway_palette::ScopedResults;
use gangway_registration::AppContext;
use gangway_registration::vending::OuScopeMap;
use tokio::try_join;

/// Palette's maximum page size.
const PAGE_SIZE: u8 = 50;

/// Value of Palette's scope annotation for accounts of a project.
const PROJECT: &str = "project";

/// The fields of a Palette account that the sweep compares.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct IndexedAccount {
    /// The AWS account, if it is known and in this partition.
    pub(crate) account: Option<AccountId>,
    /// Index of the account's scope: first the scopes that the settings name, then the other
    /// projects. `None` if Palette does not return the project.
    pub(crate) scope: Option<usize>,
    pub(crate) name: Box<str>,
    pub(crate) uid: Box<str>,
    /// `true` once the organization has listed the AWS account.
    pub(crate) seen: bool,
}

/// All accounts that Palette lists.
#[derive(Debug, Default)]
pub(crate) struct PaletteIndex {
    /// Sorted by AWS account.
    all: Vec<IndexedAccount>,
    /// Indexes into the accounts, sorted by scope and name.
    by_name: Vec<usize>,
    /// Number of scopes that the settings name.
    named: usize,
    /// Projects that the settings do not name.
    others: Vec<Uid>,
    /// Number of projects that deny access to Gangway.
    pub(crate) unread: usize,
}

impl PaletteIndex {
    /// Reads all accounts of every scope that the API key can see, since events may have named
    /// projects that the settings do not name.
    pub(crate) async fn load(
        deployment: &AppContext,
        scopes: &OuScopeMap,
    ) -> Result<Self, UpstreamError> {
        let requested_scopes = scopes.all();
        let opened = requested_scopes.iter().map(|requested| async {
            deployment.clients.palette.resolve_scope(requested).await.map_err(inaccessible)
        });
        let opened = try_join_all(opened).await?;
        let partition = deployment.clients.partition.id();
        let listed = opened.iter().enumerate().map(|(place, scope)| list(scope, place, partition));
        let (listed, mut others) =
            try_join!(try_join_all(listed), deployment.clients.palette.projects())?;
        let seen: Vec<_> = opened.iter().map(|scope| scope.scope().clone()).collect();
        others.retain(|uid| !seen.contains(&Scope::Project(uid.clone())));
        let asked = (opened.len()..).zip(&others).map(async |(place, uid)| {
            let scope = deployment.clients.palette.in_scope(Scope::Project(uid.clone()));
            list(&scope, place, partition).await
        });
        let ScopedResults { results: told, denied: unread } =
            gangway_palette::query_scopes(asked).await?;
        let all = listed.into_iter().chain(told).flatten().collect();
        Ok(Self { named: opened.len(), others, unread, ..Self::from_accounts(all) })
    }

    pub(crate) fn from_accounts(mut all: Vec<IndexedAccount>) -> Self {
        all.sort_unstable();
        all.dedup();
        let name = |place: &usize| all.get(*place).map(|one| (one.scope, one.name.clone()));
        let mut by_name: Vec<_> = (0..all.len()).collect();
        by_name.sort_by_cached_key(name);
        Self { all, by_name, ..Self::default() }
    }

    /// Returns the number of accounts.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns the Palette accounts of an AWS account, and marks them as seen.
    pub(crate) fn mark_seen(&mut self, account: AccountId) -> &[IndexedAccount] {
        let start = self.all.partition_point(|one| one.account < Some(account));
        let end = self.all.partition_point(|one| one.account <= Some(account));
        let met = self.all.get_mut(start..end).unwrap_or_default();
        for one in met.iter_mut() {
            one.seen = true;
        }
        met
    }

    /// Returns the project of an AWS account, if no scope that the settings name has the account.
    pub(crate) fn project_of(&self, account: AccountId) -> Option<&Uid> {
        let start = self.all.partition_point(|one| one.account < Some(account));
        let places = || {
            let all = self.all.iter().skip(start);
            all.take_while(|one| one.account == Some(account)).filter_map(|one| one.scope)
        };
        if places().any(|place| place < self.named) {
            return None;
        }
        places().find_map(|place| self.others.get(place.checked_sub(self.named)?))
    }

    /// Returns `true` if an account in this scope has this name.
    pub(crate) fn has_name(&self, scope: usize, name: &str) -> bool {
        let key = |place: &usize| self.all.get(*place).map(|one| (one.scope, &*one.name));
        self.by_name.binary_search_by(|place| key(place).cmp(&Some((Some(scope), name)))).is_ok()
    }

    /// Returns the accounts with a known AWS account that the organization has not listed.
    pub(crate) fn unseen(&self) -> impl Iterator<Item = (AccountId, &IndexedAccount)> {
        self.all.iter().filter(|one| !one.seen).filter_map(|one| Some((one.account?, one)))
    }
}

fn inaccessible(failure: RegistrationError) -> UpstreamError {
    match failure {
        RegistrationError::Upstream(error) => error,
        other @ (RegistrationError::Invalid(_)
        | RegistrationError::ChecksFailed(_)
        | RegistrationError::Conflict(_)
        | RegistrationError::ConcurrentModification(_)
        | RegistrationError::NotFound(_)) => UpstreamError::Rejected {
            service: "Palette",
            reason: format!("GANGWAY_OU_SCOPE_MAP names a project that it has not: {other}"),
        },
    }
}

async fn list(
    scope: &ScopedAccounts<'_>,
    place: usize,
    partition: &str,
) -> Result<Vec<IndexedAccount>, UpstreamError> {
    let (mut registrations, mut next) = (Vec::new(), None);
    loop {
        let page = scope.list_page(PAGE_SIZE, next.as_deref()).await?;
        let own = page.accounts.into_iter();
        registrations.extend(own.filter_map(|one| insert(&one, scope.scope(), place, partition)));
        next = page.next;
        if next.is_none() {
            return Ok(registrations);
        }
    }
}

/// Adds an account of a scope. Skips accounts that the tenant shares with a project: the tenant's
/// own list contains them.
fn insert(
    account: &CloudAccount,
    seen_from: &Scope,
    place: usize,
    partition: &str,
) -> Option<IndexedAccount> {
    let of_a_project = account.annotations.get("scope").is_some_and(|scope| scope == PROJECT);
    let scope = match seen_from {
        Scope::Tenant if of_a_project => None,
        Scope::Tenant => Some(place),
        Scope::Project(_) if account.scope == *seen_from => Some(place),
        Scope::Project(_) => return None,
    };
    Some(IndexedAccount {
        account: account.aws_account().filter(|_| account.partition == partition),
        scope,
        name: account.name.as_str().into(),
        uid: account.uid.as_str().into(),
        seen: false,
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
            access: StoredCredential::AssumedRole { role_arn },
            account: None,
            profile: None,
            palette_cluster: None,
            policies: Vec::new(),
            annotations: annotations
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect::<BTreeMap<_, _>>(),
            labels: BTreeMap::new(),
            description: None,
            gateway: None,
            scope,
            state: None,
        }
    }

    #[test]
    fn an_account_is_of_the_scope_that_says_so() {
        let project = Scope::Project("6a0c1a2b3c4d5e6f70818293".parse().unwrap());
        let note = |annotations, scope: &Scope, seen_from: &Scope, place| {
            let noted = insert(&account(annotations, scope.clone()), seen_from, place, "aws");
            noted.map(|noted| noted.scope)
        };
        assert_eq!(note(&[], &Scope::Tenant, &Scope::Tenant, 0), Some(Some(0)));
        assert_eq!(note(&[("scope", "project")], &Scope::Tenant, &Scope::Tenant, 0), Some(None));
        assert_eq!(note(&[("scope", "project")], &project, &project, 1), Some(Some(1)));
        assert_eq!(note(&[("scope", "tenant")], &Scope::Tenant, &project, 1), None);
    }

    #[test]
    fn an_account_of_another_partition_is_another_account() {
        let noted = insert(&account(&[], Scope::Tenant), &Scope::Tenant, 0, "aws-us-gov").unwrap();
        assert_eq!((noted.account, &*noted.name), (None, "aws-123456789012"));
        let noted = insert(&account(&[], Scope::Tenant), &Scope::Tenant, 0, "aws").unwrap();
        assert_eq!(noted.account, Some("123456789012".parse().unwrap()));
    }
}
