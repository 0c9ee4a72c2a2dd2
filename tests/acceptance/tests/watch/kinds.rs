//! Whatever is broken in an account, within two runs an event, the list, the page and the metric
//! say so with the remedy. When it is fixed, they say that.

use acceptance::classified::{certificate_fields, portal, portal_access};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{certificates::CertificateSpec, fixtures::PodIdentityCase};
use serde_json::{Value, json};

use crate::fixture::{EXPIRING, READINESS_CHANGED, WatchedApp};

/// Returns the last count of accounts with a readiness, as the metric shows it.
fn count_accounts(app: &WatchedApp, readiness: &str) -> u64 {
    let mut lines = app.metric_lines("AccountsByReadiness").into_iter();
    let last = lines.rfind(|line| line["Readiness"] == readiness).expect("a metric");
    last["AccountsByReadiness"].as_u64().expect("a number")
}

/// Returns the text as the page escapes it.
fn to_html(text: &str) -> String {
    let escapes = [("&", "&#38;"), ("\"", "&#34;"), ("'", "&#39;"), ("<", "&#60;"), (">", "&#62;")];
    escapes.iter().fold(text.to_owned(), |text, (letter, escape)| text.replace(letter, escape))
}

/// Runs the watch twice, and asserts that everything says that the only account is not ready.
async fn assert_reported_as_broken(app: &WatchedApp, uid: &str, check: &str) {
    app.run().await;
    app.run().await;
    let events = app.event_details(READINESS_CHANGED);
    let [broken] = events.as_slice() else { panic!("{check}: {events:#?}\n{}", app.watch_log()) };
    assert_eq!((&broken["ready"], &broken["uid"]), (&json!(false), &json!(uid)), "{broken:#}");
    let failed = broken["checks"].as_array().expect("checks").iter();
    let failed = failed.clone().find(|failed| failed["id"] == check);
    let failed = failed.unwrap_or_else(|| panic!("{check} has not failed: {broken:#}"));
    let remedy = failed["remedy"].as_str().expect("a remedy");
    assert!(
        !remedy.is_empty()
            && broken["summary"].as_str().is_some_and(|text| text.contains("Remedy"))
    );
    assert_eq!(app.list_account_names("ready=false").await, ["prod"]);
    let listed = app.get_readiness(uid).await;
    let is_listed = |one: &Value| one["id"] == check && one["remedy"] == remedy;
    assert!(listed["checks"].as_array().expect("checks").iter().any(is_listed), "{listed:#}");
    let page = app.read_report_page();
    assert!(page.contains("<b>1</b> not ready") && page.contains(&to_html(remedy)), "{page}");
    assert_eq!((count_accounts(app, "not-ready"), count_accounts(app, "ready")), (1, 0));
}

/// Runs the watch twice, and asserts that everything says that the only account is ready again.
async fn assert_reported_as_fixed(app: &WatchedApp, uid: &str) {
    app.run().await;
    app.run().await;
    let events = app.event_details(READINESS_CHANGED);
    let [_, fixed] = events.as_slice() else { panic!("{events:#?}\n{}", app.watch_log()) };
    assert_eq!((&fixed["ready"], &fixed["checks"]), (&json!(true), &json!([])), "{fixed:#}");
    assert_eq!(app.list_account_names("ready=true").await, ["prod"]);
    assert_eq!(app.get_readiness(uid).await["ready"], true);
    let page = app.read_report_page();
    assert!(page.contains("<b>1</b> ready") && page.contains(">is ready</td>"), "{page}");
    assert_eq!((count_accounts(app, "not-ready"), count_accounts(app, "ready")), (0, 1));
}

#[tokio::test]
async fn broken_and_fixed_trust_policy_is_told_everywhere() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.register_account(AuthMethod::Sts, "prod").await;
    app.run().await;
    app.customer().trust_with_wrong_external_id();
    assert_reported_as_broken(&app, &uid, "sts.external-id-required").await;
    app.customer().trust_palette();
    assert_reported_as_fixed(&app, &uid).await;
}

