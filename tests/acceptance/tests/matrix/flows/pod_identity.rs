//! Flows of `pod-identity`, with a role in the AWS account of the cluster or in another account.

use acceptance::with;
use gangway_model::Partition::{Aws, AwsUsGov};
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};
use local_cloud::fixtures::{Breakage, PodIdentityCase};
use serde_json::{Value, json};

use crate::{
    fixture::Fixture,
    flow::{Action, Flow, Function, Subject, Trigger},
};

const ROUTE: &str = "/v1/tenant/accounts/pod-identity";
const POST: Trigger = Trigger::Route("POST", ROUTE);

/// Returns a valid request for the account case that the cluster is set up for.
fn request(fixture: &Fixture, subject: &Subject) -> Value {
    let cluster = fixture.app.deployment().palette_cluster();
    with(cluster.request(cluster.case()), &json!({"name": subject.name}))
}

/// Returns a registration that requests the missing associations and the `ConfigMap`.
fn register_and_ensure(fixture: &Fixture, subject: &Subject) -> Action {
    let ensure = json!({"ensureAssociations": true, "ensureConfigMap": true});
    Action::post(ROUTE, with(request(fixture, subject), &ensure))
}

/// Sets up the cluster for a role in the same AWS account. Returns no actions.
fn set_up_same_account(fixture: &Fixture, _subject: &mut Subject) -> Vec<Action> {
    fixture.app.deployment().palette_cluster().restore_for(PodIdentityCase::SameAccount);
    Vec::new()
}

/// Sets up the cluster for a role in another AWS account. Returns no actions.
fn set_up_cross_account(fixture: &Fixture, _subject: &mut Subject) -> Vec<Action> {
    fixture.app.deployment().palette_cluster().restore_for(PodIdentityCase::CrossAccount);
    Vec::new()
}

/// Sets up the cluster for a role in the same AWS account, and returns a registration.
fn set_up_and_register(fixture: &Fixture, subject: &mut Subject) -> Vec<Action> {
    set_up_same_account(fixture, subject);
    vec![Action::post(ROUTE, request(fixture, subject))]
}

/// Removes the associations and the `ConfigMap`, so that Gangway must create them.
fn break_cluster(fixture: &Fixture, _subject: &Subject) {
    let cluster = fixture.app.deployment().palette_cluster();
    let breakages = [
        Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT),
        Breakage::NoAssociation(IDENTITY_SERVICE_ACCOUNT),
        Breakage::NoConfigMap,
    ];
    for breakage in breakages {
        cluster.break_with(breakage);
    }
}

const FUNCTION: Function = Function("pod-identity");

pub(crate) const FLOWS: &[Flow] = &[
    FUNCTION
        .flow("plan", Aws, Trigger::Route("GET", "/v1/pod-identity/plan"), |fixture, subject| {
            let members = request(fixture, subject);
            let members = members.as_object().expect("members").iter();
            let query = members.filter(|(name, _)| *name != "name");
            let query: Vec<_> = query
                .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
                .collect();
            Action::get(&format!("/v1/pod-identity/plan?{}", query.join("&")))
        })
        .with_preparation(set_up_same_account),
    FUNCTION
        .flow(
            "validate",
            AwsUsGov,
            Trigger::Route("POST", "/v1/tenant/accounts/pod-identity/validate"),
            |fixture, subject| {
                Action::post(&format!("{ROUTE}/validate"), request(fixture, subject))
            },
        )
        .with_preparation(set_up_cross_account),
    FUNCTION
        .flow("register, one account", AwsUsGov, POST, register_and_ensure)
        .with_preparation(set_up_same_account)
        .with_change(break_cluster),
    FUNCTION
        .flow("register, two accounts", Aws, POST, register_and_ensure)
        .with_preparation(set_up_cross_account)
        .with_change(break_cluster),
    FUNCTION
        .flow("register by an event", Aws, Trigger::Event, |fixture, subject| {
            Action::Event(with(request(fixture, subject), &json!({"method": "pod-identity"})))
        })
        .with_preparation(set_up_same_account),
    FUNCTION
        .flow("register again", Aws, POST, |fixture, subject| {
            Action::post(ROUTE, request(fixture, subject))
        })
        .with_preparation(set_up_and_register),
    FUNCTION
        .flow(
            "PUT other settings",
            AwsUsGov,
            Trigger::Route("PUT", "/v1/tenant/accounts/pod-identity/{uid}"),
            |fixture, subject| {
                let settings = json!({"description": "Payments"});
                Action::put(
                    format!("{ROUTE}/{}", subject.uid),
                    with(request(fixture, subject), &settings),
                )
            },
        )
        .with_preparation(set_up_and_register),
];
