//! Tests that every function and every trigger in the template has a flow.

use std::collections::BTreeSet;

use acceptance::TestApp;
use gangway_model::Partition;

use crate::{flow::Trigger, flows};

/// Returns the triggers in the template, in any partition: the package of the function, and the
/// route or the kind of trigger.
async fn find_deployed_triggers() -> BTreeSet<(String, String)> {
    let mut triggers = BTreeSet::new();
    for partition in [Partition::Aws, Partition::AwsUsGov, Partition::AwsIsoB, Partition::AwsIso] {
        let app = TestApp::start(partition).await;
        for lambda in app.deployment().functions.all() {
            let function = lambda.function();
            let mut trigger =
                |trigger: String| triggers.insert((function.package.clone(), trigger));
            trigger("is deployed".to_owned());
            for route in &function.routes {
                // A flow in the scope of the tenant also covers the route in the scope of a
                // project: the functions only send another header to Palette.
                let path = route.path.replace("/v1/projects/{project}/", "/v1/tenant/");
                trigger(format!("{} {path}", route.method));
            }
            if !function.rules.is_empty() {
                trigger("an event".to_owned());
            }
            if !function.queues.is_empty() {
                trigger("a queue".to_owned());
            }
            if !function.schedules.is_empty() {
                trigger("a schedule".to_owned());
            }
        }
    }
    triggers
}

#[tokio::test]
async fn every_function_and_trigger_has_a_flow() {
    let mut covered = BTreeSet::new();
    for flow in flows::ALL.into_iter().flatten() {
        let trigger = match flow.trigger {
            Trigger::Route(verb, path) => format!("{verb} {path}"),
            Trigger::Event => "an event".to_owned(),
            Trigger::Queue => "a queue".to_owned(),
            Trigger::Schedule => "a schedule".to_owned(),
        };
        covered.insert((flow.function.to_owned(), trigger));
        covered.insert((flow.function.to_owned(), "is deployed".to_owned()));
    }
    let mut deployed_triggers = find_deployed_triggers().await;
    // Other suites test the remaining functions with crashes and faults: the suite `watch` tests
    // `account-watch`, the suite `stacks` tests `account-resource`, and the suite `rotation` tests
    // rotations.
    deployed_triggers.retain(|(function, trigger)| {
        !["account-watch", "account-resource"].contains(&function.as_str())
            && !trigger.ends_with("/rotate")
    });
    assert!(deployed_triggers.len() > 25, "{deployed_triggers:?}");
    assert_eq!(covered, deployed_triggers);
}
