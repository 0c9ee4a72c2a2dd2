//! The standard account that is paired with a GovCloud account is not registered.

use gangway_model::Partition;
use local_cloud::fixtures::VendingSource;
use serde_json::json;

use crate::{
    fixture::VendingApp,
    sweep::{count, ids, sweep, sweeper, vend},
};

#[tokio::test(flavor = "multi_thread")]
async fn sweep_skips_the_paired_account_of_a_govcloud_account() {
    for elsewhere in [false, true] {
        let app = if elsewhere {
            VendingApp::managed_elsewhere(Partition::Aws).await
        } else {
            VendingApp::start(Partition::Aws).await
        };
        let organization = app.organization();
        let accounts = vend(&app, 45, &organization.sandbox);
        let twin = organization.vend(VendingSource::GovCloud, "gov", &organization.sandbox);
        organization.fail_creation("never-made");
        let lambda = sweeper(&app, &[]);
        let response = sweep(&lambda, json!({"dryRun": true})).await;
        assert_eq!(count(&response, "missing"), 45, "{response:#}");
        assert!(ids(&response, "ignored").contains(&twin.account.id().to_owned()), "{response:#}");
        assert_eq!(response["reasons"]["govcloud-pair"]["count"], 1, "{response:#}");
        assert_eq!(accounts.len(), 45);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paired_accounts_are_not_queried_without_govcloud() {
    let app = VendingApp::start(Partition::AwsUsGov).await;
    vend(&app, 3, &app.organization().sandbox);
    let response = sweep(&sweeper(&app, &[]), json!({"dryRun": true})).await;
    assert_eq!(count(&response, "missing"), 3, "{response:#}");
    assert_eq!(app.cloud().calls().count("organizations", "ListCreateAccountStatus"), 0);
}
