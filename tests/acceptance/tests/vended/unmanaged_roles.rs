//! Roles and policies that Gangway did not create are not changed.

use gangway_model::{Partition, PermissionProfile};
use local_cloud::{aws::Account, fixtures::VendingSource};
use serde_json::json;

use crate::fixture::{PALETTE_ROLE, VendingApp};

/// Creates the role manually, as Palette's documentation says.
pub(crate) fn create_role_manually(app: &VendingApp, account: &Account, external_id: &str) {
    let (deployment, role) = (app.deployment(), account.role(PALETTE_ROLE));
    for document in gangway_policies::documents_for(PermissionProfile::CoreEks) {
        role.attach(&account.policy(document.name(), &document.render(deployment.partition)));
    }
    let palette = deployment.palette.id().parse().expect("an account id");
    role.set_trust_policy(&gangway_policies::trust_policy(
        deployment.partition,
        palette,
        external_id,
    ));
    role.tag("owner", "platform");
}

#[tokio::test(flavor = "multi_thread")]
async fn valid_unmanaged_role_is_registered_unchanged() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let app = VendingApp::start(partition).await;
        let organization = app.organization();
        let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
        create_role_manually(&app, &vended.account, &app.deployment().external_id);
        let before = (vended.account.roles(), vended.account.policies());
        app.put_events(&vended.events[2..]).await;
        app.process_all().await;
        assert_eq!(app.palette_accounts(&vended.account).len(), 1, "{}", app.logs());
        assert_eq!((vended.account.roles(), vended.account.policies()), before);
        assert_eq!(app.dead_messages(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_unmanaged_role_is_dead_lettered() {
    let app = VendingApp::start(Partition::Aws).await;
    let organization = app.organization().with_age(std::time::Duration::from_hours(2));
    let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
    create_role_manually(&app, &vended.account, "another-tenants-external-id");
    let before = (vended.account.roles(), vended.account.policies());
    app.put_events(&vended.events[2..]).await;
    app.process_all().await;
    assert_eq!(app.palette_accounts(&vended.account), []);
    assert_eq!((vended.account.roles(), vended.account.policies()), before);
    app.assert_dead_lettered(
        vended.account.id(),
        "external-id-required: requires another external id",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unmanaged_policy_of_the_same_name_is_unchanged() {
    let app = VendingApp::start(Partition::Aws).await;
    let organization = app.organization().with_age(std::time::Duration::from_hours(2));
    let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
    let document = gangway_policies::documents_for(PermissionProfile::CoreEks)[0];
    let other = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
    });
    let arn = vended.account.policy_with_path("/gangway/", document.name(), &other);
    app.put_events(&vended.events[2..]).await;
    app.process_all().await;
    let found = vended.account.policies().into_iter().find(|policy| policy.arn == arn);
    let found = found.expect("it is still there");
    assert_eq!((found.document, found.versions.len(), found.tags.len()), (other, 1, 0));
    assert_eq!(app.palette_accounts(&vended.account), []);
    app.assert_dead_lettered(vended.account.id(), "was not created by this deployment");
}
