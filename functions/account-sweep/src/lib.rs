//! Finds what no event brought: accounts of the organization that Palette lacks, and Palette's accounts that are closed.
//! It changes nothing itself: what is to be done goes through the same queue as the events.

mod classification;
mod config;
mod event;
mod palette_index;
mod report;
mod sweep;

use gangway_aws::organizations::OrganizationsClient;
use gangway_aws::sqs::SqsQueue;
use gangway_lambda::{ApiError, Fields, Response};
use gangway_model::UpstreamError;
use gangway_registration::{AppContext, ConfigError, env_var};

use config::SweepConfig;

/// The whole function.
pub struct Sweep<'a> {
    deployment: &'a AppContext,
    settings: SweepConfig,
    queue: SqsQueue,
}

impl<'a> Sweep<'a> {
    /// The sweep of this deployment, as the function's own variables say.
    pub fn new(deployment: &'a AppContext) -> Result<Self, ConfigError> {
        let settings = SweepConfig::from_env(env_var, deployment.clients.partition)?;
        let queue = SqsQueue::new(&deployment.clients.aws, settings.queue.clone());
        Ok(Self { deployment, settings, queue })
    }

    /// Compares, queues what is to be done, and answers with the difference. With `dryRun` it queues nothing.
    pub async fn handle(&self, mut fields: Fields) -> Result<Response, ApiError> {
        let dry_run = fields.optional_bool("dryRun");
        let dry_run = fields.finish(Some(dry_run))?;
        let difference = self.run(dry_run).await?;
        difference.log();
        Ok(Response::Json(difference.json()))
    }

    /// The organization, asked as the function itself or through the management role.
    async fn organization(&self) -> Result<OrganizationsClient, UpstreamError> {
        match &self.settings.organization.management_role {
            Some(role) => {
                Ok(OrganizationsClient::new(&self.deployment.clients.aws.assume_role(role).await?))
            }
            None => Ok(OrganizationsClient::new(&self.deployment.clients.aws)),
        }
    }
}
