//! What may be told when something went wrong: a success has to be one; a failure has to name the service, and say what may
//! help.

use acceptance::{HttpResponse, text};
use local_cloud::Effect;
use reqwest::header::RETRY_AFTER;
use serde_json::Value;

use crate::{
    fault_case::{CallSite, FaultCase, FaultDuration},
    flow::{Flow, Response},
    recording::UndisturbedRun,
    state::State,
};

/// Checks a response after a fault: a success must be true; an error must name the service and a
/// remedy.
pub(crate) fn check_outcome(
    flow: &Flow,
    fault_case: &FaultCase,
    response: &Response,
    state: &State,
    undisturbed: &UndisturbedRun,
) -> Result<(), String> {
    if response.succeeded() {
        return success(flow, fault_case, response, state, undisturbed);
    }
    match response {
        Response::Http(response) => failure(fault_case, response),
        Response::Done(value) if value["complete"] == false => Ok(()),
        Response::Done(value) => refused(fault_case, &value["problem"]),
        Response::Failed(counts) => names_service(fault_case, counts),
        Response::Dead(reasons) => Err(format!("given up as dead: {reasons:?}")),
        // A message that stays in the queue is retried.
        Response::Left | Response::Worked | Response::Kept(_) => Ok(()),
    }
}

fn success(
    flow: &Flow,
    fault_case: &FaultCase,
    response: &Response,
    state: &State,
    undisturbed: &UndisturbedRun,
) -> Result<(), String> {
    // Queued accounts are processed later.
    if !matches!(flow.trigger, crate::flow::Trigger::Schedule) {
        let reached = state.anonymous();
        if !is_expected(fault_case, response, &reached, undisturbed) {
            return Err(format!("a success that is none: {reached}\nand not {}", undisturbed.end));
        }
    }
    let text = response.text();
    let Response::Http(response) = response else { return Ok(()) };
    if !response.uid().is_empty() && !state.accounts.iter().any(|one| one["uid"] == response.uid())
    {
        return Err("a success for another account".to_owned());
    }
    if response.body.get("checks").is_none() && response.body.get("report").is_none() {
        let said = state.without_names(&text);
        return if said == undisturbed.said {
            Ok(())
        } else {
            Err(format!("not as undisturbed: {}", undisturbed.said))
        };
    }
    report(fault_case, response, undisturbed)
}

/// Whether the final state is that of a run without faults, except for what the response reports as
/// missing.
pub(crate) fn is_expected(
    fault_case: &FaultCase,
    response: &Response,
    reached: &str,
    undisturbed: &UndisturbedRun,
) -> bool {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let (mut reached, mut end) = (parsed(reached), parsed(&undisturbed.end));
    for state in [&mut reached, &mut end] {
        // The report says that the ConfigMap is missing or was not read, and how to create it.
        if let (Response::Http(response), "kubernetes") =
            (response, fault_case.call_site.service.as_str())
            && response.checks().iter().any(unsure_of_config)
            && let Some(config) = state.pointer_mut("/elsewhere/cluster/config")
        {
            *config = Value::Null;
        }
        // The tag may hold a stale value; the next event checks the documents again.
        let roles = state.pointer_mut("/elsewhere/vended/roles").and_then(Value::as_array_mut);
        for role in
            roles.into_iter().flatten().filter(|_| matches!(fault_case.effect, Effect::Stale(_)))
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

/// A check may pass only if it passed without faults.
fn report(
    fault_case: &FaultCase,
    response: &HttpResponse,
    undisturbed: &UndisturbedRun,
) -> Result<(), String> {
    let Response::Http(undisturbed) = &undisturbed.response else { return Ok(()) };
    let before = undisturbed.checks();
    for check in response.checks() {
        let same = before.iter().find(|one| one["id"] == check["id"]);
        let passed = check["outcome"] == "passed";
        if passed && same.is_none_or(|one| one["outcome"] != "passed") {
            return Err(format!("passes, and did not undisturbed: {check}"));
        }
        // An HTML page from a proxy is not a response of Palette.
        let asked = fault_case.call_site.operation.ends_with("/account/validate")
            && (fault_case.duration, fault_case.call_site.nth) == (FaultDuration::Lasting, 1)
            && !matches!(fault_case.effect, Effect::Stale(_));
        if passed && asked && check["id"] == "palette.validation" {
            return Err(format!("passes, and Palette said nothing: {check}"));
        }
    }
    Ok(())
}

/// A rejected event must be one that a retry cannot help.
fn refused(fault_case: &FaultCase, problem: &Value) -> Result<(), String> {
    let checks = problem.pointer("/report/checks").and_then(Value::as_array);
    if problem["status"] == 422 {
        return blocked(fault_case, checks.map(Vec::as_slice).unwrap_or_default());
    }
    Err(format!("put aside for good: {problem}"))
}

fn failure(fault_case: &FaultCase, response: &HttpResponse) -> Result<(), String> {
    // Palette answers 500 where a credential shows it no policies, too.
    let no_policies = fault_case.call_site.operation.ends_with("/aws/policies")
        && fault_case.effect == Effect::InternalError;
    if no_policies && response.status == 422 {
        return names_service(fault_case, response.text_at("/detail"));
    }
    if response.status == 422 {
        return blocked(fault_case, &response.checks());
    }
    let expected: &[u16] = match fault_case.effect {
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
    if !expected.contains(&response.status) {
        return Err(format!("{expected:?} was expected, not {}", response.status));
    }
    let detail = response.text_at("/detail");
    names_service(fault_case, detail)?;
    let later = response.header(RETRY_AFTER).parse::<u64>().is_ok_and(|seconds| seconds >= 1);
    if later != (response.status == 429) {
        return Err("Retry-After is for 429, and every 429 has one".to_owned());
    }
    if detail.contains("again") { Ok(()) } else { Err("no word about trying again".to_owned()) }
}

fn names_service(fault_case: &FaultCase, counts: &str) -> Result<(), String> {
    let service = fault_case.call_site.service();
    if counts.contains(service) { Ok(()) } else { Err(format!("{service} is not named")) }
}

/// A report with a blocker must name the service that failed.
fn blocked(fault_case: &FaultCase, checks: &[Value]) -> Result<(), String> {
    let failed: Vec<_> = checks
        .iter()
        .filter(|check| check["outcome"] == "failed" && check["severity"] == "blocker")
        .map(|check| text(check, "id"))
        .collect();
    let CallSite { service, operation, .. } = &fault_case.call_site;
    let may = |id: &&str| match service.as_str() {
        // Palette answers 500 where it refuses, too.
        "palette" => operation.ends_with("/account/validate") && id.starts_with("palette."),
        // A page with status 200 is how portals say that they do not know a certificate.
        "cap" | "scap" => fault_case.effect == Effect::Garbage && *id == "portal.keys",
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
