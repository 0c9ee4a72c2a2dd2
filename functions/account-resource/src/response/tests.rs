use std::time::SystemTime;

use gangway_model::Partition;
use serde_json::Value;

use super::*;
use crate::request::{Change, RESOURCE_TYPE, StackId};

fn request(physical_id: Option<&str>) -> StackRequest {
    let stack = "arn:aws-us-gov:cloudformation:us-gov-west-1:333333333333:stack/team/8f6c";
    StackRequest {
        change: Change::Create,
        id: "5f2d".to_owned(),
        stack: StackId::parse(stack, Partition::AwsUsGov, "us-gov-west-1").unwrap(),
        logical_id: "Account".to_owned(),
        resource_type: RESOURCE_TYPE.to_owned(),
        physical_id: physical_id.map(str::to_owned),
        properties: Value::Null,
        sent: SystemTime::UNIX_EPOCH,
    }
}

#[test]
fn a_response_repeats_the_ids_and_is_short_enough() {
    for (reason, is_cut) in [
        ("short".to_owned(), false),
        ("é\"\n".repeat(3000), true),
        ("x".repeat(3700), false),
        ("x".repeat(4000), true),
        ("\u{1F680}".repeat(4000), true),
        ("\u{1}".repeat(4000), true),
    ] {
        let request = request(None);
        let json = Answer::failed(&request, reason.clone()).to_json(&request);
        assert!(json.len() <= MAX_BYTES, "{}", json.len());
        let body: Value = serde_json::from_str(&json).unwrap();
        let text = body["Reason"].as_str().unwrap();
        assert_eq!(text.ends_with('…'), is_cut, "{text}");
        let kept: String = reason.chars().take(1000).collect();
        assert!(!is_cut || text.starts_with(kept.get(..100).unwrap_or(&kept)) || json.len() > 3000);
        assert_eq!(body["Status"], "FAILED");
        assert_eq!(body["StackId"], request.stack.to_string());
        assert_eq!(body["RequestId"], "5f2d");
        assert_eq!(body["LogicalResourceId"], "Account");
        assert_eq!(body["PhysicalResourceId"], NOT_REGISTERED);
    }
}

#[test]
fn a_failed_request_keeps_the_physical_id() {
    let request = request(Some("5f0c"));
    let failed = Answer::failed(&request, "no".to_owned()).to_json(&request);
    let removed = Answer::removed(&request).to_json(&request);
    assert!(failed.contains(r#""PhysicalResourceId":"5f0c""#), "{failed}");
    assert!(removed.contains(r#""Status":"SUCCESS""#), "{removed}");
    assert!(!removed.contains("Reason") && !removed.contains("Data"), "{removed}");
}
