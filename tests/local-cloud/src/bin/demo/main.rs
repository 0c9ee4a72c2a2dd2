//! `make demo`: each method in each partition, from a broken set-up to a registered account and back; with `--tls`, over TLS.
#![expect(
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program that people read, with bodies of its own"
)]

mod pod_identity;
mod secret_partitions;
mod show;
mod vended;
mod wizard;

use std::process::ExitCode;

use gangway_model::{AuthMethod, Partition};
use local_cloud::{Options, World, template::Template, world::Case};

use show::{Portal, Surprise};

#[tokio::main]
async fn main() -> ExitCode {
    match tour().await {
        Ok((registered, 0)) => {
            println!("{registered} registered, 0 failed");
            ExitCode::SUCCESS
        }
        Ok((registered, failed)) => {
            println!("{registered} registered, {failed} failed");
            ExitCode::FAILURE
        }
        Err(surprise) => {
            println!("the demo could not start: {surprise}");
            ExitCode::FAILURE
        }
    }
}

/// How many accounts were registered, and how many were not.
async fn tour() -> Result<(usize, usize), Surprise> {
    let partitions = [Partition::Aws, Partition::AwsUsGov, Partition::AwsIsoB, Partition::AwsIso];
    let tls = std::env::args().any(|argument| argument == "--tls");
    let options = Options { tls, ..Options::default() };
    let template = Template::of_repository().map_err(|error| error.to_string())?;
    let world = World::of(options, &template, &partitions).await;
    let world = world.map_err(|error| error.to_string())?;
    show::heading();
    let mut tally = Tally::default();
    for realm in world.realms() {
        let gateway = realm.gateway(0).await;
        let [first, second] = &realm.customers;
        if realm.portal.is_some() {
            for (method, customer) in
                [(AuthMethod::StaticCredentials, first), (AuthMethod::Scap, second)]
            {
                let portal = Portal::of(realm, method.id(), gateway.url());
                tally.count(secret_partitions::visit(&portal, method, customer).await);
            }
            continue;
        }
        for (method, customer) in
            [(AuthMethod::StaticCredentials, first), (AuthMethod::Sts, second)]
        {
            let portal = Portal::of(realm, method.id(), gateway.url());
            tally.count(wizard::visit(&portal, method, customer).await);
        }
        let cases =
            [(Case::SameAccount, "pod-identity"), (Case::CrossAccount, "pod-identity, other")];
        for (case, label) in cases {
            let portal = Portal::of(realm, label, gateway.url());
            tally.count(pod_identity::visit(&portal, case).await);
        }
        tally.count(vended::visit(&world.cloud, realm).await);
    }
    Ok((tally.registered, tally.failed))
}

/// How the visits went.
#[derive(Default)]
struct Tally {
    registered: usize,
    failed: usize,
}

impl Tally {
    fn count(&mut self, visit: Result<(), Surprise>) {
        match visit {
            Ok(()) => self.registered += 1,
            Err(surprise) => {
                self.failed += 1;
                println!("  SURPRISE: {surprise}");
            }
        }
        println!();
    }
}
