//! A world of one partition in which flows are run, one after the other.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use acceptance::Stage;
use gangway_model::Partition;
use local_cloud::{
    Cloud,
    aws::{Keys, Queue},
    certificates::{Issued, Wish},
    functions::{Lambda, Poller},
};

use crate::flow::{Ask, Flow, Subject, Told};

/// The role that lets Palette into a vended account.
pub(crate) const ROLE: &str = "SpectroCloudRole";
const VENDED: &str = "account-vended";
const SWEEP: &str = "account-sweep";

/// How often the clock is turned until nothing more can be expected of a queue: more than a message is delivered.
const TURNS: usize = 40;

/// A stage, and what the flows need of it.
pub(crate) struct Ground {
    pub(crate) stage: Stage,
    /// A second key of the first customer's user.
    pub(crate) spare: Keys,
    /// A second certificate of the first customer's entity, where there is a portal.
    pub(crate) fresh: Option<Issued>,
    /// Functions with settings of their own, by name.
    altered: BTreeMap<&'static str, Arc<Lambda>>,
}

impl Ground {
    pub(crate) async fn open(partition: Partition) -> Self {
        let stage = Stage::start(partition).await;
        // Every name that was ever used here stays among its accounts.
        stage.cloud().palette().records().tenants[0].quota = 20_000;
        let spare = stage.customer().user.keys();
        let access = stage.customer().access.as_ref();
        let fresh = stage.realm().portal.as_ref().zip(access);
        let fresh = fresh.map(|(portal, access)| portal.issue(&Wish::client(&access.entity)));
        let settings = [
            // Nobody here waits for Palette's rate limit.
            ("PALETTE_REQUESTS_PER_SECOND", "1000"),
            ("GANGWAY_OFFBOARDING", "remove"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let altered = [VENDED, SWEEP].into_iter().filter_map(|package| {
            let settings = settings.clone();
            let altered = stage.realm().redeploy(package, |function| {
                function.environment.extend(settings);
            });
            Some((package, altered?))
        });
        let altered = altered.collect();
        Self { stage, spare, fresh, altered }
    }

    pub(crate) fn cloud(&self) -> &Cloud {
        self.stage.cloud()
    }

    /// A function as flows meet it.
    pub(crate) fn function(&self, package: &str) -> &Arc<Lambda> {
        let altered = self.altered.get(package);
        altered.or_else(|| self.stage.realm().functions.get(package)).expect("a function")
    }

    pub(crate) fn poller(&self) -> Option<&Poller> {
        self.stage.realm().poller(VENDED)
    }

    pub(crate) fn queue(&self) -> Option<&Queue> {
        self.stage.realm().queue("VendingQueue")
    }

    pub(crate) fn dead_letters(&self) -> Option<&Queue> {
        self.stage.realm().queue("VendingDlq")
    }

    /// What must be there before.
    pub(crate) async fn prepare(&self, flow: &Flow, name: &str) -> Subject {
        if let Some(dead) = self.dead_letters() {
            dead.purge();
        }
        let mut subject = Subject { name: name.to_owned(), ..Subject::default() };
        for ask in (flow.before)(self, &mut subject) {
            let told = self.carry(&ask, &subject).await;
            assert!(told.succeeded(), "before {}: {}", flow.name, told.text());
            self.settle().await;
            if let Told::Kept(arn) = told {
                subject.secret = arn;
            } else {
                told.uid().clone_into(&mut subject.uid);
            }
        }
        (flow.disturb)(self, &subject);
        subject
    }

    /// Asks once. Each meets a cold start, so that every call is made.
    pub(crate) async fn carry(&self, ask: &Ask, subject: &Subject) -> Told {
        let realm = self.stage.realm();
        realm.functions.kill();
        self.altered.values().for_each(|lambda| lambda.kill());
        match ask {
            Ask::Http(verb, path, body) => {
                let body = body.as_ref().map(|body| body.to_string().into_bytes());
                let headers = body.as_ref().map(|_| acceptance::JSON);
                let headers: Vec<_> = headers.into_iter().collect();
                Told::Answer(Box::new(self.stage.send(verb, path, &headers, body).await))
            }
            Ask::Event(detail) => {
                let mut deliveries = self.stage.event(detail).await;
                assert_eq!(deliveries.len(), 1, "{deliveries:?}");
                match deliveries.remove(0).outcome {
                    Ok(value) => Told::Done(value),
                    Err(error) => Told::Failed(error.to_string()),
                }
            }
            Ask::Queue(events) => {
                for event in events {
                    let reached = realm.bus.put(event).await;
                    assert_eq!(reached.queues.len(), 1, "{event:#}");
                }
                self.poller().expect("a poller").idle().await;
                self.worked()
            }
            Ask::Sweep => {
                // What it queues is worked afterwards.
                self.poller().expect("a poller").pause();
                match self.function(SWEEP).invoke(&serde_json::json!({})).await {
                    Ok(value) => Told::Done(value),
                    Err(error) => Told::Failed(error.to_string()),
                }
            }
            Ask::Leave(value) => {
                let name = format!("gangway/incoming/{}", subject.name);
                Told::Kept(realm.keep(&name, value).await)
            }
        }
    }

    fn worked(&self) -> Told {
        let dead = self.dead_letters().map(Queue::messages).unwrap_or_default();
        if !dead.is_empty() {
            let reason = |one: &local_cloud::aws::sqs::MessageSeen| {
                one.attributes.get("reason").cloned().unwrap_or_default()
            };
            return Told::Dead(dead.iter().map(reason).collect());
        }
        if self.queue().is_some_and(Queue::is_empty) { Told::Worked } else { Told::Left }
    }

    /// All that was queued is worked, however often it comes again; what came of it.
    pub(crate) async fn settle(&self) -> Told {
        let Some(poller) = self.poller() else { return Told::Worked };
        poller.resume();
        poller.work_off(TURNS).await;
        self.worked()
    }

    /// What a run has left in Palette and in the organization is in nobody's way afterwards.
    pub(crate) fn forget(&self, subject: &Subject) {
        let mut records = self.cloud().palette().records();
        records.accounts.retain(|account| !belongs(&account.body.to_string(), subject));
        drop(records);
        if let Some(vended) = &subject.vended {
            drop(self.stage.realm().organization().depart(&vended.account));
        }
    }

    /// Time passes until every replica has caught up.
    pub(crate) fn catch_up(&self) {
        self.cloud().clock().advance(Duration::from_secs(11));
    }
}

/// Whether a text is about the account of a run.
pub(crate) fn belongs(text: &str, subject: &Subject) -> bool {
    let of_aws = subject.vended.as_ref().is_some_and(|one| text.contains(one.account.id()));
    of_aws || text.contains(&subject.name)
}
