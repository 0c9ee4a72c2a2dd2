//! Handles one SQS message: parses the event in the message, registers or removes the account, and
//! decides whether SQS deletes the message or delivers the message again.

use gangway_aws::sqs::SqsQueue;
use gangway_http::clock;
use gangway_lambda::{
    AccountOperation, Disposition, EventAccount, MessageResult, OutcomeEvent, SqsMessage,
};
use gangway_model::{
    AccountId, AuthMethod, BusEvent, EventOrigin, Partition, RequestedScope, UpstreamError,
};
use gangway_registration::Error;

use crate::{
    context::VendingContext,
    event::{AccountEvent, AccountRef, Event, EventType, Sender},
    offboard,
    onboard::{self, Purpose},
    outcome::{MessageError, MessageOutcome, VendingError, removed_events},
};

/// Handles the messages of the queue. The function builds one handler when it starts.
pub struct VendingHandler {
    context: VendingContext,
    dead_letter_queue: SqsQueue,
}

/// Number of deliveries of a message after which an ambiguous error counts as permanent. See
/// [`VendingError::is_ambiguous`].
const MAX_AMBIGUOUS_DELIVERIES: u32 = 4;

impl VendingHandler {
    /// Reads the environment and builds every client.
    pub async fn from_env() -> Result<Self, Error> {
        let context = VendingContext::from_env().await?;
        let queue_url = context.config.dead_letter_queue.clone();
        let dead_letter_queue = SqsQueue::new(&context.app.clients.aws, queue_url);
        Ok(Self { context, dead_letter_queue })
    }

    /// Returns the partition of the deployment.
    pub fn partition(&self) -> Partition {
        self.context.app.clients.partition
    }

    /// Returns the event sources from which Gangway accepts `AWS Account Vended`
    /// (`GANGWAY_VENDING_EVENT_SOURCES`).
    pub fn event_sources(&self) -> &[String] {
        &self.context.config.event_sources
    }

    /// Puts outcome events on the event bus.
    pub async fn publish(&self, events: Vec<BusEvent>) -> Result<(), UpstreamError> {
        self.context.app.publish(events).await
    }

    /// Handles one message. Sends a message that cannot succeed to the dead-letter queue, with the
    /// reason.
    pub async fn handle_message(&self, message: &SqsMessage) -> MessageResult {
        let event = match Event::parse(&message.body, self.context.app.clients.partition) {
            Ok(event) => event,
            Err(invalid) => {
                let error = VendingError::Permanent(invalid.to_string());
                return self.handle_failure(message, None, MessageError::new(error, false)).await;
            }
        };
        match self.dispatch(&event, message).await {
            Ok(outcome) => {
                let (id, detail, account) = (outcome.id(), outcome.detail(), event.account());
                let sender = event.sender();
                let mut events = outcome.into_events(message.deliveries, sender);
                let has_no_event = sender != Sender::Aws && events.is_empty();
                if let Some(reason) = detail.as_deref().filter(|_| has_no_event) {
                    events.push(to_rejected_event(Some(&event), account, reason));
                }
                MessageResult {
                    kind: event.kind.id(),
                    account,
                    outcome: id,
                    detail,
                    error: None,
                    events,
                    disposition: Disposition::Delete,
                }
            }
            Err(error) => self.handle_failure(message, Some(&event), error).await,
        }
    }

    /// Onboards or offboards the account that the event names, or does nothing if the event asks
    /// for neither.
    async fn dispatch(
        &self,
        event: &Event,
        message: &SqsMessage,
    ) -> Result<MessageOutcome, MessageError> {
        self.check_vended_event(event, message).map_err(|error| MessageError::new(error, false))?;
        match &event.change {
            AccountEvent::Created(account) => {
                let purpose = Purpose::Onboard { is_from_sweep: event.sender() == Sender::Sweep };
                onboard::onboard_account(&self.context, account, purpose, message.sent).await
            }
            AccountEvent::Compared(account) => {
                let purpose = Purpose::Compare;
                onboard::onboard_account(&self.context, account, purpose, message.sent).await
            }
            AccountEvent::Removed(account, reason) => {
                offboard::offboard_account(&self.context, account, *reason).await
            }
            AccountEvent::CreationFailed(reason) => {
                Ok(MessageOutcome::CreationFailed(reason.clone()))
            }
            AccountEvent::Ignored(reason) => Ok(MessageOutcome::Ignored(reason.to_string())),
        }
    }

