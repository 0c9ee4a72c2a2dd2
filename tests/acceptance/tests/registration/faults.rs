//! Each call that a registration makes goes wrong in each way.

use domain::Partition;
use local_cloud::Effect;

use crate::{
    matrix::{Flow, suffer_all},
    scene::Way,
    trouble::Kind,
};

const EFFECTS: [Effect; 6] = [
    Effect::Throttle,
    Effect::InternalError,
    Effect::Unavailable,
    Effect::Garbage,
    Effect::CutBefore,
    Effect::CutAfter,
];

const KEYS: Flow = Flow::Register(Way::Keys);
const ROLE: Flow = Flow::Register(Way::Role);

#[tokio::test(flavor = "multi_thread")]
async fn keys_one_call_goes_wrong() {
    suffer_all(Partition::AwsUsGov, KEYS, Kind::Once, &EFFECTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_a_call_goes_wrong_until_the_weather_clears() {
    suffer_all(Partition::Aws, KEYS, Kind::Lasting, &EFFECTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_one_call_goes_wrong() {
    suffer_all(Partition::Aws, ROLE, Kind::Once, &EFFECTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_a_call_goes_wrong_until_the_weather_clears() {
    suffer_all(Partition::AwsUsGov, ROLE, Kind::Lasting, &EFFECTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f85_through_the_access_portal_one_call_goes_wrong() {
    suffer_all(Partition::AwsIso, Flow::Enter, Kind::Once, &EFFECTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_somebody_else_answers_with_a_page() {
    suffer_all(Partition::Aws, Flow::Renew, Kind::Lasting, &[Effect::Garbage]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_a_call_goes_wrong_until_the_weather_clears() {
    suffer_all(Partition::AwsUsGov, Flow::Remove, Kind::Lasting, &EFFECTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_a_call_is_never_answered() {
    suffer_all(Partition::AwsUsGov, KEYS, Kind::Lasting, &[Effect::NeverAnswer]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_a_call_is_never_answered() {
    suffer_all(Partition::Aws, ROLE, Kind::Lasting, &[Effect::NeverAnswer]).await;
}
