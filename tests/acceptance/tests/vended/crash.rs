//! The function's process ends in the middle of a batch; the messages come again.

use domain::Partition;
use local_cloud::{Effect, Fault, world::Kind};

use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn an_end_in_mid_batch_at_whatever_call_is_made_good() {
    let calls = [
        ("sts", "AssumeRole"),
        ("iam", "CreatePolicy"),
        ("iam", "CreateRole"),
        ("iam", "AttachRolePolicy"),
        ("palette", "POST /v1/clouds/aws/account/validate"),
        ("palette", "POST /v1/cloudaccounts/aws"),
    ];
    let scene = Scene::start(Partition::Aws).await;
    let organization = scene.organization();
    for (service, operation) in calls {
        for when in [Effect::CutBefore, Effect::CutAfter] {
            let batch: Vec<_> = (0..5)
                .map(|number| {
                    let name = format!("team-{number}");
                    organization.vend(Kind::ControlTower, &name, &organization.sandbox)
                })
                .collect();
            scene.poller().pause();
            for vended in &batch {
                scene.put(&vended.events[2..]).await;
            }
            let end = Fault::on(service, operation, when).nth(3).ending(scene.lambda.crash());
            scene.cloud().fault(end);
            scene.poller().resume();
            scene.idle().await;
            let ended = scene.poller().batches().last().is_some_and(|batch| batch.answer.is_err());
            assert!(ended, "{service} {operation} did not end the function");
            scene.cloud().faults().clear();
            scene.work_off().await;
            for vended in &batch {
                scene.assert_aboard(&vended.account);
            }
        }
    }
    assert_eq!(scene.dead(), []);
}
