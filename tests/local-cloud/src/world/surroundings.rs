//! What is in a partition before Gangway is deployed there.

use gangway_model::Partition;
use serde_json::json;

use super::entrances::management_role;
use crate::{
    Cloud, Options,
    aws::{Account, Aws, User, client::Client},
    outbound,
    palette::{SECRET_PARTITION_FLAG, StsSource},
    portal::{Kind, Portal},
};

/// Palette's user in this partition, and what it presents; told to Palette as its operator would.
pub(super) fn create_palette_user(
    cloud: &Cloud,
    partition: Partition,
    palette: &Account,
) -> (Option<User>, String) {
    let mut records = cloud.palette().records();
    let external_id =
        records.tenants.first().and_then(|tenant| tenant.external_ids.get(partition.id()));
    let Some(external_id) = external_id.cloned() else { return (None, String::new()) };
    let user = palette.user("palette-sts");
    user.inline(
        "AssumeTenantRoles",
        &json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
        }),
    );
    let keys = user.keys();
    let account = palette.id().to_owned();
    let source = StsSource { account, access_key: keys.id, secret_key: keys.secret };
    records.sts_sources.insert(partition.id().to_owned(), source);
    (Some(user), external_id)
}

/// The partition's access portal; where it is is told to Palette as its operator would.
pub(super) async fn start_access_portal(cloud: &Cloud, partition: Partition) -> Option<Portal> {
    let kind = match partition {
        Partition::Aws | Partition::AwsUsGov => return None,
        Partition::AwsIsoB => Kind::Scap,
        Partition::AwsIso => Kind::Cap,
    };
    let portal = Portal::open(cloud, kind).await;
    let mut records = cloud.palette().records();
    records.portals.insert(partition.id().to_owned(), portal.url());
    records.features.insert(SECRET_PARTITION_FLAG.to_owned(), true);
    Some(portal)
}

/// The account that the organization is managed from; where it is not Gangway's, with the role that lets Gangway's in.
pub(super) fn create_management_account(
    cloud: &Cloud,
    options: Options,
    partition: Partition,
    deployment: &Account,
) -> Account {
    if !options.managed_elsewhere {
        return deployment.clone();
    }
    let management = account(cloud.aws(), 9, partition);
    management_role(&management, deployment);
    management
}

pub(super) fn create_administrator(cloud: &Cloud, account: &Account, region: &str) -> Client {
    let role = account.role("Administrator");
    role.inline(
        "Everything",
        &json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
        }),
    );
    let keys = role.session("furnisher");
    Client::new(outbound::client(cloud.ca_pem()), &cloud.url(), region, &keys).nested()
}

/// One of a realm's own accounts, by its first digit.
pub(super) fn account(aws: &Aws, first: u8, partition: Partition) -> Account {
    aws.account(partition.id(), &format!("{first}0000000000{}", partition_digit(partition)))
}

/// Gangway's own account in a partition.
pub(super) fn deployment_account(aws: &Aws, partition: Partition) -> Account {
    account(aws, 1, partition)
}

/// The last digit of every account id, so that no two partitions share one.
const fn partition_digit(partition: Partition) -> u8 {
    match partition {
        Partition::Aws => 1,
        Partition::AwsUsGov => 2,
        Partition::AwsIsoB => 3,
        Partition::AwsIso => 4,
    }
}
