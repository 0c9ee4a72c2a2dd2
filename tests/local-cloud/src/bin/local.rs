//! `make local`: runs one partition of the local cloud with Gangway's API until Ctrl-C.
#![expect(clippy::print_stdout, reason = "a program that people read")]

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use gangway_model::{AuthMethod, Partition};
use local_cloud::{
    CloudFixture, CloudOptions, Host, api_gateway::UnsignedRequests, cloudformation::Template,
    fixtures::PartitionDeployment, palette::ADMIN_KEY,
};
use serde_json::{Value, json};

const USAGE: &str = "usage: local [--port 8080] [--partition aws|aws-us-gov|aws-iso-b|aws-iso]
             [--signed] [--pace N] [--facts FILE] [--host HOST] [--env-file FILE]
  The API listens on the port, AWS and Palette on the next one.
  --signed refuses requests that nobody signed, as a deployment does; a wrong signature is refused always.
  --pace: how often a second each function asks Palette; a real one takes 10 in all, this one any.
  --facts: the file gets the API's address, a portal's keys and requests to try, as JSON.
  Containers reach AWS and Palette by the host: host.docker.internal with Docker Desktop, else the address of Docker's
  bridge, 172.17.0.1 as a rule.
  The file gets the environment of each function, as `sam local --env-vars` takes it.";

/// Command line arguments.
struct Arguments {
    port: u16,
    partition: Partition,
    unsigned: UnsignedRequests,
    pace: Option<u16>,
    facts: Option<PathBuf>,
    host: Host,
    env_file: Option<PathBuf>,
}

impl Arguments {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut wish = Self {
            port: 8080,
            partition: Partition::Aws,
            unsigned: UnsignedRequests::Accepted,
            pace: None,
            facts: None,
            host: Host::Loopback,
            env_file: None,
        };
        while let Some(argument) = arguments.next() {
            if argument == "--signed" {
                wish.unsigned = UnsignedRequests::Rejected;
                continue;
            }
            match (argument.as_str(), arguments.next()?) {
                ("--port", value) => {
                    wish.port = value.parse().ok().filter(|port| *port < u16::MAX)?;
                }
                ("--partition", value) => wish.partition = value.parse().ok()?,
                ("--pace", value) => wish.pace = Some(value.parse().ok()?),
                ("--facts", value) => wish.facts = Some(value.into()),
                ("--host", value) => wish.host = value.parse().ok()?,
                ("--env-file", value) => wish.env_file = Some(value.into()),
                _ => return None,
            }
        }
        Some(wish)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(wish) = Arguments::parse(std::env::args().skip(1)) else {
        println!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&wish).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(wish: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let template = Template::from_repository()?;
    let options = CloudOptions {
        port: wish.port + 1,
        host: wish.host,
        requests_per_second: wish.pace,
        ..CloudOptions::default()
    };
    let world = CloudFixture::with_partitions(options, &template, &[wish.partition]).await?;
    let realm = world.deployment(wish.partition);
    let gateway = realm.start_gateway_with(wish.unsigned, wish.port).await;
    for lambda in realm.functions.all() {
        lambda.warm_up().await?;
    }
    if let Some(file) = &wish.env_file {
        let environments: BTreeMap<_, _> = realm
            .functions
            .all()
            .map(|lambda| (lambda.function().logical_id.clone(), lambda.environment()))
            .collect();
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(file, serde_json::to_vec_pretty(&environments)?)?;
    }
    let environment = portal_environment(realm, &gateway.url());
    print_instructions(realm, &environment, wish.unsigned, &world.cloud.url());
    // The file is written last: a script that waits for it may call the API at once.
    if let Some(file) = &wish.facts {
        let facts = json!({
            "environment": BTreeMap::from(environment),
            "partition": realm.partition.id(),
            "requests": sample_requests(realm),
        });
        let unfinished = file.with_extension("part");
        std::fs::write(&unfinished, serde_json::to_vec_pretty(&facts)?)?;
        std::fs::rename(unfinished, file)?;
    }
    tokio::signal::ctrl_c().await?;
    println!("\nbye");
    Ok(())
}

/// Returns the environment variables that the examples in the documentation use.
fn portal_environment(realm: &PartitionDeployment, gateway: &str) -> [(&'static str, String); 4] {
    let keys = realm.developer_portal_keys();
    [
        ("GANGWAY", gateway.to_owned()),
        ("AWS_REGION", realm.region.to_owned()),
        ("AWS_ACCESS_KEY_ID", keys.id),
        ("AWS_SECRET_ACCESS_KEY", keys.secret),
    ]
}

/// Returns a valid registration for each method that needs only a customer account.
fn sample_requests(realm: &PartitionDeployment) -> BTreeMap<&'static str, Value> {
    let [first, second] = &realm.customers;
    let mut keys = json!({
        "name": "first", "accessKeyId": first.keys.id, "secretAccessKey": first.keys.secret,
    });
    if let (Some(pem), Some(members)) = (&realm.aws_ca_pem, keys.as_object_mut()) {
        members.insert("certificateAuthority".to_owned(), pem.as_str().into());
    }
    let mut requests = BTreeMap::from([(AuthMethod::StaticCredentials.id(), keys)]);
    if realm.palette_user.is_some() {
        let role = json!({ "name": "second", "roleArn": second.role.arn() });
        requests.insert(AuthMethod::Sts.id(), role);
    }
    requests
}

fn print_instructions(
    realm: &PartitionDeployment,
    environment: &[(&str, String); 4],
    unsigned: UnsignedRequests,
    cloud: &str,
) {
    let [first, second] = &realm.customers;
    let [(_, gateway), ..] = environment;
    let signed = match unsigned {
        UnsignedRequests::Accepted => "",
        UnsignedRequests::Rejected => {
            r#" --aws-sigv4 "aws:amz:$AWS_REGION:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY""#
        }
    };
    println!("Gangway's API    {gateway}");
    println!("AWS and Palette  {cloud}   (Palette's API key: {ADMIN_KEY})");
    println!("partition        {}, region {}\n", realm.partition, realm.region);
    println!("A portal that signs its requests has this in its environment:\n");
    for (name, value) in environment {
        println!("  export {name}='{value}'");
    }
    let whose = [
        (
            AuthMethod::StaticCredentials,
            format!(
                "\nAccount {} with the keys of an IAM user (they are good in this cloud only):\n",
                first.account.id()
            ),
        ),
        (
            AuthMethod::Sts,
            format!("Account {} with a role that trusts Palette:\n", second.account.id()),
        ),
    ];
    let requests = sample_requests(realm);
    for (method, words) in whose {
        let Some(body) = requests.get(method.id()) else { continue };
        println!("{words}");
        for path in [format!("{}/validate", method.id()), method.id().to_owned()] {
            println!(
                "  curl -s{signed} {gateway}/v1/tenant/accounts/{path} -H 'content-type: application/json' -d '{body}'\n"
            );
        }
    }
    if realm.palette_user.is_some() {
        println!("  curl -s{signed} {gateway}/v1/sts/trust\n");
    }
    println!("  curl -s{signed} {gateway}/v1/tenant/accounts\n\nCtrl-C ends it.");
}
