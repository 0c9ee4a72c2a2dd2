//! Faults on demand, for any call of AWS or Palette.
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Refused as too many, in the service's own words. Nothing is done.
    Throttle,
    /// HTTP 500 in the service's own words. Nothing is done.
    InternalError,
    /// HTTP 503 in the service's own words. Nothing is done.
    Unavailable,
    /// The connection stays open, and no answer ever comes. Nothing is done.
    NeverAnswer,
    /// HTTP 200 with a page of HTML, as a proxy in between would send. Nothing is done.
    Garbage,
    /// The connection is cut before anything is done.
    CutBefore,
    /// The work is done, then the connection is cut: the caller cannot know.
    CutAfter,
    /// The call is served, later.
    Delay(Duration),
}

/// An effect, the calls that it is for, and how often.
#[derive(Debug, Clone)]
pub struct Fault {
    service: String,
    operation: String,
    effect: Effect,
    spared: u32,
    left: Option<u32>,
}

impl Fault {
    /// For every call of an operation, until cleared. `*` stands for any service or operation.
    pub fn on(service: &str, operation: &str, effect: Effect) -> Fault {
        Fault {
            service: service.into(),
            operation: operation.into(),
            effect,
            spared: 0,
            left: None,
        }
    }

    /// The next matching call only.
    #[must_use]
    pub fn once(self) -> Fault {
        self.times(1)
    }

    /// So many matching calls, then no more.
    #[must_use]
    pub fn times(self, times: u32) -> Fault {
        Fault { left: Some(times), ..self }
    }

    /// The n-th matching call from now on (the first is 1), and no other unless `times` follows.
    #[must_use]
    pub fn nth(self, n: u32) -> Fault {
        Fault { spared: n.saturating_sub(1), left: Some(1), ..self }
    }

    fn meets(&mut self, service: &str, operation: &str) -> bool {
        let fits = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        if !fits(&self.service, service)
            || !fits(&self.operation, operation)
            || self.left == Some(0)
        {
            return false;
        }
        if self.spared > 0 {
            self.spared -= 1;
            return false;
        }
        self.left = self.left.map(|left| left - 1);
        true
    }
}

/// The faults in force.
#[derive(Debug, Default)]
pub struct Faults {
    list: Mutex<Vec<Fault>>,
}

impl Faults {
    /// Adds one behind those already there.
    pub fn add(&self, fault: Fault) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// The weather clears.
    pub fn clear(&self) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What befalls this call: delays added up, and the first effect that is not a delay.
    pub(crate) fn befall(&self, service: &str, operation: &str) -> (Duration, Option<Effect>) {
        let mut delay = Duration::ZERO;
        for fault in self.list.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            if fault.meets(service, operation) {
                match fault.effect {
                    Effect::Delay(more) => delay += more,
                    Effect::Throttle
                    | Effect::InternalError
                    | Effect::Unavailable
                    | Effect::NeverAnswer
                    | Effect::Garbage
                    | Effect::CutBefore
                    | Effect::CutAfter => return (delay, Some(fault.effect)),
                }
            }
        }
        (delay, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_meets_the_calls_it_is_for_and_no_others() {
        let faults = Faults::default();
        faults.add(Fault::on("iam", "GetRole", Effect::Throttle).nth(2));
        faults.add(Fault::on("*", "*", Effect::Delay(Duration::from_millis(3))));
        let met: Vec<_> = (0..3).map(|_| faults.befall("iam", "GetRole").1).collect();
        assert_eq!(met, [None, Some(Effect::Throttle), None]);
        assert_eq!(
            faults.befall("palette", "GET /v1/users/info"),
            (Duration::from_millis(3), None)
        );
        faults.clear();
        assert_eq!(faults.befall("iam", "GetRole"), (Duration::ZERO, None));
    }
}
