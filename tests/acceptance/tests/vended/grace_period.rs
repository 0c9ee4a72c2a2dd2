//! The grace period of a new AWS account: while it lasts, a denied access is retried.

use std::time::Duration;

use gangway_model::{Partition, PermissionProfile};
use local_cloud::fixtures::VendingSource;

use crate::fixture::VendingApp;

#[tokio::test(flavor = "multi_thread")]
async fn access_denied_in_the_grace_period_is_retried() {
    let app = VendingApp::start(Partition::Aws).await;
    let organization = app.organization();
    let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
    organization.quarantine(&vended.account);
    app.put_events(&vended.events[2..]).await;
    app.wait_until_idle().await;
    app.assert_untouched(&vended.account);
    assert_eq!(
        (app.queue().len(), app.dead_messages().len()),
        (1, 0),
        "it waits for its next time"
    );
    app.advance_to_retry().await;
    assert_eq!(
        (app.queue().len(), app.dead_messages().len()),
        (1, 0),
        "and for the one after that"
    );
    organization.remove_quarantine(&vended.account);
    app.advance_to_retry().await;
    app.assert_registered(&vended.account);
    assert_eq!((app.queue().len(), app.dead_messages().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn role_unknown_to_sts_is_retried() {
    let app = VendingApp::start(Partition::Aws).await;
    let organization = app.organization();
    let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
    vended.entry_role.as_ref().expect("an entry").hide_for_reads(2);
    // IAM does not show a new role or policy in its first two reads.
    app.cloud().aws().hide_new_resources(2);
    app.put_events(&vended.events[2..]).await;
    app.process_all().await;
    app.assert_registered(&vended.account);
    assert_eq!(app.dead_messages(), []);
    let mut attached = app.cloud().calls().for_operation("iam", "AttachRolePolicy");
    attached.retain(|call| call.status == Some(404));
    let policies = gangway_policies::documents_for(PermissionProfile::CoreEks).len();
    assert_eq!(attached.len(), 2 * policies, "each policy is overlooked twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn access_denied_after_the_grace_period_is_dead_lettered() {
    let app = VendingApp::start(Partition::Aws).await;
    let organization = app.organization().with_age(Duration::from_hours(2));
    let quarantined = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
    organization.quarantine(&quarantined.account);
    app.put_events(&quarantined.events[2..]).await;
    app.wait_until_idle().await;
    assert_eq!(app.queue().len(), 0);
    app.assert_dead_lettered(quarantined.account.id(), "den");
    app.assert_untouched(&quarantined.account);
}
