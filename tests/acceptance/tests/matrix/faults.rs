//! Tests each flow with faults: each call fails in each way, once or until the test removes the
//! fault.

use std::{collections::BTreeMap, time::Duration};

use local_cloud::Effect;

use crate::{
    fault_case::{
        CallSite, FaultCase,
        FaultDuration::{self, Lasting, Once},
    },
    flow::Flow,
    flows,
    runner::{RecordedFlow, is_whole_matrix, run_fault_cases},
};

const STALE_READS: Effect = Effect::StaleReads(Duration::from_secs(10));

/// Every effect of a fault that a call is tested with, and how long the fault lasts.
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
    (STALE_READS, Once),
];

/// The faults of the sample. They are the faults among [`ALL_FAULTS`] that the functions handle
/// differently.
const SAMPLED_FAULTS: [(Effect, FaultDuration); 9] = [
    (Effect::Throttle, Once),
    (Effect::Throttle, Lasting),
    (Effect::InternalError, Once),
    (Effect::Unavailable, Lasting),
    (Effect::HtmlPage, Lasting),
    (Effect::DisconnectBefore, Lasting),
    (Effect::DisconnectAfter, Once),
    (Effect::NoResponse, Lasting),
    (STALE_READS, Once),
];

/// Returns the faults of the calls of each flow: [`ALL_FAULTS`] for each call if
/// `GANGWAY_WHOLE_MATRIX` is set, else those of [`select_sample`].
fn select_faults(recorded_flows: &[RecordedFlow]) -> Vec<Vec<FaultCase>> {
    let call_sites: Vec<_> =
        recorded_flows.iter().flat_map(|recorded| &recorded.call_sites).collect();
    let mut samples = select_sample(&call_sites).into_iter();
    let mut fault_cases = |call_site| {
        let sample = samples.next().unwrap_or_default();
        let faults = if is_whole_matrix() { ALL_FAULTS.to_vec() } else { sample };
        faults
            .into_iter()
            .map(move |(effect, duration)| FaultCase::new(call_site, effect, duration))
    };
    recorded_flows
        .iter()
        .map(|recorded| recorded.call_sites.iter().flat_map(&mut fault_cases).collect())
        .collect()
}

/// Returns the faults that each call is tested with in the sample.
///
/// `call_sites` are the calls of all flows of a function. Each operation, such as IAM `GetRole`, is
/// tested with each of [`SAMPLED_FAULTS`] exactly once. The faults are distributed in turn over the
/// calls of the operation. So an operation that is called once is tested with all faults at that
/// call. The result depends only on `call_sites`.
fn select_sample(call_sites: &[&CallSite]) -> Vec<Vec<(Effect, FaultDuration)>> {
    let mut counts = BTreeMap::new();
    for call_site in call_sites {
        *counts.entry(call_site.service_and_operation()).or_insert(0_usize) += 1;
    }
    let mut seen = BTreeMap::new();
    let mut samples = Vec::new();
    for call_site in call_sites {
        let nth = seen
            .entry(call_site.service_and_operation())
            .and_modify(|nth| *nth += 1)
            .or_insert(0_usize);
        let count = counts[&call_site.service_and_operation()];
        let faults = SAMPLED_FAULTS.iter().enumerate().filter(|(number, _)| number % count == *nth);
        samples.push(faults.map(|(_, fault)| *fault).collect());
    }
    samples
}

#[test]
fn sample_covers_every_fault_for_every_operation() {
    // The service, the operation, and the number of calls of the operation. Calls of different
    // operations alternate.
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
    let samples = select_sample(&call_sites.iter().collect::<Vec<_>>());
    assert_eq!(samples.len(), call_sites.len());
    for (service, operation, _count) in operations {
        let selected: Vec<_> = call_sites
            .iter()
            .zip(&samples)
            .filter(|(call_site, _)| call_site.service_and_operation() == (service, operation))
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
