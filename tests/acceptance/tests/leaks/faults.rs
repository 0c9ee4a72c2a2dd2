//! What goes wrong, and with whom.

use std::time::Duration;

use acceptance::{Stage, evidence::Evidence};
use local_cloud::{Echo, Effect, Fault};

use crate::flow::Flow;

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

/// Every question of each flow while one service after the other answers everything in this way.
pub(crate) async fn strike_each(
    stage: &Stage,
    flows: &[Flow],
    services: &[&str],
    effect: Effect,
    evidence: &mut Evidence,
) {
    for flow in flows {
        patient(stage);
        let (uid, receipt) = flow.aboard(stage, flow.method).await;
        evidence.answer(&receipt);
        if effect == Effect::NeverAnswer {
            impatient(stage);
        }
        for service in services {
            strike(stage, service, effect);
            let answers = match (effect, *service) {
                (Effect::Echo(_), "palette") => flow.ask_all(stage, flow.method, &uid).await,
                (Effect::Echo(_), _) => flow.ask_some(stage, flow.method, &uid).await,
                _ => vec![stage.post(&flow.route(), &flow.named("struck")).await],
            };
            for answer in answers {
                evidence.answer(&answer);
            }
        }
        stage.cloud().faults().clear();
    }
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
