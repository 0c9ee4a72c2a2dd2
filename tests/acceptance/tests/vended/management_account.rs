//! Gangway is not in the management account, and uses two roles there.

use std::sync::Arc;

use gangway_model::Partition;
use local_cloud::{
    fixtures::{ORGANIZATIONS_ROLE, VendingSource},
    lambda::LambdaFunction,
};
use serde_json::json;

use crate::fixture::{SWEEP_FUNCTION, VendingApp, set_environment};

/// Deploys the sweep with these environment variables.
fn deploy_sweep(app: &VendingApp, settings: Vec<(&'static str, String)>) -> Arc<LambdaFunction> {
    let lambda = app
        .deployment()
        .redeploy(SWEEP_FUNCTION, |function| set_environment(&mut function.environment, settings));
    lambda.expect("the function is deployed")
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_sweep_use_the_roles_of_a_separate_management_account() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let mut app = VendingApp::start_with_management_account(partition).await;
        let excluded = app.organization().production.clone();
        // With this setting, the functions also read the OUs of accounts.
        let settings = vec![("GANGWAY_EXCLUDE_OUS", excluded)];
        app.redeploy_with_settings(settings.clone());
        let organization = app.organization();
        let announced =
            organization.vend(VendingSource::Organizations, "announced", &organization.sandbox);
        let missed =
            organization.vend(VendingSource::Organizations, "missed", &organization.workloads);
        app.put_events(&announced.events).await;
        app.process_all().await;
        app.assert_registered(&announced.account);
        let response = deploy_sweep(&app, settings).invoke(&json!({})).await.expect("a response");
        assert_eq!(response["counts"]["missing"], 1, "{response:#}");
        app.process_all().await;
        app.assert_registered(&missed.account);
        assert_eq!(app.dead_messages(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sweep_without_the_organizations_role_fails_with_the_reason() {
    let app = VendingApp::start_with_management_account(Partition::Aws).await;
    app.organization().api.management().role(ORGANIZATIONS_ROLE).delete();
    let error = deploy_sweep(&app, Vec::new()).invoke(&json!({})).await;
    let error = error.expect_err("an error").to_string();
    assert!(error.contains(ORGANIZATIONS_ROLE), "{error}");
}
