//! A rotation in which the function crashes at a call, or a call fails, is completed by later
//! attempts.

use std::sync::Arc;

use gangway_model::Partition;
use local_cloud::{Effect, Fault};

use crate::fixture::{CREDENTIAL_ROTATED, ROTATION_FUNCTION, RotatingApp};

/// The number of attempts of one rotation. It is more than a case needs.
const MAX_ATTEMPTS: usize = 6;

/// Attempts the rotation until it is done. Asserts that the key in Palette works after each
/// attempt.
async fn finish_rotation(app: &RotatingApp, when: &str) {
    for _attempt in 0..MAX_ATTEMPTS {
        let attempts = app.attempt_rotations().await;
        app.cloud().faults().clear();
        app.assert_palettes_key_works(when);
        if attempts.iter().all(|attempt| attempt.is_done) {
            app.assert_only_palettes_key_is_active(when);
            return;
        }
    }
    panic!("{when}: the rotation does not end\n{}", app.logs());
}

/// Returns the number of calls in a rotation that also deletes an old key.
async fn count_calls(app: &RotatingApp, uid: &str) -> u32 {
    app.rotate(uid).await;
    app.request_rotation(uid).await;
    app.cloud().calls().clear();
    finish_rotation(app, "without a fault").await;
    let calls = app.cloud().calls().all();
    u32::try_from(calls.iter().filter(|call| !call.nested).count()).expect("a number")
}

/// Runs one rotation for each effect and every `step`-th call: the effect applies to that call.
/// `is_crash` also ends the function at that call.
async fn run_cases(effects: &[Effect], is_crash: bool, step: usize) {
    let app = RotatingApp::start(Partition::Aws).await;
    let uid = app.register_and_test_rotation().await;
    let calls = count_calls(&app, &uid).await;
    assert!(calls > 25, "{calls}");
    let signal =
        app.deployment().functions.get(ROTATION_FUNCTION).expect("the function").crash_signal();
    let mut rotations = app.event_details(CREDENTIAL_ROTATED).len();
    for (number, effect) in effects.iter().enumerate() {
        for call in (1..=calls).skip(number).step_by(step) {
            app.request_rotation(&uid).await;
            let fault = Fault::on("*", "*", *effect).external_calls_only().nth(call);
            let fault = if is_crash { fault.crashing(Arc::clone(&signal)) } else { fault };
            app.cloud().fault(fault);
            finish_rotation(&app, &format!("{effect:?} at call {call}")).await;
            assert!(
                app.event_details(CREDENTIAL_ROTATED).len() > rotations,
                "{effect:?} at call {call}: not events"
            );
            rotations = app.event_details(CREDENTIAL_ROTATED).len();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_is_completed_after_a_crash_at_any_call() {
    run_cases(&[Effect::DisconnectBefore, Effect::DisconnectAfter], true, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_with_a_failing_call_is_completed() {
    let effects = [Effect::InternalError, Effect::Throttle, Effect::DisconnectAfter];
    run_cases(&effects, false, 3).await;
}
