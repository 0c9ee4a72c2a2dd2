//! Parses every sample event in both partitions, and invalid messages.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::{Value, json};

use super::*;

fn samples_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events/account-vended")
}

fn read_sample(name: &str) -> String {
    fs::read_to_string(samples_folder().join(name).with_extension("json")).unwrap()
}

/// Describes the result of parsing in a few words. An account is described by its partition.
fn describe(body: &str, deployed: Partition) -> String {
    let event = match Event::parse(body, deployed) {
        Ok(event) => event,
        Err(invalid) => return format!("{invalid:?}"),
    };
    let partition = |account: &AccountRef| match account.id.as_str() {
        "123456789012" => "commercial",
        "210987654321" => "govcloud",
        _ => "another",
    };
    match &event.change {
        AccountEvent::Created(account) => format!("onboard {}", partition(account)),
        AccountEvent::Compared(account) => format!("compare {}", partition(account)),
        AccountEvent::Removed(account, reason) => format!("{reason:?} {}", partition(account)),
        AccountEvent::CreationFailed(_) => "failed".to_owned(),
        AccountEvent::Ignored(reason) => match reason {
            IgnoreReason::OtherPartition(partition) => format!("of {partition}"),
            IgnoreReason::State(state) => format!("state {state}"),
            IgnoreReason::CallFailed(code) => format!("refused {code}"),
            IgnoreReason::UnknownType
            | IgnoreReason::GovCloudPair
            | IgnoreReason::ReportedByCreateResult => {
                format!("{reason:?}")
            }
        },
    }
}

/// Each sample with the expected result in a commercial deployment and in a GovCloud deployment.
const SAMPLES: &[(&str, &str, &str)] = &[
    ("control-tower-create", "onboard commercial", "of aws"),
    ("control-tower-create-govcloud", "of aws-us-gov", "onboard govcloud"),
    ("control-tower-create-failed", "failed", "of aws"),
    ("control-tower-create-failed-govcloud", "of aws-us-gov", "failed"),
    ("control-tower-create-with-unknown-members", "onboard commercial", "of aws"),
    ("control-tower-update", "onboard commercial", "of aws"),
    ("control-tower-update-govcloud", "of aws-us-gov", "onboard govcloud"),
    ("control-tower-update-failed", "failed", "of aws"),
    ("control-tower-update-after-failed-create", "onboard commercial", "of aws"),
    ("control-tower-landing-zone", "UnknownType", "UnknownType"),
    ("control-tower-register-unit-govcloud", "UnknownType", "UnknownType"),
    ("organizations-create-result", "onboard commercial", "of aws"),
    ("organizations-create-result-govcloud", "GovCloudPair", "onboard govcloud"),
    ("organizations-create-result-failed", "failed", "failed"),
    ("organizations-create-result-failed-govcloud", "failed", "failed"),
    ("organizations-joined-invited", "onboard commercial", "of aws"),
    ("organizations-joined-invited-govcloud", "of aws-us-gov", "onboard govcloud"),
    ("organizations-joined-created", "ReportedByCreateResult", "of aws"),
    ("organizations-joined-other-shape", "onboard commercial", "of aws"),
    ("organizations-departed", "Departed commercial", "of aws"),
    ("organizations-departed-govcloud", "of aws-us-gov", "Departed govcloud"),
    ("organizations-close-result", "Closed commercial", "of aws"),
    ("organizations-close-result-govcloud", "of aws-us-gov", "Closed govcloud"),
    ("organizations-close-result-failed", "state FAILED", "of aws"),
    ("organizations-remove", "Departed commercial", "of aws"),
    ("organizations-remove-govcloud", "of aws-us-gov", "Departed govcloud"),
    ("organizations-remove-refused", "refused AccessDeniedException", "of aws"),
    ("organizations-move", "UnknownType", "UnknownType"),
    ("aft-provisioned", "onboard commercial", "onboard commercial"),
    ("aft-provisioned-govcloud", "onboard govcloud", "onboard govcloud"),
    ("aft-provisioned-sns", "onboard commercial", "onboard commercial"),
    ("aft-provisioned-sns-govcloud", "onboard govcloud", "onboard govcloud"),
    ("aft-failure-sns", "UnknownType", "UnknownType"),
    ("vended-onboard", "onboard commercial", "onboard commercial"),
    ("vended-onboard-govcloud", "onboard govcloud", "onboard govcloud"),
    ("vended-onboard-all-members", "onboard commercial", "of aws"),
    ("vended-onboard-sns", "onboard commercial", "onboard commercial"),
    ("vended-offboard", "Requested commercial", "Requested commercial"),
    ("vended-offboard-govcloud", "Requested govcloud", "Requested govcloud"),
    ("vended-unknown-action", "Action", "Action"),
    ("vended-bad-account-id", "NoAccount", "NoAccount"),
    ("vended-other-version", "Version", "Version"),
];

