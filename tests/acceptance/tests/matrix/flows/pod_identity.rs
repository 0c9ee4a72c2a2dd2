//! EKS Pod Identity, in an account of Palette's cluster and in another one.

use acceptance::with;
use gangway_model::Partition::{Aws, AwsUsGov};
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};
use local_cloud::world::{Case, Way};
use serde_json::{Value, json};

use crate::{
    flow::{Ask, Flow, Function, Subject, Trigger},
    ground::Ground,
};

const ROUTE: &str = "/v1/accounts/pod-identity";
const POST: Trigger = Trigger::Route("POST", ROUTE);

fn own(ground: &Ground, subject: &Subject) -> Value {
    let cluster = ground.stage.realm().palette_cluster();
    with(cluster.request(cluster.case()), &json!({"name": subject.name}))
}

/// Both are to be put right where they are not.
fn ensured(ground: &Ground, subject: &Subject) -> Ask {
    let wish = json!({"ensureAssociations": true, "ensureConfigMap": true});
    Ask::post(ROUTE, with(own(ground, subject), &wish))
}

fn same_account(ground: &Ground, _subject: &mut Subject) -> Vec<Ask> {
    ground.stage.realm().palette_cluster().work_for(Case::SameAccount);
    Vec::new()
}

fn cross_account(ground: &Ground, _subject: &mut Subject) -> Vec<Ask> {
    ground.stage.realm().palette_cluster().work_for(Case::CrossAccount);
    Vec::new()
}

fn registered(ground: &Ground, subject: &mut Subject) -> Vec<Ask> {
    same_account(ground, subject);
    vec![Ask::post(ROUTE, own(ground, subject))]
}

fn break_up(ground: &Ground, _subject: &Subject) {
    let cluster = ground.stage.realm().palette_cluster();
    let ways = [
        Way::NotAssociated(HUBBLE_SERVICE_ACCOUNT),
        Way::NotAssociated(IDENTITY_SERVICE_ACCOUNT),
        Way::NoConfig,
    ];
    for way in ways {
        cluster.break_it(way);
    }
}

const OWN: Function = Function("pod-identity");

pub(crate) const FLOWS: &[Flow] = &[
    OWN.flow(
        "plan",
        Aws,
        Trigger::Route("GET", "/v1/accounts/pod-identity/plan"),
        |ground, subject| {
            let members = own(ground, subject);
            let members = members.as_object().expect("members").iter();
            let query = members.filter(|(name, _)| *name != "name");
            let query: Vec<_> = query
                .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
                .collect();
            Ask::get(&format!("{ROUTE}/plan?{}", query.join("&")))
        },
    )
    .after(same_account),
    OWN.flow(
        "validate",
        AwsUsGov,
        Trigger::Route("POST", "/v1/accounts/pod-identity/validate"),
        |ground, subject| Ask::post(&format!("{ROUTE}/validate"), own(ground, subject)),
    )
    .after(cross_account),
    OWN.flow("register, one account", AwsUsGov, POST, ensured)
        .after(same_account)
        .disturbed(break_up),
    OWN.flow("register, two accounts", Aws, POST, ensured).after(cross_account).disturbed(break_up),
    OWN.flow("register by an event", Aws, Trigger::Event, |ground, subject| {
        Ask::Event(with(own(ground, subject), &json!({"method": "pod-identity"})))
    })
    .after(same_account),
    OWN.flow("register again", Aws, POST, |ground, subject| Ask::post(ROUTE, own(ground, subject)))
        .after(registered),
    OWN.flow(
        "PUT other settings",
        AwsUsGov,
        Trigger::Route("PUT", "/v1/accounts/pod-identity/{uid}"),
        |ground, subject| {
            let settings = json!({"description": "Payments"});
            Ask::put(format!("{ROUTE}/{}", subject.uid), with(own(ground, subject), &settings))
        },
    )
    .after(registered),
];
