//! `make local`: runs one partition of the local cloud with Gangway's API until Ctrl-C.
#![expect(clippy::print_stdout, reason = "a command line program")]

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use gangway_model::{AuthMethod, Partition};
use local_cloud::{
    CloudFixture, CloudOptions, Host, api_gateway::UnsignedRequests, cloudformation::Template,
    fixtures::PartitionDeployment, palette::ADMIN_KEY,
};
use serde_json::{Value, json};

const USAGE: &str = "usage: local [--port 8080] [--partition aws|aws-us-gov|aws-iso-b|aws-iso]
             [--signed] [--pace N] [--facts FILE] [--host HOST] [--env-file FILE]
  The API listens on the port, AWS and Palette on the next one.
  --signed: reject unsigned requests, as a deployment does. A wrong signature is always rejected.
  --pace: requests per second that each function sends to Palette. A real Palette allows 10 in total.
  --facts: write the API's URL, a portal's access key and sample requests to the file, as JSON.
  --host: the host name of AWS and Palette for containers: host.docker.internal with Docker Desktop,
          otherwise the address of the Docker bridge, usually 172.17.0.1.
  --env-file: write the environment of each function to the file, for `sam local --env-vars`.";

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
        let mut parsed = Self {
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
                parsed.unsigned = UnsignedRequests::Rejected;
                continue;
            }
            match (argument.as_str(), arguments.next()?) {
                ("--port", value) => {
                    parsed.port = value.parse().ok().filter(|port| *port < u16::MAX)?;
                }
                ("--partition", value) => parsed.partition = value.parse().ok()?,
                ("--pace", value) => parsed.pace = Some(value.parse().ok()?),
                ("--facts", value) => parsed.facts = Some(value.into()),
                ("--host", value) => parsed.host = value.parse().ok()?,
                ("--env-file", value) => parsed.env_file = Some(value.into()),
                _ => return None,
            }
        }
        Some(parsed)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(parsed) = Arguments::parse(std::env::args().skip(1)) else {
        println!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&parsed).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(parsed: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let template = Template::from_repository()?;
    let options = CloudOptions {
        port: parsed.port + 1,
        host: parsed.host,
        requests_per_second: parsed.pace,
        ..CloudOptions::default()
    };
    let fixture = CloudFixture::with_partitions(options, &template, &[parsed.partition]).await?;
    let deployment = fixture.deployment(parsed.partition);
    let gateway = deployment.start_gateway_with(parsed.unsigned, parsed.port).await;
    for lambda in deployment.functions.all() {
        lambda.warm_up().await?;
    }
    if let Some(file) = &parsed.env_file {
        let environments: BTreeMap<_, _> = deployment
            .functions
            .all()
            .map(|lambda| (lambda.function().logical_id.clone(), lambda.environment()))
            .collect();
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        write_private(file, &serde_json::to_vec_pretty(&environments)?)?;
    }
    let environment = portal_environment(deployment, &gateway.url());
    print_instructions(deployment, &environment, parsed.unsigned, &fixture.cloud.url());
    // The file is written last: a script that waits for it may call the API at once.
    if let Some(file) = &parsed.facts {
        let facts = json!({
            "environment": BTreeMap::from(environment),
            "partition": deployment.partition.id(),
            "requests": sample_requests(deployment),
        });
        let unfinished = file.with_extension("part");
        write_private(&unfinished, &serde_json::to_vec_pretty(&facts)?)?;
        fs::rename(unfinished, file)?;
    }
    tokio::signal::ctrl_c().await?;
    println!("\nstopped");
    Ok(())
}

/// Writes a file that contains keys: only its owner can read it.
fn write_private(file: &Path, contents: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut opened = options.write(true).create(true).truncate(true).mode(0o600).open(file)?;
    // A file that existed has kept its mode.
    opened.set_permissions(Permissions::from_mode(0o600))?;
    opened.write_all(contents)
}

/// Returns the environment variables that the examples in the documentation use.
fn portal_environment(
    deployment: &PartitionDeployment,
    gateway: &str,
) -> [(&'static str, String); 4] {
    let keys = deployment.developer_portal_keys();
    [
        ("GANGWAY", gateway.to_owned()),
        ("AWS_REGION", deployment.region.to_owned()),
        ("AWS_ACCESS_KEY_ID", keys.id),
        ("AWS_SECRET_ACCESS_KEY", keys.secret),
    ]
}

/// Returns a valid registration for each method that needs only a customer account.
fn sample_requests(deployment: &PartitionDeployment) -> BTreeMap<&'static str, Value> {
    let [first, second] = &deployment.customers;
    let mut keys = json!({
        "name": "first", "accessKeyId": first.keys.id, "secretAccessKey": first.keys.secret,
    });
    if let (Some(pem), Some(members)) = (&deployment.aws_ca_pem, keys.as_object_mut()) {
        members.insert("certificateAuthority".to_owned(), pem.as_str().into());
    }
    let mut requests = BTreeMap::from([(AuthMethod::StaticCredentials.id(), keys)]);
    if deployment.palette_user.is_some() {
        let role = json!({ "name": "second", "roleArn": second.role.arn() });
        requests.insert(AuthMethod::Sts.id(), role);
    }
    requests
}

fn print_instructions(
    deployment: &PartitionDeployment,
    environment: &[(&str, String); 4],
    unsigned: UnsignedRequests,
    cloud: &str,
) {
    let [first, second] = &deployment.customers;
    let [(_, gateway), ..] = environment;
    let signed = match unsigned {
        UnsignedRequests::Accepted => "",
        UnsignedRequests::Rejected => {
            r#" --aws-sigv4 "aws:amz:$AWS_REGION:execute-api" --config <(echo "user=$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY")"#
        }
    };
    println!("Gangway's API    {gateway}");
    println!("AWS and Palette  {cloud}   (Palette's API key: {ADMIN_KEY})");
    println!("partition        {}, region {}\n", deployment.partition, deployment.region);
    println!("To sign requests, set these environment variables:\n");
    for (name, value) in environment {
        println!("  export {name}='{value}'");
    }
    let accounts = [
        (
            AuthMethod::StaticCredentials,
            format!(
                "\nAccount {} with the keys of an IAM user (valid in this local cloud only):\n",
                first.account.id()
            ),
        ),
        (
            AuthMethod::Sts,
            format!("Account {} with a role that trusts Palette:\n", second.account.id()),
        ),
    ];
    let requests = sample_requests(deployment);
    for (method, introduction) in accounts {
        let Some(body) = requests.get(method.id()) else { continue };
        println!("{introduction}");
        for path in [format!("{}/validate", method.id()), method.id().to_owned()] {
            println!(
                "  curl -s{signed} {gateway}/v1/tenant/accounts/{path} -H 'content-type: application/json' -d '{body}'\n"
            );
        }
    }
    if deployment.palette_user.is_some() {
        println!("  curl -s{signed} {gateway}/v1/sts/trust\n");
    }
    println!("  curl -s{signed} {gateway}/v1/tenant/accounts\n\nPress Ctrl-C to stop.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_can_read_a_file_with_keys() -> io::Result<()> {
        let file = std::env::temp_dir().join(format!("gangway-keys-{}", std::process::id()));
        fs::write(&file, "an earlier run wrote more")?;
        fs::set_permissions(&file, Permissions::from_mode(0o644))?;
        write_private(&file, b"keys")?;
        let (mode, contents) = (fs::metadata(&file)?.permissions().mode(), fs::read(&file)?);
        fs::remove_file(&file)?;
        assert_eq!((mode & 0o777, contents.as_slice()), (0o600, b"keys".as_slice()));
        Ok(())
    }
}
