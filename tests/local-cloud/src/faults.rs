//! Faults on demand, for any call of AWS or Palette.
mod echo;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

pub use self::echo::Echo;

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
    /// Nothing is done, and what was sent is repeated.
    Echo(Echo),
    /// The call is served, later.
    Delay(Duration),
    /// The call is served, and readers of the service do not see it yet: for so long, by the cloud's clock, they are shown
    /// what there was before it, as by a replica that lags behind. For calls that change something.
    Stale(Duration),
}

/// An effect, the calls that it is for, and how often.
#[derive(Debug, Clone)]
pub struct Fault {
    service: String,
    operation: String,
    effect: Effect,
    spared: u32,
    left: Option<u32>,
    chance: Option<RandomSelection>,
    /// Whether nested calls are spared.
    own: bool,
    ends: Option<Arc<Notify>>,
}

/// One call in so many, as a seed throws the dice.
#[derive(Debug, Clone)]
struct RandomSelection {
    one_in: u64,
    state: u64,
}

impl RandomSelection {
    /// Xorshift: no better dice are needed, but always the same ones.
    fn is_selected(&mut self) -> bool {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11).is_multiple_of(self.one_in)
    }
}

/// What befalls one call.
#[derive(Debug, Default)]
pub(crate) struct FaultOutcome {
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
            chance: None,
            own: false,
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

    /// Only for calls from outside, not for what a part of the cloud asks while it serves one.
    #[must_use]
    pub fn own(self) -> Fault {
        Fault { own: true, ..self }
    }

    /// One matching call in so many, by chance, as this seed has it. What a part of the cloud asks while it serves another call
    /// is spared.
    #[must_use]
    pub fn by_chance(self, one_in: u32, seed: u64) -> Fault {
        let state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        Fault {
            chance: Some(RandomSelection { one_in: u64::from(one_in.max(1)), state }),
            own: true,
            ..self
        }
    }

    /// Ends the caller where its connection would be cut: `Lambda::crash` tells whom. The connection stays open, so that
    /// the caller does nothing more in its last moment.
    #[must_use]
    pub fn ending(self, caller: Arc<Notify>) -> Fault {
        Fault { ends: Some(caller), ..self }
    }

    fn matches(&mut self, service: &str, operation: &str, nested: bool) -> bool {
        let fits = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        if !fits(&self.service, service)
            || !fits(&self.operation, operation)
            || self.left == Some(0)
            || (nested && self.own)
        {
            return false;
        }
        if self.chance.as_mut().is_some_and(|chance| !chance.is_selected()) {
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
    met: Mutex<Vec<Effect>>,
}

impl Faults {
    /// Adds one behind those already there.
    pub fn add(&self, fault: Fault) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// The weather clears.
    pub fn clear(&self) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.met.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What has befallen calls since the weather cleared last.
    pub fn seen(&self) -> Vec<Effect> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many calls that were.
    pub fn met(&self) -> usize {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What befalls this call: delays added up, and the first effect that is not a delay.
    pub(crate) fn next_outcome(
        &self,
        service: &str,
        operation: &str,
        nested: bool,
    ) -> FaultOutcome {
        let mut fate = FaultOutcome::default();
        for fault in self.list.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            if fault.matches(service, operation, nested) {
                self.met.lock().unwrap_or_else(PoisonError::into_inner).push(fault.effect);
                match fault.effect {
                    Effect::Delay(more) => fate.delay += more,
                    Effect::Throttle
                    | Effect::InternalError
                    | Effect::Unavailable
                    | Effect::NeverAnswer
                    | Effect::Garbage
                    | Effect::CutBefore
                    | Effect::CutAfter
                    | Effect::Echo(_)
                    | Effect::Stale(_) => {
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
        let met: Vec<_> =
            (0..3).map(|_| faults.next_outcome("iam", "GetRole", false).effect).collect();
        assert_eq!(met, [None, Some(Effect::Throttle), None]);
        assert_eq!(faults.met(), 3, "each met one: what goes wrong is not late besides");
        let fate = faults.next_outcome("palette", "GET /v1/users/info", false);
        assert_eq!((fate.delay, fate.effect), (Duration::from_millis(3), None));
        faults.clear();
        let fate = faults.next_outcome("iam", "GetRole", false);
        assert_eq!((fate.delay, fate.effect), (Duration::ZERO, None));
    }

    #[test]
    fn chance_meets_about_one_call_in_so_many_and_spares_the_clouds_own() {
        let met = |nested| {
            let faults = Faults::default();
            faults.add(Fault::on("*", "*", Effect::Throttle).by_chance(20, 7));
            (0..10_000)
                .filter(|_| faults.next_outcome("iam", "GetRole", nested).effect.is_some())
                .count()
        };
        assert!((400..600).contains(&met(false)), "{}", met(false));
        assert_eq!(met(true), 0);
    }
}
