//! The effect of each setting of account vending.

use std::time::Duration;

use gangway_model::{Partition, PermissionProfile};
use local_cloud::{
    aws::Account,
    fixtures::{Organization, VendedAccount, VendingSource},
};
use serde_json::json;

use crate::fixture::{PALETTE_ROLE, VendingApp};

const LIMITS: &str = "Limits";
const BOUNDARY: (&str, &str) = ("AccountRoleBoundary", LIMITS);

fn vend(organization: &Organization) -> VendedAccount {
    organization.vend(VendingSource::ControlTower, "team", &organization.sandbox)
}

/// Creates a policy for a permissions boundary that allows everything. Returns its ARN.
fn create_boundary(account: &Account) -> String {
    let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    account.policy(LIMITS, &json!({"Version": "2012-10-17", "Statement": [all]}))
}

/// Puts the last events of a vended account, and handles their messages.
async fn deliver(app: &VendingApp, vended: &VendedAccount) {
    app.put_events(&vended.events[2..]).await;
    app.process_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn role_is_created_with_its_permissions_boundary() {
    let app = VendingApp::start_with_parameters(Partition::Aws, &[BOUNDARY]).await;
    let vended = vend(app.organization());
    let limits = create_boundary(&vended.account);
    deliver(&app, &vended).await;
    app.assert_registered(&vended.account);
    assert_eq!(app.palette_role(&vended.account).expect("a role").boundary, Some(limits));
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_boundary_is_retried_only_in_the_grace_period() {
    let app = VendingApp::start_with_parameters(Partition::Aws, &[BOUNDARY]).await;
    let organization = app.organization();
    let (young, old) = (vend(organization), vend(&organization.with_age(Duration::from_hours(2))));
    for vended in [&young, &old] {
        app.put_events(&vended.events[2..]).await;
    }
    app.wait_until_idle().await;
    app.assert_dead_lettered(old.account.id(), "gangway_permissions_boundary");
    assert_eq!((app.queue().len(), app.dead_messages().len()), (1, 1), "the young one waits");
    create_boundary(&young.account);
    app.advance_to_retry().await;
    app.assert_registered(&young.account);
    app.assert_untouched(&old.account);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_boundary_is_added_to_existing_roles() {
    let mut app = VendingApp::start(Partition::Aws).await;
    let vended = vend(app.organization());
    deliver(&app, &vended).await;
    assert_eq!(app.palette_role(&vended.account).expect("a role").boundary, None);
    app.redeploy_with_settings(vec![("GANGWAY_PERMISSIONS_BOUNDARY", LIMITS.to_owned())]);
    let limits = create_boundary(&vended.account);
    deliver(&app, &vended).await;
    app.assert_registered(&vended.account);
    assert_eq!(app.palette_role(&vended.account).expect("a role").boundary, Some(limits));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_profile_detaches_its_unneeded_policies() {
    let mut app = VendingApp::start(Partition::Aws).await;
    let vended = vend(app.organization());
    deliver(&app, &vended).await;
    app.assert_registered(&vended.account);
    let profile = PermissionProfile::MinimumEksStatic;
    app.redeploy_with_settings(vec![("GANGWAY_PERMISSION_PROFILE", profile.to_string())]);
    deliver(&app, &vended).await;
    let role = app.palette_role(&vended.account).expect("a role");
    let mut attached: Vec<_> =
        role.attached.iter().filter_map(|arn| arn.rsplit('/').next()).collect();
    let mut expected: Vec<_> =
        gangway_policies::documents_for(profile).iter().map(|document| document.name()).collect();
    attached.sort_unstable();
    expected.sort_unstable();
    assert_eq!(attached, expected);
    assert_eq!(app.palette_accounts(&vended.account).len(), 1, "{}", app.logs());
    assert_eq!(app.dead_messages(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn role_has_the_configured_name() {
    let app =
        VendingApp::start_with_parameters(Partition::Aws, &[("RoleName", "PaletteAccess")]).await;
    let vended = vend(app.organization());
    deliver(&app, &vended).await;
    assert_eq!(app.palette_accounts(&vended.account).len(), 1, "{}", app.logs());
    assert!(vended.account.role_snapshot("PaletteAccess").is_some());
    assert!(vended.account.role_snapshot(PALETTE_ROLE).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn configured_access_roles_are_assumed() {
    let parameters = [("AccountAccessRoles", "Nobody,LandingZone")];
    let app = VendingApp::start_with_parameters(Partition::AwsUsGov, &parameters).await;
    let organization = app.organization().with_age(Duration::from_hours(2));
    let vended = organization.vend(VendingSource::Invited, "team", &organization.sandbox);
    let own = organization.api.management().root_arn();
    let entry = vended.account.role("LandingZone");
    entry.set_trust_policy(&json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": own}, "Action": "sts:AssumeRole"}],
    }));
    entry.attach(&vended.account.managed_policy_arn("AdministratorAccess"));
    // The default access roles are not assumed, because the parameter does not name them.
    let other = vend(&organization);
    app.put_events(&vended.events).await;
    deliver(&app, &other).await;
    app.assert_registered(&vended.account);
    app.assert_dead_lettered(other.account.id(), "nobody, landingzone");
}

#[tokio::test(flavor = "multi_thread")]
async fn grace_period_has_the_configured_length() {
    for (minutes, waits) in [("180", true), ("30", false), ("0", false)] {
        let app = VendingApp::start_with_parameters(
            Partition::Aws,
            &[("AccountGracePeriodMinutes", minutes)],
        )
        .await;
        let organization = app.organization().with_age(Duration::from_mins(100));
        let vended = vend(&organization);
        organization.quarantine(&vended.account);
        app.put_events(&vended.events[2..]).await;
        app.wait_until_idle().await;
        let expected = if waits { (1, 0) } else { (0, 1) };
        assert_eq!((app.queue().len(), app.dead_messages().len()), expected, "{minutes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn excluded_ou_is_skipped_with_all_its_children() {
    let settings =
        |organization: &Organization| vec![("GANGWAY_EXCLUDE_OUS", organization.workloads.clone())];
    let app = VendingApp::start_with_settings(Partition::Aws, settings).await;
    let organization = app.organization();
    let below = organization.vend(VendingSource::ControlTower, "below", &organization.production);
    let beside = vend(organization);
    for vended in [&below, &beside] {
        app.put_events(&vended.events).await;
    }
    app.process_all().await;
    app.assert_registered(&beside.account);
    app.assert_untouched(&below.account);
    assert_eq!(app.dead_messages(), []);
}
