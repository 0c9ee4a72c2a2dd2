//! Fixtures: a local cloud with Gangway deployed in each partition, Palette's account and customer
//! accounts.

mod account_stack;
mod cross_account_roles;
mod customer;
mod deployment;
mod organization;
mod palette_cluster;
mod portal_access;
mod prerequisites;
mod rotation;
mod stack;
mod stack_resource;
#[cfg(test)]
mod tests;
mod topic;
mod triggers;

use gangway_model::Partition;

use self::stack::CaFile;
pub use self::{
    account_stack::deploy_account_stack,
    cross_account_roles::{ACCESS_EXTERNAL_ID, ENTRY_ROLE, MEMBER_ACCESS_ROLE, ORGANIZATIONS_ROLE},
    customer::CustomerAccount,
    deployment::{API_KEY_SECRET, PartitionDeployment},
    organization::{Organization, VendedAccount, VendingSource},
    palette_cluster::{Breakage, PaletteCluster, PodIdentityCase},
    portal_access::PortalAccess,
    rotation::{RotationAttempt, rotation_event},
    stack::{EVENT_SOURCE, INSPECTION_EXTERNAL_ID, VENDING_EVENT_SOURCE, event_sender},
    stack_resource::{Delivery, StackAnswer, StackRequest, StackResource},
    topic::Topic,
};
use crate::{
    CloudOptions, LocalCloud,
    cloudformation::{Template, TemplateError},
};

/// A local cloud with one deployment of Gangway per partition.
#[derive(Debug)]
pub struct CloudFixture {
    pub cloud: LocalCloud,
    deployments: Vec<PartitionDeployment>,
    _ca_file: Option<CaFile>,
}

impl CloudFixture {
    /// Starts all partitions with the repository's template.
    ///
    /// # Errors
    /// If the template cannot be read.
    ///
    /// # Panics
    /// If a fixture cannot be created.
    pub async fn start(options: CloudOptions) -> Result<Self, TemplateError> {
        let all = [Partition::Aws, Partition::AwsUsGov, Partition::AwsIsoB, Partition::AwsIso];
        Self::with_partitions(options, &Template::from_repository()?, &all).await
    }

    /// Starts some partitions with any template.
    ///
    /// # Errors
    /// If the template cannot be evaluated.
    ///
    /// # Panics
    /// If a fixture cannot be created.
    pub async fn with_partitions(
        options: CloudOptions,
        template: &Template,
        partitions: &[Partition],
    ) -> Result<Self, TemplateError> {
        let cloud = LocalCloud::start(options).await;
        let ca_file = CaFile::write_file(&cloud);
        let mut deployments = Vec::new();
        for partition in partitions {
            let ca_file = ca_file.as_ref();
            let deployment =
                PartitionDeployment::new(&cloud, options, template, *partition, ca_file).await?;
            deployments.push(deployment);
        }
        Ok(Self { cloud, deployments, _ca_file: ca_file })
    }

    /// Returns the deployment in a partition.
    ///
    /// # Panics
    /// If the fixture was started without this partition.
    pub fn deployment(&self, partition: Partition) -> &PartitionDeployment {
        let found = self.deployments.iter().find(|deployment| deployment.partition == partition);
        found.expect("the fixture was started with this partition")
    }

    /// Returns all deployments.
    pub fn deployments(&self) -> &[PartitionDeployment] {
        &self.deployments
    }
}
