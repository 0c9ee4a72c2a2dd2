//! The effect of every sample event.

use std::{collections::BTreeSet, fs, path::PathBuf};

use gangway_model::Partition::{self, Aws, AwsUsGov};
use local_cloud::{aws::Account, fixtures::VendingSource};
use serde_json::Value;

use crate::fixture::VendingApp;

/// What an event leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// The account is registered.
    Aboard,
    /// The account is closed, and is taken off.
    ClosedOff,
    /// The account has left, and is taken off.
    DepartedOff,
    /// The account is there, and is taken off.
    AskedOff,
    /// Nothing: this outcome is logged.
    Nothing(&'static str),
    /// The message goes to the dead-letter queue, for this reason.
    Dead(&'static str),
}

use Effect::{Aboard, AskedOff, ClosedOff, Dead, DepartedOff, Nothing};

/// File, where it is sent, whether a rule of the template brings it, and its effect.
const TABLE: [(&str, Partition, bool, Effect); 43] = [
    ("aft-failure-sns", Aws, false, Nothing("ignored")),
    ("aft-provisioned", Aws, false, Aboard),
    ("aft-provisioned-govcloud", AwsUsGov, false, Aboard),
    ("aft-provisioned-sns", Aws, false, Aboard),
    ("aft-provisioned-sns-govcloud", AwsUsGov, false, Aboard),
    ("control-tower-create", Aws, true, Aboard),
    ("control-tower-create-failed", Aws, true, Nothing("creation-failed")),
    ("control-tower-create-failed-govcloud", AwsUsGov, true, Nothing("creation-failed")),
    ("control-tower-create-govcloud", AwsUsGov, true, Aboard),
    ("control-tower-create-with-unknown-members", Aws, true, Aboard),
    ("control-tower-landing-zone", Aws, false, Nothing("ignored")),
    ("control-tower-register-unit-govcloud", AwsUsGov, false, Nothing("ignored")),
    ("control-tower-update", Aws, true, Aboard),
    ("control-tower-update-after-failed-create", Aws, true, Aboard),
    ("control-tower-update-failed", Aws, true, Nothing("creation-failed")),
    ("control-tower-update-govcloud", AwsUsGov, true, Aboard),
    ("organizations-close-result", Aws, true, ClosedOff),
    ("organizations-close-result-failed", Aws, true, Nothing("ignored")),
    ("organizations-close-result-govcloud", AwsUsGov, true, ClosedOff),
    ("organizations-create-result", Aws, true, Aboard),
    ("organizations-create-result-failed", Aws, true, Nothing("creation-failed")),
    ("organizations-create-result-failed-govcloud", Aws, true, Nothing("creation-failed")),
    // Two accounts: a GovCloud account, and the standard account that pays for it and is not
    // registered.
    ("organizations-create-result-govcloud", Aws, true, Nothing("ignored")),
    ("organizations-create-result-govcloud", AwsUsGov, true, Aboard),
    ("organizations-departed", Aws, true, DepartedOff),
    ("organizations-departed-govcloud", AwsUsGov, true, DepartedOff),
    ("organizations-joined-created", Aws, true, Nothing("ignored")),
    ("organizations-joined-invited", Aws, true, Aboard),
    ("organizations-joined-invited-govcloud", AwsUsGov, true, Aboard),
    ("organizations-joined-other-shape", Aws, true, Aboard),
    ("organizations-move", Aws, false, Nothing("ignored")),
    ("organizations-remove", Aws, true, DepartedOff),
    ("organizations-remove-govcloud", AwsUsGov, true, DepartedOff),
    ("organizations-remove-refused", Aws, true, Nothing("ignored")),
    ("vended-bad-account-id", Aws, true, Dead("12 digits")),
    ("vended-offboard", Aws, true, AskedOff),
    ("vended-offboard-govcloud", AwsUsGov, true, AskedOff),
    ("vended-onboard", Aws, true, Aboard),
    ("vended-onboard-all-members", Aws, true, Aboard),
    ("vended-onboard-govcloud", AwsUsGov, true, Aboard),
    ("vended-onboard-sns", Aws, false, Aboard),
    ("vended-other-version", Aws, true, Dead("schemaVersion")),
    ("vended-unknown-action", Aws, true, Dead("action")),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events/account-vended")
}

fn event(file: &str) -> Value {
    let text = fs::read_to_string(folder().join(format!("{file}.json"))).expect("a sample event");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn every_sample_event_is_listed() {
    let files = fs::read_dir(folder()).expect("the folder").flatten();
    let files: BTreeSet<_> =
        files.map(|file| file.file_name().to_string_lossy().replace(".json", "")).collect();
    let table: BTreeSet<_> = TABLE.iter().map(|(file, ..)| (*file).to_owned()).collect();
    assert_eq!(files, table);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_event_has_its_expected_effect() {
    let mut plays = Vec::new();
    for (file, partition, by_rule, effect) in TABLE {
        plays.push((file, tokio::spawn(play(file, partition, by_rule, effect))));
        if plays.len() % 6 == 0 {
            for (file, play) in plays.drain(..) {
                assert!(play.await.is_ok(), "{file}: see above");
            }
        }
    }
    for (file, play) in plays {
        assert!(play.await.is_ok(), "{file}: see above");
    }
}

async fn play(file: &str, partition: Partition, by_rule: bool, effect: Effect) {
    let remove = |_: &_| vec![("GANGWAY_OFFBOARDING", "remove".to_owned())];
    let app = VendingApp::with(partition, remove).await;
    let organization = app.organization();
    // The number that the samples of a partition have.
    let id = if partition == Aws { "123456789012" } else { "210987654321" };
    let account = app.cloud().aws().account(partition.id(), id);
    organization.vend_existing(
        VendingSource::ControlTower,
        account.clone(),
        "team-payments-dev",
        &organization.sandbox,
    );
    let leaves = matches!(effect, ClosedOff | DepartedOff | AskedOff);
    if leaves {
        app.put(&[organization.custom_event("onboard", id)]).await;
        app.work_off().await;
        app.assert_registered(&account);
        match effect {
            ClosedOff => drop(organization.close(&account)),
            DepartedOff => drop(organization.remove_account(&account)),
            AskedOff | Aboard | Nothing(_) | Dead(_) => {}
        }
    }
    app.lambda.logs().clear();
    let event = event(file);
    let reached = app.realm().bus.put(&event).await.queues;
    assert_eq!(reached.len(), usize::from(by_rule), "{file}: rules");
    if !by_rule {
        app.queue().send(&event.to_string());
    }
    app.work_off().await;
    assert_effect(&app, file, &account, effect).await;
}

async fn assert_effect(app: &VendingApp, file: &str, account: &Account, effect: Effect) {
    let dead = app.dead();
    match effect {
        Aboard => drop(app.assert_registered(account)),
        ClosedOff | DepartedOff | AskedOff => {
            assert_eq!(app.registered(account), [], "{file}\n{}", app.logs());
            assert!(app.role(account).is_some(), "{file}: the customer's role is left alone");
        }
        Nothing(outcome) => {
            app.assert_untouched(account);
            app.written(&format!("\"outcome\":\"{outcome}\"")).await;
        }
        Dead(reason) => {
            app.assert_untouched(account);
            let [message] = dead.as_slice() else { panic!("{file}: {dead:#?}\n{}", app.logs()) };
            assert!(message.attributes["reason"].contains(reason), "{file}: {message:#?}");
            return;
        }
    }
    assert_eq!(dead, [], "{file}");
}
