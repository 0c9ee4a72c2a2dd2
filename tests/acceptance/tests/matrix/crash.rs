//! The crash matrix: the process of the function ends before or after each call, then the request
//! is repeated.

use local_cloud::Effect;

use crate::{
    fault_case::{FaultCase, FaultDuration::Crash},
    flow::Flow,
    flows,
    runner::{Run, is_whole_matrix, run_fault_cases},
};

/// Returns crashes before and after each call; outside of the whole matrix, of each call that changes something:
/// between two of those, nothing depends on where the process ends. Flows that change nothing are skipped.
fn crashes(recorded_runs: &[Run]) -> Vec<Vec<FaultCase>> {
    let crashes_of = |run: &Run| {
        let call_sites = run.call_sites.iter().filter(|call_site| {
            !run.flow.trigger.is_read_only() && (is_whole_matrix() || call_site.changes())
        });
        let crashes = |call_site| {
            [Effect::DisconnectBefore, Effect::DisconnectAfter]
                .map(|it| FaultCase::new(call_site, it, Crash))
        };
        call_sites.flat_map(crashes).collect()
    };
    recorded_runs.iter().map(crashes_of).collect()
}

async fn run_crashes(flows: &'static [Flow]) {
    run_fault_cases("crash", flows, crashes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn static_credentials_recovers_from_a_crash_at_any_call() {
    run_crashes(flows::STATIC_CREDENTIALS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sts_recovers_from_a_crash_at_any_call() {
    run_crashes(flows::STS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pod_identity_recovers_from_a_crash_at_any_call() {
    run_crashes(flows::POD_IDENTITY).await;
}

/// Acceptance rows: F84, F86.
#[tokio::test(flavor = "multi_thread")]
async fn scap_recovers_from_a_crash_at_any_call() {
    run_crashes(flows::SCAP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_recovers_from_a_crash_at_any_call() {
    run_crashes(flows::ACCOUNTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn account_vended_recovers_from_a_crash_at_any_call() {
    run_crashes(flows::VENDED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn account_sweep_recovers_from_a_crash_at_any_call() {
    run_crashes(flows::SWEEP).await;
}
