//! Calls that wait for nothing of each other, made at the same time in the same task, which keeps the budget in view.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

enum Slot<F: Future> {
    Running(Pin<Box<F>>),
    Done(Option<F::Output>),
}

/// Their outcomes, in their order.
pub(crate) async fn all<F: Future>(work: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut slots: Vec<_> = work.into_iter().map(|one| Slot::Running(Box::pin(one))).collect();
    poll_fn(|context| poll_each(&mut slots, context)).await;
    let outcomes = slots.into_iter().map(|slot| match slot {
        Slot::Running(_) => None,
        Slot::Done(outcome) => outcome,
    });
    outcomes.flatten().collect()
}

fn poll_each<F: Future>(slots: &mut [Slot<F>], context: &mut Context<'_>) -> Poll<()> {
    let mut all = Poll::Ready(());
    for slot in slots {
        if let Slot::Running(one) = slot {
            match one.as_mut().poll(context) {
                Poll::Ready(outcome) => *slot = Slot::Done(Some(outcome)),
                Poll::Pending => all = Poll::Pending,
            }
        }
    }
    all
}
