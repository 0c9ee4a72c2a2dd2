//! The function: a message comes in, its end or its setback is told.

use gangway_aws::sqs::SqsQueue;
use gangway_lambda::{Disposition, MessageResult, SqsMessage};
use gangway_registration::{AppContext, Error, env_var};

use crate::{
    config::HandlerConfig,
    event::{AccountEvent, Event},
    management::ManagementAccount,
    offboard, onboard,
    outcome::{MessageOutcome, VendingError},
    palette_cache::PaletteCache,
};

/// What the function is made of. Made once, at start.
pub struct VendingHandler {
    pub(crate) deployment: AppContext,
    pub(crate) settings: HandlerConfig,
    pub(crate) management: ManagementAccount,
    pub(crate) answers: PaletteCache,
    dead_letters: SqsQueue,
}

/// How often a message is delivered of which nobody can tell whether its setback passes.
const MAX_AMBIGUOUS_DELIVERIES: u32 = 4;

/// A setback, judged.
#[derive(Debug)]
pub(crate) struct MessageError {
    /// What it was.
    pub(crate) error: VendingError,
    /// Whether the message is worth another try.
    pub(crate) retryable: bool,
}

impl MessageError {
    /// Judged for an account that is young or not.
    pub(crate) const fn new(setback: VendingError, young: bool) -> Self {
        let passes = setback.is_retryable(young);
        Self { error: setback, retryable: passes }
    }
}

impl VendingHandler {
    /// Reads the environment and makes every client.
    pub async fn open() -> Result<Self, Error> {
        let deployment = AppContext::from_env().await?;
        let settings = HandlerConfig::from_env(env_var, deployment.clients.partition)?;
        let management = ManagementAccount::new(
            deployment.clients.aws.clone(),
            settings.accounts.management_role.clone(),
        );
        let dead_letters = SqsQueue::new(&deployment.clients.aws, settings.dead_letters.clone());
        Ok(Self {
            deployment,
            settings,
            management,
            answers: PaletteCache::default(),
            dead_letters,
        })
    }

    /// Works one message. What nobody can work goes to the dead letters, with the reason.
    pub async fn handle_message(&self, message: &SqsMessage) -> MessageResult {
        let event = match Event::parse(&message.body, self.deployment.clients.partition) {
            Ok(event) => event,
            Err(unreadable) => {
                let setback = VendingError::Permanent(unreadable.to_string());
                return self.handle_failure(message, None, MessageError::new(setback, false)).await;
            }
        };
        match self.dispatch(&event, message).await {
            Ok(end) => MessageResult {
                kind: event.kind.id(),
                account: event.account(),
                outcome: end.id(),
                detail: end.detail(),
                error: None,
                verdict: Disposition::Delete,
            },
            Err(trouble) => self.handle_failure(message, Some(&event), trouble).await,
        }
    }

    async fn dispatch(
        &self,
        event: &Event,
        message: &SqsMessage,
    ) -> Result<MessageOutcome, MessageError> {
        match &event.tidings {
            AccountEvent::Created(subject) => {
                onboard::onboard_account(self, subject, message.sent).await
            }
            AccountEvent::Removed(subject, leave) => {
                let ended = offboard::offboard_account(self, subject, *leave).await;
                ended.map_err(|setback| MessageError::new(setback, false))
            }
            AccountEvent::CreationFailed(reason) => {
                Ok(MessageOutcome::CreationFailed(reason.clone()))
            }
            AccountEvent::Ignored(why) => Ok(MessageOutcome::Ignored(why.to_string())),
        }
    }

    /// Lets a message come again, or puts it where people look.
    async fn handle_failure(
        &self,
        message: &SqsMessage,
        event: Option<&Event>,
        MessageError { error: setback, retryable: passes }: MessageError,
    ) -> MessageResult {
        let account = event.and_then(Event::account);
        let passes =
            passes || setback.is_ambiguous() && message.deliveries < MAX_AMBIGUOUS_DELIVERIES;
        let mut worked = MessageResult {
            kind: event.map_or("unreadable", |event| event.kind.id()),
            account,
            outcome: setback.id(passes),
            detail: Some(setback.to_string()),
            error: None,
            verdict: Disposition::Retry,
        };
        if !passes {
            let reason = setback.to_string();
            match self.dead_letters.send_to_dead_letter_queue(&message.body, &reason, account).await
            {
                Ok(()) => worked.verdict = Disposition::Delete,
                Err(error) => {
                    worked.error = Some(error);
                    return worked;
                }
            }
        }
        if let VendingError::Upstream(error) = setback {
            (worked.error, worked.detail) = (Some(error), None);
        }
        worked
    }
}
