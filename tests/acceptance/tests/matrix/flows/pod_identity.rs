//! Flows of `pod-identity`, in the account of the cluster and in another one.

use acceptance::with;
use gangway_model::Partition::{Aws, AwsUsGov};
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};
use local_cloud::world::{Case, Way};
use serde_json::{Value, json};

use crate::{
    fixture::Fixture,
    flow::{Action, Flow, Function, Subject, Trigger},
};

const ROUTE: &str = "/v1/accounts/pod-identity";
const POST: Trigger = Trigger::Route("POST", ROUTE);

fn own(fixture: &Fixture, subject: &Subject) -> Value {
    let cluster = fixture.app.realm().palette_cluster();
    with(cluster.request(cluster.case()), &json!({"name": subject.name}))
}

/// Both are to be put right where they are not.
fn ensured(fixture: &Fixture, subject: &Subject) -> Action {
    let request = json!({"ensureAssociations": true, "ensureConfigMap": true});
    Action::post(ROUTE, with(own(fixture, subject), &request))
}

fn same_account(fixture: &Fixture, _subject: &mut Subject) -> Vec<Action> {
    fixture.app.realm().palette_cluster().work_for(Case::SameAccount);
    Vec::new()
}

fn cross_account(fixture: &Fixture, _subject: &mut Subject) -> Vec<Action> {
    fixture.app.realm().palette_cluster().work_for(Case::CrossAccount);
    Vec::new()
}

fn registered(fixture: &Fixture, subject: &mut Subject) -> Vec<Action> {
    same_account(fixture, subject);
    vec![Action::post(ROUTE, own(fixture, subject))]
}

fn break_up(fixture: &Fixture, _subject: &Subject) {
    let cluster = fixture.app.realm().palette_cluster();
    let breakages = [
        Way::NotAssociated(HUBBLE_SERVICE_ACCOUNT),
        Way::NotAssociated(IDENTITY_SERVICE_ACCOUNT),
        Way::NoConfig,
    ];
    for breakage in breakages {
        cluster.break_it(breakage);
    }
}

const OWN: Function = Function("pod-identity");

pub(crate) const FLOWS: &[Flow] = &[
    OWN.flow(
        "plan",
        Aws,
        Trigger::Route("GET", "/v1/accounts/pod-identity/plan"),
        |fixture, subject| {
            let members = own(fixture, subject);
            let members = members.as_object().expect("members").iter();
            let query = members.filter(|(name, _)| *name != "name");
            let query: Vec<_> = query
                .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
                .collect();
            Action::get(&format!("{ROUTE}/plan?{}", query.join("&")))
        },
    )
    .after(same_account),
    OWN.flow(
        "validate",
        AwsUsGov,
        Trigger::Route("POST", "/v1/accounts/pod-identity/validate"),
        |fixture, subject| Action::post(&format!("{ROUTE}/validate"), own(fixture, subject)),
    )
    .after(cross_account),
    OWN.flow("register, one account", AwsUsGov, POST, ensured)
        .after(same_account)
        .disturbed(break_up),
    OWN.flow("register, two accounts", Aws, POST, ensured).after(cross_account).disturbed(break_up),
    OWN.flow("register by an event", Aws, Trigger::Event, |fixture, subject| {
        Action::Event(with(own(fixture, subject), &json!({"method": "pod-identity"})))
    })
    .after(same_account),
    OWN.flow("register again", Aws, POST, |fixture, subject| {
        Action::post(ROUTE, own(fixture, subject))
    })
    .after(registered),
    OWN.flow(
        "PUT other settings",
        AwsUsGov,
        Trigger::Route("PUT", "/v1/accounts/pod-identity/{uid}"),
        |fixture, subject| {
            let settings = json!({"description": "Payments"});
            Action::put(format!("{ROUTE}/{}", subject.uid), with(own(fixture, subject), &settings))
        },
    )
    .after(registered),
];
