//! The fault matrix: each call of each flow fails in each way, once or until the fault is removed.

use std::{collections::BTreeMap, time::Duration};

use local_cloud::Effect;

use crate::{
    fault_case::{
        CallSite, FaultCase,
        FaultDuration::{self, Lasting, Once},
    },
    flow::Flow,
    flows,
    runner::{Run, is_whole_matrix, run_fault_cases},
};

const STALE: Effect = Effect::StaleReads(Duration::from_secs(10));

/// Every fault of a call, and how long it lasts.
const ALL_FAULTS: [(Effect, FaultDuration); 14] = [
    (Effect::Throttle, Once),
    (Effect::Throttle, Lasting),
    (Effect::InternalError, Once),
    (Effect::InternalError, Lasting),
    (Effect::Unavailable, Once),
    (Effect::Unavailable, Lasting),
    (Effect::HtmlPage, Once),
    (Effect::HtmlPage, Lasting),
    (Effect::DisconnectBefore, Once),
    (Effect::DisconnectBefore, Lasting),
    (Effect::DisconnectAfter, Once),
    (Effect::DisconnectAfter, Lasting),
    (Effect::NoResponse, Lasting),
    (STALE, Once),
];

/// The faults of the sample: one of each kind that the functions treat differently.
const SAMPLED_FAULTS: [(Effect, FaultDuration); 9] = [
    (Effect::Throttle, Once),
    (Effect::Throttle, Lasting),
    (Effect::InternalError, Once),
    (Effect::Unavailable, Lasting),
    (Effect::HtmlPage, Lasting),
    (Effect::DisconnectBefore, Lasting),
    (Effect::DisconnectAfter, Once),
    (Effect::NoResponse, Lasting),
    (STALE, Once),
];

/// Selects the faults of each call: all of them for the whole matrix, otherwise those of [`sample`].
fn select_faults(recorded_runs: &[Run]) -> Vec<Vec<FaultCase>> {
    let call_sites: Vec<_> = recorded_runs.iter().flat_map(|run| &run.call_sites).collect();
    let mut samples = sample(&call_sites).into_iter();
    let mut fault_cases = |call_site| {
        let sample = samples.next().unwrap_or_default();
        let faults = if is_whole_matrix() { ALL_FAULTS.to_vec() } else { sample };
        faults
            .into_iter()
            .map(move |(effect, duration)| FaultCase::new(call_site, effect, duration))
    };
    recorded_runs
        .iter()
        .map(|run| run.call_sites.iter().flat_map(&mut fault_cases).collect())
        .collect()
}

/// Returns the faults that each call meets in the sample.
///
/// The flows of one function group share the sample: each fault meets each operation of the group (such as IAM `GetRole`)
/// exactly once. The faults of an operation are distributed in turn over its calls in all flows, so an operation that is
/// called once meets all of them there. The result depends only on the recorded calls, not on chance.
fn sample(call_sites: &[&CallSite]) -> Vec<Vec<(Effect, FaultDuration)>> {
    let mut counts = BTreeMap::new();
    for call_site in call_sites {
        *counts.entry(call_site.operation()).or_insert(0_usize) += 1;
    }
    let mut seen = BTreeMap::new();
    let mut samples = Vec::new();
    for call_site in call_sites {
        let nth = seen.entry(call_site.operation()).and_modify(|nth| *nth += 1).or_insert(0_usize);
        let count = counts[&call_site.operation()];
        let faults = SAMPLED_FAULTS.iter().enumerate().filter(|(number, _)| number % count == *nth);
        samples.push(faults.map(|(_, fault)| *fault).collect());
    }
    samples
}

#[test]
fn sample_covers_every_fault_for_every_operation() {
    // An operation, and how often it is called; the calls of different operations alternate.
    let operations = [
        ("iam", "SimulatePrincipalPolicy", 1),
        ("palette", "GET /v1/cloudaccounts/aws", 2),
        ("palette", "POST /v1/cloudaccounts/aws", 1),
        ("secretsmanager", "PutSecretValue", 3),
        ("sts", "GetCallerIdentity", 4),
        ("eks", "CreatePodIdentityAssociation", 5),
        ("iam", "GetRole", 17),
    ];
    let call_site = |nth, &(service, operation, count): &(&str, &str, u32)| {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        (nth <= count).then_some(CallSite { service, operation, nth })
    };
    let call_sites: Vec<_> = (1..=17)
        .flat_map(|nth| operations.iter().filter_map(move |operation| call_site(nth, operation)))
        .collect();
    let samples = sample(&call_sites.iter().collect::<Vec<_>>());
    assert_eq!(samples.len(), call_sites.len());
    for (service, operation, _count) in operations {
        let selected: Vec<_> = call_sites
            .iter()
            .zip(&samples)
            .filter(|(call_site, _)| call_site.operation() == (service, operation))
            .flat_map(|(_, run_faults)| run_faults)
            .collect();
        assert_eq!(selected.len(), SAMPLED_FAULTS.len(), "{operation}");
        let missing: Vec<_> =
            SAMPLED_FAULTS.iter().filter(|fault| !selected.contains(fault)).collect();
        assert!(missing.is_empty(), "{operation}: {missing:?}");
    }
}

async fn run_faults(flows: &'static [Flow]) {
    run_fault_cases("faults", flows, select_faults).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn static_credentials_recovers_from_a_fault_of_any_call() {
    run_faults(flows::STATIC_CREDENTIALS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sts_recovers_from_a_fault_of_any_call() {
    run_faults(flows::STS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pod_identity_recovers_from_a_fault_of_any_call() {
    run_faults(flows::POD_IDENTITY).await;
}

/// Acceptance rows: F85.
#[tokio::test(flavor = "multi_thread")]
async fn scap_recovers_from_a_fault_of_any_call() {
    run_faults(flows::SCAP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_recovers_from_a_fault_of_any_call() {
    run_faults(flows::ACCOUNTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revalidation_recovers_from_a_fault_of_any_call() {
    run_faults(flows::REVALIDATION).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn account_vended_recovers_from_a_fault_of_any_call() {
    run_faults(flows::VENDED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn account_sweep_recovers_from_a_fault_of_any_call() {
    run_faults(flows::SWEEP).await;
}
