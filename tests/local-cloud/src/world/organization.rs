//! An organization: its management account is the deployment's, and it makes accounts as AWS's ways of vending do.

mod events;
#[cfg(test)]
mod tests;
mod times;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::Partition;
use serde_json::{Value, json};

use self::events::Envelope;
use crate::{
    aws::{
        Account, Aws, Role,
        organizations::{Joined, State},
    },
    clock::Clock,
};

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

/// The organization of a partition. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Organization {
    aws: Aws,
    /// What Organizations itself knows.
    pub api: crate::aws::Organization,
    /// A unit below the root.
    pub workloads: String,
    /// A unit below `workloads`.
    pub production: String,
    /// Another unit below the root.
    pub sandbox: String,
    clock: Arc<Clock>,
    region: &'static str,
    made: Arc<AtomicU64>,
    /// How long ago things happen, in seconds.
    ago: i64,
}

/// The role that lets Account Factory for Terraform in.
const AFT_ADMIN: &str = "AWSAFTAdmin";
const QUARANTINE: &str = "Quarantine-New-Object";

impl Organization {
    pub(super) fn found(aws: &Aws, clock: Arc<Clock>, region: &'static str, own: &Account) -> Self {
        let api = aws.organization(own);
        let root = api.root();
        let workloads = api.unit(&root, "Workloads");
        let production = api.unit(&workloads, "Production");
        let sandbox = api.unit(&root, "Sandbox");
        let (aws, made) = (aws.clone(), Arc::default());
        Self { aws, api, workloads, production, sandbox, clock, region, made, ago: 0 }
    }

    /// The same organization some time ago: what it makes now is that old, and so are its events.
    #[must_use]
    pub fn ago(&self, time: Duration) -> Self {
        Self { ago: i64::try_from(time.as_secs()).unwrap_or(i64::MAX), ..self.clone() }
    }

    fn now(&self) -> i64 {
        self.clock.now() - self.ago
    }

    fn management(&self) -> &Account {
        self.api.management()
    }

    fn partition(&self) -> &str {
        self.management().partition()
    }

    fn envelope(&self) -> Envelope<'_> {
        Envelope { management: self.management().id(), region: self.region, now: self.clock.now() }
    }

    /// An account that nobody had before.
    fn account(&self, partition: &str) -> Account {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let first = if partition == Partition::AwsUsGov.id() { 6 } else { 5 };
        // Twins of both kinds differ from what the other partition's organization makes.
        let home = if partition == self.partition() { 1 } else { 2 };
        self.aws.account(partition, &format!("{first}{home}{number:010}"))
    }

    /// A role with all rights that trusts a principal.
    fn entry(account: &Account, name: &str, principal: &str) -> Role {
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
        Self::entry(&account, AFT_ADMIN, &own)
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
            Kind::ControlTower => Some(Self::entry(account, "AWSControlTowerExecution", &own)),
            Kind::Aft => {
                let admin = self.aft_admin().arn();
                Self::entry(account, "AWSAFTExecution", &admin);
                Some(Self::entry(account, "AWSControlTowerExecution", &own))
            }
            Kind::Organizations | Kind::GovCloud => {
                Some(Self::entry(account, "OrganizationAccountAccessRole", &own))
            }
            Kind::Invited => None,
        };
        if kind == Kind::GovCloud {
            vended.twin = Some(self.twin());
        }
        vended.events = self.birth(kind, &vended, parent);
        vended
    }

    /// A GovCloud account by itself; the account that belongs to the commercial management account may enter it.
    fn twin(&self) -> Account {
        let partition = Partition::AwsUsGov.id();
        let twin = self.account(partition);
        let own = super::realm::deployment_account(&self.aws, Partition::AwsUsGov);
        Self::entry(&twin, "OrganizationAccountAccessRole", &own.root_arn());
        twin
    }

    fn birth(&self, kind: Kind, vended: &Vended, parent: &str) -> Vec<Value> {
        let (envelope, id) = (self.envelope(), vended.account.id());
        let twin = vended.twin.as_ref().map(Account::id);
        let created = || {
            let request = self.api.created(&vended.name, Some(id), twin, None);
            envelope.create_account_result(&request, id, twin)
        };
        let joined = |how: Joined| envelope.joined(id, how);
        let unit = self.unit_name(parent);
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
                    events.push(envelope.aft(id, &vended.name, (parent, &unit)));
                }
                events
            }
            Kind::Organizations | Kind::GovCloud => vec![created(), joined(Joined::Created)],
            Kind::Invited => vec![joined(Joined::Invited)],
        }
    }

    fn unit_name(&self, parent: &str) -> String {
        let names = [
            (&self.workloads, "Workloads"),
            (&self.production, "Production"),
            (&self.sandbox, "Sandbox"),
        ];
        let found = names.into_iter().find(|(id, _)| *id == parent);
        found.map_or("Root", |(_, name)| name).to_owned()
    }

    /// An account of this partition that stood by itself accepts an invitation.
    pub fn invite(&self, account: &Account, name: &str, parent: &str) -> Vec<Value> {
        self.api.admit(account, name, parent, Joined::Invited, self.now());
        vec![self.envelope().joined(account.id(), Joined::Invited)]
    }

    /// Control Tower enrols or changes an account.
    pub fn update(&self, vended: &Vended) -> Vec<Value> {
        let parent = self.api.member(vended.account.id()).map(|member| member.parent);
        let parent = parent.unwrap_or_else(|| self.api.root());
        let unit = (parent.as_str(), &*self.unit_name(&parent));
        vec![self.envelope().managed_account(
            "UpdateManagedAccount",
            vended.account.id(),
            &vended.name,
            unit,
        )]
    }

    /// Closes an account: nobody gets in any more.
    pub fn close(&self, account: &Account) -> Vec<Value> {
        self.api.set_state(account.id(), State::Closed);
        vec![self.envelope().closed(account.id())]
    }

    /// AWS suspends an account. It tells nobody.
    pub fn suspend(&self, account: &Account) {
        self.api.set_state(account.id(), State::Suspended);
    }

    /// Removes an account from the organization; it goes on by itself.
    pub fn depart(&self, account: &Account) -> Vec<Value> {
        self.api.dismiss(account.id());
        vec![self.envelope().removed(account.id()), self.envelope().departed(account.id())]
    }

    /// Denies everybody everything in an account, as a landing zone does until its own work there is done.
    pub fn quarantine(&self, account: &Account) {
        let landing_zone = format!("arn:{}:iam::*:role/AWSAccelerator-*", self.partition());
        account.scp(
            QUARANTINE,
            &json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Deny", "Action": "*", "Resource": "*",
                    "Condition": {"ArnNotLike": {"aws:PrincipalArn": landing_zone}},
                }],
            }),
        );
    }

    /// Lifts it.
    pub fn lift(&self, account: &Account) {
        account.lift_scp(QUARANTINE);
    }

    /// A creation that failed: Control Tower's event, and that of Organizations.
    pub fn fail(&self, name: &str) -> Vec<Value> {
        let request = self.api.created(name, None, None, Some("EMAIL_ALREADY_EXISTS"));
        let envelope = self.envelope();
        vec![
            envelope.create_account_failed(&request, "EMAIL_ALREADY_EXISTS"),
            envelope.managed_account_failed(name, (&self.workloads, "Workloads")),
        ]
    }

    /// Gangway's own event, for any action.
    pub fn custom(&self, action: &str, account: &str) -> Value {
        self.envelope().custom(action, account)
    }
}
