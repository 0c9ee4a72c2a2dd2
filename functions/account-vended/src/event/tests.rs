//! Every sample event, in both partitions; and what is none.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::{Value, json};

use super::*;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events/account-vended")
}

fn sample(name: &str) -> String {
    fs::read_to_string(folder().join(name).with_extension("json")).unwrap()
}

/// What an event comes to, in a word or two; accounts by the partition that they are in.
fn word(body: &str, deployed: Partition) -> String {
    let event = match Event::parse(body, deployed) {
        Ok(event) => event,
        Err(unreadable) => return format!("{unreadable:?}"),
    };
    let place = |subject: &AccountRef| match subject.account.as_str() {
        "123456789012" => "commercial",
        "210987654321" => "govcloud",
        _ => "another",
    };
    match &event.tidings {
        AccountEvent::Created(subject) => format!("onboard {}", place(subject)),
        AccountEvent::Removed(subject, leave) => format!("{leave:?} {}", place(subject)),
        AccountEvent::CreationFailed(_) => "failed".to_owned(),
        AccountEvent::Ignored(why) => match why {
            IgnoreReason::OtherPartition(partition) => format!("of {partition}"),
            IgnoreReason::State(state) => format!("state {state}"),
            IgnoreReason::CallFailed(code) => format!("refused {code}"),
            IgnoreReason::UnknownKind | IgnoreReason::GovCloudPair | IgnoreReason::Created => {
                format!("{why:?}")
            }
        },
    }
}

/// The samples: their names, and what they come to in a commercial deployment and in one of GovCloud.
const TABLE: &[(&str, &str, &str)] = &[
    ("control-tower-create", "onboard commercial", "of aws"),
    ("control-tower-create-govcloud", "of aws-us-gov", "onboard govcloud"),
    ("control-tower-create-failed", "failed", "of aws"),
    ("control-tower-create-failed-govcloud", "of aws-us-gov", "failed"),
    ("control-tower-create-with-unknown-members", "onboard commercial", "of aws"),
    ("control-tower-update", "onboard commercial", "of aws"),
    ("control-tower-update-govcloud", "of aws-us-gov", "onboard govcloud"),
    ("control-tower-update-failed", "failed", "of aws"),
    ("control-tower-update-after-failed-create", "onboard commercial", "of aws"),
    ("control-tower-landing-zone", "UnknownKind", "UnknownKind"),
    ("control-tower-register-unit-govcloud", "UnknownKind", "UnknownKind"),
    ("organizations-create-result", "onboard commercial", "of aws"),
    ("organizations-create-result-govcloud", "GovCloudTwin", "onboard govcloud"),
    ("organizations-create-result-failed", "failed", "failed"),
    ("organizations-create-result-failed-govcloud", "failed", "failed"),
    ("organizations-joined-invited", "onboard commercial", "of aws"),
    ("organizations-joined-invited-govcloud", "of aws-us-gov", "onboard govcloud"),
    ("organizations-joined-created", "Created", "of aws"),
    ("organizations-joined-other-shape", "onboard commercial", "of aws"),
    ("organizations-departed", "Departed commercial", "of aws"),
    ("organizations-departed-govcloud", "of aws-us-gov", "Departed govcloud"),
    ("organizations-close-result", "Closed commercial", "of aws"),
    ("organizations-close-result-govcloud", "of aws-us-gov", "Closed govcloud"),
    ("organizations-close-result-failed", "state FAILED", "of aws"),
    ("organizations-remove", "Departed commercial", "of aws"),
    ("organizations-remove-govcloud", "of aws-us-gov", "Departed govcloud"),
    ("organizations-remove-refused", "refused AccessDeniedException", "of aws"),
    ("organizations-move", "UnknownKind", "UnknownKind"),
    ("aft-provisioned", "onboard commercial", "onboard commercial"),
    ("aft-provisioned-govcloud", "onboard govcloud", "onboard govcloud"),
    ("aft-provisioned-sns", "onboard commercial", "onboard commercial"),
    ("aft-provisioned-sns-govcloud", "onboard govcloud", "onboard govcloud"),
    ("aft-failure-sns", "UnknownKind", "UnknownKind"),
    ("vended-onboard", "onboard commercial", "onboard commercial"),
    ("vended-onboard-govcloud", "onboard govcloud", "onboard govcloud"),
    ("vended-onboard-all-members", "onboard commercial", "of aws"),
    ("vended-onboard-sns", "onboard commercial", "onboard commercial"),
    ("vended-offboard", "Asked commercial", "Asked commercial"),
    ("vended-offboard-govcloud", "Asked govcloud", "Asked govcloud"),
    ("vended-unknown-action", "Action", "Action"),
    ("vended-bad-account-id", "NoAccount", "NoAccount"),
    ("vended-other-version", "Version", "Version"),
];

