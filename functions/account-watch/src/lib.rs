//! Re-validates every registered account and keeps the result in the state table.
//!
//! A schedule starts a run: one message for each scope, then one for each account. The message of
//! an account runs the checks of a registration, compares the result with the account's state,
//! writes the state if it changed, and publishes events about changes. `docs/consistency.md`
//! describes why no event is lost and none is published twice.

mod accounts_report;
mod check;
mod config;
mod drift;
mod listing;
mod message;
mod publication;
mod reporting;

use gangway_aws::{objects::ObjectStore, sqs::SqsQueue, state_table::StateTable};
use gangway_http::clock;
use gangway_lambda::{
    ApiError, Disposition, Fields, MessageResult, Response, SqsMessage, write_metric,
};
use gangway_model::{AccountId, Partition, RegistrationError, UpstreamError};
use gangway_registration::{AppContext, Error, env_var};

use config::WatchConfig;
use message::{Work, parse_body};

/// Name of the function, in logs and metrics.
const FUNCTION: &str = "account-watch";

/// Number of deliveries of a message after which only the next run checks the account again.
const MAX_DELIVERIES: u32 = 3;

/// Handles the messages of the watch. The function builds one when it starts.
pub struct Watch {
    context: AppContext,
    table: StateTable,
    reports: ObjectStore,
    queue: SqsQueue,
    dead_letter_queue: SqsQueue,
}

/// Why a message was not handled.
#[derive(Debug, thiserror::Error)]
enum WatchError {
    #[error("the message does not describe a scope or an account of the watch")]
    InvalidMessage,
    /// Palette or AWS failed, or denies access to this deployment.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The deployment is not ready: checks failed that do not concern the account.
    #[error("checks of this deployment failed: {0}")]
    Deployment(String),
    #[error("the report cannot be made: {0}")]
    Report(String),
    /// Another message publishes the events of the account.
    #[error("another message publishes the events of this account")]
    Claimed,
    /// Another message has written the state of the account at the same time.
    #[error("another message has written the state of this account")]
    Conflict,
}

impl Watch {
    /// Reads the environment and builds every client.
    pub async fn from_env() -> Result<Self, Error> {
        let mut context = AppContext::from_env().await?;
        context.clients.palette = context.clients.palette.with_cache();
        let config = WatchConfig::from_env(env_var)?;
        let aws = &context.clients.aws;
        let table = StateTable::new(aws, config.table);
        let http = context.clients.http.clone();
        let reports = ObjectStore::new(aws, http, config.reports_bucket);
        let queue = SqsQueue::new(aws, config.queue);
        let dead_letter_queue = SqsQueue::new(aws, config.dead_letter_queue);
        Ok(Self { context, table, reports, queue, dead_letter_queue })
    }

    /// Returns the partition of the deployment.
    pub const fn partition(&self) -> Partition {
        self.context.clients.partition
    }

    /// Starts a run: sends a message for each scope. The field `scopes` limits the run to these
    /// scopes. If the field `dryRun` is `true`, only counts the accounts and sends nothing.
    pub async fn start_run(&self, mut fields: Fields) -> Result<Response, ApiError> {
        let scopes = fields.scopes();
        let dry_run = fields.optional_bool("dryRun");
        let (scopes, dry_run) = fields.finish(Some((scopes, dry_run)))?;
        Ok(Response::Json(self.list_run(scopes, dry_run).await?))
    }

    /// Handles one message. An error of Palette or AWS changes no state: the next run checks the
    /// account again.
    pub async fn handle_message(&self, message: &SqsMessage) -> MessageResult {
        let Some(parsed) = parse_body(&message.body) else {
            return self.fail("message", None, message, WatchError::InvalidMessage).await;
        };
        let (run, kind) = (parsed.id, parsed.work.id());
        let sent = message.sent.unwrap_or_else(clock::now);
        let (account, outcome) = match parsed.work {
            Work::ListScope { scope, next } => {
                (None, self.list_scope((&run, sent), &scope, next).await)
            }
            Work::Report { delays } => (None, self.report((&run, sent), delays).await),
            Work::RecordDrift { comparison } => {
                (None, self.record_drift(&comparison, sent, message).await)
            }
            Work::CheckAccount { account } => match account.into_account() {
                None => (None, Err(WatchError::InvalidMessage)),
                Some(account) => {
                    let aws_account = account.aws_account();
                    (aws_account, self.check_account(account, (&run, sent), message).await)
                }
            },
        };
        match outcome {
            Ok(outcome) => MessageResult {
                kind,
                account,
                outcome,
                detail: None,
                error: None,
                events: Vec::new(),
                disposition: Disposition::Delete,
            },
            Err(error) => self.fail(kind, account, message, error).await,
        }
    }

    /// Returns the result of a message that was not handled: SQS deletes it, delivers it again, or
    /// it is in the dead-letter queue.
    async fn fail(
        &self,
        kind: &'static str,
        account: Option<AccountId>,
        message: &SqsMessage,
        error: WatchError,
    ) -> MessageResult {
        let is_last = message.deliveries >= MAX_DELIVERIES;
        let detail = Some(error.to_string());
        let (outcome, error, disposition) = match error {
            WatchError::InvalidMessage => {
                let reason = error.to_string();
                let queue = &self.dead_letter_queue;
                match queue.send_to_dead_letter_queue(&message.body, &reason, account).await {
                    Ok(()) => ("invalid", None, Disposition::DeadLettered),
                    Err(upstream) => ("invalid", Some(upstream), Disposition::Retry),
                }
            }
            WatchError::Claimed => ("claimed", None, Disposition::Retry),
            WatchError::Conflict => ("conflict", None, Disposition::Retry),
            WatchError::Upstream(upstream) if is_last => {
                ("not-checked", Some(upstream), Disposition::Delete)
            }
            WatchError::Upstream(upstream) => {
                ("upstream-error", Some(upstream), Disposition::Retry)
            }
            WatchError::Report(_) => ("not-reported", None, Disposition::Delete),
            WatchError::Deployment(_) => ("not-checked", None, Disposition::Delete),
        };
        if outcome == "not-checked" {
            write_metric(FUNCTION, "AccountsNotChecked", 1, None);
        }
        MessageResult { kind, account, outcome, detail, error, events: Vec::new(), disposition }
    }
}

impl From<RegistrationError> for WatchError {
    fn from(error: RegistrationError) -> Self {
        match error {
            RegistrationError::Upstream(error) => Self::Upstream(error),
            RegistrationError::Invalid(_)
            | RegistrationError::ChecksFailed(_)
            | RegistrationError::ConcurrentModification(_)
            | RegistrationError::Conflict(_)
            | RegistrationError::NotFound(_) => Self::Deployment(error.to_string()),
        }
    }
}
