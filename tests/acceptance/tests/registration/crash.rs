//! The function's process ends at each call of a run, before the call was served and after; then the request comes again.

use domain::Partition;
use local_cloud::Effect;

use crate::{
    matrix::{Flow, suffer_all},
    scene::Way,
    trouble::Kind,
};

const WHEN: [Effect; 2] = [Effect::CutBefore, Effect::CutAfter];

async fn crash(partition: Partition, flow: Flow) {
    suffer_all(partition, flow, Kind::Crash, &WHEN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_keys() {
    crash(Partition::Aws, Flow::Register(Way::Keys)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_a_role() {
    crash(Partition::AwsUsGov, Flow::Register(Way::Role)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn renewing_a_key() {
    crash(Partition::AwsUsGov, Flow::Renew).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replacing_an_account() {
    crash(Partition::Aws, Flow::Replace).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_keys_for_a_role() {
    crash(Partition::AwsUsGov, Flow::Change).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f84_registering_through_the_access_portal() {
    crash(Partition::AwsIsoB, Flow::Enter).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f86_a_new_certificate_for_the_access_portal() {
    crash(Partition::AwsIso, Flow::Certify).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_an_account() {
    crash(Partition::Aws, Flow::Remove).await;
}