#[test]
fn every_sample_has_the_expected_result() {
    for (name, commercial, govcloud) in SAMPLES {
        let body = read_sample(name);
        assert_eq!(describe(&body, Partition::Aws), *commercial, "{name}");
        assert_eq!(describe(&body, Partition::AwsUsGov), *govcloud, "{name} in GovCloud");
    }
    let listed: BTreeSet<String> =
        SAMPLES.iter().map(|(name, ..)| format!("{name}.json")).collect();
    let files = fs::read_dir(samples_folder()).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.collect::<BTreeSet<_>>(), listed);
}

#[test]
fn project_of_a_vended_event_is_read() {
    let body = read_sample("vended-onboard-all-members");
    let AccountEvent::Created(account) = Event::parse(&body, Partition::Aws).unwrap().change else {
        panic!("{body}")
    };
    assert_eq!(account.project, Some(UidOrName::Name("Default".to_owned())));
}

/// Returns a sample with one member replaced or removed.
fn modify_sample(name: &str, pointer: &str, value: Option<Value>) -> String {
    let mut event: Value = serde_json::from_str(&read_sample(name)).unwrap();
    if let Some(value) = value {
        *event.pointer_mut(pointer).unwrap() = value;
    } else {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        parent.remove(member).unwrap();
    }
    event.to_string()
}

#[test]
fn events_with_an_invalid_account_id_are_invalid() {
    const CONTROL_TOWER: &str =
        "/detail/serviceEventDetails/createManagedAccountStatus/account/accountId";
    const RESULT: &str = "/detail/serviceEventDetails/createAccountStatus/accountId";
    const GOV_CLOUD_ID: &str = "/detail/serviceEventDetails/createAccountStatus/govCloudAccountId";
    const JOINED: &str = "/detail/serviceEventDetails/accountId";
    for (name, pointer, deployed) in [
        ("control-tower-create", CONTROL_TOWER, Partition::Aws),
        ("organizations-create-result", RESULT, Partition::Aws),
        ("organizations-create-result-govcloud", GOV_CLOUD_ID, Partition::AwsUsGov),
        ("organizations-joined-invited", JOINED, Partition::Aws),
        ("organizations-departed", JOINED, Partition::Aws),
        (
            "organizations-close-result",
            "/detail/serviceEventDetails/closeAccountStatus/accountId",
            Partition::Aws,
        ),
        ("organizations-remove", "/detail/requestParameters/accountId", Partition::Aws),
        ("aft-provisioned", "/account_info/account/id", Partition::Aws),
        ("vended-onboard", "/detail/accountId", Partition::Aws),
        ("vended-offboard", "/detail/accountId", Partition::Aws),
    ] {
        for value in [
            json!("Not Available"),
            json!(""),
            json!("12345678901"),
            json!("1234567890123"),
            json!("12345678901 "),
            json!("１２３４５６７８９０１２"),
            json!(123_456_789_012_u64),
            json!({ "id": "123" }),
        ] {
            let body = modify_sample(name, pointer, Some(value.clone()));
            assert_eq!(describe(&body, deployed), "NoAccount", "{name} {value}");
        }
    }
    // `govCloudAccountId` is null: then there is no paired account in GovCloud.
    let body =
        modify_sample("organizations-create-result-govcloud", GOV_CLOUD_ID, Some(Value::Null));
    assert_eq!(describe(&body, Partition::Aws), "onboard commercial");
    let body = modify_sample("organizations-create-result-govcloud", GOV_CLOUD_ID, Some(json!("")));
    assert_eq!(describe(&body, Partition::Aws), "onboard commercial");
    // The status of the other event may be there, and null.
    let details = "/detail/serviceEventDetails";
    let status = json!({"state": "SUCCEEDED", "account": {"accountId": "123456789012"}});
    let both = json!({"createManagedAccountStatus": null, "updateManagedAccountStatus": status});
    let body = modify_sample("control-tower-create", details, Some(both));
    assert_eq!(describe(&body, Partition::Aws), "onboard commercial");
    // An event of a departed account names the management account, too.
    let accounts = json!({"managementAccountId": "111111111111", "member": {"id": "123456789012"}});
    let body = modify_sample("organizations-departed", details, Some(accounts));
    assert_eq!(describe(&body, Partition::Aws), "Departed commercial");
}

