//! `make demo`: registers an account with each method in each partition, starting from a broken
//! configuration. With `--tls` all services use TLS.
#![expect(
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a command line program that reads its own JSON"
)]

mod pod_identity;
mod secret_partitions;
mod show;
mod stacks;
mod vended;
mod wizard;

use std::process::ExitCode;

use gangway_model::{AuthMethod, Partition};
use local_cloud::{
    CloudFixture, CloudOptions, cloudformation::Template, fixtures::PodIdentityCase,
};

use show::{Failure, PortalClient};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok((registered, 0)) => {
            println!("{registered} registered, 0 failed");
            ExitCode::SUCCESS
        }
        Ok((registered, failed)) => {
            println!("{registered} registered, {failed} failed");
            ExitCode::FAILURE
        }
        Err(failure) => {
            println!("the demo could not start: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all demos. Returns the numbers of successes and failures.
async fn run() -> Result<(usize, usize), Failure> {
    let partitions = [Partition::Aws, Partition::AwsUsGov, Partition::AwsIsoB, Partition::AwsIso];
    let tls = std::env::args().any(|argument| argument == "--tls");
    let options = CloudOptions { tls, ..CloudOptions::default() };
    let template = Template::from_repository().map_err(|error| error.to_string())?;
    let fixture = CloudFixture::with_partitions(options, &template, &partitions).await;
    let fixture = fixture.map_err(|error| error.to_string())?;
    show::print_heading();
    let mut tally = Totals::default();
    for deployment in fixture.deployments() {
        let gateway = deployment.start_gateway(0).await;
        let [first, second] = &deployment.customers;
        if deployment.portal.is_some() {
            for (method, customer) in
                [(AuthMethod::StaticCredentials, first), (AuthMethod::Scap, second)]
            {
                let portal = PortalClient::new(deployment, method.id(), gateway.url());
                tally.count(secret_partitions::run(&portal, method, customer).await);
            }
            continue;
        }
        for (method, customer) in
            [(AuthMethod::StaticCredentials, first), (AuthMethod::Sts, second)]
        {
            let portal = PortalClient::new(deployment, method.id(), gateway.url());
            tally.count(wizard::run(&portal, method, customer).await);
        }
        let cases = [
            (PodIdentityCase::SameAccount, "pod-identity"),
            (PodIdentityCase::CrossAccount, "pod-identity, other"),
        ];
        for (case, label) in cases {
            let portal = PortalClient::new(deployment, label, gateway.url());
            tally.count(pod_identity::run(&portal, case).await);
        }
        tally.count(vended::run(&fixture.cloud, deployment).await);
        tally.count(stacks::run(&fixture.cloud, deployment).await);
    }
    Ok((tally.registered, tally.failed))
}

/// Results of the demos.
#[derive(Default)]
struct Totals {
    registered: usize,
    failed: usize,
}

impl Totals {
    fn count(&mut self, visit: Result<(), Failure>) {
        match visit {
            Ok(()) => self.registered += 1,
            Err(failure) => {
                self.failed += 1;
                println!("  FAILED: {failure}");
            }
        }
        println!();
    }
}
