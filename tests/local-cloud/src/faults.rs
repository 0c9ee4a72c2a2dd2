//! Fault injection for calls to AWS and Palette.
mod echo;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

pub use self::echo::Echo;

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Throttling error of the service. The call is not executed.
    Throttle,
    /// HTTP 500 in the service's format. The call is not executed.
    InternalError,
    /// HTTP 503 in the service's format. The call is not executed.
    Unavailable,
    /// An error of AWS with this HTTP status and error code. The call is not executed.
    AwsError { status: u16, code: &'static str },
    /// No response; the connection stays open. The call is not executed.
    NoResponse,
    /// HTTP 200 with an HTML page, as from a proxy. The call is not executed.
    HtmlPage,
    /// The connection is closed before the call is executed.
    DisconnectBefore,
    /// The call is executed, then the connection is closed: the caller cannot know the result.
    DisconnectAfter,
    /// The response repeats the request. The call is not executed.
    Echo(Echo),
    /// The call is delayed.
    Delay(Duration),
    /// The call is executed, but readers of the service see the previous state for a while by the
    /// cloud's clock. Only for write operations.
    StaleReads(Duration),
}

/// An effect, the calls that it applies to, and how often.
#[derive(Debug, Clone)]
pub struct Fault {
    service: String,
    operation: String,
    effect: Effect,
    skip: u32,
    remaining: Option<u32>,
    chance: Option<RandomSelection>,
    /// Whether nested calls are skipped.
    skip_nested: bool,
    crash_signal: Option<Arc<Notify>>,
}

/// Selects one call in `one_in`, pseudo-randomly.
#[derive(Debug, Clone)]
struct RandomSelection {
    one_in: u64,
    state: u64,
}

impl RandomSelection {
    /// Selects one of `one_in` calls at random (Xorshift), reproducibly for a seed.
    fn is_selected(&mut self) -> bool {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11).is_multiple_of(self.one_in)
    }
}

/// What happens to one call.
#[derive(Debug, Default)]
pub(crate) struct FaultOutcome {
    /// Delay before the call.
    pub(crate) delay: Duration,
    /// Effect on the call.
    pub(crate) effect: Option<Effect>,
    /// Notified when the connection would be closed.
    pub(crate) crash_signal: Option<Arc<Notify>>,
}

impl Fault {
    /// Applies to every call of an operation until cleared. `*` matches any service or operation.
    pub fn on(service: &str, operation: &str, effect: Effect) -> Fault {
        Fault {
            service: service.into(),
            operation: operation.into(),
            effect,
            skip: 0,
            remaining: None,
            chance: None,
            skip_nested: false,
            crash_signal: None,
        }
    }

    /// Applies to the next matching call only.
    #[must_use]
    pub fn once(self) -> Fault {
        self.times(1)
    }

    /// Applies to a number of matching calls.
    #[must_use]
    pub fn times(self, times: u32) -> Fault {
        Fault { remaining: Some(times), ..self }
    }

    /// Applies to the n-th matching call (from 1) only, unless `times` follows.
    #[must_use]
    pub fn nth(self, n: u32) -> Fault {
        Fault { skip: n.saturating_sub(1), remaining: Some(1), ..self }
    }

    /// Applies only to calls from outside, not to nested calls.
    #[must_use]
    pub fn external_calls_only(self) -> Fault {
        Fault { skip_nested: true, ..self }
    }

    /// Applies to one matching call in `one_in`, selected by the seed. Nested calls are skipped.
    #[must_use]
    pub fn at_random(self, one_in: u32, seed: u64) -> Fault {
        let state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        Fault {
            chance: Some(RandomSelection { one_in: u64::from(one_in.max(1)), state }),
            skip_nested: true,
            ..self
        }
    }

    /// Ends the calling function instead of closing the connection; `LambdaFunction::crash_signal`
    /// gives the signal. The connection stays open, so that the function cannot react.
    #[must_use]
    pub fn crashing(self, caller: Arc<Notify>) -> Fault {
        Fault { crash_signal: Some(caller), ..self }
    }

    fn matches(&mut self, service: &str, operation: &str, nested: bool) -> bool {
        let fits = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        if !fits(&self.service, service)
            || !fits(&self.operation, operation)
            || self.remaining == Some(0)
            || (nested && self.skip_nested)
        {
            return false;
        }
        if self.chance.as_mut().is_some_and(|chance| !chance.is_selected()) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.remaining = self.remaining.map(|left| left - 1);
        true
    }
}

/// The active faults.
#[derive(Debug, Default)]
pub struct Faults {
    active: Mutex<Vec<Fault>>,
    triggered: Mutex<Vec<Effect>>,
}

impl Faults {
    /// Adds a fault after the existing ones.
    pub fn add(&self, fault: Fault) {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// Removes all faults and the record of triggered ones.
    pub fn clear(&self) {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.triggered.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Returns the effects that were triggered since the last `clear`.
    pub fn triggered(&self) -> Vec<Effect> {
        self.triggered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the number of effects that were triggered.
    pub fn triggered_count(&self) -> usize {
        self.triggered.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns what happens to a call: the sum of all delays, and the first other effect.
    pub(crate) fn next_outcome(
        &self,
        service: &str,
        operation: &str,
        nested: bool,
    ) -> FaultOutcome {
        let mut outcome = FaultOutcome::default();
        for fault in self.active.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            if fault.matches(service, operation, nested) {
                self.triggered.lock().unwrap_or_else(PoisonError::into_inner).push(fault.effect);
                match fault.effect {
                    Effect::Delay(more) => outcome.delay += more,
                    Effect::Throttle
                    | Effect::InternalError
                    | Effect::Unavailable
                    | Effect::AwsError { .. }
                    | Effect::NoResponse
                    | Effect::HtmlPage
                    | Effect::DisconnectBefore
                    | Effect::DisconnectAfter
                    | Effect::Echo(_)
                    | Effect::StaleReads(_) => {
                        outcome.effect = Some(fault.effect);
                        outcome.crash_signal.clone_from(&fault.crash_signal);
                        return outcome;
                    }
                }
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_applies_only_to_matching_calls() {
        let faults = Faults::default();
        faults.add(Fault::on("iam", "GetRole", Effect::Throttle).nth(2));
        faults.add(Fault::on("*", "*", Effect::Delay(Duration::from_millis(3))));
        let met: Vec<_> =
            (0..3).map(|_| faults.next_outcome("iam", "GetRole", false).effect).collect();
        assert_eq!(met, [None, Some(Effect::Throttle), None]);
        assert_eq!(
            faults.triggered_count(),
            3,
            "each met one: what goes wrong is not late besides"
        );
        let outcome = faults.next_outcome("palette", "GET /v1/users/info", false);
        assert_eq!((outcome.delay, outcome.effect), (Duration::from_millis(3), None));
        faults.clear();
        let outcome = faults.next_outcome("iam", "GetRole", false);
        assert_eq!((outcome.delay, outcome.effect), (Duration::ZERO, None));
    }

    #[test]
    fn random_fault_selects_one_call_in_n_and_skips_nested_calls() {
        let met = |nested| {
            let faults = Faults::default();
            faults.add(Fault::on("*", "*", Effect::Throttle).at_random(20, 7));
            (0..10_000)
                .filter(|_| faults.next_outcome("iam", "GetRole", nested).effect.is_some())
                .count()
        };
        assert!((400..600).contains(&met(false)), "{}", met(false));
        assert_eq!(met(true), 0);
    }
}
