//! An organization: its management account is the deployment's, and it makes accounts as AWS's ways of vending do.

mod events;
#[cfg(test)]
mod tests;
mod times;
mod vending;

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use serde_json::{Value, json};

use self::events::EventBuilder;
pub use self::vending::{Kind, Vended};
use crate::{
    aws::{
        Account, Aws,
        organizations::{Joined, State},
    },
    clock::Clock,
};

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

    fn envelope(&self) -> EventBuilder<'_> {
        EventBuilder {
            management: self.management().id(),
            region: self.region,
            now: self.clock.now(),
        }
    }

    fn ou_name(&self, parent: &str) -> String {
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
        vec![self.envelope().account_joined(account.id(), Joined::Invited)]
    }

    /// Control Tower enrols or changes an account.
    pub fn update(&self, vended: &Vended) -> Vec<Value> {
        let parent = self.api.member(vended.account.id()).map(|member| member.parent);
        let parent = parent.unwrap_or_else(|| self.api.root());
        let unit = (parent.as_str(), &*self.ou_name(&parent));
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
        vec![self.envelope().close_account_result(account.id())]
    }

    /// AWS suspends an account. It tells nobody.
    pub fn suspend(&self, account: &Account) {
        self.api.set_state(account.id(), State::Suspended);
    }

    /// Removes an account from the organization; it goes on by itself.
    pub fn depart(&self, account: &Account) -> Vec<Value> {
        self.api.dismiss(account.id());
        vec![
            self.envelope().remove_account_call(account.id()),
            self.envelope().account_departed(account.id()),
        ]
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
