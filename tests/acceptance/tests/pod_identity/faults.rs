//! Each call of a registration that also makes associations goes wrong, or the function's process ends there: no answer
//! says what is not so, and the same request in fair weather ends as if nothing had been.

use std::collections::BTreeSet;

use acceptance::{Answer, Stage};
use domain::Partition;
use local_cloud::{
    Effect, Fault,
    world::{Case, Way},
};
use policies::pods::{HUBBLE, IDENTITY};
use serde_json::{Value, json};

use crate::method::{cluster, register, request, with};

/// How long it lasts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Once,
    Lasting,
    Crash,
}

/// A registration under a name, while neither association is there.
fn wish(stage: &Stage, name: &str) -> Value {
    let request = with(request(stage, Case::CrossAccount), "name", json!(name));
    cluster(stage).break_it(Way::NotAssociated(HUBBLE)).break_it(Way::NotAssociated(IDENTITY));
    with(request, "ensureAssociations", json!(true))
}

/// What a run asks, each once.
async fn places(stage: &Stage) -> BTreeSet<(String, String)> {
    let wish = wish(stage, "undisturbed");
    stage.cloud().calls().clear();
    register(stage, &wish).await.assert_status(201);
    let calls = stage.cloud().calls().all().into_iter().filter(|call| !call.nested);
    calls.map(|call| (call.service, call.operation)).collect()
}

/// Everything that is as a registration leaves it.
fn done(stage: &Stage, name: &str) -> Result<(), String> {
    for account in [HUBBLE, IDENTITY] {
        let there = cluster(stage).cluster.association((account.namespace, account.name));
        there.ok_or_else(|| format!("{account} has no association"))?;
    }
    let count = stage.registered().iter().filter(|known| *known == name).count();
    if count == 1 { Ok(()) } else { Err(format!("{count} accounts")) }
}

fn judge(stage: &Stage, name: &str, kind: Kind, answer: &Answer) -> Result<(), String> {
    match answer.status {
        200 | 201 => done(stage, name),
        // Palette says no, or Kubernetes does: the report tells whose word it is.
        422 if !answer.failed().is_empty() => Ok(()),
        429 | 502 | 504 if kind == Kind::Crash || answer.text_at("/detail").len() > 20 => Ok(()),
        other => Err(format!("{other}: {}", answer.text)),
    }
}

async fn suffer(kind: Kind, effects: &[Effect]) {
    let stage = Stage::start(Partition::Aws).await;
    let places = places(&stage).await;
    assert!(places.len() > 15, "{places:?}");
    let mut wrong = Vec::new();
    for (number, (service, operation)) in places.iter().enumerate() {
        for effect in effects {
            let name = format!("account-{number}-{effect:?}");
            let wish = wish(&stage, &name);
            let fault = Fault::on(service, operation, *effect);
            let function = stage.realm().functions.get("pod-identity").expect("the function");
            stage.cloud().fault(match kind {
                Kind::Once => fault.once(),
                Kind::Lasting => fault,
                Kind::Crash => fault.once().ending(function.crash()),
            });
            let answer = register(&stage, &wish).await;
            stage.cloud().faults().clear();
            let first = judge(&stage, &name, kind, &answer);
            let again = register(&stage, &wish).await;
            let told = match (first, again.status) {
                (Err(fault), _) => fault,
                (Ok(()), 200 | 201) => match done(&stage, &name) {
                    Ok(()) => continue,
                    Err(fault) => fault,
                },
                (Ok(()), other) => format!("then, in fair weather, {other}: {}", again.text),
            };
            wrong.push(format!("{service} {operation} {effect:?}: {told:.1500}"));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_goes_wrong() {
    let broken = [Effect::Throttle, Effect::Unavailable, Effect::Garbage];
    suffer(Kind::Once, &broken).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_is_cut() {
    suffer(Kind::Once, &[Effect::CutBefore, Effect::CutAfter]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_wrong_until_the_weather_clears() {
    suffer(Kind::Lasting, &[Effect::Unavailable]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_ends_at_a_call() {
    suffer(Kind::Crash, &[Effect::CutBefore, Effect::CutAfter]).await;
}
