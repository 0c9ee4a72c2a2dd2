//! The function's process ends at each call of a run, before the call was served and after; then the same comes again.

use local_cloud::Effect;

use crate::{
    flow::Flow,
    flows,
    trouble::{Kind, Place},
    work::suffer_all,
};

/// Where nothing is ever changed, nothing can be left half done.
fn both(flow: &Flow, _at: usize, _place: &Place) -> Vec<(Effect, Kind)> {
    if flow.trigger.reads() {
        return Vec::new();
    }
    vec![(Effect::CutBefore, Kind::Crash), (Effect::CutAfter, Kind::Crash)]
}

async fn crash(flows: &'static [Flow]) {
    suffer_all("crash", flows, both).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn f84_registering_and_f86_a_new_certificate_for_the_access_portal() {
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
