//! Handles one message: parses the request, does what it asks for, and answers CloudFormation.

use std::time::Duration;

use gangway_aws::{
    resource_table::ResourceTable,
    sqs::SqsQueue,
    stack_response::{ResponseOutcome, ResponseUrl, StackResponder},
    state_table::WriteOutcome,
};
use gangway_http::clock;
use gangway_lambda::{
    AccountOperation, Disposition, EventAccount, MessageResult, OutcomeEvent, SqsMessage,
};
use gangway_model::{AccountId, AuthMethod, BusEvent, Partition, RegistrationError, UpstreamError};
use gangway_registration::{AppContext, Error, env_var};

use crate::{
    config::ResourceConfig,
    properties::service_timeout,
    record::{Admission, ResourceRecord},
    request::{Change, RESOURCE_TYPE, StackRequest},
    response::{Answer, reason_of},
};

/// The handler of the queue's messages. Built once, at start.
pub struct ResourceHandler {
    pub(crate) app: AppContext,
    pub(crate) config: ResourceConfig,
    table: ResourceTable,
    queue: SqsQueue,
    dead_letter_queue: SqsQueue,
    responder: StackResponder,
}

/// Number of deliveries after which a failure of Palette or AWS is answered. The template's queue has a
/// larger `maxReceiveCount`.
const MAX_DELIVERIES: u32 = 8;

/// Number of deliveries after which an error counts as permanent that may be either.
const MAX_AMBIGUOUS_DELIVERIES: u32 = 3;

/// Seconds between attempts while a check fails. The role may be of the same stack, and AWS needs a while
/// until everybody sees it.
const WAITS: [u16; 6] = [5, 10, 20, 40, 60, 60];

/// A request, where its answer goes, and the message that brought it.
#[derive(Clone, Copy)]
struct Exchange<'a> {
    request: &'a StackRequest,
    url: &'a ResponseUrl,
    message: &'a SqsMessage,
}

/// What a request did.
pub(crate) struct Done {
    pub(crate) answer: Answer,
    pub(crate) events: Vec<OutcomeEvent>,
    /// For logs and metrics.
    pub(crate) outcome: &'static str,
}

/// Why a request has no answer yet.
pub(crate) enum Failure {
    /// Another message works at the resource, or has just changed its record.
    Claimed,
    Registration(RegistrationError),
}

impl From<UpstreamError> for Failure {
    fn from(error: UpstreamError) -> Self {
        Self::Registration(error.into())
    }
}

impl From<RegistrationError> for Failure {
    fn from(error: RegistrationError) -> Self {
        Self::Registration(error)
    }
}

impl ResourceHandler {
    /// Reads the environment and builds every client.
    pub async fn from_env() -> Result<Self, Error> {
        let app = AppContext::from_env().await?;
        let config = ResourceConfig::from_env(env_var, app.clients.partition)?;
        let aws = &app.clients.aws;
        let table = ResourceTable::new(aws, config.table.clone());
        let queue = SqsQueue::new(aws, config.queue.clone());
        let dead_letter_queue = SqsQueue::new(aws, config.dead_letter_queue.clone());
        let responder = StackResponder::new(aws, app.clients.http.clone());
        Ok(Self { app, config, table, queue, dead_letter_queue, responder })
    }

    /// Returns the partition of the deployment.
    pub fn partition(&self) -> Partition {
        self.app.clients.partition
    }

    /// Puts outcome events on the event bus.
    pub async fn publish(&self, events: Vec<BusEvent>) -> Result<(), UpstreamError> {
        self.app.publish(events).await
    }

    /// Handles one message.
    pub async fn handle_message(&self, message: &SqsMessage) -> MessageResult {
        let here = (self.partition(), self.app.clients.aws.region());
        let (request, url) = match StackRequest::parse(&message.body, &self.responder, here) {
            Ok(parsed) => parsed,
            Err(invalid) => return self.dead_letter(None, message, &invalid.to_string()).await,
        };
        let exchange = Exchange { request: &request, url: &url, message };
        let mut record = match ResourceRecord::load(&self.table, request.resource_key()).await {
            Ok(record) => record,
            Err(error) => return self.retry(exchange, None, error.into()).await,
        };
        match record.state.admit(&request, message, clock::now()) {
            Admission::Begun => {}
            Admission::Answered(answer) => {
                let events = if message.deliveries > 1 {
                    events_again(&request, &answer)
                } else {
                    Vec::new()
                };
                let done = Done { answer, events, outcome: "answered-before" };
                return self.respond(exchange, done).await;
            }
            Admission::Superseded => {
                let reason = "a later request for this resource was begun before this one";
                let answer = Answer::failed(&request, reason.to_owned());
                let done = Done { answer, events: Vec::new(), outcome: "superseded" };
                return self.respond(exchange, done).await;
            }
            Admission::Claimed => return retry_result(&request, "claimed", None),
        }
        match record.write().await {
            Ok(WriteOutcome::Written) => {}
            Ok(WriteOutcome::Conflict) => return retry_result(&request, "claimed", None),
            Err(error) => return self.retry(exchange, None, error.into()).await,
        }
        let outcome = match request.change {
            Change::Create | Change::Update => self.register(&request, message, &mut record).await,
            Change::Delete => self.remove(&request, &mut record).await,
        };
        match outcome {
            Ok(done) => self.finish(exchange, &mut record, done).await,
            Err(Failure::Claimed) => retry_result(&request, "claimed", None),
            Err(Failure::Registration(error)) => {
                self.retry(exchange, Some(&mut record), error).await
            }
        }
    }

