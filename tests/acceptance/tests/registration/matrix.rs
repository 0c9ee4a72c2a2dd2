//! Every call of an undisturbed run, and all that may befall it: whatever the answer, it is true, and the same request in
//! fair weather ends as if nothing had been.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use acceptance::{Answer, Stage, enclave};
use domain::Partition;
use local_cloud::{
    Effect, Fault,
    aws::Keys,
    certificates::{Issued, Wish},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    scene::{Way, with},
    state::{State, changes},
    trouble::{Kind, Place, Trouble, judge},
};

const PORTAL: &str = "/v1/accounts/scap";

/// How many stages work at the same time: they wait more than they work.
const STAGES: usize = 12;

/// What the template gives a function.
const USUAL: Duration = Duration::from_secs(28);

/// What a function gets where an upstream never answers.
const SHORT: Duration = Duration::from_secs(4);

/// What is done to an account.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flow {
    /// It is registered for the first time.
    Register(Way),
    /// It gets a new key of the same user.
    Renew,
    /// It becomes another AWS account, with other keys.
    Replace,
    /// It goes over to a role.
    Change,
    /// It is removed.
    Remove,
    /// It is registered with the keys of the access portal.
    Enter,
    /// It gets a new certificate for the portal.
    Certify,
}

/// A stage, and what the flows need of it.
struct Ground {
    stage: Stage,
    spare: Keys,
    /// A second certificate of the first customer's entity, where there is a portal.
    fresh: Option<Issued>,
}

impl Ground {
    async fn open(partition: Partition) -> Self {
        let stage = Stage::start(partition).await;
        let spare = stage.customer().user.keys();
        let access = stage.customer().access.as_ref();
        let fresh = stage.realm().portal.as_ref().zip(access);
        let fresh = fresh.map(|(portal, access)| portal.issue(&Wish::client(&access.entity)));
        Self { stage, spare, fresh }
    }

    /// What must be there before; the uid of it, where it is needed.
    async fn prepare(&self, flow: Flow, name: &str) -> String {
        match flow {
            Flow::Register(_) | Flow::Enter => String::new(),
            Flow::Certify => {
                let receipt = self.stage.post(PORTAL, &self.through_portal(name)).await;
                assert_eq!(receipt.status, 201, "{}", receipt.text);
                receipt.uid().to_owned()
            }
            Flow::Renew | Flow::Replace | Flow::Change | Flow::Remove => {
                let request = Way::Keys.request(self.stage.customer(), name);
                let receipt = self.stage.post(&Way::Keys.path(), &request).await;
                assert_eq!(receipt.status, 201, "{}", receipt.text);
                receipt.uid().to_owned()
            }
        }
    }

    fn through_portal(&self, name: &str) -> Value {
        let members = enclave::through_portal(self.stage.realm(), self.stage.customer());
        with(&json!({"name": name}), members)
    }

    async fn run(&self, flow: Flow, name: &str, uid: &str) -> Answer {
        let stage = &self.stage;
        // Each run meets a cold start, so that every call is made.
        stage.realm().functions.kill();
        match flow {
            Flow::Register(way) => {
                stage.post(&way.path(), &way.request(stage.customer(), name)).await
            }
            Flow::Renew => {
                let spare = &self.spare;
                let keys = json!({"accessKeyId": spare.id, "secretAccessKey": spare.secret});
                let request = with(&Way::Keys.request(stage.customer(), name), keys);
                stage.post(&Way::Keys.path(), &request).await
            }
            Flow::Replace => {
                let request = Way::Keys.request(stage.neighbour(), name);
                stage.put(&Way::Keys.path_of(uid), &request).await
            }
            Flow::Change => {
                let request = Way::Role.request(stage.customer(), name);
                stage.put(&Way::Role.path_of(uid), &request).await
            }
            Flow::Enter => stage.post(PORTAL, &self.through_portal(name)).await,
            Flow::Certify => {
                let fresh = self.fresh.as_ref().expect("a certificate");
                let shown = json!({"userCertificate": fresh.certificate, "userKey": fresh.key});
                let request = with(&self.through_portal(name), shown);
                stage.put(&format!("{PORTAL}/{uid}"), &request).await
            }
            Flow::Remove => stage.delete(&format!("/v1/accounts/{uid}")).await,
        }
    }

    /// An undisturbed run: its calls, and how it ends.
    async fn record(&self, flow: Flow) -> (Vec<Place>, String) {
        let name = "undisturbed";
        let uid = self.prepare(flow, name).await;
        self.stage.cloud().calls().clear();
        let answer = self.run(flow, name, &uid).await;
        assert!((200..300).contains(&answer.status), "{}", answer.text);
        let mut seen = BTreeMap::new();
        let mut places = Vec::new();
        // What Palette asks of AWS comes between them in any order, and is not the function's to count.
        for call in self.stage.cloud().calls().all().into_iter().filter(|call| !call.nested) {
            let operation = (call.service, call.operation);
            let nth = seen.entry(operation.clone()).and_modify(|nth| *nth += 1).or_insert(1_u32);
            // IAM is asked the same many times at once: one of them stands for all.
            if operation.0 != "iam" || *nth == 1 {
                places.push(Place { service: operation.0, operation: operation.1, nth: *nth });
            }
        }
        places.sort();
        (places, State::of(&self.stage, name).anonymous(name))
    }

