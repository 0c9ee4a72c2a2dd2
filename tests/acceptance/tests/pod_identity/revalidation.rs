//! `POST /v1/accounts/{uid}/validate` for a Pod Identity account.

use acceptance::{HttpResponse, PARTITIONS, TestApp};
use gangway_policies::pod_identity::RolePurpose;
use local_cloud::world::{Case, Way};
use serde_json::json;

use crate::fixture::{cluster, register, valid_request};

async fn look(app: &TestApp, uid: &str) -> HttpResponse {
    app.realm().functions.kill();
    let report = app.post(&format!("/v1/accounts/{uid}/validate"), &json!({})).await;
    report.assert_status(200);
    report
}

/// Rows: F18.
#[tokio::test]
async fn registered_account_is_checked_with_what_palette_returns() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = valid_request(&app, Case::SameAccount);
        let uid = register(&app, &request).await.assert_status(201).uid().to_owned();
        let report = look(&app, &uid).await;
        assert_eq!((report.ready(), report.failed()), (Some(true), vec![]), "{:#}", report.body);
        report.assert_check("palette.validation", "passed", "", "");
        report.assert_check(
            "palette.method",
            "unverified",
            "which cluster",
            "pod-identity/validate",
        );
        cluster(&app).break_it(Way::NoRole(RolePurpose::Palette));
        let report = look(&app, &uid).await;
        assert_eq!(report.ready(), Some(false), "{:#}", report.body);
        assert!(report.failed().contains(&"palette.validation".to_owned()), "{:#}", report.body);
    }
}