    /// Keeps the answer, then sends it.
    async fn finish(
        &self,
        exchange: Exchange<'_>,
        record: &mut ResourceRecord<'_>,
        done: Done,
    ) -> MessageResult {
        let Exchange { request, .. } = exchange;
        let age = clock::now().duration_since(request.sent).unwrap_or_default();
        let is_in_time = age < service_timeout(&request.properties);
        record.state.answer(request, &done.answer, is_in_time);
        if let Err(unwritten) = save(request, record).await {
            return unwritten;
        }
        let result = self.respond(exchange, done).await;
        if result.outcome == REFUSED && request.change == Change::Create {
            return self.undo(request, record, result).await;
        }
        result
    }

    /// Sends an answer.
    async fn respond(&self, exchange: Exchange<'_>, done: Done) -> MessageResult {
        let Exchange { request, url, message } = exchange;
        let body = done.answer.to_json(request);
        match self.responder.put(url, &body).await {
            Ok(ResponseOutcome::Accepted) => MessageResult {
                kind: request.change.id(),
                account: Some(request.stack.account()),
                outcome: done.outcome,
                detail: done.answer.failure,
                error: None,
                events: done.events,
                disposition: Disposition::Delete,
            },
            Ok(ResponseOutcome::Refused) => {
                let reason = "Amazon S3 refuses the answer: CloudFormation has not signed its URL, or no longer waits for it";
                let mut result = self.dead_letter(Some(request), message, reason).await;
                if result.disposition == Disposition::DeadLettered {
                    result.outcome = REFUSED;
                    result.events.extend(done.events);
                }
                result
            }
            Err(error) => retry_result(request, "upstream-error", Some(error)),
        }
    }

    /// Removes what a create has registered whose answer S3 refuses: nobody waits for it, and a rollback
    /// that knows nothing of it would leave it.
    async fn undo(
        &self,
        request: &StackRequest,
        record: &mut ResourceRecord<'_>,
        mut result: MessageResult,
    ) -> MessageResult {
        match self.remove_all(request, record).await {
            Ok(events) => {
                result.events.extend(events);
                // The accounts are gone. If this is not noted, a delete finds that out.
                drop(record.write().await);
            }
            Err(error) => {
                let reason = reason_of(&error);
                tracing::warn!(
                    reason,
                    "the account of a rejected request could not be removed from Palette"
                );
            }
        }
        result
    }

    /// Decides what happens after an error: another attempt, or an answer.
    async fn retry(
        &self,
        exchange: Exchange<'_>,
        record: Option<&mut ResourceRecord<'_>>,
        error: RegistrationError,
    ) -> MessageResult {
        let Exchange { request, message, .. } = exchange;
        let (may_pass, is_over) = match &error {
            RegistrationError::ChecksFailed(report) if report.has_deployment_failure() => {
                (true, message.deliveries >= MAX_DELIVERIES)
            }
            RegistrationError::ChecksFailed(_) => {
                return self.wait(exchange, record, error).await;
            }
            RegistrationError::Upstream(upstream) if upstream.is_rejected() => {
                (true, message.deliveries >= MAX_AMBIGUOUS_DELIVERIES)
            }
            RegistrationError::Upstream(upstream) => {
                let may_pass = upstream.is_retryable() || upstream.is_access_denied();
                (may_pass, message.deliveries >= MAX_DELIVERIES)
            }
            RegistrationError::ConcurrentModification(_) => {
                (true, message.deliveries >= MAX_DELIVERIES)
            }
            RegistrationError::Invalid(_)
            | RegistrationError::Conflict(_)
            | RegistrationError::NotFound(_) => (false, true),
        };
        if may_pass && !is_over {
            if let Some(record) = record {
                record.state.release();
                // If this fails, the claim ends by itself.
                drop(record.write().await);
            }
            let reason = reason_of(&error);
            let (detail, upstream) = if let RegistrationError::Upstream(upstream) = error {
                (None, Some(upstream))
            } else {
                (Some(reason), None)
            };
            return MessageResult { detail, ..retry_result(request, "upstream-error", upstream) };
        }
        self.fail(exchange, record, &error).await
    }