    /// Rejects an `AWS Account Vended` event if its source or its project is not in the settings,
    /// or if the event is too old or was replayed from an archive. The EventBridge rule of
    /// `template.yaml` checks the source too, but an SNS topic does not. Events of AWS need no such
    /// check: Gangway asks Organizations for the state of the account before it changes anything.
    fn check_vended_event(&self, event: &Event, message: &SqsMessage) -> Result<(), VendingError> {
        if event.kind != EventType::AccountVended {
            return Ok(());
        }
        let is_named = |source: &String| self.event_sources().contains(source);
        if event.sender() != Sender::Sweep && !event.source.as_ref().is_some_and(is_named) {
            return Err(VendingError::Permanent(
                "the event has a source that VendingEventSources does not name: add it there, or correct the sender".to_owned(),
            ));
        }
        let limits = &self.context.app.config.request_limits;
        // The sweep sends its event to the queue, without the envelope of EventBridge.
        let origin = EventOrigin { time: event.origin.time.or(message.sent), ..event.origin };
        limits
            // The age is measured when the message was sent, so that a retry does not make the
            // event too old.
            .check_origin(origin, message.sent.unwrap_or_else(clock::now))
            .map_err(|error| VendingError::Permanent(error.detail))?;
        let AccountEvent::Created(AccountRef { project: Some(project), .. }) = &event.change else {
            return Ok(());
        };
        let project_scope = RequestedScope::Project(project.clone());
        if limits.allows_project(project)
            || self.context.config.vending.ou_scope_map.all().contains(&&project_scope)
        {
            return Ok(());
        }
        Err(VendingError::Permanent(
            "the event names a project that neither EventProjects nor OuScopeMap names: add it to one of them, written as in the event, or correct the sender".to_owned(),
        ))
    }

    /// Leaves the message in the queue for a retry, or sends it to the dead-letter queue.
    async fn handle_failure(
        &self,
        message: &SqsMessage,
        event: Option<&Event>,
        MessageError { error, is_retryable, removed }: MessageError,
    ) -> MessageResult {
        let account = event.and_then(Event::account);
        if let Some(AccountEvent::Compared(_)) = event.map(|event| &event.change) {
            return to_failed_comparison(account, message, error, is_retryable);
        }
        let retry =
            is_retryable || error.is_ambiguous() && message.deliveries < MAX_AMBIGUOUS_DELIVERIES;
        let mut result = MessageResult {
            kind: event.map_or("unrecognized-event", |event| event.kind.id()),
            account,
            outcome: error.id(retry),
            detail: Some(error.to_string()),
            error: None,
            events: removed_events(removed),
            disposition: Disposition::Retry,
        };
        if !retry {
            let reason = error.to_string();
            let queue = &self.dead_letter_queue;
            match queue.send_to_dead_letter_queue(&message.body, &reason, account).await {
                Ok(()) => {
                    result.disposition = Disposition::DeadLettered;
                    result.events.push(to_rejected_event(event, account, &reason));
                }
                Err(upstream) => {
                    result.error = Some(upstream);
                    return result;
                }
            }
        }
        if let VendingError::Upstream(upstream) = error {
            (result.error, result.detail) = (Some(upstream), None);
        }
        result
    }
}

/// Returns the result of a comparison that failed. The message is deleted after
/// [`MAX_AMBIGUOUS_DELIVERIES`] deliveries, and no outcome event is published, because the next
/// sweep compares the account again.
fn to_failed_comparison(
    account: Option<AccountId>,
    message: &SqsMessage,
    error: VendingError,
    is_retryable: bool,
) -> MessageResult {
    let retry = is_retryable && message.deliveries < MAX_AMBIGUOUS_DELIVERIES;
    let text = error.to_string();
    let (error, detail) = if let VendingError::Upstream(upstream) = error {
        (Some(upstream), None)
    } else {
        (None, Some(text))
    };
    MessageResult {
        kind: EventType::AccountVended.id(),
        account,
        outcome: "not-compared",
        detail,
        error,
        events: Vec::new(),
        disposition: if retry { Disposition::Retry } else { Disposition::Delete },
    }
}

/// Returns the outcome event `rejected` for a message that cannot succeed.
fn to_rejected_event(
    event: Option<&Event>,
    account: Option<AccountId>,
    reason: &str,
) -> OutcomeEvent {
    let operation = match event.map(|event| &event.change) {
        Some(AccountEvent::Removed(..)) => AccountOperation::Offboard,
        _ => AccountOperation::Onboard,
    };
    let account =
        EventAccount { account, method: Some(AuthMethod::Sts), ..EventAccount::default() };
    OutcomeEvent::rejected(account, operation, reason)
}
