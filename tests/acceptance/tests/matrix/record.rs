//! The calls of an undisturbed run: the points at which something may befall it.

use std::{collections::BTreeMap, time::Duration};

use local_cloud::{Effect, Fault, calls::Call};

use crate::{
    flow::{Flow, Told},
    ground::Ground,
    state::State,
    trouble::Place,
};

/// How much later each call is served while points are looked for, so that those that are asked at the same time are seen
/// to be.
const LATER: Duration = Duration::from_millis(25);

/// An undisturbed run.
pub(crate) struct Recorded {
    /// Where something may befall it, in the order of the calls.
    pub(crate) places: Vec<Place>,
    /// What was told.
    pub(crate) told: Told,
    /// How it ends, with neither names nor ids.
    pub(crate) end: String,
    /// The same of what was told.
    pub(crate) said: String,
}

/// How calls are to be served meanwhile.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pace {
    /// Late, to see which are asked at the same time.
    Slow,
    /// As they come.
    Usual,
}

impl Ground {
    /// Runs a flow with nothing in its way.
    pub(crate) async fn record(&self, flow: &Flow, pace: Pace) -> Recorded {
        let subject = self.prepare(flow, "account-undisturbed").await;
        if pace == Pace::Slow {
            self.cloud().fault(Fault::on("*", "*", Effect::Delay(LATER)).own());
        }
        self.cloud().calls().clear();
        let told = self.carry(&(flow.ask)(self, &subject), &subject).await;
        let calls = self.cloud().calls().all();
        self.cloud().faults().clear();
        assert!(told.succeeded(), "{} {}, undisturbed: {}", flow.function, flow.name, told.text());
        let settled = self.settle().await;
        assert!(settled.succeeded(), "{} {}: {}", flow.function, flow.name, settled.text());
        let state = State::of(self, &subject);
        state.consistent().expect("an undisturbed run ends well");
        let (end, said) = (state.anonymous(), state.without_names(&told.text()));
        self.forget(&subject);
        Recorded { places: places(&calls), told, end, said }
    }
}

/// Each call of the function's own, numbered among those of its operation.
fn places(calls: &[Call]) -> Vec<Place> {
    // What Palette asks of AWS comes between them in any order, and is not the function's.
    let own: Vec<_> = calls.iter().filter(|call| !call.nested).collect();
    let mut seen = BTreeMap::new();
    let mut places = Vec::new();
    for (at, call) in own.iter().enumerate() {
        let operation = (call.service.clone(), call.operation.clone());
        let nth = seen.entry(operation.clone()).and_modify(|nth| *nth += 1).or_insert(1_u32);
        if !stood_for(&own, at) {
            places.push(Place { service: operation.0, operation: operation.1, nth: *nth });
        }
    }
    places
}

/// Whether others stand for a call: of the questions that are put to IAM in the same words at the same time, the first and
/// the last do. Which of them is which is chance.
fn stood_for(calls: &[&Call], at: usize) -> bool {
    let call = calls[at];
    let alike = |other: &&&Call| {
        other.service == call.service
            && other.operation == call.operation
            && other.start < call.end.unwrap_or(call.start)
            && call.start < other.end.unwrap_or(other.start)
    };
    call.service == "iam"
        && !call.changes()
        && calls[..at].iter().any(|other| alike(&other))
        && calls[at + 1..].iter().any(|other| alike(&other))
}
