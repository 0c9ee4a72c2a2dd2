//! What goes wrong, and with whom.

use std::time::Duration;

use acceptance::Stage;
use local_cloud::{Echo, Effect, Fault};

/// A service repeats what it was sent.
pub(crate) const ECHOES: [Effect; 7] = [
    Effect::Echo(Echo::Refusal(400)),
    Effect::Echo(Echo::Refusal(403)),
    Effect::Echo(Echo::Refusal(500)),
    Effect::Echo(Echo::Cut(400, 25)),
    Effect::Echo(Echo::Code(400)),
    Effect::Echo(Echo::Page),
    Effect::Echo(Echo::Text),
];

/// All else that goes wrong with a call, where the service says nothing of what it was sent.
pub(crate) const OTHERS: [Effect; 7] = [
    Effect::Throttle,
    Effect::InternalError,
    Effect::Unavailable,
    Effect::Garbage,
    Effect::CutBefore,
    Effect::CutAfter,
    Effect::NeverAnswer,
];

/// A silent service takes as long as it is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_millis(2500);

/// Everything that this service is asked goes wrong in this way.
pub(crate) fn strike(stage: &Stage, service: &str, effect: Effect) {
    stage.cloud().faults().clear();
    stage.cloud().fault(Fault::on(service, "*", effect));
}

/// As long as the template has it.
pub(crate) fn patient(stage: &Stage) {
    for lambda in stage.realm().functions.all() {
        lambda.limit(lambda.function().timeout);
    }
}

/// Nobody waits longer than that.
pub(crate) fn impatient(stage: &Stage) {
    for lambda in stage.realm().functions.all() {
        lambda.limit(PATIENCE);
    }
}