    /// One trouble, and the weather clears.
    async fn suffer(
        &self,
        flow: Flow,
        trouble: &Trouble,
        name: &str,
        end: &str,
    ) -> Result<u16, String> {
        let Trouble { place: Place { service, operation, nth }, effect, kind } = trouble;
        let (cloud, uid) = (self.stage.cloud(), self.prepare(flow, name).await);
        let function = match flow {
            Flow::Register(way) => way.method(),
            Flow::Renew | Flow::Replace => Way::Keys.method(),
            Flow::Change => Way::Role.method(),
            Flow::Remove => "accounts",
            Flow::Enter | Flow::Certify => "scap",
        };
        let function = self.stage.realm().functions.get(function).expect("the function");
        let fault = Fault::on(service, operation, *effect).nth(*nth).own();
        cloud.fault(match kind {
            Kind::Once => fault,
            Kind::Lasting => fault.times(u32::MAX),
            Kind::Crash => fault.ending(function.crash()),
        });
        if *effect == Effect::NeverAnswer {
            function.limit(SHORT);
        }
        let answer = self.run(flow, name, &uid).await;
        cloud.faults().clear();
        function.limit(USUAL);
        let state = State::of(&self.stage, name);
        if state.accounts.len() > 1 {
            return Err(format!("{} accounts", state.accounts.len()));
        }
        let crashed = *kind == Kind::Crash && answer.status == 502;
        if !crashed {
            judge(trouble, &answer, &state, name, end)?;
        }
        if (200..300).contains(&answer.status) {
            // All is done, and more is proved elsewhere: the same request again changes nothing.
            return Ok(answer.status);
        }
        let again = self.run(flow, name, &uid).await;
        let removed = matches!(flow, Flow::Remove) && again.status == 404;
        if !(200..300).contains(&again.status) && !removed {
            return Err(format!("then, in fair weather, {}: {}", again.status, again.text));
        }
        let state = State::of(&self.stage, name);
        let reached = state.anonymous(name);
        if reached != end {
            let (first, again) = (&answer.text, &again.text);
            return Err(format!(
                "after {first}\nand {again}\nit ends as {reached}\nand not as {end}"
            ));
        }
        Ok(answer.status)
    }
}

/// Works through every call × every effect of a flow, and prints what came of it.
pub(crate) async fn suffer_all(partition: Partition, flow: Flow, kind: Kind, effects: &[Effect]) {
    let (places, _) = Ground::open(partition).await.record(flow).await;
    assert!(places.len() > 3, "{places:?}");
    let troubles = places.iter().flat_map(|place| {
        let trouble = move |effect| Trouble { place: place.clone(), effect, kind };
        // Where nothing is done, nothing is done before or after the connection is cut.
        let differs = |effect: &Effect| {
            *effect != Effect::CutAfter || changes(&place.service, &place.operation)
        };
        effects.iter().copied().filter(differs).map(trouble)
    });
    let troubles: VecDeque<_> = troubles.enumerate().collect();
    let count = troubles.len();
    let troubles = Arc::new(Mutex::new(troubles));
    let mut workers = JoinSet::new();
    for _ in 0..STAGES.min(count) {
        let troubles = Arc::clone(&troubles);
        workers.spawn(async move {
            let ground = Ground::open(partition).await;
            let (_, end) = ground.record(flow).await;
            let (mut statuses, mut faults) = (BTreeMap::<u16, usize>::new(), Vec::new());
            loop {
                let next = troubles.lock().expect("no panic").pop_front();
                let Some((number, trouble)) = next else { return (statuses, faults) };
                let name = format!("account-{number}");
                match ground.suffer(flow, &trouble, &name, &end).await {
                    Ok(status) => *statuses.entry(status).or_default() += 1,
                    Err(fault) => faults.push(format!("{trouble:?}: {fault}")),
                }
            }
        });
    }
    let (mut statuses, mut faults) = (BTreeMap::<u16, usize>::new(), Vec::new());
    for (more, wrong) in workers.join_all().await {
        for (status, times) in more {
            *statuses.entry(status).or_default() += times;
        }
        faults.extend(wrong);
    }
    let calls = places.len();
    println!(
        "{flow:?} in {partition}, {kind:?}: {calls} calls, {count} runs, answers {statuses:?}"
    );
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n\n"));
}
