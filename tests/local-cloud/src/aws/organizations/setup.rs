//! How a test founds an organization, fills it and looks at it.
use std::collections::{BTreeMap, BTreeSet};

use super::state::{self, Creation, Joined, OrganizationalUnit, State};
use crate::aws::{Account, Aws};

/// An organization of a partition. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Organization {
    aws: Aws,
    management: Account,
}

/// A member as a test sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its parent: a root or an organizational unit.
    pub parent: String,
    /// Where it is in its life.
    pub state: State,
    /// How it came.
    pub joined: Joined,
}

impl Aws {
    /// The organization of this account's partition, founded by the account if need be.
    pub fn organization(&self, management: &Account) -> Organization {
        let mut store = self.store();
        if !store.organizations.contains_key(management.partition()) {
            let (id, root) = (store.lower_case_id("o-", 10), store.lower_case_id("r-", 4));
            let joined = store.now();
            let own = state::Member {
                name: "management".to_owned(),
                email: "management@example.com".to_owned(),
                parent: root.clone(),
                state: State::Active,
                method: Joined::Invited,
                joined,
                tags: BTreeMap::new(),
            };
            let founded = state::Organization {
                partition: management.partition().to_owned(),
                id,
                root,
                management: management.id().to_owned(),
                tells_status: true,
                tells_paths: false,
                pathless: BTreeSet::new(),
                empty_page: 1,
                units: BTreeMap::new(),
                members: BTreeMap::from([(management.id().to_owned(), own)]),
                delegates: BTreeSet::new(),
                creations: BTreeMap::new(),
            };
            store.organizations.insert(management.partition().to_owned(), founded);
        }
        drop(store);
        Organization { aws: self.clone(), management: management.clone() }
    }
}

impl Organization {
    fn with<R>(&self, work: impl FnOnce(&mut state::Organization) -> R) -> R {
        let mut store = self.aws.store();
        let found = store.organizations.get_mut(self.management.partition());
        work(found.expect("it was founded"))
    }

    /// `o-…`
    pub fn id(&self) -> String {
        self.with(|all| all.id.clone())
    }

    /// `r-…`
    pub fn root(&self) -> String {
        self.with(|all| all.root.clone())
    }

    /// The account that founded it.
    pub const fn management(&self) -> &Account {
        &self.management
    }

    /// A new organizational unit below a root or another unit; its id.
    ///
    /// # Panics
    /// Where there is no such parent.
    pub fn unit(&self, parent: &str, name: &str) -> String {
        let root = self.root();
        let prefix = format!("ou-{}-", root.trim_start_matches("r-"));
        let id = self.aws.store().lower_case_id(&prefix, 8);
        self.with(|all| {
            assert!(all.has_parent(parent), "no parent {parent}");
            let unit = OrganizationalUnit { name: name.to_owned(), parent: parent.to_owned() };
            all.units.insert(id.clone(), unit);
        });
        id
    }

    /// Makes an account a member, from a point in time (seconds since the Unix epoch) on.
    ///
    /// # Panics
    /// Where there is no such parent.
    pub fn admit(&self, account: &Account, name: &str, parent: &str, how: Joined, joined: i64) {
        assert_eq!(account.partition(), self.management.partition(), "another partition");
        let email = format!("aws+{}@example.com", account.id());
        self.with(|all| {
            assert!(all.has_parent(parent), "no parent {parent}");
            let member = state::Member {
                name: name.to_owned(),
                email,
                parent: parent.to_owned(),
                state: State::Active,
                method: how,
                joined,
                tags: BTreeMap::new(),
            };
            all.members.insert(account.id().to_owned(), member);
        });
    }

    /// A member by account id.
    pub fn member(&self, id: &str) -> Option<Member> {
        self.with(|all| {
            all.members.get(id).map(|member| Member {
                name: member.name.clone(),
                parent: member.parent.clone(),
                state: member.state,
                joined: member.method,
            })
        })
    }

    /// Account ids of all members, the management account among them.
    pub fn members(&self) -> Vec<String> {
        self.with(|all| all.members.keys().cloned().collect())
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut state::Member)) {
        self.with(|all| change(all.members.get_mut(id).expect("a member")));
    }

    /// Puts a member into another state. Nobody gets into what is suspended, closing or closed.
    ///
    /// # Panics
    /// Where it is none.
    pub fn set_state(&self, id: &str, state: State) {
        self.change(id, |member| member.state = state);
        self.aws.account(self.management.partition(), id).close(!state.is_open());
    }

    /// Moves a member below another parent.
    ///
    /// # Panics
    /// Where it is none.
    pub fn move_to(&self, id: &str, parent: &str) {
        self.change(id, |member| parent.clone_into(&mut member.parent));
    }

    /// Tags a member.
    ///
    /// # Panics
    /// Where it is none.
    pub fn tag(&self, id: &str, key: &str, value: &str) {
        self.change(id, |member| drop(member.tags.insert(key.to_owned(), value.to_owned())));
    }

    /// A member becomes an account by itself.
    pub fn dismiss(&self, id: &str) {
        self.with(|all| {
            all.members.remove(id);
            all.delegates.remove(id);
        });
    }

    /// Lets a member ask about the organization.
    pub fn delegate(&self, id: &str) {
        self.with(|all| all.delegates.insert(id.to_owned()));
    }

    /// Answers no longer have the retired `Status`.
    pub fn retire_status(&self) {
        self.with(|all| all.tells_status = false);
    }

    /// Accounts come with their `Paths` from now on.
    pub fn tell_paths(&self) {
        self.with(|all| all.tells_paths = true);
    }

    /// This account comes without them all the same.
    pub fn hide_path(&self, id: &str) {
        self.with(|all| all.pathless.insert(id.to_owned()));
    }

    /// The first page of every list is empty, instead of the second.
    pub fn begin_with_an_empty_page(&self) {
        self.with(|all| all.empty_page = 0);
    }

    /// Notes a request that made an account, its GovCloud twin too where it has one, or that failed for a reason; its id.
    pub fn created(
        &self,
        name: &str,
        account: Option<&str>,
        twin: Option<&str>,
        failure: Option<&str>,
    ) -> String {
        let (id, now) = {
            let mut store = self.aws.store();
            (store.lower_case_id("car-", 32), store.now())
        };
        let creation = Creation {
            name: name.to_owned(),
            account: account.map(str::to_owned),
            gov_cloud_account: twin.map(str::to_owned),
            failure: failure.map(str::to_owned),
            requested: now,
            completed: now,
        };
        self.with(|all| drop(all.creations.insert(id.clone(), creation)));
        id
    }
}
