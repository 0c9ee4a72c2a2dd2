//! Fixtures of Organizations.
use std::collections::{BTreeMap, BTreeSet};

use super::state::{self, AccountCreation, AccountState, JoinedMethod, OrganizationalUnit};
use crate::aws::{Account, Aws};

/// A handle to the organization of a partition. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Organization {
    aws: Aws,
    management: Account,
}

/// A member account, read without permission checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberSnapshot {
    pub name: String,
    /// Id of the parent root or OU.
    pub parent: String,
    pub state: AccountState,
    pub joined: JoinedMethod,
}

impl Aws {
    /// Returns the organization of the account's partition. Creates it if necessary, with this
    /// account as management account.
    pub fn organization(&self, management: &Account) -> Organization {
        let mut store = self.store();
        if !store.organizations.contains_key(management.partition()) {
            let (id, root) =
                (store.generate_lower_case_id("o-", 10), store.generate_lower_case_id("r-", 4));
            let joined = store.now();
            let own = state::StoredMember {
                name: "management".to_owned(),
                email: "management@example.com".to_owned(),
                parent: root.clone(),
                state: AccountState::Active,
                method: JoinedMethod::Invited,
                joined,
                tags: BTreeMap::new(),
            };
            let founded = state::StoredOrganization {
                partition: management.partition().to_owned(),
                id,
                root,
                management: management.id().to_owned(),
                includes_status: true,
                includes_paths: false,
                without_path: BTreeSet::new(),
                empty_page: 1,
                ous: BTreeMap::new(),
                members: BTreeMap::from([(management.id().to_owned(), own)]),
                delegated_administrators: BTreeSet::new(),
                account_creations: BTreeMap::new(),
            };
            store.organizations.insert(management.partition().to_owned(), founded);
        }
        drop(store);
        Organization { aws: self.clone(), management: management.clone() }
    }
}

impl Organization {
    fn with_state<R>(&self, work: impl FnOnce(&mut state::StoredOrganization) -> R) -> R {
        let mut store = self.aws.store();
        let found = store.organizations.get_mut(self.management.partition());
        work(found.expect("the organization exists"))
    }

    /// Returns the organization id, `o-…`.
    pub fn id(&self) -> String {
        self.with_state(|all| all.id.clone())
    }

    /// Returns the root id, `r-…`.
    pub fn root(&self) -> String {
        self.with_state(|all| all.root.clone())
    }

    /// Returns the management account.
    pub const fn management(&self) -> &Account {
        &self.management
    }

    /// Creates an OU below a root or OU and returns its id.
    ///
    /// # Panics
    /// If the parent does not exist.
    pub fn create_ou(&self, parent: &str, name: &str) -> String {
        let root = self.root();
        let prefix = format!("ou-{}-", root.trim_start_matches("r-"));
        let id = self.aws.store().generate_lower_case_id(&prefix, 8);
        self.with_state(|all| {
            assert!(all.has_parent(parent), "no parent {parent}");
            let ou = OrganizationalUnit { name: name.to_owned(), parent: parent.to_owned() };
            all.ous.insert(id.clone(), ou);
        });
        id
    }

    /// Adds an account to the organization. `joined` is in seconds since the Unix epoch.
    ///
    /// # Panics
    /// If the parent does not exist.
    pub fn add_member(
        &self,
        account: &Account,
        name: &str,
        parent: &str,
        how: JoinedMethod,
        joined: i64,
    ) {
        assert_eq!(account.partition(), self.management.partition(), "another partition");
        let email = format!("aws+{}@example.com", account.id());
        self.with_state(|all| {
            assert!(all.has_parent(parent), "no parent {parent}");
            let member = state::StoredMember {
                name: name.to_owned(),
                email,
                parent: parent.to_owned(),
                state: AccountState::Active,
                method: how,
                joined,
                tags: BTreeMap::new(),
            };
            all.members.insert(account.id().to_owned(), member);
        });
    }

    /// Returns a member by account id.
    pub fn member(&self, id: &str) -> Option<MemberSnapshot> {
        self.with_state(|all| {
            all.members.get(id).map(|member| MemberSnapshot {
                name: member.name.clone(),
                parent: member.parent.clone(),
                state: member.state,
                joined: member.method,
            })
        })
    }

    /// Returns the account ids of all members, including the management account.
    pub fn members(&self) -> Vec<String> {
        self.with_state(|all| all.members.keys().cloned().collect())
    }

    fn update_member(&self, id: &str, change: impl FnOnce(&mut state::StoredMember)) {
        self.with_state(|all| change(all.members.get_mut(id).expect("a member")));
    }

    /// Sets the state of a member. Calls to a suspended or closed account are rejected.
    ///
    /// # Panics
    /// If the account is not a member.
    pub fn set_state(&self, id: &str, state: AccountState) {
        self.update_member(id, |member| member.state = state);
        self.aws.account(self.management.partition(), id).set_closed(!state.is_usable());
    }

    /// Moves a member to another parent.
    ///
    /// # Panics
    /// If the account is not a member.
    pub fn move_account(&self, id: &str, parent: &str) {
        self.update_member(id, |member| parent.clone_into(&mut member.parent));
    }

    /// Adds a tag to a member.
    ///
    /// # Panics
    /// If the account is not a member.
    pub fn tag(&self, id: &str, key: &str, value: &str) {
        self.update_member(id, |member| drop(member.tags.insert(key.to_owned(), value.to_owned())));
    }

    /// Removes a member from the organization.
    pub fn remove_member(&self, id: &str) {
        self.with_state(|all| {
            all.members.remove(id);
            all.delegated_administrators.remove(id);
        });
    }

    /// Registers a member as delegated administrator.
    pub fn add_delegated_administrator(&self, id: &str) {
        self.with_state(|all| all.delegated_administrators.insert(id.to_owned()));
    }

    /// Omits the retired `Status` field from responses.
    pub fn omit_status(&self) {
        self.with_state(|all| all.includes_status = false);
    }

    /// Makes the fake include `Paths` in accounts from now on.
    pub fn include_paths(&self) {
        self.with_state(|all| all.includes_paths = true);
    }

    /// Omits `Paths` for this account.
    pub fn omit_path(&self, id: &str) {
        self.with_state(|all| all.without_path.insert(id.to_owned()));
    }

    /// Makes the first page of every list empty, instead of the second.
    pub fn start_with_empty_page(&self) {
        self.with_state(|all| all.empty_page = 0);
    }

    /// Records an account creation request and returns its id. `failure` is the failure reason.
    pub fn record_account_creation(
        &self,
        name: &str,
        account: Option<&str>,
        paired_account: Option<&str>,
        failure: Option<&str>,
    ) -> String {
        let (id, now) = {
            let mut store = self.aws.store();
            (store.generate_lower_case_id("car-", 32), store.now())
        };
        let creation = AccountCreation {
            name: name.to_owned(),
            account: account.map(str::to_owned),
            gov_cloud_account: paired_account.map(str::to_owned),
            failure: failure.map(str::to_owned),
            requested: now,
            completed: now,
        };
        self.with_state(|all| drop(all.account_creations.insert(id.clone(), creation)));
        id
    }
}
