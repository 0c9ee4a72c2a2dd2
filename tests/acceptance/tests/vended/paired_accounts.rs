//! The sweep does not register the standard account that AWS creates together with a GovCloud
//! account.

use gangway_model::Partition;
use local_cloud::fixtures::VendingSource;
use serde_json::json;

use crate::{
    fixture::VendingApp,
    sweep::{account_ids, count, deploy_sweep, sweep, vend},
};

#[tokio::test(flavor = "multi_thread")]
async fn sweep_skips_the_paired_account_of_a_govcloud_account() {
    for elsewhere in [false, true] {
        let app = if elsewhere {
            VendingApp::start_with_management_account(Partition::Aws).await
        } else {
            VendingApp::start(Partition::Aws).await
        };
        let organization = app.organization();
        let accounts = vend(&app, 45, &organization.sandbox);
        let paired = organization.vend(VendingSource::GovCloud, "gov", &organization.sandbox);
        organization.fail_creation("never-made");
        let lambda = deploy_sweep(&app, &[]);
        let response = sweep(&lambda, json!({"dryRun": true})).await;
        assert_eq!(count(&response, "missing"), 45, "{response:#}");
        assert!(
            account_ids(&response, "ignored").contains(&paired.account.id().to_owned()),
            "{response:#}"
        );
        assert_eq!(response["reasons"]["govcloud-pair"]["count"], 1, "{response:#}");
        assert_eq!(accounts.len(), 45);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paired_accounts_are_not_queried_without_govcloud() {
    let app = VendingApp::start(Partition::AwsUsGov).await;
    vend(&app, 3, &app.organization().sandbox);
    let response = sweep(&deploy_sweep(&app, &[]), json!({"dryRun": true})).await;
    assert_eq!(count(&response, "missing"), 3, "{response:#}");
    assert_eq!(app.cloud().calls().count("organizations", "ListCreateAccountStatus"), 0);
}
