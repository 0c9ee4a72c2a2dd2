//! `make local`: one partition of the local cloud with Gangway's API in front, until Ctrl-C.
#![expect(clippy::print_stdout, reason = "a program that people read")]

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use domain::Partition;
use local_cloud::{Host, Options, World, palette::ADMIN_KEY, template::Template, world::Realm};

const USAGE: &str =
    "usage: local [--port 8080] [--partition aws|aws-us-gov|aws-iso-b|aws-iso] [--host HOST] [--env-file FILE]
  The API listens on the port, AWS and Palette on the next one.
  Containers reach AWS and Palette by the host: host.docker.internal with Docker Desktop, else the address of Docker's
  bridge, 172.17.0.1 as a rule.
  The file gets the environment of each function, as `sam local --env-vars` takes it.";

/// What the command line asks for.
struct Wish {
    port: u16,
    partition: Partition,
    host: Host,
    env_file: Option<PathBuf>,
}

impl Wish {
    fn read(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let (partition, host) = (Partition::Aws, Host::Loopback);
        let mut wish = Self { port: 8080, partition, host, env_file: None };
        while let Some(argument) = arguments.next() {
            match (argument.as_str(), arguments.next()?) {
                ("--port", value) => {
                    wish.port = value.parse().ok().filter(|port| *port < u16::MAX)?;
                }
                ("--partition", value) => wish.partition = value.parse().ok()?,
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
    let Some(wish) = Wish::read(std::env::args().skip(1)) else {
        println!("{USAGE}");
        return ExitCode::from(2);
    };
    match stay(&wish).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn stay(wish: &Wish) -> Result<(), Box<dyn std::error::Error>> {
    let template = Template::of_repository()?;
    let options = Options { port: wish.port + 1, host: wish.host, ..Options::default() };
    let world = World::of(options, &template, &[wish.partition]).await?;
    let realm = world.realm(wish.partition);
    let gateway = realm.gateway(wish.port).await;
    for lambda in realm.functions.all() {
        lambda.warm().await?;
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
    introduce(realm, &gateway.url(), &world.cloud.url());
    tokio::signal::ctrl_c().await?;
    println!("\nbye");
    Ok(())
}

fn introduce(realm: &Realm, gateway: &str, cloud: &str) {
    let [first, second] = &realm.customers;
    let keys = &first.keys;
    let curl = |path: &str, body: &str| {
        println!("  curl -s {gateway}{path} -H 'content-type: application/json' -d '{body}'\n");
    };
    println!("Gangway's API    {gateway}");
    println!("AWS and Palette  {cloud}   (Palette's API key: {ADMIN_KEY})");
    println!("partition        {}, region {}\n", realm.partition, realm.region);
    println!(
        "Account {} with the keys of an IAM user (they are good in this cloud only):\n",
        first.account.id()
    );
    let (id, secret) = (&keys.id, &keys.secret);
    let body =
        format!(r#"{{"name": "first", "accessKeyId": "{id}", "secretAccessKey": "{secret}"}}"#);
    curl("/v1/accounts/static-credentials/validate", &body);
    curl("/v1/accounts/static-credentials", &body);
    if realm.source.is_some() {
        println!("Account {} with a role that trusts Palette:\n", second.account.id());
        let body = format!(r#"{{"name": "second", "roleArn": "{}"}}"#, second.role.arn());
        curl("/v1/accounts/sts/validate", &body);
        curl("/v1/accounts/sts", &body);
        println!("  curl -s {gateway}/v1/accounts/sts/trust\n");
    }
    println!("  curl -s {gateway}/v1/accounts\n\nCtrl-C ends it.");
}
