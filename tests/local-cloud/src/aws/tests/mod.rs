//! The emulator over HTTP, asked by hand.
mod assume;
mod callers;
mod eks;
mod faults;
mod iam;
mod organizations;
mod queues;
mod secrets;
mod settling;
mod signatures;
mod simulate;

use serde_json::{Value, json};

use super::client::Client;
use super::{Account, Keys};
use crate::outbound;
use crate::{Cloud, Options};

const ACCOUNT: &str = "123456789012";
const OTHER: &str = "210987654321";

async fn cloud() -> Cloud {
    Cloud::start(Options::default()).await
}

fn commercial(cloud: &Cloud) -> Account {
    cloud.aws().account("aws", ACCOUNT)
}

fn client(cloud: &Cloud, keys: &Keys) -> Client {
    Client::new(outbound::client(cloud.ca_pem()), &cloud.url(), "us-east-1", keys)
}

/// A person who may do everything.
fn admin(account: &Account) -> Keys {
    account.user("admin").attach(&account.managed("AdministratorAccess"));
    account.user("admin").keys()
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
