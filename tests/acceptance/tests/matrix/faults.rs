//! Each call goes wrong in each way, once and until the weather clears.

use std::{collections::BTreeMap, time::Duration};

use local_cloud::Effect;

use crate::{
    flow::Flow,
    flows,
    trouble::{
        Kind::{self, Lasting, Once},
        Place, Trouble,
    },
    work::{Course, suffer_all},
};

const STALE: Effect = Effect::Stale(Duration::from_secs(10));

/// Everything that may befall a call.
const ALL: [(Effect, Kind); 14] = [
    (Effect::Throttle, Once),
    (Effect::Throttle, Lasting),
    (Effect::InternalError, Once),
    (Effect::InternalError, Lasting),
    (Effect::Unavailable, Once),
    (Effect::Unavailable, Lasting),
    (Effect::Garbage, Once),
    (Effect::Garbage, Lasting),
    (Effect::CutBefore, Once),
    (Effect::CutBefore, Lasting),
    (Effect::CutAfter, Once),
    (Effect::CutAfter, Lasting),
    (Effect::NeverAnswer, Lasting),
    (STALE, Once),
];

/// Names the part of the matrix that runs: everything where it is set, as `make faults` does.
const WHOLE: &str = "GANGWAY_WHOLE_MATRIX";

/// Into how many shares everything is parted at most.
const SHARES: usize = 8;

/// What befalls a call: a share of everything, or all of it where the whole matrix is asked for.
fn chosen(courses: &[Course]) -> Vec<Vec<Trouble>> {
    let whole = std::env::var_os(WHOLE).is_some();
    let places: Vec<_> = courses.iter().flat_map(|course| &course.places).collect();
    let mut shares = shares(&places).into_iter();
    let mut of = |place| {
        let share = shares.next().unwrap_or_default();
        let some = ALL.into_iter().filter(move |one| whole || share.contains(one));
        some.map(move |(effect, kind)| Trouble::new(place, effect, kind))
    };
    courses.iter().map(|course| course.places.iter().flat_map(&mut of).collect()).collect()
}

/// What each place meets. The places of one operation part everything among them, so that all of it befalls every kind of
/// call somewhere in a function's flows. A call that changes something meets everything where it comes first.
fn shares(places: &[&Place]) -> Vec<Vec<(Effect, Kind)>> {
    let mut count = BTreeMap::new();
    for place in places {
        *count.entry(place.operation()).or_insert(0_usize) += 1;
    }
    let mut met = BTreeMap::new();
    let mut all = Vec::new();
    for place in places {
        let at = met.entry(place.operation()).and_modify(|at| *at += 1).or_insert(0_usize);
        let shares = count[&place.operation()].min(SHARES);
        let whole = *at == 0 && place.changes();
        let some = ALL.iter().enumerate();
        let some = some.filter(|(number, _)| whole || number % shares == *at % shares);
        all.push(some.map(|(_, one)| *one).collect());
    }
    all
}

#[test]
fn the_places_of_an_operation_meet_everything_between_them() {
    // An operation, and at how many places it comes; it is asked between others.
    let operations = [
        ("iam", "SimulatePrincipalPolicy", 1),
        ("palette", "GET /v1/cloudaccounts/aws", 2),
        ("palette", "POST /v1/cloudaccounts/aws", 1),
        ("secretsmanager", "PutSecretValue", 3),
        ("sts", "GetCallerIdentity", 4),
        ("eks", "CreatePodIdentityAssociation", 5),
        ("iam", "GetRole", 17),
    ];
    let place = |nth, &(service, operation, most): &(&str, &str, u32)| {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        (nth <= most).then_some(Place { service, operation, nth })
    };
    let places: Vec<_> =
        (1..=17).flat_map(|nth| operations.iter().filter_map(move |of| place(nth, of))).collect();
    let shares = shares(&places.iter().collect::<Vec<_>>());
    let runs: usize = shares.iter().map(Vec::len).sum();
    assert!(runs < places.len() * ALL.len() / 2, "{runs} runs are not a part of it");
    for (service, operation, count) in operations {
        let of: Vec<_> = places.iter().zip(&shares).collect();
        let of: Vec<_> =
            of.into_iter().filter(|(place, _)| place.operation() == (service, operation)).collect();
        let missing: Vec<_> =
            ALL.iter().filter(|one| !of.iter().any(|(_, share)| share.contains(one))).collect();
        assert_eq!(missing, Vec::<&(Effect, Kind)>::new(), "{operation}, {count} times");
        let (first, share) = of[0];
        assert_eq!(first.changes() || count == 1, share.len() == ALL.len(), "{operation}");
    }
}

async fn faults(flows: &'static [Flow]) {
    suffer_all("faults", flows, chosen).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn static_credentials() {
    faults(flows::STATIC_CREDENTIALS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sts() {
    faults(flows::STS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pod_identity() {
    faults(flows::POD_IDENTITY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f85_the_access_portal() {
    faults(flows::SCAP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts() {
    faults(flows::ACCOUNTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn account_vended() {
    faults(flows::VENDED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn account_sweep() {
    faults(flows::SWEEP).await;
}
