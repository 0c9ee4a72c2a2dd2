//! The sweep finds each account of the included OUs once, whichever pages Organizations returns.

use gangway_model::Partition;
use local_cloud::fixtures::Organization;
use serde_json::json;

use crate::{
    fixture::VendingApp,
    sweep::{count, deploy_sweep, sweep, vend},
};

/// A function that sets how Organizations lists its accounts.
type Listing<'a> = &'a dyn Fn(&Organization);

#[tokio::test(flavor = "multi_thread")]
async fn every_account_of_the_included_ous_is_found_once() {
    let all_but = |organization: &Organization, which: fn(usize) -> bool| {
        organization.api.include_paths();
        let members = organization.api.members();
        for (_, id) in members.iter().enumerate().filter(|(place, _)| which(*place)) {
            organization.api.omit_path(id);
        }
    };
    let cases: [(&str, Listing<'_>); 5] = [
        ("no paths, and an empty page first", &|organization| {
            organization.api.start_with_empty_page();
        }),
        ("no paths", &|_organization| ()),
        ("a path is missing on the first page", &|organization| {
            all_but(organization, |place| place == 7);
        }),
        ("a path is missing on the last page", &|organization| {
            all_but(organization, |place| place == 43);
        }),
        ("paths, and an empty page first", &|organization| {
            organization.api.include_paths();
            organization.api.start_with_empty_page();
        }),
    ];
    for (what, configure) in cases {
        let app = VendingApp::start(Partition::Aws).await;
        let organization = app.organization();
        let below = vend(&app, 40, &organization.production).len();
        let beside = vend(&app, 5, &organization.sandbox).len();
        configure(organization);
        let lambda = deploy_sweep(&app, &[("GANGWAY_INCLUDE_OUS", organization.workloads.clone())]);
        let response = sweep(&lambda, json!({"dryRun": true})).await;
        let counts = ["missing", "ignored", "organization"].map(|kind| count(&response, kind));
        let expected = [below, beside + 1, below + beside + 1];
        assert_eq!(
            counts.map(usize::try_from).map(Result::unwrap),
            expected,
            "{what}: {response:#}"
        );
    }
}
