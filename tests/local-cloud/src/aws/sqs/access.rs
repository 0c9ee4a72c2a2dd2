//! One call: which queue it is for, and who may make it.
use super::message::Message;
use super::queue::Queue;
use crate::aws::body::Body;
use crate::aws::caller::Caller;
use crate::aws::partition::dns_suffix;
use crate::aws::policy::{Context, Outcome, PolicyQuery, evaluate_statements};
use crate::aws::refusal::AwsError;
use crate::aws::store::{AccountKey, Store};

/// A call under way.
pub(super) struct SqsCall<'a> {
    pub(super) store: &'a mut Store,
    pub(super) caller: &'a Caller,
    pub(super) body: Body<'a>,
}

/// Where a queue is: home, and region with name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueueKey {
    pub(crate) home: AccountKey,
    pub(crate) key: (String, String),
}

impl QueueKey {
    /// From `arn:…:sqs:<region>:<account>:<name>`.
    pub(crate) fn from_arn(arn: &str) -> Option<QueueKey> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, "sqs", region, account, name] = parts.as_slice() else {
            return None;
        };
        let home = ((*partition).to_owned(), (*account).to_owned());
        Some(QueueKey { home, key: ((*region).to_owned(), (*name).to_owned()) })
    }

    pub(crate) fn arn(&self) -> String {
        let ((partition, account), (region, name)) = (&self.home, &self.key);
        format!("arn:{partition}:sqs:{region}:{account}:{name}")
    }
}

fn queue_not_found() -> AwsError {
    AwsError::new(
        400,
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist.",
    )
}

impl Store {
    pub(crate) fn queue(&self, place: &QueueKey) -> Option<&Queue> {
        self.account(&place.home)?.queues.get(&place.key)
    }

    pub(crate) fn queue_mut(&mut self, place: &QueueKey) -> Option<&mut Queue> {
        self.accounts.get_mut(&place.home)?.queues.get_mut(&place.key)
    }

    /// Gives out messages; those that were received too often go to the dead-letter queue instead.
    pub(crate) fn receive(
        &mut self,
        place: &QueueKey,
        most: usize,
        visibility: Option<i64>,
    ) -> Vec<Message> {
        let (now, mut given) = (self.now(), Vec::new());
        while given.len() < most {
            let Some(queue) = self.queue_mut(place) else { break };
            let visibility = visibility.unwrap_or(queue.settings.visibility);
            let Some(number) = queue.visible_messages(1, now).first().copied() else { break };
            let handle = self.alphanumeric(160);
            let Some(queue) = self.queue_mut(place) else { break };
            match queue.hand_out(number, visibility, now, &handle) {
                None => break,
                Some(Ok(message)) => given.push(message),
                Some(Err(dead)) => {
                    let (from, to) = (queue.arn.clone(), queue.settings.redrive.clone());
                    self.move_to_dead_letter_queue(
                        dead,
                        from,
                        to.and_then(|(arn, _)| QueueKey::from_arn(&arn)).as_ref(),
                    );
                }
            }
        }
        given
    }

    fn move_to_dead_letter_queue(&mut self, dead: Message, from: String, to: Option<&QueueKey>) {
        let now = self.now();
        if let Some(queue) = to.and_then(|to| self.queue_mut(to)) {
            queue.put(Message { visible: now, handle: None, dead_from: Some(from), ..dead });
        }
    }
}

impl SqsCall<'_> {
    /// The queue that `QueueUrl` names, where the caller may do this to it.
    pub(super) fn queue(&self, action: &str) -> Result<QueueKey, AwsError> {
        let missing = || {
            AwsError::new(
                400,
                "MissingParameter",
                "The request must contain the parameter QueueUrl.",
            )
        };
        let url = self.body.text("QueueUrl")?.ok_or_else(missing)?;
        let (partition, region) = (self.caller.partition(), &self.caller.region);
        let host = format!("https://sqs.{region}.{}/", dns_suffix(partition));
        let (account, name) = url
            .strip_prefix(&host)
            .and_then(|path| path.split_once('/'))
            .ok_or_else(queue_not_found)?;
        let home = (partition.to_owned(), account.to_owned());
        let place = QueueKey { home, key: (region.clone(), name.to_owned()) };
        self.authorize(&place, action)?;
        if self.store.queue(&place).is_some() { Ok(place) } else { Err(queue_not_found()) }
    }

    fn authorize(&self, place: &QueueKey, action: &str) -> Result<(), AwsError> {
        let (arn, context) = (place.arn(), self.store.context(self.caller));
        let action = format!("sqs:{action}");
        let denied = self.store.queue(place).is_some_and(|queue| {
            let policy = queue.policy.iter().flat_map(|policy| &policy.document.statements);
            let everybody =
                policy.filter(|one| one.principals.as_ref().is_some_and(|all| all.anyone));
            let query = PolicyQuery { action: &action, resource: &arn, context: &context };
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
            return Err(AwsError::new(403, "AccessDenied", message));
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
        let query =
            PolicyQuery { action: "sqs:SendMessage", resource: &self.arn, context: &context };
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
