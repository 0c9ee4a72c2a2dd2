//! Accounts that an event put into a project.

use gangway_model::Partition;
use local_cloud::fixtures::{VendedAccount, VendingSource};
use serde_json::{Value, json};

use crate::{
    fixture::VendingApp,
    sweep::{account_ids, count, deploy_sweep, sweep},
    unmanaged_roles::create_role_manually,
};

fn removal_setting() -> (&'static str, String) {
    ("GANGWAY_OFFBOARDING", "remove".to_owned())
}

/// Returns an event that asks to onboard the account, in this project if one is given.
fn onboard_event(app: &VendingApp, vended: &VendedAccount, project: Option<&str>) -> Value {
    let mut event = app.organization().custom_event("onboard", vended.account.id());
    if let Some(project) = project {
        event["detail"]["project"] = project.into();
    }
    event
}

/// Registers an account in the project Payments. With `unmanaged`, Gangway does not create its
/// role.
async fn register_in_payments(app: &VendingApp, unmanaged: bool) -> VendedAccount {
    let organization = app.organization();
    let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
    if unmanaged {
        create_role_manually(app, &vended.account, &app.deployment().external_id);
    }
    app.put_events(&[onboard_event(app, &vended, Some("Payments"))]).await;
    app.process_all().await;
    let registered = app.palette_accounts(&vended.account);
    assert!(registered.len() == 1 && registered[0].project.is_some(), "{registered:?}");
    vended
}

#[tokio::test(flavor = "multi_thread")]
async fn account_in_a_project_of_the_event_is_registered_once() {
    for unmanaged in [false, true] {
        let app = VendingApp::start(Partition::Aws).await;
        let vended = register_in_payments(&app, unmanaged).await;
        let response = sweep(&deploy_sweep(&app, &[]), json!({})).await;
        assert_eq!(
            (count(&response, "missing"), count(&response, "queued")),
            (0, 0),
            "{response:#}"
        );
        assert_eq!(response["reasons"]["in-another-scope"]["count"], 1, "{response:#}");
        // Later events name no project, or another project.
        for project in [None, Some("Default")] {
            app.put_events(&[onboard_event(&app, &vended, project)]).await;
            app.process_all().await;
            let registered = app.palette_accounts(&vended.account);
            assert_eq!(registered.len(), 1, "{registered:?}\n{}", app.logs());
        }
        assert_eq!(app.dead_messages(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn account_in_a_project_of_the_event_is_removed() {
    for by_sweep in [false, true] {
        let app =
            VendingApp::start_with_settings(
                Partition::Aws,
                |_organization| vec![removal_setting()],
            )
            .await;
        let vended = register_in_payments(&app, false).await;
        let closed = app.organization().close(&vended.account);
        if by_sweep {
            let response = sweep(&deploy_sweep(&app, &[removal_setting()]), json!({})).await;
            assert_eq!(
                account_ids(&response, "closedButRegistered"),
                [vended.account.id()],
                "{response:#}"
            );
            assert_eq!(count(&response, "offboarding"), 1, "{response:#}");
        } else {
            app.put_events(&closed).await;
        }
        app.process_all().await;
        assert_eq!(app.palette_accounts(&vended.account), [], "{}", app.logs());
        assert_eq!(app.dead_messages(), []);
    }
}

/// Palette lists the project but rejects every other request.
#[tokio::test(flavor = "multi_thread")]
async fn project_that_refuses_the_api_key_is_reported_and_skipped() {
    let app =
        VendingApp::start_with_settings(Partition::Aws, |_organization| vec![removal_setting()])
            .await;
    let hidden = register_in_payments(&app, false).await;
    let organization = app.organization();
    let other = organization.vend(VendingSource::ControlTower, "other", &organization.sandbox);
    {
        let mut records = app.cloud().palette().records();
        let tenant = &mut records.tenants[0];
        tenant.forbidden_projects =
            tenant.projects.iter().map(|project| project.uid.clone()).collect();
    }
    let response = sweep(&deploy_sweep(&app, &[]), json!({"dryRun": true})).await;
    assert_eq!(count(&response, "unreadProjects"), 2, "{response:#}");
    create_role_manually(&app, &other.account, &app.deployment().external_id);
    app.put_events(&[onboard_event(&app, &other, None)]).await;
    app.process_all().await;
    assert_eq!(app.palette_accounts(&other.account).len(), 1, "{}", app.logs());
    app.lambda.logs().clear();
    app.put_events(&organization.close(&hidden.account)).await;
    app.process_all().await;
    app.wait_for_log("projects that Gangway may not read").await;
    assert_eq!(app.palette_accounts(&hidden.account).len(), 1);
    assert_eq!(app.dead_messages(), []);
}
