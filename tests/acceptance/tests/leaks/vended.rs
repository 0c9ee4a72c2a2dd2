//! Accounts that come aboard by themselves: messages, roles made, the sweep, and accounts that leave.

use acceptance::{Stage, evidence::Evidence};
use gangway_model::Partition;
use local_cloud::{Effect, Fault, world::Kind};
use serde_json::json;

use crate::{faults::ECHOES, open::stage};

const SERVICES: [&str; 5] = ["iam", "sts", "organizations", "palette", "sqs"];

/// An account comes, is swept for, and is closed, while a service answers some calls in this way.
async fn struck(partition: Partition, effect: Option<Effect>) -> Evidence {
    let stage = stage(partition).await;
    let mut evidence = Evidence::default();
    let functions = &stage.realm().functions;
    functions.get("account-vended").expect("it").set("GANGWAY_OFFBOARDING", "remove");
    let organization = stage.realm().organization();
    for service in SERVICES {
        let vended = organization.vend(Kind::ControlTower, service, &organization.sandbox);
        if let Some(effect) = effect {
            stage.cloud().fault(Fault::on(service, "*", effect).times(2).own());
        }
        put(&stage, &vended.events).await;
        for ask in [json!({"dryRun": true}), json!({}), json!({"dryRun": "text"})] {
            let answer = functions.invoke("account-sweep", &ask).await;
            evidence.add("answers to a schedule", format!("{answer:?}"));
        }
        put(&stage, &organization.close(&vended.account)).await;
        stage.cloud().faults().clear();
    }
    for poison in ["no JSON", "[]", "{\"detail\": {\"eventName\": \"CreateAccountResult\"}}"] {
        stage.realm().queues.iter().for_each(|queue| queue.send(poison));
    }
    put(&stage, &[]).await;
    let made = stage.cloud().calls().count("palette", "POST /v1/cloudaccounts/aws");
    assert!(made > 0, "nobody came aboard: {:?}", stage.logs());
    evidence.of(stage.cloud(), stage.realm());
    evidence
}

async fn put(stage: &Stage, events: &[serde_json::Value]) {
    for event in events {
        stage.realm().bus.put(event).await;
    }
    let poller = stage.realm().poller("account-vended").expect("a queue feeds it");
    poller.work_off(8).await;
}

/// In fair weather, and in every other.
pub(crate) fn all() -> impl Iterator<Item = impl Future<Output = Evidence> + Send + 'static> {
    let fair = [Partition::Aws, Partition::AwsUsGov].map(|partition| (partition, None));
    let foul = ECHOES.map(|effect| (Partition::Aws, Some(effect)));
    fair.into_iter().chain(foul).map(|(partition, effect)| struck(partition, effect))
}
