//! Context of one SQS call: queue and permissions.
use super::message::Message;
use super::queue::StoredQueue;
use crate::aws::body::Body;
use crate::aws::caller::Caller;
use crate::aws::error::AwsError;
use crate::aws::partition::dns_suffix;
use crate::aws::policy::{Context, Outcome, PolicyQuery, evaluate_statements};
use crate::aws::store::{AccountKey, Store};

/// One authenticated call.
pub(super) struct SqsCall<'a> {
    pub(super) store: &'a mut Store,
    pub(super) caller: &'a Caller,
    pub(super) body: Body<'a>,
}

/// Account key, and region with queue name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueueKey {
    pub(crate) account_key: AccountKey,
    pub(crate) key: (String, String),
}

impl QueueKey {
    /// Parses `arn:…:sqs:<region>:<account>:<name>`.
    pub(crate) fn from_arn(arn: &str) -> Option<QueueKey> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, "sqs", region, account, name] = parts.as_slice() else {
            return None;
        };
        let account_key = ((*partition).to_owned(), (*account).to_owned());
        Some(QueueKey { account_key, key: ((*region).to_owned(), (*name).to_owned()) })
    }

    pub(crate) fn arn(&self) -> String {
        let ((partition, account), (region, name)) = (&self.account_key, &self.key);
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
    pub(crate) fn queue(&self, queue_key: &QueueKey) -> Option<&StoredQueue> {
        self.account(&queue_key.account_key)?.queues.get(&queue_key.key)
    }

    pub(crate) fn queue_mut(&mut self, queue_key: &QueueKey) -> Option<&mut StoredQueue> {
        self.accounts.get_mut(&queue_key.account_key)?.queues.get_mut(&queue_key.key)
    }

    /// Receives messages. Messages over the receive limit are moved to the dead-letter queue.
    pub(crate) fn receive(
        &mut self,
        queue_key: &QueueKey,
        max: usize,
        visibility: Option<i64>,
    ) -> Vec<Message> {
        let (now, mut delivered) = (self.now(), Vec::new());
        while delivered.len() < max {
            let Some(queue) = self.queue_mut(queue_key) else { break };
            let visibility = visibility.unwrap_or(queue.settings.visibility_timeout);
            let Some(number) = queue.visible_messages(1, now).first().copied() else { break };
            let handle = self.generate_alphanumeric(160);
            let Some(queue) = self.queue_mut(queue_key) else { break };
            match queue.deliver(number, visibility, now, &handle) {
                None => break,
                Some(Ok(message)) => delivered.push(message),
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
        delivered
    }

    fn move_to_dead_letter_queue(&mut self, dead: Message, from: String, to: Option<&QueueKey>) {
        let now = self.now();
        if let Some(queue) = to.and_then(|to| self.queue_mut(to)) {
            queue.push(Message {
                visible: now,
                receipt_handle: None,
                dead_letter_source: Some(from),
                ..dead
            });
        }
    }
}

impl SqsCall<'_> {
    /// Authorizes the call and returns the queue that `QueueUrl` names.
    pub(super) fn authorized_queue(&self, action: &str) -> Result<QueueKey, AwsError> {
        let missing = || {
            AwsError::new(
                400,
                "MissingParameter",
                "The request must contain the parameter QueueUrl.",
            )
        };
        let url = self.body.string("QueueUrl")?.ok_or_else(missing)?;
        let (partition, region) = (self.caller.partition(), &self.caller.region);
        let host = format!("https://sqs.{region}.{}/", dns_suffix(partition));
        let (account, name) = url
            .strip_prefix(&host)
            .and_then(|path| path.split_once('/'))
            .ok_or_else(queue_not_found)?;
        let account_key = (partition.to_owned(), account.to_owned());
        let queue_key = QueueKey { account_key, key: (region.clone(), name.to_owned()) };
        self.authorize(&queue_key, action)?;
        if self.store.queue(&queue_key).is_some() { Ok(queue_key) } else { Err(queue_not_found()) }
    }

    fn authorize(&self, queue_key: &QueueKey, action: &str) -> Result<(), AwsError> {
        let (arn, context) = (queue_key.arn(), self.store.context(self.caller));
        let action = format!("sqs:{action}");
        let denied = self.store.queue(queue_key).is_some_and(|queue| {
            let policy = queue.policy.iter().flat_map(|policy| &policy.document.statements);
            let everybody = policy
                .filter(|statement| statement.principals.as_ref().is_some_and(|all| all.anyone));
            let query = PolicyQuery { action: &action, resource: &arn, context: &context };
            let all = everybody.map(|statement| ("policy", "resource", statement));
            evaluate_statements(all, query).outcome == Outcome::ExplicitDeny
        });
        // Cross-account access is not supported.
        if denied || queue_key.account_key != self.caller.account_key {
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

impl StoredQueue {
    /// Returns `true` if the queue policy allows a service to send messages for this source ARN.
    pub(crate) fn accepts_messages_from(&self, service: &str, source: &str, account: &str) -> bool {
        let context = Context::default()
            .with("aws:SourceArn", source)
            .with("aws:SourceAccount", account)
            .with("aws:SecureTransport", "true")
            .with("aws:PrincipalIsAWSService", "true");
        let query =
            PolicyQuery { action: "sqs:SendMessage", resource: &self.arn, context: &context };
        let policy = self.policy.iter().flat_map(|policy| &policy.document.statements);
        let applicable = policy.filter(|statement| {
            let principals = statement.principals.as_ref();
            principals.is_some_and(|all| {
                all.anyone || all.services.iter().any(|statement| statement == service)
            })
        });
        let all = applicable.map(|statement| ("policy", "resource", statement));
        evaluate_statements(all, query).outcome == Outcome::Allowed
    }
}
