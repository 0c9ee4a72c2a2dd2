//! Tests each flow with crashes: the process of the function ends before or after a call. Then the
//! request is sent again.

use local_cloud::Effect;

use crate::{
    fault_case::{FaultCase, FaultDuration::Crash},
    flow::Flow,
    flows,
    runner::{RecordedFlow, is_whole_matrix, run_fault_cases},
};

/// Returns, for each flow, a crash before and a crash after each call. Without
/// `GANGWAY_WHOLE_MATRIX`, returns them only for calls that change something, because between two
/// such calls the stored state is the same wherever the process ends. Flows that change nothing
/// have no crashes.
fn crash_cases(recorded_flows: &[RecordedFlow]) -> Vec<Vec<FaultCase>> {
    let crashes_of = |recorded: &RecordedFlow| {
        let call_sites = recorded.call_sites.iter().filter(|call_site| {
            !recorded.flow.trigger.is_read_only() && (is_whole_matrix() || call_site.is_write())
        });
        let crashes = |call_site| {
            [Effect::DisconnectBefore, Effect::DisconnectAfter]
                .map(|it| FaultCase::new(call_site, it, Crash))
        };
        call_sites.flat_map(crashes).collect()
    };
    recorded_flows.iter().map(crashes_of).collect()
}

async fn run_crashes(flows: &'static [Flow]) {
    run_fault_cases("crash", flows, crash_cases).await;
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
