//! In the run that confirms a change of readiness, the function crashes at a call, or a call fails.

use std::{collections::BTreeSet, sync::Arc};

use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault};
use serde_json::Value;

use crate::fixture::{READINESS_CHANGED, WATCH_FUNCTION, WatchedApp};

/// The environment variable that makes the tests use every call and not a sample.
const WHOLE_MATRIX_VARIABLE: &str = "GANGWAY_WHOLE_MATRIX";

/// Makes the account ready or not ready, by its role's trust policy.
fn set_readiness(app: &WatchedApp, is_ready: bool) {
    if is_ready {
        app.customer().trust_palette();
    } else {
        app.customer().trust_with_wrong_external_id();
    }
}

/// Starts a run. Invokes the function up to three times, as Lambda does if an invocation fails.
async fn start_run(app: &WatchedApp) {
    for _attempt in 0..3 {
        let responses = app.deployment().run_schedules(WATCH_FUNCTION).await;
        if responses.iter().all(Result::is_ok) {
            return;
        }
    }
    panic!("the run does not start\n{}", app.logs());
}

/// Returns the number of calls in a run that confirms a change of readiness.
async fn count_calls(app: &WatchedApp) -> u32 {
    set_readiness(app, false);
    app.run().await;
    app.cloud().calls().clear();
    app.run().await;
    let calls = app.cloud().calls().all();
    u32::try_from(calls.iter().filter(|call| !call.nested).count()).expect("a number")
}

/// Runs one change of readiness for each effect and every `step`-th call: the effect applies to
/// that call in the run that confirms the change. `is_crash` also ends the function at that call.
async fn run_cases(effects: &[Effect], is_crash: bool, step: usize) {
    let step = if std::env::var_os(WHOLE_MATRIX_VARIABLE).is_some() { 1 } else { step };
    let app = WatchedApp::start(Partition::Aws).await;
    app.cloud().palette().configure(|behaviour| behaviour.rate_limited = false);
    let uid = app.register_account(AuthMethod::Sts, "prod").await;
    app.run().await;
    let calls = count_calls(&app).await;
    assert!(calls > 15, "{calls}");
    let signal =
        app.deployment().functions.get(WATCH_FUNCTION).expect("the function").crash_signal();
    let mut is_ready = false;
    for (number, effect) in effects.iter().enumerate() {
        for call in (1..=calls).skip(number).step_by(step) {
            let case = format!("{effect:?} at call {call}");
            is_ready = !is_ready;
            set_readiness(&app, is_ready);
            app.run().await;
            let before = app.event_details(READINESS_CHANGED).len();
            let fault = Fault::on("*", "*", *effect).external_calls_only().nth(call);
            let fault = if is_crash { fault.crashing(Arc::clone(&signal)) } else { fault };
            app.cloud().fault(fault);
            start_run(&app).await;
            app.handle_all_messages().await;
            app.cloud().faults().clear();
            app.run().await;
            assert_eq!(app.get_readiness(&uid).await["ready"], is_ready, "{case}\n{}", app.logs());
            // A function that crashes after `PutEvents` publishes the same event again in the next
            // run.
            let events = app.event_details(READINESS_CHANGED).split_off(before);
            let events: BTreeSet<_> = events.iter().map(Value::to_string).collect();
            assert_eq!(events.len(), 1, "{case}: {events:#?}\n{}", app.logs());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn crash_at_any_call_does_not_lose_the_event() {
    run_cases(&[Effect::DisconnectBefore, Effect::DisconnectAfter], true, 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_call_does_not_lose_the_event() {
    let effects = [Effect::InternalError, Effect::Throttle, Effect::DisconnectAfter];
    run_cases(&effects, false, 12).await;
}
