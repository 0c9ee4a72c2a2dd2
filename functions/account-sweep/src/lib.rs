//! Finds accounts of the organization that are not in Palette, and closed accounts that still are.
//! It changes nothing itself: it sends events to the queue that the function `account-vended`
//! reads.

mod classification;
mod config;
mod event;
mod palette_index;
mod report;
mod sweep;

use gangway_aws::sqs::SqsQueue;
use gangway_lambda::{ApiError, Fields, Response};
use gangway_registration::{AppContext, ConfigError, env_var};

use config::SweepConfig;

/// The sweep: compares the organization with Palette.
pub struct Sweep<'a> {
    context: &'a AppContext,
    config: SweepConfig,
    queue: SqsQueue,
}

impl<'a> Sweep<'a> {
    /// Creates the sweep of this deployment. Reads the function's own variables.
    pub fn new(context: &'a AppContext) -> Result<Self, ConfigError> {
        let config = SweepConfig::from_env(env_var, context.clients.partition)?;
        let queue = SqsQueue::new(&context.clients.aws, config.queue.clone());
        Ok(Self { context, config, queue })
    }

    /// Compares the organization with Palette, sends an event for each difference, and returns the
    /// report. Sends nothing if the field `dryRun` is `true`.
    pub async fn handle(&self, mut fields: Fields) -> Result<Response, ApiError> {
        let dry_run = fields.optional_bool("dryRun");
        let dry_run = fields.finish(Some(dry_run))?;
        let report = self.run(dry_run).await?;
        report.log();
        Ok(Response::Json(report.to_json()))
    }
}
