//! Faults on demand, for any call of AWS or Palette.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

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
    ends: Option<Arc<Notify>>,
}

/// What befalls one call.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    /// How much later it is served.
    pub(crate) delay: Duration,
    /// What goes wrong with it.
    pub(crate) effect: Option<Effect>,
    /// Who is told that the call has come to where its connection would be cut.
    pub(crate) ends: Option<Arc<Notify>>,
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
            ends: None,
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

    /// Ends the caller where its connection would be cut: `Lambda::crash` tells whom. The connection stays open, so that
    /// the caller does nothing more in its last moment.
    #[must_use]
    pub fn ending(self, caller: Arc<Notify>) -> Fault {
        Fault { ends: Some(caller), ..self }
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
    pub(crate) fn befall(&self, service: &str, operation: &str) -> Fate {
        let mut fate = Fate::default();
        for fault in self.list.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            if fault.meets(service, operation) {
                match fault.effect {
                    Effect::Delay(more) => fate.delay += more,
                    Effect::Throttle
                    | Effect::InternalError
                    | Effect::Unavailable
                    | Effect::NeverAnswer
                    | Effect::Garbage
                    | Effect::CutBefore
                    | Effect::CutAfter => {
                        fate.effect = Some(fault.effect);
                        fate.ends.clone_from(&fault.ends);
                        return fate;
                    }
                }
            }
        }
        fate
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
        let met: Vec<_> = (0..3).map(|_| faults.befall("iam", "GetRole").effect).collect();
        assert_eq!(met, [None, Some(Effect::Throttle), None]);
        let fate = faults.befall("palette", "GET /v1/users/info");
        assert_eq!((fate.delay, fate.effect), (Duration::from_millis(3), None));
        faults.clear();
        let fate = faults.befall("iam", "GetRole");
        assert_eq!((fate.delay, fate.effect), (Duration::ZERO, None));
    }
}
