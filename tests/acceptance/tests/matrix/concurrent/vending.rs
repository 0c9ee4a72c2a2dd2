//! Tests two concurrent messages about one vended account.

use std::time::Duration;

use crate::{fixture::Fixture, flow::Action, flows, recording::Pace, state::State};

#[tokio::test(flavor = "multi_thread")]
async fn two_concurrent_messages_register_an_account_once() {
    let flow = flows::VENDED.iter().find(|flow| flow.name == "vend").expect("the flow");
    let fixture = Fixture::start(flow.partition).await;
    let without_faults = fixture.record(flow, Pace::Usual).await;
    for round in 0..3 {
        let subject = fixture.prepare(flow, &format!("account-{round:05}")).await;
        let Action::Queue(events) = (flow.action)(&fixture, &subject) else { panic!("events") };
        let (poller, queue) =
            (fixture.poller().expect("a poller"), fixture.queue().expect("a queue"));
        let batches = poller.batches().len();
        for _copy in 0..2 {
            queue.send(&events[0].to_string());
            // Wait until the message is in a batch. So the next message is in another batch.
            while queue.visible_count() > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        poller.wait_until_idle().await;
        let queue_response = fixture.process_queues().await;
        assert!(queue_response.is_success(), "{}", queue_response.text());
        assert!(poller.batches().len() >= batches + 2, "two batches");
        assert_eq!(
            State::snapshot(&fixture, &subject).to_normalized_text(),
            without_faults.final_state
        );
        fixture.remove_accounts(&subject);
    }
}
