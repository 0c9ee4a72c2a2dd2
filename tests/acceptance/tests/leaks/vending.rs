//! Leak tests of account vending: messages, created roles, the sweep and removals.

use acceptance::{TestApp, evidence::Evidence};
use gangway_model::Partition;
use local_cloud::{Effect, Fault, fixtures::VendingSource};
use serde_json::json;

use crate::{faults::ECHO_EFFECTS, open_partitions::start_verbose};

const SERVICES: [&str; 5] = ["iam", "sts", "organizations", "palette", "sqs"];

/// Creates, sweeps and closes an account while a service fails in this way.
async fn run(partition: Partition, effect: Option<Effect>) -> Evidence {
    let app = start_verbose(partition).await;
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
    for poison in ["no JSON", "[]", "{\"detail\": {\"eventName\": \"CreateAccountResult\"}}"] {
        app.deployment().queues.iter().for_each(|queue| queue.send(poison));
    }
    process_events(&app, &[]).await;
    let created = app.cloud().calls().count("palette", "POST /v1/cloudaccounts/aws");
    assert!(created > 0, "no account was registered: {:?}", app.logs());
    evidence.add_partition(app.cloud(), app.deployment());
    evidence
}

async fn process_events(app: &TestApp, events: &[serde_json::Value]) {
    for event in events {
        app.deployment().bus.put(event).await;
    }
    let poller = app.deployment().poller("account-vended").expect("a queue feeds it");
    poller.drain(8).await;
}

/// Returns a run without faults for each partition, then a run for each fault.
pub(crate) fn runs() -> impl Iterator<Item = impl Future<Output = Evidence> + Send + 'static> {
    let without_fault = [Partition::Aws, Partition::AwsUsGov].map(|partition| (partition, None));
    let with_faults = ECHO_EFFECTS.map(|effect| (Partition::Aws, Some(effect)));
    without_fault.into_iter().chain(with_faults).map(|(partition, effect)| run(partition, effect))
}
