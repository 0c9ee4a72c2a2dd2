//! Creates many AWS accounts in the local organization and in the local Palette.

use local_cloud::{
    CloudFixture, aws::organizations::JoinedMethod, fixtures::PartitionDeployment, palette,
};
use serde_json::json;

/// A number of test accounts with consecutive ids.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TestAccounts(usize);

impl TestAccounts {
    pub(crate) const fn new(count: usize) -> Self {
        Self(count)
    }

    /// Returns the first `count` accounts.
    pub(crate) fn take(self, count: usize) -> Self {
        Self(self.0.min(count))
    }

    fn ids(self) -> impl Iterator<Item = String> {
        (1..=self.0).map(|number| format!("7{number:011}"))
    }

    /// Adds the accounts to the organization.
    pub(crate) fn join_organization(
        self,
        cloud_fixture: &CloudFixture,
        deployment: &PartitionDeployment,
    ) {
        let organization = deployment.organization();
        for id in self.ids() {
            let account = cloud_fixture.cloud.aws().account(deployment.partition.id(), &id);
            let name = format!("team-{id}");
            organization.api.add_member(
                &account,
                &name,
                &organization.sandbox,
                JoinedMethod::Created,
                0,
            );
        }
    }

    /// Registers the accounts in Palette as Gangway does.
    pub(crate) fn register_in_palette(self, cloud_fixture: &CloudFixture) {
        self.register_with(cloud_fixture, |id| {
            (id.to_owned(), format!("arn:aws:iam::{id}:role/SpectroCloudRole"))
        });
    }

    /// Registers the accounts in Palette with the AWS account and the role that `of` returns for an
    /// id.
    pub(crate) fn register_with(
        self,
        cloud_fixture: &CloudFixture,
        of: impl Fn(&str) -> (String, String),
    ) {
        let mut records = cloud_fixture.cloud.palette().records();
        let Some(tenant) = records.tenants.first().map(|tenant| tenant.uid.clone()) else { return };
        records.accounts.extend(self.ids().map(|id| (of(&id), id)).map(
            |((aws_account, role), id)| palette::Account {
                uid: format!("{id:0>24}"),
                tenant: tenant.clone(),
                project: None,
                body: json!({
                    "metadata": {
                        "name": format!("aws-{id}"),
                        "annotations": { "scope": "tenant", "gangwayAwsAccountId": aws_account },
                    },
                    "spec": {
                        "credentialType": "sts",
                        "partition": "aws",
                        "sts": { "arn": role },
                    },
                }),
                in_use: false,
                portal_token: None,
            },
        ));
    }
}
