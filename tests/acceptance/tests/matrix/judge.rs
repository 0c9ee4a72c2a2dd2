//! What may be told when something went wrong: a success has to be one; a failure has to name the service, and say what may
//! help.

use acceptance::{Answer, text};
use local_cloud::Effect;
use reqwest::header::RETRY_AFTER;
use serde_json::Value;

use crate::{
    flow::{Flow, Told},
    record::Recorded,
    state::State,
    trouble::{Kind, Place, Trouble},
};

/// Holds what was told against what is.
pub(crate) fn judge(
    flow: &Flow,
    trouble: &Trouble,
    told: &Told,
    state: &State,
    recorded: &Recorded,
) -> Result<(), String> {
    if told.succeeded() {
        return success(flow, trouble, told, state, recorded);
    }
    match told {
        Told::Answer(answer) => failure(trouble, answer),
        Told::Done(value) if value["complete"] == false => Ok(()),
        Told::Done(value) => refused(trouble, &value["problem"]),
        Told::Failed(words) => names_service(trouble, words),
        Told::Dead(reasons) => Err(format!("given up as dead: {reasons:?}")),
        // What is left comes again.
        Told::Left | Told::Worked | Told::Kept(_) => Ok(()),
    }
}

fn success(
    flow: &Flow,
    trouble: &Trouble,
    told: &Told,
    state: &State,
    recorded: &Recorded,
) -> Result<(), String> {
    // What a sweep has queued is worked later.
    if !matches!(flow.trigger, crate::flow::Trigger::Schedule) {
        let reached = state.anonymous();
        if !owed(trouble, told, &reached, recorded) {
            return Err(format!("a success that is none: {reached}\nand not {}", recorded.end));
        }
    }
    let Told::Answer(answer) = told else { return Ok(()) };
    if !answer.uid().is_empty() && !state.accounts.iter().any(|one| one["uid"] == answer.uid()) {
        return Err("a success for another account".to_owned());
    }
    if answer.body.get("checks").is_none() && answer.body.get("report").is_none() {
        let said = state.without_names(&told.text());
        return if said == recorded.said {
            Ok(())
        } else {
            Err(format!("not as undisturbed: {}", recorded.said))
        };
    }
    report(trouble, answer, recorded)
}

/// Whether all is as undisturbed, but for what is told to be missing, or is looked at again by itself.
pub(crate) fn owed(trouble: &Trouble, told: &Told, reached: &str, recorded: &Recorded) -> bool {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let (mut reached, mut end) = (parsed(reached), parsed(&recorded.end));
    for state in [&mut reached, &mut end] {
        // The report tells that the ConfigMap is not there or was not seen, and how to make it.
        if let (Told::Answer(answer), "kubernetes") = (told, trouble.place.service.as_str())
            && answer.checks().iter().any(unsure_of_config)
            && let Some(config) = state.pointer_mut("/elsewhere/cluster/config")
        {
            *config = Value::Null;
        }
        // What a lagging replica showed stands in the mark, so the next event looks at the documents again.
        let roles = state.pointer_mut("/elsewhere/vended/roles").and_then(Value::as_array_mut);
        for role in
            roles.into_iter().flatten().filter(|_| matches!(trouble.effect, Effect::Stale(_)))
        {
            if let Some(tags) = role["tags"].as_object_mut() {
                tags.remove("gangway:documents");
            }
        }
    }
    reached == end
}

fn unsure_of_config(check: &Value) -> bool {
    check["id"] == "kubernetes.global-config" && check["outcome"] != "passed"
}

/// Nothing passes that was not seen: a check is answered as in an undisturbed run, or is not verified, or has failed.
fn report(trouble: &Trouble, answer: &Answer, recorded: &Recorded) -> Result<(), String> {
    let Told::Answer(undisturbed) = &recorded.told else { return Ok(()) };
    let before = undisturbed.checks();
    for check in answer.checks() {
        let same = before.iter().find(|one| one["id"] == check["id"]);
        let passed = check["outcome"] == "passed";
        if passed && same.is_none_or(|one| one["outcome"] != "passed") {
            return Err(format!("passes, and did not undisturbed: {check}"));
        }
        // A page of somebody else's is no word of Palette's.
        let asked = trouble.place.operation.ends_with("/account/validate")
            && (trouble.kind, trouble.place.nth) == (Kind::Lasting, 1)
            && !matches!(trouble.effect, Effect::Stale(_));
        if passed && asked && check["id"] == "palette.validation" {
            return Err(format!("passes, and Palette said nothing: {check}"));
        }
    }
    Ok(())
}

/// An event that was put aside has to be one that no later delivery would help.
fn refused(trouble: &Trouble, problem: &Value) -> Result<(), String> {
    let checks = problem.pointer("/report/checks").and_then(Value::as_array);
    if problem["status"] == 422 {
        return blocked(trouble, checks.map(Vec::as_slice).unwrap_or_default());
    }
    Err(format!("put aside for good: {problem}"))
}

fn failure(trouble: &Trouble, answer: &Answer) -> Result<(), String> {
    // Palette answers 500 where a credential shows it no policies, too.
    let no_policies = trouble.place.operation.ends_with("/aws/policies")
        && trouble.effect == Effect::InternalError;
    if no_policies && answer.status == 422 {
        return names_service(trouble, answer.text_at("/detail"));
    }
    if answer.status == 422 {
        return blocked(trouble, &answer.checks());
    }
    let expected: &[u16] = match trouble.effect {
        Effect::Throttle => &[429],
        Effect::NeverAnswer => &[504],
        Effect::Stale(_) => &[409, 502],
        Effect::InternalError
        | Effect::Unavailable
        | Effect::Garbage
        | Effect::CutBefore
        | Effect::CutAfter
        | Effect::Echo(_)
        | Effect::Delay(_) => &[502],
    };
    if !expected.contains(&answer.status) {
        return Err(format!("{expected:?} was expected, not {}", answer.status));
    }
    let detail = answer.text_at("/detail");
    names_service(trouble, detail)?;
    let later = answer.header(RETRY_AFTER).parse::<u64>().is_ok_and(|seconds| seconds >= 1);
    if later != (answer.status == 429) {
        return Err("Retry-After is for 429, and every 429 has one".to_owned());
    }
    if detail.contains("again") { Ok(()) } else { Err("no word about trying again".to_owned()) }
}

fn names_service(trouble: &Trouble, words: &str) -> Result<(), String> {
    let service = trouble.place.service();
    if words.contains(service) { Ok(()) } else { Err(format!("{service} is not named")) }
}

/// A report refuses: whose word it is must be told, and it must be that of whoever was disturbed.
fn blocked(trouble: &Trouble, checks: &[Value]) -> Result<(), String> {
    let failed: Vec<_> = checks
        .iter()
        .filter(|check| check["outcome"] == "failed" && check["severity"] == "blocker")
        .map(|check| text(check, "id"))
        .collect();
    let Place { service, operation, .. } = &trouble.place;
    let may = |id: &&str| match service.as_str() {
        // Palette answers 500 where it refuses, too.
        "palette" => operation.ends_with("/account/validate") && id.starts_with("palette."),
        // A page with status 200 is how portals say that they do not know a certificate.
        "cap" | "scap" => trouble.effect == Effect::Garbage && *id == "portal.keys",
        "kubernetes" => id.starts_with("kubernetes."),
        "eks" => id.starts_with("pod-identity.") || id.starts_with("eks."),
        _ => false,
    };
    if !failed.is_empty() && failed.iter().all(may) {
        Ok(())
    } else {
        Err(format!("refused for {failed:?}"))
    }
}
