//! Collects evidence for the search for secrets when accounts are vended, swept and closed.

use acceptance::{TestApp, evidence::Evidence};
use gangway_model::Partition;
use local_cloud::{Effect, Fault, fixtures::VendingSource};
use serde_json::json;

use crate::{faults::ECHO_EFFECTS, open_partitions::start_with_verbose_logs};

/// The services that fail, one after the other.
const SERVICES: [&str; 5] = ["iam", "sts", "organizations", "palette", "sqs"];

/// Vends an account, runs the sweep and closes the account. If there is an effect, one service
/// after the other fails in this way.
async fn run(partition: Partition, effect: Option<Effect>) -> Evidence {
    let app = start_with_verbose_logs(partition).await;
    let mut evidence = Evidence::default();
    let functions = &app.deployment().functions;
    functions.get("account-vended").expect("it").set_variable("GANGWAY_OFFBOARDING", "remove");
    let organization = app.deployment().organization();
    for service in SERVICES {
        let vended = organization.vend(VendingSource::ControlTower, service, &organization.sandbox);
        if let Some(effect) = effect {
            app.cloud().fault(Fault::on(service, "*", effect).times(2).external_calls_only());
        }
        process_events(&app, &vended.events).await;
        for payload in [json!({"dryRun": true}), json!({}), json!({"dryRun": "text"})] {
            let response = functions.invoke("account-sweep", &payload).await;
            evidence.add("responses to a schedule", format!("{response:?}"));
        }
        process_events(&app, &organization.close(&vended.account)).await;
        app.cloud().faults().clear();
    }
    for invalid_message in
        ["no JSON", "[]", "{\"detail\": {\"eventName\": \"CreateAccountResult\"}}"]
    {
        app.deployment().queues.iter().for_each(|queue| queue.send(invalid_message));
    }
    process_events(&app, &[]).await;
    let created = app.cloud().calls().count("palette", "POST /v1/cloudaccounts/aws");
    assert!(created > 0, "no account was registered: {:?}", app.logs());
    evidence.add_partition(app.cloud(), app.deployment());
    evidence
}

/// Puts events on the event bus, and processes the messages of the queue.
async fn process_events(app: &TestApp, events: &[serde_json::Value]) {
    for event in events {
        app.deployment().bus.put(event).await;
    }
    let poller = app.deployment().poller("account-vended").expect("a queue feeds it");
    poller.drain(8).await;
}

/// Returns a run without faults in `aws` and one in `aws-us-gov`, and a run for each fault.
pub(crate) fn runs() -> impl Iterator<Item = impl Future<Output = Evidence> + Send + 'static> {
    let without_fault = [Partition::Aws, Partition::AwsUsGov].map(|partition| (partition, None));
    let with_faults = ECHO_EFFECTS.map(|effect| (Partition::Aws, Some(effect)));
    without_fault.into_iter().chain(with_faults).map(|(partition, effect)| run(partition, effect))
}
