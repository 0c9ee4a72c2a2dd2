//! Flows of `pod-identity`, in the account of the cluster and in another one.

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

fn request(fixture: &Fixture, subject: &Subject) -> Value {
    let cluster = fixture.app.deployment().palette_cluster();
    with(cluster.request(cluster.case()), &json!({"name": subject.name}))
}

/// Registers with permission to create the associations and the `ConfigMap`.
fn register_and_ensure(fixture: &Fixture, subject: &Subject) -> Action {
    let ensure = json!({"ensureAssociations": true, "ensureConfigMap": true});
    Action::post(ROUTE, with(request(fixture, subject), &ensure))
}

fn same_account(fixture: &Fixture, _subject: &mut Subject) -> Vec<Action> {
    fixture.app.deployment().palette_cluster().restore_for(PodIdentityCase::SameAccount);
    Vec::new()
}

fn cross_account(fixture: &Fixture, _subject: &mut Subject) -> Vec<Action> {
    fixture.app.deployment().palette_cluster().restore_for(PodIdentityCase::CrossAccount);
    Vec::new()
}

fn registered(fixture: &Fixture, subject: &mut Subject) -> Vec<Action> {
    same_account(fixture, subject);
    vec![Action::post(ROUTE, request(fixture, subject))]
}

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
        .with_preparation(same_account),
    FUNCTION
        .flow(
            "validate",
            AwsUsGov,
            Trigger::Route("POST", "/v1/tenant/accounts/pod-identity/validate"),
            |fixture, subject| {
                Action::post(&format!("{ROUTE}/validate"), request(fixture, subject))
            },
        )
        .with_preparation(cross_account),
    FUNCTION
        .flow("register, one account", AwsUsGov, POST, register_and_ensure)
        .with_preparation(same_account)
        .with_change(break_cluster),
    FUNCTION
        .flow("register, two accounts", Aws, POST, register_and_ensure)
        .with_preparation(cross_account)
        .with_change(break_cluster),
    FUNCTION
        .flow("register by an event", Aws, Trigger::Event, |fixture, subject| {
            Action::Event(with(request(fixture, subject), &json!({"method": "pod-identity"})))
        })
        .with_preparation(same_account),
    FUNCTION
        .flow("register again", Aws, POST, |fixture, subject| {
            Action::post(ROUTE, request(fixture, subject))
        })
        .with_preparation(registered),
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
        .with_preparation(registered),
];
