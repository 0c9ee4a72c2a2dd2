//! Tests of reading the quota of cloud accounts.

use serde_json::json;

use crate::AccountQuota;

use super::palette::{FakePalette, RecordedRequest, fake_response};

const GET_LIMITS: &str = "GET /palette/v1/tenants/t/resourceLimits";
const COUNT_ACCOUNTS: &str = "GET /palette/v1/cloudaccounts/summary";

#[tokio::test]
async fn quota_is_known_only_if_palette_returns_both_numbers() {
    let limits = json!({ "resources": [
        { "kind": "apiKey", "limit": 20 },
        { "kind": "cloudaccount", "limit": 200 },
    ] });
    let count = json!({ "items": [], "listmeta": { "count": 3 } });
    let forbidden = json!({ "code": "OperationForbidden", "message": "no" });
    let known = Some(AccountQuota { limit: 200, listed: 3 });
    for (call, status, body, expected) in [
        ("none", 200, json!(null), known),
        (GET_LIMITS, 403, forbidden.clone(), None),
        (GET_LIMITS, 200, json!({ "resources": null }), None),
        (GET_LIMITS, 200, json!({ "resources": [{ "kind": "cloudaccount", "limit": 0 }] }), None),
        (COUNT_ACCOUNTS, 403, forbidden, None),
        (COUNT_ACCOUNTS, 200, json!({ "items": [], "listmeta": null }), None),
        (COUNT_ACCOUNTS, 200, json!([]), None),
    ] {
        let (limits, count, answer) = (limits.clone(), count.clone(), body.clone());
        let fake =
            FakePalette::start(move |request: &RecordedRequest, _| match request.call.as_str() {
                same if same == call => fake_response(status, &answer),
                GET_LIMITS => fake_response(200, &limits),
                _ => fake_response(200, &count),
            })
            .await;
        let quota = fake.tenant().account_quota(&"t".parse().unwrap()).await;
        assert_eq!(quota, expected, "{call} {status} {body}");
        assert!(fake.requests().iter().all(|request| request.project.is_none()));
    }
}
