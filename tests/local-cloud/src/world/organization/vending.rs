//! New accounts, as each way of vending makes them.

use std::sync::atomic::Ordering;

use gangway_model::Partition;
use serde_json::{Value, json};

use super::Organization;
use crate::aws::{Account, Role, organizations::Joined};

/// A way in which accounts come, and the entry role that it brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Control Tower's Account Factory: `AWSControlTowerExecution`.
    ControlTower,
    /// `CreateAccount`: `OrganizationAccountAccessRole`.
    Organizations,
    /// Account Factory for Terraform: what Control Tower brings, and `AWSAFTExecution`.
    Aft,
    /// An account that was there before and accepted an invitation: no role at all.
    Invited,
    /// `CreateGovCloudAccount`: a commercial account, and a GovCloud one that is in no organization yet.
    GovCloud,
}

/// A new account.
#[derive(Clone, Debug)]
pub struct Vended {
    /// The account.
    pub account: Account,
    /// Its name.
    pub name: String,
    /// Its GovCloud twin.
    pub twin: Option<Account>,
    /// The role that its management account can enter it by.
    pub entry: Option<Role>,
    /// What AWS would put on the management account's bus, in order.
    pub events: Vec<Value>,
}

/// The role that lets Account Factory for Terraform in.
const AFT_ADMIN: &str = "AWSAFTAdmin";

impl Organization {
    /// An account that nobody had before.
    fn account(&self, partition: &str) -> Account {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let first = if partition == Partition::AwsUsGov.id() { 6 } else { 5 };
        // Twins of both kinds differ from what the other partition's organization makes.
        let home = if partition == self.partition() { 1 } else { 2 };
        self.aws.account(partition, &format!("{first}{home}{number:010}"))
    }

    /// A role with all rights that trusts a principal.
    fn create_access_role(account: &Account, name: &str, principal: &str) -> Role {
        let role = account.role(name);
        role.trust(&json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}],
        }));
        role.attach(&account.managed("AdministratorAccess"));
        role
    }

    /// The role of Account Factory for Terraform in its own account, which may ask Organizations, too.
    pub fn aft_admin(&self) -> Role {
        let partition = self.partition();
        let account = self
            .aws
            .account(partition, if partition == "aws" { "700000000001" } else { "700000000002" });
        if self.api.member(account.id()).is_none() {
            let root = self.api.root();
            self.api.admit(&account, "aft-management", &root, Joined::Created, self.now());
            self.api.delegate(account.id());
        }
        let own = self.management().root_arn();
        Self::create_access_role(&account, AFT_ADMIN, &own)
    }

    /// Makes an account below a parent, as this kind of vending does.
    pub fn vend(&self, kind: Kind, name: &str, parent: &str) -> Vended {
        self.settle(kind, self.account(self.partition()), name, parent)
    }

    /// The same with an account that is there, or an id of the caller's choice.
    pub fn settle(&self, kind: Kind, account: Account, name: &str, parent: &str) -> Vended {
        let now = self.now();
        let how = if kind == Kind::Invited { Joined::Invited } else { Joined::Created };
        self.api.admit(&account, name, parent, how, now);
        let own = self.management().root_arn();
        let mut vended =
            Vended { account, name: name.to_owned(), twin: None, entry: None, events: Vec::new() };
        let account = &vended.account;
        vended.entry = match kind {
            Kind::ControlTower => {
                Some(Self::create_access_role(account, "AWSControlTowerExecution", &own))
            }
            Kind::Aft => {
                let admin = self.aft_admin().arn();
                Self::create_access_role(account, "AWSAFTExecution", &admin);
                Some(Self::create_access_role(account, "AWSControlTowerExecution", &own))
            }
            Kind::Organizations | Kind::GovCloud => {
                Some(Self::create_access_role(account, "OrganizationAccountAccessRole", &own))
            }
            Kind::Invited => None,
        };
        if kind == Kind::GovCloud {
            vended.twin = Some(self.create_paired_account());
        }
        vended.events = self.creation_events(kind, &vended, parent);
        vended
    }

    /// A GovCloud account by itself; the account that belongs to the commercial management account may enter it.
    fn create_paired_account(&self) -> Account {
        let partition = Partition::AwsUsGov.id();
        let twin = self.account(partition);
        let own = super::super::surroundings::deployment_account(&self.aws, Partition::AwsUsGov);
        Self::create_access_role(&twin, "OrganizationAccountAccessRole", &own.root_arn());
        twin
    }

    fn creation_events(&self, kind: Kind, vended: &Vended, parent: &str) -> Vec<Value> {
        let (envelope, id) = (self.envelope(), vended.account.id());
        let twin = vended.twin.as_ref().map(Account::id);
        let created = || {
            let request = self.api.created(&vended.name, Some(id), twin, None);
            envelope.create_account_result(&request, id, twin)
        };
        let joined = |how: Joined| envelope.account_joined(id, how);
        let unit = self.ou_name(parent);
        match kind {
            Kind::ControlTower | Kind::Aft => {
                let mut events = vec![
                    created(),
                    joined(Joined::Created),
                    envelope.managed_account(
                        "CreateManagedAccount",
                        id,
                        &vended.name,
                        (parent, &unit),
                    ),
                ];
                if kind == Kind::Aft {
                    events.push(envelope.aft_event(id, &vended.name, (parent, &unit)));
                }
                events
            }
            Kind::Organizations | Kind::GovCloud => vec![created(), joined(Joined::Created)],
            Kind::Invited => vec![joined(Joined::Invited)],
        }
    }
}
