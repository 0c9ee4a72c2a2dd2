//! Accounts that come by themselves, are updated, and go.

use gangway_model::Partition::{Aws, AwsUsGov};
use local_cloud::world::Kind;
use serde_json::{Value, json};

use crate::{
    flow::{Ask, Flow, Function, Subject, Trigger},
    ground::{Ground, ROLE},
};

/// A new account of Control Tower's; nobody has told of it yet.
pub(crate) fn made(ground: &Ground, subject: &mut Subject) -> Vec<Ask> {
    let organization = ground.stage.realm().organization();
    let vended = organization.vend(Kind::ControlTower, &subject.name, &organization.sandbox);
    subject.vended = Some(vended);
    Vec::new()
}

/// It is aboard.
fn aboard(ground: &Ground, subject: &mut Subject) -> Vec<Ask> {
    made(ground, subject);
    vec![told(ground, subject)]
}

/// Control Tower tells of it.
fn told(_ground: &Ground, subject: &Subject) -> Ask {
    Ask::Queue(subject.vended.as_ref().expect("an account").events[2..].to_vec())
}

/// Control Tower tells of it again.
fn updated(ground: &Ground, subject: &Subject) -> Ask {
    let vended = subject.vended.as_ref().expect("an account");
    let mut events = ground.stage.realm().organization().update(vended);
    events.truncate(1);
    Ask::Queue(events)
}

/// Somebody changes the role, its policies and what is attached.
fn drift(_ground: &Ground, subject: &Subject) {
    let account = &subject.vended.as_ref().expect("an account").account;
    let role = account.role(ROLE);
    role.trust(&json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": account.root_arn()}, "Action": "sts:AssumeRole"}],
    }));
    role.max_session(7200);
    let other: Value = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}],
    });
    for (place, policy) in account.policies().iter().enumerate() {
        if place == 0 {
            role.detach(&policy.arn);
        } else {
            // Five versions are all that a policy may have.
            for _version in 2..=5 {
                account.policy_at("/gangway/", &policy.name, &other);
            }
        }
    }
}

/// It is closed: Organizations tells of it when asked, and the event as it comes.
fn closed(ground: &Ground, subject: &Subject) -> Ask {
    let account = &subject.vended.as_ref().expect("an account").account;
    Ask::Queue(ground.stage.realm().organization().close(account))
}

const OWN: Function = Function("account-vended");

pub(crate) const FLOWS: &[Flow] = &[
    OWN.flow("vend", Aws, Trigger::Queue, told).after(made),
    OWN.flow("vend, told again", AwsUsGov, Trigger::Queue, updated).after(aboard),
    OWN.flow("vend, after drift", Aws, Trigger::Queue, updated).after(aboard).disturbed(drift),
    OWN.flow("off board", AwsUsGov, Trigger::Queue, closed).after(aboard),
];
