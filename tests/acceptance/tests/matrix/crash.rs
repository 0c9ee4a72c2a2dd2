//! The crash matrix: the process of the function ends before or after each call, then the request
//! is repeated.

use local_cloud::Effect;

use crate::{
    fault_case::{FaultCase, FaultDuration::Crash},
    flow::Flow,
    flows,
    runner::{Run, run_fault_cases},
};

/// Flows that change nothing are skipped: nothing can be left half done.
fn both(recorded_runs: &[Run]) -> Vec<Vec<FaultCase>> {
    let of = |run: &Run| {
        let call_sites = run.call_sites.iter().filter(|_| !run.flow.trigger.reads());
        let both = |call_site| {
            [Effect::CutBefore, Effect::CutAfter].map(|it| FaultCase::new(call_site, it, Crash))
        };
        call_sites.flat_map(both).collect()
    };
    recorded_runs.iter().map(of).collect()
}

async fn crash(flows: &'static [Flow]) {
    run_fault_cases("crash", flows, both).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn static_credentials() {
    crash(flows::STATIC_CREDENTIALS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sts() {
    crash(flows::STS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pod_identity() {
    crash(flows::POD_IDENTITY).await;
}

/// Rows: F84, F86.
/// Rows: F84, F86.
#[tokio::test(flavor = "multi_thread")]
async fn scap() {
    crash(flows::SCAP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts() {
    crash(flows::ACCOUNTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn account_vended() {
    crash(flows::VENDED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn account_sweep() {
    crash(flows::SWEEP).await;
}
