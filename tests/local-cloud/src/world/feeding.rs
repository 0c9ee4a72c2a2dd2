//! What feeds functions besides HTTP: queues with their pollers, and schedules.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Realm, deployed::execution_role_name};
use crate::{
    Cloud,
    aws::{Account, Queue, sqs::Settings},
    clock::iso8601,
    functions::{FunctionError, Functions, Lambda, Poller},
    gateway::Bus,
    template::{self, Function, Schedule},
};

impl Realm {
    /// A queue of the deployment, by its key in the template.
    pub fn queue(&self, logical_id: &str) -> Option<&Queue> {
        let name = format!("gangway-{logical_id}");
        self.queues.iter().find(|queue| queue.name() == name || queue.name() == logical_id)
    }

    /// The poller that feeds a function.
    pub fn poller(&self, package: &str) -> Option<&Poller> {
        self.pollers.iter().find(|poller| poller.package() == package)
    }

    /// Deploys a function with other settings, for queues from now on; nothing runs before it is invoked.
    pub fn redeploy(
        &self,
        package: &str,
        change: impl FnOnce(&mut Function),
    ) -> Option<Arc<Lambda>> {
        let lambda = Arc::new(self.functions.get(package)?.altered(change));
        for poller in self.pollers.iter().filter(|poller| poller.package() == package) {
            poller.feed(Arc::clone(&lambda));
        }
        Some(lambda)
    }

    /// Invokes a function as each of its schedules would, now; what it answered.
    pub async fn schedule(&self, package: &str) -> Vec<Result<Value, FunctionError>> {
        let Some(lambda) = self.functions.get(package) else { return Vec::new() };
        let mut answers = Vec::new();
        for schedule in &lambda.function().schedules {
            answers.push(lambda.invoke(&self.scheduled(schedule)).await);
        }
        answers
    }

    /// What a schedule sends.
    pub fn scheduled(&self, schedule: &Schedule) -> Value {
        if let Some(input) = &schedule.input {
            return input.clone();
        }
        let Schedule { name, scheduler, .. } = schedule;
        let (partition, region, account) = (self.partition, self.region, self.deployment.id());
        // The scheduler's detail is text, a rule's is an object.
        let (source, detail, arn) = if *scheduler {
            (
                "aws.scheduler",
                json!("{}"),
                format!("scheduler:{region}:{account}:schedule/default/{name}"),
            )
        } else {
            ("aws.events", json!({}), format!("events:{region}:{account}:rule/{name}"))
        };
        json!({
            "version": "0",
            "id": Bus::event_id(),
            "detail-type": "Scheduled Event",
            "source": source,
            "account": account,
            "time": iso8601(self.clock.now()),
            "region": region,
            "resources": [format!("arn:{partition}:{arn}")],
            "detail": detail,
        })
    }
}

/// Makes a queue of the template.
pub(super) fn queue(account: &Account, region: &str, queue: template::Queue) -> Queue {
    let template::Queue {
        logical_id: _,
        name,
        visibility,
        retention,
        delay,
        longest,
        redrive,
        policy,
    } = queue;
    let settings = Settings { visibility, retention, delay, longest, redrive, policy };
    account.queue(region, &name, settings)
}

/// One poller for each queue of each function, where the function's role may do what Lambda does in its name.
pub(super) fn start_pollers(
    cloud: &Cloud,
    account: &Account,
    functions: &Functions,
    queues: &[Queue],
) -> Vec<Poller> {
    let mut pollers = Vec::new();
    for lambda in functions.all() {
        for mapping in &lambda.function().queues {
            let queue = queues.iter().find(|queue| queue.arn() == mapping.queue);
            let queue = queue.expect("a mapping's queue is in the template");
            let role = account.role(&execution_role_name(lambda.function()));
            for action in ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"] {
                let name = &lambda.function().name;
                assert!(role.may(action, &queue.arn()), "{name}: its role may not {action}");
            }
            // Lambda refuses such a mapping.
            let timeout = lambda.function().timeout.as_secs();
            let visibility = u64::try_from(queue.settings().visibility).unwrap_or(0);
            assert!(visibility >= timeout, "{}: out of sight for too short", queue.name());
            let (queue, mapping) = (queue.clone(), mapping.clone());
            pollers.push(Poller::start(queue, mapping, Arc::clone(lambda), cloud.shared_clock()));
        }
    }
    pollers
}
