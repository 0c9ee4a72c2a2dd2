//! Handles one message: parses CloudFormation's request, registers or removes the account, and
//! sends the response to CloudFormation.

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
    response::{Answer, failure_reason},
};

/// Handles the messages of the queue. The function builds one handler when it starts.
pub struct ResourceHandler {
    pub(crate) app: AppContext,
    pub(crate) config: ResourceConfig,
    table: ResourceTable,
    queue: SqsQueue,
    dead_letter_queue: SqsQueue,
    responder: StackResponder,
}

/// Number of deliveries after which a temporary error fails the request. The `maxReceiveCount` of
/// the queue in `template.yaml` is larger, so that CloudFormation always receives a response.
const MAX_DELIVERIES: u32 = 8;

/// Number of deliveries after which an ambiguous error (permanent or temporary) fails the request.
const MAX_AMBIGUOUS_DELIVERIES: u32 = 3;

/// Seconds between attempts while a check fails. The same stack may just have created the role, and
/// IAM is eventually consistent.
const RETRY_DELAYS: [u16; 6] = [5, 10, 20, 40, 60, 60];

/// A request of CloudFormation, the URL for its response, and the SQS message that contains the
/// request.
#[derive(Clone, Copy)]
struct Exchange<'a> {
    request: &'a StackRequest,
    url: &'a ResponseUrl,
    message: &'a SqsMessage,
}

/// The result of a request.
pub(crate) struct RequestResult {
    pub(crate) answer: Answer,
    pub(crate) events: Vec<OutcomeEvent>,
    /// Identifier of the outcome, for logs and metrics.
    pub(crate) outcome: &'static str,
}

/// Why a request cannot be answered by this delivery of the message.
pub(crate) enum RequestError {
    /// Another message has claimed the resource, or has changed its record at the same time.
    Claimed,
    Registration(RegistrationError),
}

impl From<UpstreamError> for RequestError {
    fn from(error: UpstreamError) -> Self {
        Self::Registration(error.into())
    }
}

