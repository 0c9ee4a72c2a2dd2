//! One call: which queue it is for, and who may make it.
use super::message::Message;
use super::queue::Queue;
use crate::aws::body::Body;
use crate::aws::caller::Caller;
use crate::aws::partition::dns_suffix;
use crate::aws::policy::{Context, Outcome, Query, evaluate_statements};
use crate::aws::refusal::Refusal;
use crate::aws::store::{Home, Store};

/// A call under way.
pub(super) struct Ask<'a> {
    pub(super) store: &'a mut Store,
    pub(super) caller: &'a Caller,
    pub(super) body: Body<'a>,
}

/// Where a queue is: home, and region with name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) home: Home,
    pub(crate) key: (String, String),
}

impl Place {
    /// From `arn:…:sqs:<region>:<account>:<name>`.
    pub(crate) fn of_arn(arn: &str) -> Option<Place> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, "sqs", region, account, name] = parts.as_slice() else {
            return None;
        };
        let home = ((*partition).to_owned(), (*account).to_owned());
        Some(Place { home, key: ((*region).to_owned(), (*name).to_owned()) })
    }

    pub(crate) fn arn(&self) -> String {
        let ((partition, account), (region, name)) = (&self.home, &self.key);
        format!("arn:{partition}:sqs:{region}:{account}:{name}")
    }
}

fn no_queue() -> Refusal {
    Refusal::new(
        400,
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist.",
    )
}

impl Store {
    pub(crate) fn queue(&self, place: &Place) -> Option<&Queue> {
        self.account(&place.home)?.queues.get(&place.key)
    }

    pub(crate) fn queue_mut(&mut self, place: &Place) -> Option<&mut Queue> {
        self.accounts.get_mut(&place.home)?.queues.get_mut(&place.key)
    }

    /// Gives out messages; those that were received too often go to the dead-letter queue instead.
    pub(crate) fn receive(
        &mut self,
        place: &Place,
        most: usize,
        visibility: Option<i64>,
    ) -> Vec<Message> {
        let (now, mut given) = (self.now(), Vec::new());
        while given.len() < most {
            let Some(queue) = self.queue_mut(place) else { break };
            let visibility = visibility.unwrap_or(queue.settings.visibility);
            let Some(number) = queue.in_sight(1, now).first().copied() else { break };
            let handle = self.letters(160);
            let Some(queue) = self.queue_mut(place) else { break };
            match queue.give(number, visibility, now, &handle) {
                None => break,
                Some(Ok(message)) => given.push(message),
                Some(Err(dead)) => {
                    let (from, to) = (queue.arn.clone(), queue.settings.redrive.clone());
                    self.bury(dead, from, to.and_then(|(arn, _)| Place::of_arn(&arn)).as_ref());
                }
            }
        }
        given
    }

    fn bury(&mut self, dead: Message, from: String, to: Option<&Place>) {
        let now = self.now();
        if let Some(queue) = to.and_then(|to| self.queue_mut(to)) {
            queue.put(Message { visible: now, handle: None, dead_from: Some(from), ..dead });
        }
    }
}

impl Ask<'_> {
    /// The queue that `QueueUrl` names, where the caller may do this to it.
    pub(super) fn queue(&self, action: &str) -> Result<Place, Refusal> {
        let missing = || {
            Refusal::new(
                400,
                "MissingParameter",
                "The request must contain the parameter QueueUrl.",
            )
        };
        let url = self.body.text("QueueUrl")?.ok_or_else(missing)?;
        let (partition, region) = (self.caller.partition(), &self.caller.region);
        let host = format!("https://sqs.{region}.{}/", dns_suffix(partition));
        let (account, name) =
            url.strip_prefix(&host).and_then(|path| path.split_once('/')).ok_or_else(no_queue)?;
        let home = (partition.to_owned(), account.to_owned());
        let place = Place { home, key: (region.clone(), name.to_owned()) };
        self.authorize(&place, action)?;
        if self.store.queue(&place).is_some() { Ok(place) } else { Err(no_queue()) }
    }

    fn authorize(&self, place: &Place, action: &str) -> Result<(), Refusal> {
        let (arn, context) = (place.arn(), self.store.context(self.caller));
        let action = format!("sqs:{action}");
        let denied = self.store.queue(place).is_some_and(|queue| {
            let policy = queue.policy.iter().flat_map(|policy| &policy.document.statements);
            let everybody =
                policy.filter(|one| one.principals.as_ref().is_some_and(|all| all.anyone));
            let query = Query { action: &action, resource: &arn, context: &context };
            let all = everybody.map(|statement| ("policy", "resource", statement));
            evaluate_statements(all, query).outcome == Outcome::ExplicitDeny
        });
        // Nobody from another account: no queue policy here lets them in.
        if denied || place.home != self.caller.home {
            let message = format!(
                "User: {} is not authorized to perform: {action} on resource: {arn} because no resource-based policy \
                 allows the {action} action",
                self.caller.arn
            );
            return Err(Refusal::new(403, "AccessDenied", message));
        }
        self.store.authorize(self.caller, &action, &arn, &arn, &context)
    }
}

impl Queue {
    /// Whether the queue's own policy lets a service send in the name of this source.
    pub(crate) fn takes_from(&self, service: &str, source: &str, account: &str) -> bool {
        let context = Context::default()
            .with("aws:SourceArn", source)
            .with("aws:SourceAccount", account)
            .with("aws:SecureTransport", "true")
            .with("aws:PrincipalIsAWSService", "true");
        let query = Query { action: "sqs:SendMessage", resource: &self.arn, context: &context };
        let policy = self.policy.iter().flat_map(|policy| &policy.document.statements);
        let meant = policy.filter(|statement| {
            let principals = statement.principals.as_ref();
            principals
                .is_some_and(|all| all.anyone || all.services.iter().any(|one| one == service))
        });
        let all = meant.map(|statement| ("policy", "resource", statement));
        evaluate_statements(all, query).outcome == Outcome::Allowed
    }
}