#[tokio::test]
async fn broken_and_fixed_access_key_is_told_everywhere() {
    for partition in [Partition::AwsUsGov, Partition::AwsIso] {
        let app = WatchedApp::start(partition).await;
        let uid = app.register_account(AuthMethod::StaticCredentials, "prod").await;
        app.run().await;
        app.customer().deactivate_access_key();
        assert_reported_as_broken(&app, &uid, "aws.identity-valid").await;
        app.customer().activate_access_key();
        assert_reported_as_fixed(&app, &uid).await;
    }
}

#[tokio::test]
async fn broken_and_fixed_association_is_told_everywhere() {
    let app = WatchedApp::start(Partition::Aws).await;
    let cluster = app.deployment().palette_cluster();
    let request = cluster.request(PodIdentityCase::SameAccount);
    let request = acceptance::with(request, &json!({"name": "prod"}));
    let receipt = app.post("/v1/tenant/accounts/pod-identity", &request).await;
    receipt.assert_status(201);
    let uid = receipt.uid();
    app.run().await;
    let mut associations = cluster.cluster.associations().into_iter();
    let of_hubble = associations.find(|((_, name), _)| name.contains("hubble"));
    let ((namespace, name), association) = of_hubble.expect("the association of Hubble");
    cluster.cluster.dissociate((&namespace, &name));
    assert_reported_as_broken(&app, uid, "pod-identity.hubble-association").await;
    let target = association.target.as_deref();
    cluster.cluster.associate((&namespace, &name), &association.role, target);
    assert_reported_as_fixed(&app, uid).await;
}

#[tokio::test]
async fn certificate_that_expires_and_is_replaced_is_told_everywhere() {
    let app = WatchedApp::start(Partition::AwsIsoB).await;
    let issue = |days| {
        let spec = CertificateSpec::client(&portal_access(app.customer()).common_name);
        let issued = portal(app.deployment()).issue(&spec.with_validity_days(-1, days));
        json!({"userCertificate": issued.certificate, "userKey": issued.key})
    };
    let request = app.request(AuthMethod::Scap, app.customer(), "prod");
    let expiring = acceptance::with(request.clone(), &issue(10));
    let receipt = app.post("/v1/tenant/accounts/scap", &expiring).await;
    receipt.assert_status(201);
    let uid = receipt.uid();
    app.run().await;
    let events = app.event_details(EXPIRING);
    let [event] = events.as_slice() else { panic!("{events:#?}\n{}", app.watch_log()) };
    assert_eq!(event["credential"], "certificates.client-lasts", "{event:#}");
    assert!(event["summary"].as_str().expect("a sentence").contains("Remedy"), "{event:#}");
    assert_eq!(app.list_account_names("expiringWithin=30").await, ["prod"]);
    let page = app.read_report_page();
    assert!(page.contains("<h2>Expires within 30 days</h2>"), "{page}");
    assert!(page.contains("have a new certificate issued"), "{page}");
    let days =
        || app.metric_lines("FewestDaysLeft").pop().expect("a metric")["FewestDaysLeft"].clone();
    assert!(days().as_i64().is_some_and(|days| (8..=10).contains(&days)), "{}", days());

    let members = certificate_fields(app.deployment(), app.customer());
    let renewed = acceptance::with(acceptance::with(request, &members), &issue(300));
    app.put(&format!("/v1/tenant/accounts/scap/{uid}"), &renewed).await.assert_status(200);
    app.run().await;
    app.run().await;
    assert_eq!(app.event_details(EXPIRING).len(), 1, "{}", app.watch_log());
    assert_eq!(app.list_account_names("expiringWithin=30").await, Vec::<String>::new());
    assert!(!app.read_report_page().contains("Expires within 30 days"));
    assert!(days().as_i64().is_some_and(|days| days > 30), "{}", days());
    assert_eq!(app.get_readiness(uid).await["ready"], true);
}