impl From<RegistrationError> for RequestError {
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
            Err(invalid) => {
                return self.send_to_dead_letter_queue(None, message, &invalid.to_string()).await;
            }
        };
        let exchange = Exchange { request: &request, url: &url, message };
        let mut record = match ResourceRecord::load(&self.table, request.resource_key()).await {
            Ok(record) => record,
            Err(error) => return self.retry_or_fail(exchange, None, error.into()).await,
        };
        match record.state.try_claim(&request, message, clock::now()) {
            Admission::Begun => {}
            Admission::Answered(answer) => {
                let events = if message.deliveries > 1 {
                    to_repeated_events(&request, &answer)
                } else {
                    Vec::new()
                };
                let done = RequestResult { answer, events, outcome: "answered-before" };
                return self.send_answer(exchange, done).await;
            }
            Admission::Superseded => {
                let reason = "a later request for this resource was begun before this one";
                let answer = Answer::failed(&request, reason.to_owned());
                let done = RequestResult { answer, events: Vec::new(), outcome: "superseded" };
                return self.send_answer(exchange, done).await;
            }
            Admission::Claimed => return retry_result(&request, "claimed", None),
        }
        match record.write().await {
            Ok(WriteOutcome::Written) => {}
            Ok(WriteOutcome::Conflict) => return retry_result(&request, "claimed", None),
            Err(error) => return self.retry_or_fail(exchange, None, error.into()).await,
        }
        let outcome = match request.change {
            Change::Create | Change::Update => self.register(&request, message, &mut record).await,
            Change::Delete => self.remove(&request, &mut record).await,
        };
        match outcome {
            Ok(done) => self.record_and_send_answer(exchange, &mut record, done).await,
            Err(RequestError::Claimed) => retry_result(&request, "claimed", None),
            Err(RequestError::Registration(error)) => {
                self.retry_or_fail(exchange, Some(&mut record), error).await
            }
        }
    }

    /// Writes the answer to the record of the resource, then sends the answer to CloudFormation.
    async fn record_and_send_answer(
        &self,
        exchange: Exchange<'_>,
        record: &mut ResourceRecord<'_>,
        done: RequestResult,
    ) -> MessageResult {
        let Exchange { request, .. } = exchange;
        let age = clock::now().duration_since(request.sent).unwrap_or_default();
        let is_in_time = age < service_timeout(&request.properties);
        record.state.record_answer(request, &done.answer, is_in_time);
        if let Err(unwritten) = write_record(request, record).await {
            return unwritten;
        }
        let result = self.send_answer(exchange, done).await;
        if result.outcome == REFUSED && request.change == Change::Create {
            return self.remove_refused_create(request, record, result).await;
        }
        result
    }

    /// Sends an answer to CloudFormation, by a `PUT` to the presigned URL of S3.
    async fn send_answer(&self, exchange: Exchange<'_>, done: RequestResult) -> MessageResult {
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
                let mut result =
                    self.send_to_dead_letter_queue(Some(request), message, reason).await;
                if result.disposition == Disposition::DeadLettered {
                    result.outcome = REFUSED;
                    result.events.extend(done.events);
                }
                result
            }
            Err(error) => retry_result(request, "upstream-error", Some(error)),
        }
    }

    /// Removes the accounts that a create registered although S3 refused its answer. CloudFormation
    /// does not know these accounts, so a rollback of the stack would not remove them.
    async fn remove_refused_create(
        &self,
        request: &StackRequest,
        record: &mut ResourceRecord<'_>,
        mut result: MessageResult,
    ) -> MessageResult {
        match self.remove_all(request, record).await {
            Ok(events) => {
                result.events.extend(events);
                // An error is ignored: a later delete finds out that the accounts are removed.
                drop(record.write().await);
            }
            Err(error) => {
                let reason = failure_reason(&error);
                tracing::warn!(
                    reason,
                    "the account of a rejected request could not be removed from Palette"
                );
            }
        }
        result
    }

    /// Decides after an error whether SQS delivers the message again, or the request fails.
    async fn retry_or_fail(
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
                return self.retry_later(exchange, record, error).await;
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
                record.state.release_claim();
                // An error is ignored: the claim also ends when its time is over.
                drop(record.write().await);
            }
            let reason = failure_reason(&error);
            let (detail, upstream) = if let RegistrationError::Upstream(upstream) = error {
                (None, Some(upstream))
            } else {
                (Some(reason), None)
            };
            return MessageResult { detail, ..retry_result(request, "upstream-error", upstream) };
        }
        self.fail_request(exchange, record, &error).await
    }

    /// Sends the message of a request with failed checks again, with a delay, because a new role
    /// may not be visible in all of AWS yet. Fails the request when the time for this is over.
    async fn retry_later(
        &self,
        exchange: Exchange<'_>,
        record: Option<&mut ResourceRecord<'_>>,
        error: RegistrationError,
    ) -> MessageResult {
        let Exchange { request, message, .. } = exchange;
        let Some(record) = record else {
            return self.fail_request(exchange, None, &error).await;
        };
        let waits = record.state.count_delay();
        let before: u64 = RETRY_DELAYS.iter().take(waits).copied().map(u64::from).sum();
        let budget = service_timeout(&request.properties) / 2;
        let delay = RETRY_DELAYS
            .get(waits)
            .copied()
            .filter(|delay| Duration::from_secs(before + u64::from(*delay)) < budget);
        let Some(delay) = delay else {
            return self.fail_request(exchange, Some(record), &error).await;
        };
        record.state.release_claim();
        if let Err(unwritten) = write_record(request, record).await {
            return unwritten;
        }
        if let Err(error) = self.queue.send_delayed(&message.body, delay).await {
            return retry_result(request, "upstream-error", Some(error));
        }
        MessageResult {
            kind: request.change.id(),
            account: Some(request.stack.account()),
            outcome: "waits",
            detail: Some(failure_reason(&error)),
            error: None,
            events: Vec::new(),
            disposition: Disposition::Delete,
        }
    }

    /// Answers CloudFormation that the request failed.
    async fn fail_request(
        &self,
        exchange: Exchange<'_>,
        record: Option<&mut ResourceRecord<'_>>,
        error: &RegistrationError,
    ) -> MessageResult {
        let Exchange { request, .. } = exchange;
        let reason = failure_reason(error);
        let mut event = to_rejected_event(request, &reason);
        if let RegistrationError::ChecksFailed(report) = error {
            event = event.with_report(report);
        }
        let answer = Answer::failed(request, reason);
        let done = RequestResult { answer, events: vec![event], outcome: "failed" };
        match record {
            Some(record) => self.record_and_send_answer(exchange, record, done).await,
            None => self.send_answer(exchange, done).await,
        }
    }

    /// Sends a message that cannot be answered to the dead-letter queue.
    async fn send_to_dead_letter_queue(
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

/// Writes a record. If the record was not written, returns a message result by which SQS delivers
/// the message again.
async fn write_record(
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

/// Returns the account of a request for an event: its AWS account id and the method `sts`.
fn to_event_account(request: &StackRequest) -> EventAccount {
    let account = Some(request.stack.account());
    EventAccount { account, method: Some(AuthMethod::Sts), ..EventAccount::default() }
}

fn to_rejected_event(request: &StackRequest, reason: &str) -> OutcomeEvent {
    let operation = match request.change {
        Change::Create | Change::Update => AccountOperation::Register,
        Change::Delete => AccountOperation::Delete,
    };
    OutcomeEvent::rejected(to_event_account(request), operation, reason)
}

/// Returns an error if the resource is not of the type `Custom::GangwayAccount`.
pub(crate) fn check_type(request: &StackRequest) -> Result<(), RegistrationError> {
    if request.resource_type == RESOURCE_TYPE {
        return Ok(());
    }
    Err(RegistrationError::unprocessable(
        "",
        format!("the type of the resource must be {RESOURCE_TYPE}"),
    ))
}

/// Returns the event for an answer that an earlier delivery of the message sent. The earlier
/// delivery may have ended before it published the event.
fn to_repeated_events(request: &StackRequest, answer: &Answer) -> Vec<OutcomeEvent> {
    let account = to_event_account(request);
    vec![match (&answer.failure, request.change) {
        (Some(reason), _) => to_rejected_event(request, reason),
        (None, Change::Delete) => OutcomeEvent::absent(account, AccountOperation::Delete),
        (None, Change::Create | Change::Update) => {
            let account = answer.to_account(account);
            OutcomeEvent::unchanged(account, AccountOperation::Register)
        }
    }]
}