#[test]
fn every_sample_comes_to_what_it_should() {
    for (name, commercial, govcloud) in TABLE {
        let body = sample(name);
        assert_eq!(word(&body, Partition::Aws), *commercial, "{name}");
        assert_eq!(word(&body, Partition::AwsUsGov), *govcloud, "{name} in GovCloud");
    }
    let told: BTreeSet<String> = TABLE.iter().map(|(name, ..)| format!("{name}.json")).collect();
    let files = fs::read_dir(folder()).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.collect::<BTreeSet<_>>(), told);
}

#[test]
fn projects_are_read() {
    let body = sample("vended-onboard-all-members");
    let AccountEvent::Created(subject) = Event::parse(&body, Partition::Aws).unwrap().tidings
    else {
        panic!("{body}")
    };
    assert_eq!(subject.project, Some(UidOrName::Name("Default".to_owned())));
}

/// One member of a sample replaced, or taken out.
fn with(name: &str, pointer: &str, value: Option<Value>) -> String {
    let mut event: Value = serde_json::from_str(&sample(name)).unwrap();
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
fn account_ids_are_checked_before_anything_is_done() {
    const TOWER: &str = "/detail/serviceEventDetails/createManagedAccountStatus/account/accountId";
    const RESULT: &str = "/detail/serviceEventDetails/createAccountStatus/accountId";
    const TWIN: &str = "/detail/serviceEventDetails/createAccountStatus/govCloudAccountId";
    const JOINED: &str = "/detail/serviceEventDetails/accountId";
    for (name, pointer, deployed) in [
        ("control-tower-create", TOWER, Partition::Aws),
        ("organizations-create-result", RESULT, Partition::Aws),
        ("organizations-create-result-govcloud", TWIN, Partition::AwsUsGov),
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
            let body = with(name, pointer, Some(value.clone()));
            assert_eq!(word(&body, deployed), "NoAccount", "{name} {value}");
        }
    }
    // The twin's member is there, and says nothing: then it is no account of GovCloud.
    let body = with("organizations-create-result-govcloud", TWIN, Some(Value::Null));
    assert_eq!(word(&body, Partition::Aws), "onboard commercial");
}

#[test]
fn members_that_mean_nothing_may_be_missing_or_anything() {
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
            let body = with("control-tower-create", pointer, value.clone());
            assert_eq!(word(&body, Partition::Aws), "onboard commercial", "{pointer} {value:?}");
        }
    }
    for (state, expected) in [
        (json!("IN_PROGRESS"), "state IN_PROGRESS"),
        (json!("SUCCEEDED_PARTLY"), "state SUCCEEDED_PARTLY"),
        (Value::Null, "state not told"),
    ] {
        let pointer = "/detail/serviceEventDetails/createAccountStatus/state";
        let body = with("organizations-create-result", pointer, Some(state));
        assert_eq!(word(&body, Partition::Aws), expected);
    }
    for time in ["2026-11-20T21:42:18+0000", "2026-11-20T21:42:18Z", "Nov 20, 2026 9:20:50 PM"] {
        let pointer = "/detail/serviceEventDetails/closeAccountStatus/requestedTimestamp";
        let body = with("organizations-close-result", pointer, Some(time.into()));
        assert_eq!(word(&body, Partition::Aws), "Closed commercial");
    }
}

#[test]
fn the_detail_may_be_text_in_the_text() {
    let mut event: Value = serde_json::from_str(&sample("vended-onboard")).unwrap();
    event["detail"] = event["detail"].to_string().into();
    assert_eq!(word(&event.to_string(), Partition::Aws), "onboard commercial");
}

#[test]
fn what_is_no_event_is_told_apart_and_nothing_panics() {
    for garbage in ["", "null", "7", "\"text\"", "[]", "{", "\0", "{\"detail\": }"] {
        assert_eq!(word(garbage, Partition::Aws), "NotJson", "{garbage}");
    }
    let deep = format!("{}{}", "{\"detail\":".repeat(5000), "}".repeat(5000));
    assert_eq!(word(&deep, Partition::Aws), "NotJson");
    for unknown in [
        "{}",
        r#"{"detail": null}"#,
        r#"{"detail": 7, "detail-type": 7}"#,
        r#"{"Type": "Notification"}"#,
        r#"{"Type": "Notification", "Message": "[1]"}"#,
        r#"{"Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe"}"#,
        r#"{"account_info": []}"#,
    ] {
        assert_eq!(word(unknown, Partition::Aws), "UnknownKind", "{unknown}");
    }
    for (name, ..) in TABLE {
        let body = sample(name);
        for (at, _) in body.char_indices() {
            let (head, tail) = body.split_at(at);
            drop(Event::parse(head, Partition::Aws));
            drop(Event::parse(&format!("{head}0{tail}"), Partition::AwsUsGov));
        }
    }
}
