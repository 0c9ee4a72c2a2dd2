//! Demo of account vending: Control Tower creates an account, its quarantine ends, it is
//! registered, and it is closed.

use std::time::{Duration, Instant};

use local_cloud::{
    LocalCloud,
    fixtures::{PartitionDeployment, VendedAccount, VendingSource},
    lambda::Poller,
};
use serde_json::Value;

use crate::show::{Failure, expect, expect_event, print_row};

const FUNCTION: &str = "account-vended";

/// The demo in one partition.
pub(crate) struct VendingDemo<'a> {
    cloud: &'a LocalCloud,
    deployment: &'a PartitionDeployment,
    poller: &'a Poller,
}

/// Runs the demo.
pub(crate) async fn run(
    cloud: &LocalCloud,
    deployment: &PartitionDeployment,
) -> Result<(), Failure> {
    let poller = deployment.poller(FUNCTION).ok_or("no queue feeds the function")?;
    VendingDemo { cloud, deployment, poller }.run_steps().await
}

impl VendingDemo<'_> {
    async fn run_steps(&self) -> Result<(), Failure> {
        let organization = self.deployment.organization();
        let vended =
            organization.vend(VendingSource::ControlTower, "payments-dev", &organization.workloads);
        organization.quarantine(&vended.account);
        self.send_events("Control Tower: created", &vended.events, || {
            "still quarantined".to_owned()
        })
        .await?;
        expect(self.registered_uid(&vended).is_none(), || "registered in quarantine".to_owned())?;

        organization.remove_quarantine(&vended.account);
        let minutes = self.wait_for_retry().await;
        let name = self.registered_uid(&vended);
        let uid = name.ok_or_else(|| format!("not registered after {minutes} minutes"))?;
        print_row(
            self.deployment,
            FUNCTION,
            &format!("{minutes} minutes later"),
            &format!("registered {uid}"),
        );

        expect_event(self.deployment, FUNCTION, "Gangway Account Registered")?;

        let again = organization.update_managed_account(&vended);
        self.send_events("Control Tower: updated", &again, || "unchanged".to_owned()).await?;
        expect(self.registered_uid(&vended).as_ref() == Some(&uid), || {
            "another account".to_owned()
        })?;

        let closed = organization.close(&vended.account);
        self.send_events("Organizations: closed", &closed, || {
            "reported; Palette keeps it".to_owned()
        })
        .await?;
        expect_event(self.deployment, FUNCTION, "Gangway Account Offboarding Requested")?;
        expect(self.registered_uid(&vended).is_some(), || {
            "removed, though to be reported".to_owned()
        })?;
        let dead_letters =
            self.deployment.queue("VendingDlq").map_or(0, local_cloud::aws::Queue::len);
        expect(dead_letters == 0, || format!("{dead_letters} dead letters"))
    }

    /// Puts events on the bus and waits until they are processed.
    async fn send_events(
        &self,
        step: &str,
        events: &[Value],
        outcome: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let started = Instant::now();
        for event in events {
            let reached = self.deployment.bus.put(event).await;
            expect(reached.queues.len() == 1, || format!("an event reached no queue: {event}"))?;
        }
        self.poller.wait_until_idle().await;
        let took = format!("{} events, {} ms", events.len(), started.elapsed().as_millis());
        print_row(self.deployment, FUNCTION, step, &format!("{} ({took})", outcome()));
        Ok(())
    }

    /// Advances the clock until a failed message is retried. Returns the minutes.
    async fn wait_for_retry(&self) -> u64 {
        let visibility = self.poller.queue().settings().visibility_timeout;
        let wait = Duration::from_secs(u64::try_from(visibility).unwrap_or(0) + 60);
        self.cloud.clock().advance(wait);
        self.poller.wait_until_idle().await;
        wait.as_secs() / 60
    }

    /// Returns the uid of the account's only Palette account.
    fn registered_uid(&self, vended: &VendedAccount) -> Option<String> {
        let arn = format!(":iam::{}:role/", vended.account.id());
        let records = self.cloud.palette().records();
        let mut of_account = records.accounts.iter().filter(|one| {
            let found = one.spec().pointer("/sts/arn").and_then(Value::as_str);
            found.is_some_and(|found| found.contains(&arn))
        });
        let first = of_account.next().map(|one| one.uid.clone());
        first.filter(|_| of_account.next().is_none())
    }
}
