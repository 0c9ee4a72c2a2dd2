//! Tests of the fake AWS over HTTP.
mod assume;
mod callers;
mod eks;
mod faults;
mod iam;
mod objects;
mod organizations;
mod queues;
mod rotation;
mod secrets;
mod settling;
mod signatures;
mod simulate;
mod tables;

use serde_json::{Value, json};

use super::client::AwsClient;
use super::{Account, AwsCredentials};
use crate::http_client;
use crate::{CloudOptions, LocalCloud};

const ACCOUNT: &str = "123456789012";
const OTHER: &str = "210987654321";

async fn cloud() -> LocalCloud {
    LocalCloud::start(CloudOptions::default()).await
}

fn commercial(cloud: &LocalCloud) -> Account {
    cloud.aws().account("aws", ACCOUNT)
}

fn client(cloud: &LocalCloud, keys: &AwsCredentials) -> AwsClient {
    AwsClient::new(http_client::client(cloud.ca_pem()), &cloud.url(), "us-east-1", keys)
}

/// Returns an access key of an administrator.
fn admin(account: &Account) -> AwsCredentials {
    account.user("admin").attach(&account.managed_policy_arn("AdministratorAccess"));
    account.user("admin").create_access_key()
}

fn allow(actions: &[&str], resource: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": resource }] })
}

fn trust(principal: &str, condition: &Value) -> Value {
    let mut statement =
        json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "sts:AssumeRole" });
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

fn external_id(id: &str) -> Value {
    json!({ "StringEquals": { "sts:ExternalId": id } })
}
