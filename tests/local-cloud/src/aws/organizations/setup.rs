//! Handles with which tests set up organizations and read their members.
use std::collections::{BTreeMap, BTreeSet};

use super::state::{self, AccountCreation, AccountState, JoinedMethod, OrganizationalUnit};
use crate::aws::{Account, Aws};

/// A handle to the organization in a partition. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Organization {
    aws: Aws,
    /// The management account.
    management: Account,
}

/// A member account at the time when a test read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberSnapshot {
    pub name: String,
    /// The id of the root or OU that contains the account.
    pub parent: String,
    pub state: AccountState,
    /// How the account joined the organization.
    pub joined: JoinedMethod,
}

impl Aws {
    /// Returns the organization in the partition of an account. If there is none, creates it, with
    /// this account as management account.
    pub fn organization(&self, management: &Account) -> Organization {
        let mut store = self.store();
        if !store.organizations.contains_key(management.partition()) {
            let (id, root) =
                (store.generate_lower_case_id("o-", 10), store.generate_lower_case_id("r-", 4));
            let joined = store.now();
            let management_member = state::StoredMember {
                name: "management".to_owned(),
                email: "management@example.com".to_owned(),
                parent: root.clone(),
                state: AccountState::Active,
                method: JoinedMethod::Invited,
                joined,
                tags: BTreeMap::new(),
            };
            let organization = state::StoredOrganization {
                partition: management.partition().to_owned(),
                id,
                root,
                management: management.id().to_owned(),
                includes_status: true,
                includes_paths: false,
                without_path: BTreeSet::new(),
                empty_page: 1,
                ous: BTreeMap::new(),
                members: BTreeMap::from([(management.id().to_owned(), management_member)]),
                delegated_administrators: BTreeSet::new(),
                account_creations: BTreeMap::new(),
            };
            store.organizations.insert(management.partition().to_owned(), organization);
        }
        drop(store);
        Organization { aws: self.clone(), management: management.clone() }
    }
}

impl Organization {
    /// Reads or changes the stored organization.
    fn access_state<R>(&self, access: impl FnOnce(&mut state::StoredOrganization) -> R) -> R {
        let mut store = self.aws.store();
        let found = store.organizations.get_mut(self.management.partition());
        access(found.expect("The organization does not exist."))
    }

    /// Returns the id of the organization: `o-…`.
    pub fn id(&self) -> String {
        self.access_state(|organization| organization.id.clone())
    }

    /// Returns the id of the organization's root: `r-…`.
    pub fn root(&self) -> String {
        self.access_state(|organization| organization.root.clone())
    }

    /// Returns the management account.
    pub const fn management(&self) -> &Account {
        &self.management
    }

    /// Creates an OU in a root or OU. Returns the id of the new OU.
    ///
    /// # Panics
    /// If the parent does not exist.
    pub fn create_ou(&self, parent: &str, name: &str) -> String {
        let root = self.root();
        let prefix = format!("ou-{}-", root.trim_start_matches("r-"));
        let id = self.aws.store().generate_lower_case_id(&prefix, 8);
        self.access_state(|organization| {
            assert!(organization.is_root_or_ou(parent), "There is no root or OU {parent}.");
            let ou = OrganizationalUnit { name: name.to_owned(), parent: parent.to_owned() };
            organization.ous.insert(id.clone(), ou);
        });
        id
    }

    /// Adds an account to the organization, in the root or OU `parent`. `joined` is in seconds
    /// since the Unix epoch.
    ///
    /// # Panics
    /// If the parent does not exist, or if the account is in another partition.
    pub fn add_member(
        &self,
        account: &Account,
        name: &str,
        parent: &str,
        method: JoinedMethod,
        joined: i64,
    ) {
        assert_eq!(
            account.partition(),
            self.management.partition(),
            "The account is in another partition than the organization."
        );
        let email = format!("aws+{}@example.com", account.id());
        self.access_state(|organization| {
            assert!(organization.is_root_or_ou(parent), "There is no root or OU {parent}.");
            let member = state::StoredMember {
                name: name.to_owned(),
                email,
                parent: parent.to_owned(),
                state: AccountState::Active,
                method,
                joined,
                tags: BTreeMap::new(),
            };
            organization.members.insert(account.id().to_owned(), member);
        });
    }

    /// Returns the member with this account id.
    pub fn member(&self, id: &str) -> Option<MemberSnapshot> {
        self.access_state(|organization| {
            organization.members.get(id).map(|member| MemberSnapshot {
                name: member.name.clone(),
                parent: member.parent.clone(),
                state: member.state,
                joined: member.method,
            })
        })
    }

    /// Returns the account ids of all members, including the management account.
    pub fn members(&self) -> Vec<String> {
        self.access_state(|organization| organization.members.keys().cloned().collect())
    }

    /// Changes a member.
    fn update_member(&self, id: &str, change: impl FnOnce(&mut state::StoredMember)) {
        self.access_state(|organization| {
            change(
                organization
                    .members
                    .get_mut(id)
                    .expect("The account is not a member of the organization."),
            );
        });
    }

    /// Sets the state of a member. All calls to a member that is neither active nor pending
    /// activation fail.
    ///
    /// # Panics
    /// If the account is not a member.
    pub fn set_state(&self, id: &str, state: AccountState) {
        self.update_member(id, |member| member.state = state);
        self.aws.account(self.management.partition(), id).set_closed(!state.is_usable());
    }

    /// Moves a member to another root or OU.
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
        self.access_state(|organization| {
            organization.members.remove(id);
            organization.delegated_administrators.remove(id);
        });
    }

    /// Registers a member as delegated administrator of the organization.
    pub fn add_delegated_administrator(&self, id: &str) {
        self.access_state(|organization| {
            organization.delegated_administrators.insert(id.to_owned())
        });
    }

    /// Omits the member `Status`, which AWS has retired, from all responses from now on.
    pub fn omit_status(&self) {
        self.access_state(|organization| organization.includes_status = false);
    }

    /// Includes the member `Paths` for all accounts in responses from now on.
    pub fn include_paths(&self) {
        self.access_state(|organization| organization.includes_paths = true);
    }

    /// Omits the member `Paths` for the account with this id.
    pub fn omit_path(&self, id: &str) {
        self.access_state(|organization| organization.without_path.insert(id.to_owned()));
    }

    /// Makes the first page of every list empty. Without this call, the second page is empty.
    pub fn start_with_empty_page(&self) {
        self.access_state(|organization| organization.empty_page = 0);
    }

    /// Adds a completed request to create an account. Returns the id of the request. `account` is
    /// the id of the new account, `paired_account` the id of its GovCloud account, and `failure`
    /// the reason of a failure.
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
        self.access_state(|organization| {
            drop(organization.account_creations.insert(id.clone(), creation));
        });
        id
    }
}
