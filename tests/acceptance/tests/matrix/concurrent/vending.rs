//! Two concurrent messages of one account: it is registered once.

use std::time::Duration;

use crate::{fixture::Fixture, flow::Action, flows, recording::Pace, state::State};

#[tokio::test(flavor = "multi_thread")]
async fn two_batches_register_one_account_once() {
    let flow = flows::VENDED.iter().find(|flow| flow.name == "vend").expect("the flow");
    let fixture = Fixture::start(flow.partition).await;
    let undisturbed = fixture.record(flow, Pace::Usual).await;
    for time in 0..3 {
        let subject = fixture.prepare(flow, &format!("account-{time:05}")).await;
        let Action::Queue(events) = (flow.action)(&fixture, &subject) else { panic!("events") };
        let (poller, queue) =
            (fixture.poller().expect("a poller"), fixture.queue().expect("a queue"));
        let batches = poller.batches().len();
        for _copy in 0..2 {
            queue.send(&events[0].to_string());
            // Waits until the message is in a batch; the next message is in another batch.
            while queue.visible_count() > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        poller.wait_until_idle().await;
        let settled = fixture.process_queues().await;
        assert!(settled.succeeded(), "{}", settled.text());
        assert!(poller.batches().len() >= batches + 2, "two batches");
        assert_eq!(State::snapshot(&fixture, &subject).normalized(), undisturbed.final_state);
        fixture.remove_accounts(&subject);
    }
}
