//! Each call goes wrong in each way, once and until the weather clears.

use std::time::Duration;

use local_cloud::Effect;

use crate::{
    flow::Flow,
    flows,
    trouble::{
        Kind::{self, Lasting, Once},
        Place,
    },
    work::suffer_all,
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

/// What befalls a call. Each meets one in five of all that may befall it, and the next call of its run meets the next
/// fifth, so that every effect befalls every kind of call somewhere; or everything, where the whole matrix is asked for.
fn chosen(_flow: &Flow, at: usize, _place: &Place) -> Vec<(Effect, Kind)> {
    let whole = std::env::var_os(WHOLE).is_some();
    let some =
        ALL.iter().enumerate().filter(|(number, _)| whole || (number + at).is_multiple_of(5));
    some.map(|(_, one)| *one).collect()
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
