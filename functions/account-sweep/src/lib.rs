//! Finds what no event brought: accounts of the organization that Palette lacks, and Palette's accounts that are closed.
//! It changes nothing itself: what is to be done goes through the same queue as the events.

mod difference;
mod event;
mod plan;
mod registered;
mod settings;
mod sweep;

use gangway_aws::organizations::Organization;
use gangway_aws::sqs::Queue;
use gangway_lambda::{Members, Rejection, Reply};
use gangway_model::PortError;
use gangway_registration::{Deployment, Misconfigured, variable};

use settings::Settings;

/// The whole function.
pub struct Sweep<'a> {
    deployment: &'a Deployment,
    settings: Settings,
    queue: Queue,
}

impl<'a> Sweep<'a> {
    /// The sweep of this deployment, as the function's own variables say.
    pub fn over(deployment: &'a Deployment) -> Result<Self, Misconfigured> {
        let settings = Settings::read(variable, deployment.clients.partition)?;
        let queue = Queue::of(&deployment.clients.aws, settings.queue.clone());
        Ok(Self { deployment, settings, queue })
    }

    /// Compares, queues what is to be done, and answers with the difference. With `dryRun` it queues nothing.
    pub async fn answer(&self, mut members: Members) -> Result<Reply, Rejection> {
        let dry_run = members.flag("dryRun");
        members.finish()?;
        let difference = self.run(dry_run).await?;
        difference.log();
        Ok(Reply::Json(difference.json()))
    }

    /// The organization, asked as the function itself or through the management role.
    async fn organization(&self) -> Result<Organization, PortError> {
        match &self.settings.organization.management_role {
            Some(role) => Ok(Organization::of(&self.deployment.clients.aws.assume(role).await?)),
            None => Ok(Organization::of(&self.deployment.clients.aws)),
        }
    }
}
