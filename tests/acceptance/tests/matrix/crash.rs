//! The function's process ends at each call of a run, before the call was served and after; then the same comes again.

use local_cloud::Effect;

use crate::{
    flow::Flow,
    flows,
    trouble::{Kind::Crash, Trouble},
    work::{Course, suffer_all},
};

/// Where nothing is ever changed, nothing can be left half done.
fn both(courses: &[Course]) -> Vec<Vec<Trouble>> {
    let of = |course: &Course| {
        let places = course.places.iter().filter(|_| !course.flow.trigger.reads());
        let both =
            |place| [Effect::CutBefore, Effect::CutAfter].map(|it| Trouble::new(place, it, Crash));
        places.flat_map(both).collect()
    };
    courses.iter().map(of).collect()
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
