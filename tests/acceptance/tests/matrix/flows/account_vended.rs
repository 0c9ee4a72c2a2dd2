//! Flows of `account-vended`: an account is vended, updated or closed.

use gangway_model::Partition::{Aws, AwsUsGov};
use local_cloud::fixtures::VendingSource;
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, PALETTE_ROLE},
    flow::{Action, Flow, Function, Subject, Trigger},
};

/// Vends an account with Control Tower, and puts no event about it.
pub(crate) fn vend_account(fixture: &Fixture, subject: &mut Subject) -> Vec<Action> {
    let organization = fixture.app.deployment().organization();
    let vended =
        organization.vend(VendingSource::ControlTower, &subject.name, &organization.sandbox);
    subject.vended = Some(vended);
    Vec::new()
}

/// Vends an account, and returns the event with which Gangway registers it.
fn vend_and_register_account(fixture: &Fixture, subject: &mut Subject) -> Vec<Action> {
    vend_account(fixture, subject);
    vec![creation_event(fixture, subject)]
}

/// Returns the event with which Control Tower announces the vended account.
fn creation_event(_fixture: &Fixture, subject: &Subject) -> Action {
    Action::Queue(subject.vended.as_ref().expect("an account").events[2..].to_vec())
}

/// Returns the event with which Control Tower announces an update of the account.
fn update_event(fixture: &Fixture, subject: &Subject) -> Action {
    let vended = subject.vended.as_ref().expect("an account");
    let mut events = fixture.app.deployment().organization().update_managed_account(vended);
    events.truncate(1);
    Action::Queue(events)
}

/// Changes the role that Palette assumes, its policies and its attachments, without Gangway.
fn change_role(_fixture: &Fixture, subject: &Subject) {
    let account = &subject.vended.as_ref().expect("an account").account;
    let role = account.role(PALETTE_ROLE);
    role.set_trust_policy(&json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": account.root_arn()}, "Action": "sts:AssumeRole"}],
    }));
    role.set_max_session(7200);
    let other: Value = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}],
    });
    for (index, policy) in account.policies().iter().enumerate() {
        if index == 0 {
            role.detach(&policy.arn);
        } else {
            // A policy has at most five versions.
            for _version in 2..=5 {
                account.policy_with_path("/gangway/", &policy.name, &other);
            }
        }
    }
}

/// Closes the account in Organizations. Returns the event about that.
fn close_account(fixture: &Fixture, subject: &Subject) -> Action {
    let account = &subject.vended.as_ref().expect("an account").account;
    Action::Queue(fixture.app.deployment().organization().close(account))
}

/// Creates a secret with an access key that is tagged with the uid of the registered account, as an
/// interrupted earlier registration leaves it.
fn create_secret_of_earlier_registration(fixture: &Fixture, subject: &Subject) {
    let id = subject.vended.as_ref().expect("an account").account.id();
    let deployment = fixture.app.deployment();
    let records = fixture.app.cloud().palette().records();
    let registered = records.accounts.iter().find(|one| one.body.to_string().contains(id));
    let uid = registered.expect("a registered account").uid.clone();
    drop(records);
    let name = format!("gangway/{}/{id}/aws-{id}", deployment.partition);
    let tags = [
        ("gangway:palette-uid", uid.as_str()),
        ("gangway:scope", "tenant"),
        ("gangway:state", "registered"),
        ("gangway:method", "static-credentials"),
    ];
    deployment.gangway_account.leave_secret(deployment.region, &name, "{}", &tags);
}

const FUNCTION: Function = Function("account-vended");

pub(crate) const FLOWS: &[Flow] = &[
    FUNCTION.flow("vend", Aws, Trigger::Queue, creation_event).with_preparation(vend_account),
    FUNCTION
        .flow("repeated event", AwsUsGov, Trigger::Queue, update_event)
        .with_preparation(vend_and_register_account),
    FUNCTION
        .flow("update after drift", Aws, Trigger::Queue, update_event)
        .with_preparation(vend_and_register_account)
        .with_change(change_role),
    FUNCTION
        .flow("closed account", AwsUsGov, Trigger::Queue, close_account)
        .with_preparation(vend_and_register_account),
    FUNCTION
        .flow("closed account with keys", Aws, Trigger::Queue, close_account)
        .with_preparation(vend_and_register_account)
        .with_change(create_secret_of_earlier_registration),
];
