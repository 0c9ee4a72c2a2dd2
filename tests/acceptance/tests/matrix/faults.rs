//! Each call goes wrong in each way, once and until the weather clears.

use std::{collections::BTreeMap, time::Duration};

use local_cloud::Effect;

use crate::{
    fault_case::{
        CallSite, FaultCase,
        FaultDuration::{self, Lasting, Once},
    },
    flow::Flow,
    flows,
    runner::{Run, run_fault_cases},
};

const STALE: Effect = Effect::Stale(Duration::from_secs(10));

/// Everything that may befall a call.
const ALL: [(Effect, FaultDuration); 14] = [
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
fn select_faults(recorded_runs: &[Run]) -> Vec<Vec<FaultCase>> {
    let whole = std::env::var_os(WHOLE).is_some();
    let call_sites: Vec<_> = recorded_runs.iter().flat_map(|run| &run.call_sites).collect();
    let mut shares = shares(&call_sites).into_iter();
    let mut of = |call_site| {
        let share = shares.next().unwrap_or_default();
        let some = ALL.into_iter().filter(move |one| whole || share.contains(one));
        some.map(move |(effect, duration)| FaultCase::new(call_site, effect, duration))
    };
    recorded_runs.iter().map(|run| run.call_sites.iter().flat_map(&mut of).collect()).collect()
}

/// What each place meets. The places of one operation part everything among them, so that all of it befalls every kind of
/// call somewhere in a function's flows. A call that changes something meets everything where it comes first.
fn shares(call_sites: &[&CallSite]) -> Vec<Vec<(Effect, FaultDuration)>> {
    let mut count = BTreeMap::new();
    for call_site in call_sites {
        *count.entry(call_site.operation()).or_insert(0_usize) += 1;
    }
    let mut met = BTreeMap::new();
    let mut all = Vec::new();
    for call_site in call_sites {
        let at = met.entry(call_site.operation()).and_modify(|at| *at += 1).or_insert(0_usize);
        let shares = count[&call_site.operation()].min(SHARES);
        let whole = *at == 0 && call_site.changes();
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
    let call_site = |nth, &(service, operation, most): &(&str, &str, u32)| {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        (nth <= most).then_some(CallSite { service, operation, nth })
    };
    let call_sites: Vec<_> = (1..=17)
        .flat_map(|nth| operations.iter().filter_map(move |of| call_site(nth, of)))
        .collect();
    let shares = shares(&call_sites.iter().collect::<Vec<_>>());
    let runs: usize = shares.iter().map(Vec::len).sum();
    assert!(runs < call_sites.len() * ALL.len() / 2, "{runs} runs are not a part of it");
    for (service, operation, count) in operations {
        let of: Vec<_> = call_sites.iter().zip(&shares).collect();
        let of: Vec<_> = of
            .into_iter()
            .filter(|(call_site, _)| call_site.operation() == (service, operation))
            .collect();
        let missing: Vec<_> =
            ALL.iter().filter(|one| !of.iter().any(|(_, share)| share.contains(one))).collect();
        assert_eq!(missing, Vec::<&(Effect, FaultDuration)>::new(), "{operation}, {count} times");
        let (first, share) = of[0];
        assert_eq!(first.changes() || count == 1, share.len() == ALL.len(), "{operation}");
    }
}

async fn faults(flows: &'static [Flow]) {
    run_fault_cases("faults", flows, select_faults).await;
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
