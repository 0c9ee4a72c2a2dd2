//! The faults of services under which functions are searched for leaks of secrets.

use std::time::Duration;

use acceptance::{TestApp, evidence::Evidence};
use local_cloud::{Echo, Effect, Fault};

use crate::flow::Flow;

/// Effects in which the service fails, and its error response repeats the request.
pub(crate) const ECHO_EFFECTS: [Effect; 7] = [
    Effect::Echo(Echo::Message(400)),
    Effect::Echo(Echo::Message(403)),
    Effect::Echo(Echo::Message(500)),
    Effect::Echo(Echo::TruncatedMessage(400, 25)),
    Effect::Echo(Echo::Code(400)),
    Effect::Echo(Echo::HtmlPage),
    Effect::Echo(Echo::JsonString),
];

/// Effects in which the service fails, and does not repeat the request.
pub(crate) const OTHER_EFFECTS: [Effect; 7] = [
    Effect::Throttle,
    Effect::InternalError,
    Effect::Unavailable,
    Effect::HtmlPage,
    Effect::DisconnectBefore,
    Effect::DisconnectAfter,
    Effect::NoResponse,
];

/// The time limit of a function in tests in which a service does not respond.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(2500);

/// Makes every call to `service` fail in this way, and no other call.
pub(crate) fn inject(app: &TestApp, service: &str, effect: Effect) {
    app.cloud().faults().clear();
    app.cloud().fault(Fault::on(service, "*", effect));
}

/// Registers an account with each flow. Then sends the requests of the flow while one service after
/// the other fails in this way.
pub(crate) async fn send_requests_with_each_fault(
    app: &TestApp,
    flows: &[Flow],
    services: &[&str],
    effect: Effect,
    evidence: &mut Evidence,
) {
    for flow in flows {
        restore_timeouts(app);
        let (uid, receipt) = flow.register(app, flow.method).await;
        evidence.add_response(&receipt);
        if effect == Effect::NoResponse {
            shorten_timeouts(app);
        }
        for service in services {
            inject(app, service, effect);
            let responses = match (effect, *service) {
                (Effect::Echo(_), "palette") => {
                    flow.send_all_requests(app, flow.method, &uid).await
                }
                (Effect::Echo(_), _) => flow.send_main_requests(app, flow.method, &uid).await,
                _ => vec![app.post(&flow.route(), &flow.request_with_name("with-fault")).await],
            };
            for response in responses {
                evidence.add_response(&response);
            }
        }
        app.cloud().faults().clear();
    }
}

/// Sets the time limits of all functions to those of the template.
pub(crate) fn restore_timeouts(app: &TestApp) {
    for lambda in app.deployment().functions.all() {
        lambda.set_timeout(lambda.function().timeout);
    }
}

/// Sets the time limits of all functions to [`TIMEOUT`].
pub(crate) fn shorten_timeouts(app: &TestApp) {
    for lambda in app.deployment().functions.all() {
        lambda.set_timeout(TIMEOUT);
    }
}
