//! Every sample event in `events/account-vended` has its expected effect.

use std::{collections::BTreeSet, fs, path::PathBuf};

use gangway_model::Partition::{self, Aws, AwsUsGov};
use local_cloud::{aws::Account, fixtures::VendingSource};
use serde_json::Value;

use crate::fixture::VendingApp;

/// The effect of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// The account is registered.
    Registered,
    /// Gangway deregisters the account, because AWS reports that it was closed.
    RemovedAfterClosing,
    /// Gangway deregisters the account, because AWS reports that it left the organization.
    RemovedAfterLeaving,
    /// Gangway deregisters the account, because an event asks for it and the account is closed.
    RemovedOnRequest,
    /// Nothing changes; this outcome is logged.
    NoChange(&'static str),
    /// The message goes to the dead-letter queue, for this reason.
    DeadLettered(&'static str),
}

use Effect::{
    DeadLettered, NoChange, Registered, RemovedAfterClosing, RemovedAfterLeaving, RemovedOnRequest,
};

/// The file, the partition in which the event is sent, whether a rule of the template sends it to
/// the queue, and its effect.
const TABLE: [(&str, Partition, bool, Effect); 43] = [
    ("aft-failure-sns", Aws, false, NoChange("ignored")),
    ("aft-provisioned", Aws, false, Registered),
    ("aft-provisioned-govcloud", AwsUsGov, false, Registered),
    ("aft-provisioned-sns", Aws, false, Registered),
    ("aft-provisioned-sns-govcloud", AwsUsGov, false, Registered),
    ("control-tower-create", Aws, true, Registered),
    ("control-tower-create-failed", Aws, true, NoChange("creation-failed")),
    ("control-tower-create-failed-govcloud", AwsUsGov, true, NoChange("creation-failed")),
    ("control-tower-create-govcloud", AwsUsGov, true, Registered),
    ("control-tower-create-with-unknown-members", Aws, true, Registered),
    ("control-tower-landing-zone", Aws, false, NoChange("ignored")),
    ("control-tower-register-unit-govcloud", AwsUsGov, false, NoChange("ignored")),
    ("control-tower-update", Aws, true, Registered),
    ("control-tower-update-after-failed-create", Aws, true, Registered),
    ("control-tower-update-failed", Aws, true, NoChange("creation-failed")),
    ("control-tower-update-govcloud", AwsUsGov, true, Registered),
    ("organizations-close-result", Aws, true, RemovedAfterClosing),
    ("organizations-close-result-failed", Aws, true, NoChange("ignored")),
    ("organizations-close-result-govcloud", AwsUsGov, true, RemovedAfterClosing),
    ("organizations-create-result", Aws, true, Registered),
    ("organizations-create-result-failed", Aws, true, NoChange("creation-failed")),
    ("organizations-create-result-failed-govcloud", Aws, true, NoChange("creation-failed")),
    // The event names a GovCloud account, and the standard account that is paired with it and is
    // not registered.
    ("organizations-create-result-govcloud", Aws, true, NoChange("ignored")),
    ("organizations-create-result-govcloud", AwsUsGov, true, Registered),
    ("organizations-departed", Aws, true, RemovedAfterLeaving),
    ("organizations-departed-govcloud", AwsUsGov, true, RemovedAfterLeaving),
    ("organizations-joined-created", Aws, true, NoChange("ignored")),
    ("organizations-joined-invited", Aws, true, Registered),
    ("organizations-joined-invited-govcloud", AwsUsGov, true, Registered),
    ("organizations-joined-other-shape", Aws, true, Registered),
    ("organizations-move", Aws, false, NoChange("ignored")),
    ("organizations-remove", Aws, true, RemovedAfterLeaving),
    ("organizations-remove-govcloud", AwsUsGov, true, RemovedAfterLeaving),
    ("organizations-remove-refused", Aws, true, NoChange("ignored")),
    ("vended-bad-account-id", Aws, true, DeadLettered("12 digits")),
    ("vended-offboard", Aws, true, RemovedOnRequest),
    ("vended-offboard-govcloud", AwsUsGov, true, RemovedOnRequest),
    ("vended-onboard", Aws, true, Registered),
    ("vended-onboard-all-members", Aws, true, Registered),
    ("vended-onboard-govcloud", AwsUsGov, true, Registered),
    ("vended-onboard-sns", Aws, false, Registered),
    ("vended-other-version", Aws, true, DeadLettered("schemaVersion")),
    ("vended-unknown-action", Aws, true, DeadLettered("action")),
];

fn samples_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events/account-vended")
}

