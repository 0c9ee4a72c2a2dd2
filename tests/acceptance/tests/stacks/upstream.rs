//! Failures of Palette, and crashes of the function, while it handles requests of stacks.

use gangway_model::Partition;
use local_cloud::{Effect, Fault};

use crate::fixture::{ACCOUNT_RESOURCE, StackApp, account_properties};

#[tokio::test(flavor = "multi_thread")]
async fn short_outage_is_retried_and_a_long_one_fails_the_stack() {
    let app = StackApp::start(Partition::Aws).await;
    let (mut stack, poller) = (app.new_stack_resource(), app.poller());
    let prod = account_properties(app.customer(), "prod");
    app.cloud().fault(Fault::on("palette", "*", Effect::Unavailable).times(30));
    stack.create(&prod, poller).await.unwrap();
    stack.delete(poller).await.unwrap();
    app.cloud().fault(Fault::on("palette", "*", Effect::Unavailable));
    let mut stack = app.new_stack_resource();
    let request = stack.request("Create", None, &prod);
    assert!(stack.send(&request));
    app.handle_all_messages().await;
    let answer = stack.answer(&request).expect("an answer");
    assert!(!answer.is_success && answer.reason.contains("Palette is not available"), "{answer:?}");
    app.cloud().faults().clear();
    app.assert_untouched();
}

/// The function crashes at each third call of a create, and at a call of the delete that follows.
#[tokio::test(flavor = "multi_thread")]
async fn stack_and_palette_agree_after_a_crash_at_any_call() {
    let app = StackApp::start(Partition::Aws).await;
    let poller = app.poller();
    let lambda = app.deployment().functions.get(ACCOUNT_RESOURCE).expect("the function");
    for at in (1..=60).step_by(3) {
        let mut stack = app.new_stack_resource();
        let prod = account_properties(app.customer(), &format!("prod-{at}"));
        let crash = |at| {
            let fault = Fault::on("*", "*", Effect::DisconnectAfter).external_calls_only().nth(at);
            app.cloud().fault(fault.crashing(lambda.crash_signal()));
        };
        crash(at);
        stack.create(&prod, poller).await.unwrap();
        let is_reached = app.cloud().faults().triggered_count() > 0;
        app.cloud().faults().clear();
        assert_eq!(app.account_names(), [format!("prod-{at}")]);
        crash(at.min(12));
        stack.delete(poller).await.unwrap();
        app.cloud().faults().clear();
        app.assert_untouched();
        if !is_reached {
            return;
        }
    }
}