#[test]
fn unused_members_may_be_missing_or_have_any_value() {
    for pointer in [
        "/id",
        "/version",
        "/source",
        "/account",
        "/time",
        "/resources",
        "/detail/userIdentity",
        "/detail/eventID",
        "/detail/eventTime",
        "/detail/serviceEventDetails/createManagedAccountStatus/organizationalUnit",
        "/detail/serviceEventDetails/createManagedAccountStatus/message",
        "/detail/serviceEventDetails/createManagedAccountStatus/requestedTimestamp",
        "/detail/serviceEventDetails/createManagedAccountStatus/account/accountName",
    ] {
        for value in [None, Some(Value::Null), Some(json!(7)), Some(json!({ "x": [1] }))] {
            let body = modify_sample("control-tower-create", pointer, value.clone());
            assert_eq!(
                describe(&body, Partition::Aws),
                "onboard commercial",
                "{pointer} {value:?}"
            );
        }
    }
    for (state, expected) in [
        (json!("IN_PROGRESS"), "state IN_PROGRESS"),
        (json!("SUCCEEDED_PARTLY"), "state SUCCEEDED_PARTLY"),
        (Value::Null, "state missing"),
    ] {
        let pointer = "/detail/serviceEventDetails/createAccountStatus/state";
        let body = modify_sample("organizations-create-result", pointer, Some(state));
        assert_eq!(describe(&body, Partition::Aws), expected);
    }
    for time in ["2026-11-20T21:42:18+0000", "2026-11-20T21:42:18Z", "Nov 20, 2026 9:20:50 PM"] {
        let pointer = "/detail/serviceEventDetails/closeAccountStatus/requestedTimestamp";
        let body = modify_sample("organizations-close-result", pointer, Some(time.into()));
        assert_eq!(describe(&body, Partition::Aws), "Closed commercial");
    }
}

#[test]
fn detail_as_a_json_string_is_parsed() {
    let mut event: Value = serde_json::from_str(&read_sample("vended-onboard")).unwrap();
    event["detail"] = event["detail"].to_string().into();
    assert_eq!(describe(&event.to_string(), Partition::Aws), "onboard commercial");
}

/// The last message of Account Factory for Terraform has everything within `Input`, and a byte
/// order mark may stand before a message.
#[test]
fn last_aft_message_is_read_and_a_failure_message_is_ignored() {
    let payload: Value = serde_json::from_str(&read_sample("aft-provisioned")).unwrap();
    let notified = |message: &Value| {
        json!({ "Type": "Notification", "Message": message.to_string() }).to_string()
    };
    let last = json!({ "Input": payload, "Message": "provisioning done" });
    for body in [last.to_string(), notified(&last), format!("\u{feff}{last}")] {
        assert_eq!(describe(&body, Partition::Aws), "onboard commercial", "{body}");
    }
    for failed in [
        json!({ "Input": payload, "Error": "States.TaskFailed", "Cause": "timeout" }),
        json!({ "Input": [] }),
        json!({ "Input": { "account_info": { "account": null } } }),
        json!([payload]),
    ] {
        let described = describe(&failed.to_string(), Partition::Aws);
        assert!(["UnknownType", "NotJson", "NoAccount"].contains(&described.as_str()), "{failed}");
    }
}

#[test]
fn invalid_messages_are_rejected_without_panic() {
    for garbage in ["", "null", "7", "\"text\"", "[]", "{", "\0", "{\"detail\": }"] {
        assert_eq!(describe(garbage, Partition::Aws), "NotJson", "{garbage}");
    }
    let deep = format!("{}{}", "{\"detail\":".repeat(5000), "}".repeat(5000));
    assert_eq!(describe(&deep, Partition::Aws), "NotJson");
    for unknown in [
        "{}",
        r#"{"detail": null}"#,
        r#"{"detail": 7, "detail-type": 7}"#,
        r#"{"Type": "Notification"}"#,
        r#"{"Type": "Notification", "Message": "[1]"}"#,
        r#"{"Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe"}"#,
        r#"{"account_info": []}"#,
    ] {
        assert_eq!(describe(unknown, Partition::Aws), "UnknownType", "{unknown}");
    }
    for (name, ..) in SAMPLES {
        let body = read_sample(name);
        for (at, _) in body.char_indices() {
            let (head, tail) = body.split_at(at);
            drop(Event::parse(head, Partition::Aws));
            drop(Event::parse(&format!("{head}0{tail}"), Partition::AwsUsGov));
        }
    }
}

#[test]
fn only_the_sweep_may_ask_for_a_comparison() {
    let body = |source: &str| {
        json!({
            "source": source,
            "detail-type": "AWS Account Vended",
            "detail": {"schemaVersion": "1", "action": "compare", "accountId": "123456789012"},
        })
        .to_string()
    };
    assert_eq!(describe(&body("gangway"), Partition::Aws), "compare commercial");
    assert_eq!(describe(&body("com.example.vending"), Partition::Aws), "Action");
    let notification =
        json!({"Type": "Notification", "TopicArn": "arn", "Message": body("gangway")}).to_string();
    assert_eq!(describe(&notification, Partition::Aws), "Action");
}
