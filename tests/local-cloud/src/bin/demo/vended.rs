//! An account that is registered by itself: Control Tower vends it, it is quarantined for a while, it is registered, it is closed.

use std::time::{Duration, Instant};

use local_cloud::{
    Cloud,
    functions::Poller,
    world::{Kind, Realm, Vended},
};
use serde_json::Value;

use crate::show::{Surprise, expect, row};

const FUNCTION: &str = "account-vended";

/// One partition's organization.
pub(crate) struct Landing<'a> {
    cloud: &'a Cloud,
    realm: &'a Realm,
    poller: &'a Poller,
}

/// The whole way of one account.
pub(crate) async fn visit(cloud: &Cloud, realm: &Realm) -> Result<(), Surprise> {
    let poller = realm.poller(FUNCTION).ok_or("no queue feeds the function")?;
    Landing { cloud, realm, poller }.visit().await
}

impl Landing<'_> {
    async fn visit(&self) -> Result<(), Surprise> {
        let organization = self.realm.organization();
        let vended = organization.vend(Kind::ControlTower, "payments-dev", &organization.workloads);
        organization.quarantine(&vended.account);
        self.tell("Control Tower: created", &vended.events, || "still quarantined".to_owned())
            .await?;
        expect(self.registered(&vended).is_none(), || "registered in quarantine".to_owned())?;

        organization.lift(&vended.account);
        let minutes = self.pass().await;
        let name = self.registered(&vended);
        let uid = name.ok_or_else(|| format!("not aboard after {minutes} minutes"))?;
        row(self.realm, FUNCTION, &format!("{minutes} minutes later"), &format!("aboard {uid}"));

        let again = organization.update(&vended);
        self.tell("Control Tower: updated", &again, || "unchanged".to_owned()).await?;
        expect(self.registered(&vended).as_ref() == Some(&uid), || "another account".to_owned())?;

        let closed = organization.close(&vended.account);
        self.tell("Organizations: closed", &closed, || "reported; Palette keeps it".to_owned())
            .await?;
        expect(self.registered(&vended).is_some(), || "removed, though to be reported".to_owned())?;
        let dead = self.realm.queue("VendingDlq").map_or(0, local_cloud::aws::Queue::len);
        expect(dead == 0, || format!("{dead} dead letters"))
    }

    /// Puts events on the bus, and waits until they were worked once.
    async fn tell(
        &self,
        step: &str,
        events: &[Value],
        outcome: impl FnOnce() -> String,
    ) -> Result<(), Surprise> {
        let started = Instant::now();
        for event in events {
            let reached = self.realm.bus.put(event).await;
            expect(reached.queues.len() == 1, || format!("an event reached no queue: {event}"))?;
        }
        self.poller.idle().await;
        let took = format!("{} events, {} ms", events.len(), started.elapsed().as_millis());
        row(self.realm, FUNCTION, step, &format!("{} ({took})", outcome()));
        Ok(())
    }

    /// Lets as much time pass as a message that failed waits; how many minutes.
    async fn pass(&self) -> u64 {
        let visibility = self.poller.queue().settings().visibility;
        let wait = Duration::from_secs(u64::try_from(visibility).unwrap_or(0) + 60);
        self.cloud.clock().advance(wait);
        self.poller.idle().await;
        wait.as_secs() / 60
    }

    /// The uid of the account's only account in Palette.
    fn registered(&self, vended: &Vended) -> Option<String> {
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