fn read_sample_event(file: &str) -> Value {
    let text =
        fs::read_to_string(samples_folder().join(format!("{file}.json"))).expect("a sample event");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn every_sample_event_is_listed() {
    let files = fs::read_dir(samples_folder()).expect("the folder").flatten();
    let files: BTreeSet<_> =
        files.map(|file| file.file_name().to_string_lossy().replace(".json", "")).collect();
    let table: BTreeSet<_> = TABLE.iter().map(|(file, ..)| (*file).to_owned()).collect();
    assert_eq!(files, table);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_event_has_its_expected_effect() {
    let mut runs = Vec::new();
    for (file, partition, by_rule, effect) in TABLE {
        runs.push((file, tokio::spawn(run_sample(file, partition, by_rule, effect))));
        if runs.len() % 6 == 0 {
            for (file, run_sample) in runs.drain(..) {
                assert!(run_sample.await.is_ok(), "{file}: see above");
            }
        }
    }
    for (file, run_sample) in runs {
        assert!(run_sample.await.is_ok(), "{file}: see above");
    }
}

async fn run_sample(file: &str, partition: Partition, by_rule: bool, effect: Effect) {
    let remove = |_: &_| vec![("GANGWAY_OFFBOARDING", "remove".to_owned())];
    let app = VendingApp::start_with_settings(partition, remove).await;
    let organization = app.organization();
    // The account id in the samples of the partition.
    let id = if partition == Aws { "123456789012" } else { "210987654321" };
    let account = app.cloud().aws().account(partition.id(), id);
    organization.vend_existing(
        VendingSource::ControlTower,
        account.clone(),
        "team-payments-dev",
        &organization.sandbox,
    );
    let leaves = matches!(effect, RemovedAfterClosing | RemovedAfterLeaving | RemovedOnRequest);
    if leaves {
        app.put_events(&[organization.custom_event("onboard", id)]).await;
        app.process_all().await;
        app.assert_registered(&account);
        match effect {
            // Gangway does not remove an account that is ACTIVE in Organizations.
            RemovedAfterClosing | RemovedOnRequest => drop(organization.close(&account)),
            RemovedAfterLeaving => drop(organization.remove_account(&account)),
            Registered | NoChange(_) | DeadLettered(_) => {}
        }
    }
    app.lambda.logs().clear();
    let event = with_current_time(read_sample_event(file), &app);
    let reached = app.deployment().bus.put(&event).await.queues;
    assert_eq!(reached.len(), usize::from(by_rule), "{file}: rules");
    if !by_rule {
        app.queue().send(&event.to_string());
    }
    app.process_all().await;
    assert_effect(&app, file, &account, effect).await;
}

/// Returns the event with the current time if its type is Gangway's own, because Gangway rejects
/// old events. Changes an event inside an SNS notification, too.
fn with_current_time(mut event: Value, app: &VendingApp) -> Value {
    let now = app.deployment().bus.build_event("", "", &Value::Null)["time"].clone();
    let wrapped = event["Message"].as_str().and_then(|text| serde_json::from_str(text).ok());
    if let Some(inner @ Value::Object(_)) = wrapped {
        event["Message"] = with_current_time(inner, app).to_string().into();
    } else if event["detail-type"] == "AWS Account Vended" {
        event["time"] = now;
    }
    event
}

async fn assert_effect(app: &VendingApp, file: &str, account: &Account, effect: Effect) {
    let dead = app.dead_messages();
    match effect {
        Registered => drop(app.assert_registered(account)),
        RemovedAfterClosing | RemovedAfterLeaving | RemovedOnRequest => {
            assert_eq!(app.palette_accounts(account), [], "{file}\n{}", app.logs());
            assert!(
                app.palette_role(account).is_some(),
                "{file}: the customer's role is left alone"
            );
        }
        NoChange(outcome) => {
            app.assert_untouched(account);
            app.wait_for_log(&format!("\"outcome\":\"{outcome}\"")).await;
        }
        DeadLettered(reason) => {
            app.assert_untouched(account);
            let [message] = dead.as_slice() else { panic!("{file}: {dead:#?}\n{}", app.logs()) };
            assert!(message.attributes["reason"].contains(reason), "{file}: {message:#?}");
            return;
        }
    }
    assert_eq!(dead, [], "{file}");
}