    /// Lets a request whose checks failed wait, as long as AWS may not have seen the role everywhere.
    async fn wait(
        &self,
        exchange: Exchange<'_>,
        record: Option<&mut ResourceRecord<'_>>,
        error: RegistrationError,
    ) -> MessageResult {
        let Exchange { request, message, .. } = exchange;
        let Some(record) = record else {
            return self.fail(exchange, None, &error).await;
        };
        let waits = record.state.count_wait();
        let before: u64 = WAITS.iter().take(waits).copied().map(u64::from).sum();
        let budget = service_timeout(&request.properties) / 2;
        let delay = WAITS
            .get(waits)
            .copied()
            .filter(|delay| Duration::from_secs(before + u64::from(*delay)) < budget);
        let Some(delay) = delay else {
            return self.fail(exchange, Some(record), &error).await;
        };
        record.state.release();
        if let Err(unwritten) = save(request, record).await {
            return unwritten;
        }
        if let Err(error) = self.queue.send_delayed(&message.body, delay).await {
            return retry_result(request, "upstream-error", Some(error));
        }
        MessageResult {
            kind: request.change.id(),
            account: Some(request.stack.account()),
            outcome: "waits",
            detail: Some(reason_of(&error)),
            error: None,
            events: Vec::new(),
            disposition: Disposition::Delete,
        }
    }

    /// Answers that the request failed.
    async fn fail(
        &self,
        exchange: Exchange<'_>,
        record: Option<&mut ResourceRecord<'_>>,
        error: &RegistrationError,
    ) -> MessageResult {
        let Exchange { request, .. } = exchange;
        let reason = reason_of(error);
        let mut event = rejected(request, &reason);
        if let RegistrationError::ChecksFailed(report) = error {
            event = event.with_report(report);
        }
        let answer = Answer::failed(request, reason);
        let done = Done { answer, events: vec![event], outcome: "failed" };
        match record {
            Some(record) => self.finish(exchange, record, done).await,
            None => self.respond(exchange, done).await,
        }
    }

    /// Sends a message that cannot be answered to the dead-letter queue.
    async fn dead_letter(
        &self,
        request: Option<&StackRequest>,
        message: &SqsMessage,
        reason: &str,
    ) -> MessageResult {
        let account: Option<AccountId> = request.map(|request| request.stack.account());
        let queue = &self.dead_letter_queue;
        let sent = queue.send_to_dead_letter_queue(&message.body, reason, account).await;
        let (error, disposition) = match sent {
            Ok(()) => (None, Disposition::DeadLettered),
            Err(error) => (Some(error), Disposition::Retry),
        };
        MessageResult {
            kind: request.map_or("unrecognized-request", |request| request.change.id()),
            account,
            outcome: "invalid",
            detail: Some(reason.to_owned()),
            error,
            events: Vec::new(),
            disposition,
        }
    }
}

/// Outcome of a request whose answer S3 refuses.
const REFUSED: &str = "refused";

/// Writes a record. Returns the result of a message whose record was not written: the next delivery finds
/// everything as this one left it.
async fn save(
    request: &StackRequest,
    record: &mut ResourceRecord<'_>,
) -> Result<(), MessageResult> {
    match record.write().await {
        Ok(WriteOutcome::Written) => Ok(()),
        Ok(WriteOutcome::Conflict) => Err(retry_result(request, "claimed", None)),
        Err(error) => Err(retry_result(request, "upstream-error", Some(error))),
    }
}

fn retry_result(
    request: &StackRequest,
    outcome: &'static str,
    error: Option<UpstreamError>,
) -> MessageResult {
    MessageResult {
        kind: request.change.id(),
        account: Some(request.stack.account()),
        outcome,
        detail: None,
        error,
        events: Vec::new(),
        disposition: Disposition::Retry,
    }
}

/// Returns what is known of the account before it is registered.
fn account_of(request: &StackRequest) -> EventAccount {
    let account = Some(request.stack.account());
    EventAccount { account, method: Some(AuthMethod::Sts), ..EventAccount::default() }
}

fn rejected(request: &StackRequest, reason: &str) -> OutcomeEvent {
    let operation = match request.change {
        Change::Create | Change::Update => AccountOperation::Register,
        Change::Delete => AccountOperation::Delete,
    };
    OutcomeEvent::rejected(account_of(request), operation, reason)
}

/// Returns the error of a resource of another type.
pub(crate) fn check_type(request: &StackRequest) -> Result<(), RegistrationError> {
    if request.resource_type == RESOURCE_TYPE {
        return Ok(());
    }
    Err(RegistrationError::unprocessable(
        "",
        format!("the type of the resource must be {RESOURCE_TYPE}"),
    ))
}

/// Returns the event about an answer that an earlier delivery has sent, and perhaps not published.
fn events_again(request: &StackRequest, answer: &Answer) -> Vec<OutcomeEvent> {
    let account = account_of(request);
    vec![match (&answer.failure, request.change) {
        (Some(reason), _) => rejected(request, reason),
        (None, Change::Delete) => OutcomeEvent::absent(account, AccountOperation::Delete),
        (None, Change::Create | Change::Update) => {
            let account = answer.to_account(account);
            OutcomeEvent::unchanged(account, AccountOperation::Register)
        }
    }]
}
