//! The function: a message comes in, its end or its setback is told.

use gangway_aws::sqs::SqsQueue;
use gangway_lambda::{Disposition, MessageResult, SqsMessage};
use gangway_registration::{AppContext, Error, env_var};

use crate::{
    event::{Event, Tidings},
    management::Management,
    offboard, onboard,
    outcome::{End, Setback},
    palette::Answers,
    settings::Settings,
};

/// What the function is made of. Made once, at start.
pub struct Vending {
    pub(crate) deployment: AppContext,
    pub(crate) settings: Settings,
    pub(crate) management: Management,
    pub(crate) answers: Answers,
    dead_letters: SqsQueue,
}

/// How often a message is delivered of which nobody can tell whether its setback passes.
const DOUBTFUL_DELIVERIES: u32 = 4;

/// A setback, judged.
#[derive(Debug)]
pub(crate) struct Trouble {
    /// What it was.
    pub(crate) setback: Setback,
    /// Whether the message is worth another try.
    pub(crate) passes: bool,
}

impl Trouble {
    /// Judged for an account that is young or not.
    pub(crate) const fn of(setback: Setback, young: bool) -> Self {
        let passes = setback.passes(young);
        Self { setback, passes }
    }
}

impl Vending {
    /// Reads the environment and makes every client.
    pub async fn open() -> Result<Self, Error> {
        let deployment = AppContext::from_env().await?;
        let settings = Settings::read(env_var, deployment.clients.partition)?;
        let management = Management::new(
            deployment.clients.aws.clone(),
            settings.accounts.management_role.clone(),
        );
        let dead_letters = SqsQueue::new(&deployment.clients.aws, settings.dead_letters.clone());
        Ok(Self { deployment, settings, management, answers: Answers::default(), dead_letters })
    }

    /// Works one message. What nobody can work goes to the dead letters, with the reason.
    pub async fn work(&self, message: &SqsMessage) -> MessageResult {
        let event = match Event::read(&message.body, self.deployment.clients.partition) {
            Ok(event) => event,
            Err(unreadable) => {
                let setback = Setback::Final(unreadable.to_string());
                return self.set_back(message, None, Trouble::of(setback, false)).await;
            }
        };
        match self.follow(&event, message).await {
            Ok(end) => MessageResult {
                kind: event.kind.id(),
                account: event.account(),
                outcome: end.id(),
                detail: end.detail(),
                error: None,
                verdict: Disposition::Delete,
            },
            Err(trouble) => self.set_back(message, Some(&event), trouble).await,
        }
    }

    async fn follow(&self, event: &Event, message: &SqsMessage) -> Result<End, Trouble> {
        match &event.tidings {
            Tidings::Arrived(subject) => onboard::account(self, subject, message.sent).await,
            Tidings::Left(subject, leave) => {
                let ended = offboard::account(self, subject, *leave).await;
                ended.map_err(|setback| Trouble::of(setback, false))
            }
            Tidings::Failed(reason) => Ok(End::NeverMade(reason.clone())),
            Tidings::Nothing(why) => Ok(End::Ignored(why.to_string())),
        }
    }

    /// Lets a message come again, or puts it where people look.
    async fn set_back(
        &self,
        message: &SqsMessage,
        event: Option<&Event>,
        Trouble { setback, passes }: Trouble,
    ) -> MessageResult {
        let account = event.and_then(Event::account);
        let passes = passes || setback.doubtful() && message.deliveries < DOUBTFUL_DELIVERIES;
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
        if let Setback::Port(error) = setback {
            (worked.error, worked.detail) = (Some(error), None);
        }
        worked
    }
}
