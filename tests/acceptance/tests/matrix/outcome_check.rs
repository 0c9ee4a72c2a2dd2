//! Checks the response of a run with a fault: a success must be true; a failure must name the service and
//! a remedy.

use acceptance::{HttpResponse, text};
use local_cloud::Effect;
use reqwest::header::RETRY_AFTER;
use serde_json::Value;

use crate::{
    fault_case::{CallSite, FaultCase, FaultDuration},
    flow::{Flow, Response},
    recording::UndisturbedRun,
    state::{INCOMING, State},
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
        return check_success(flow, fault_case, response, state, undisturbed);
    }
    match response {
        Response::Http(response) => check_failure(fault_case, response),
        Response::Returned(value) if value["complete"] == false => Ok(()),
        Response::Returned(value) => check_rejection(fault_case, &value["problem"]),
        Response::Failed(error) => check_service_is_named(fault_case, error),
        Response::DeadLettered(reasons) => {
            Err(format!("sent to the dead-letter queue: {reasons:?}"))
        }
        // A message that stays in the queue is retried.
        Response::Queued | Response::Processed | Response::SecretStored(_) => Ok(()),
    }
}

fn check_success(
    flow: &Flow,
    fault_case: &FaultCase,
    response: &Response,
    state: &State,
    undisturbed: &UndisturbedRun,
) -> Result<(), String> {
    // Queued accounts are processed later.
    if !matches!(flow.trigger, crate::flow::Trigger::Schedule) {
        let state_text = state.normalized();
        if !is_expected(fault_case, response, &state_text, undisturbed) {
            return Err(format!(
                "reported success, but the state is {state_text}\ninstead of {}",
                undisturbed.final_state
            ));
        }
    }
    let text = response.text();
    let Response::Http(response) = response else { return Ok(()) };
    if !response.uid().is_empty() && !state.accounts.iter().any(|one| one["uid"] == response.uid())
    {
        return Err("reported success for another account".to_owned());
    }
    if response.body.get("checks").is_none() && response.body.get("report").is_none() {
        let actual = state.without_ids(&text);
        return if actual == undisturbed.response_text {
            Ok(())
        } else {
            Err(format!(
                "the response differs from the undisturbed one: {}",
                undisturbed.response_text
            ))
        };
    }
    check_report(fault_case, response, undisturbed)
}

/// Whether the final state is that of a run without faults, except for what the response reports as
/// missing.
pub(crate) fn is_expected(
    fault_case: &FaultCase,
    response: &Response,
    state_text: &str,
    undisturbed: &UndisturbedRun,
) -> bool {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let (mut state_text, mut expected) = (parsed(state_text), parsed(&undisturbed.final_state));
    for state in [&mut state_text, &mut expected] {
        // The report says that the ConfigMap is missing or was not read, and how to create it.
        if let (Response::Http(response), "kubernetes") =
            (response, fault_case.call_site.service.as_str())
            && response.checks().iter().any(is_config_uncertain)
            && let Some(config) = state.pointer_mut("/other/cluster/config")
        {
            *config = Value::Null;
        }
        // A registration is complete although its incoming secret could not be deleted, or no time
        // was left for it.
        let operation = fault_case.call_site.operation.as_str();
        let may_be_left = ["TagResource", "DeleteSecret"].contains(&operation)
            || fault_case.effect == Effect::NoResponse;
        let secrets = state.pointer_mut("/secrets").and_then(Value::as_array_mut);
        for secret in secrets
            .into_iter()
            .flatten()
            .filter(|_| response.succeeded() && may_be_left)
            .filter(|secret| text(secret, "name").starts_with(INCOMING))
        {
            (secret["deleted"], secret["tags"]) = (Value::Null, Value::Null);
        }
        // The tag may hold a stale value; the next event checks the documents again.
        let roles = state.pointer_mut("/other/vended/roles").and_then(Value::as_array_mut);
        for role in roles
            .into_iter()
            .flatten()
            .filter(|_| matches!(fault_case.effect, Effect::StaleReads(_)))
        {
            if let Some(tags) = role["tags"].as_object_mut() {
                tags.remove("gangway:documents");
            }
        }
    }
    state_text == expected
}

fn is_config_uncertain(check: &Value) -> bool {
    check["id"] == "kubernetes.global-config" && check["outcome"] != "passed"
}

/// Checks that a check of the report passes only if it also passes without faults.
fn check_report(
    fault_case: &FaultCase,
    response: &HttpResponse,
    undisturbed: &UndisturbedRun,
) -> Result<(), String> {
    let Response::Http(undisturbed) = &undisturbed.response else { return Ok(()) };
    let undisturbed_checks = undisturbed.checks();
    for check in response.checks() {
        let undisturbed_check = undisturbed_checks.iter().find(|one| one["id"] == check["id"]);
        let passed = check["outcome"] == "passed";
        if passed && undisturbed_check.is_none_or(|one| one["outcome"] != "passed") {
            return Err(format!("passed, but not in the undisturbed run: {check}"));
        }
        // An HTML page from a proxy is not a response of Palette.
        let palette_failed = fault_case.call_site.operation.ends_with("/account/validate")
            && (fault_case.duration, fault_case.call_site.nth) == (FaultDuration::Lasting, 1)
            && !matches!(fault_case.effect, Effect::StaleReads(_));
        if passed && palette_failed && check["id"] == "palette.validation" {
            return Err(format!("passed although Palette did not respond: {check}"));
        }
    }
    Ok(())
}

/// Checks that an event is rejected only if a retry would not help.
fn check_rejection(fault_case: &FaultCase, problem: &Value) -> Result<(), String> {
    let checks = problem.pointer("/report/checks").and_then(Value::as_array);
    if problem["status"] == 422 {
        return check_blockers(fault_case, checks.map(Vec::as_slice).unwrap_or_default());
    }
    Err(format!("rejected without retry: {problem}"))
}

fn check_failure(fault_case: &FaultCase, response: &HttpResponse) -> Result<(), String> {
    // Palette also returns 500 if a credential lists no policies.
    let no_policies = fault_case.call_site.operation.ends_with("/aws/policies")
        && fault_case.effect == Effect::InternalError;
    if no_policies && response.status == 422 {
        return check_service_is_named(fault_case, response.text_at("/detail"));
    }
    if response.status == 422 {
        return check_blockers(fault_case, &response.checks());
    }
    let expected: &[u16] = match fault_case.effect {
        Effect::Throttle => &[429],
        Effect::NoResponse => &[504],
        Effect::StaleReads(_) => &[409, 502],
        Effect::InternalError
        | Effect::Unavailable
        | Effect::AwsError { .. }
        | Effect::HtmlPage
        | Effect::DisconnectBefore
        | Effect::DisconnectAfter
        | Effect::Echo(_)
        | Effect::Delay(_) => &[502],
    };
    if !expected.contains(&response.status) {
        return Err(format!("{expected:?} was expected, not {}", response.status));
    }
    let detail = response.text_at("/detail");
    check_service_is_named(fault_case, detail)?;
    let has_retry_after =
        response.header(RETRY_AFTER).parse::<u64>().is_ok_and(|seconds| seconds >= 1);
    if has_retry_after != (response.status == 429) {
        return Err("exactly the responses with status 429 have Retry-After".to_owned());
    }
    if detail.contains("again") {
        Ok(())
    } else {
        Err("the detail does not say to try again".to_owned())
    }
}

fn check_service_is_named(fault_case: &FaultCase, error: &str) -> Result<(), String> {
    let service = fault_case.call_site.service();
    if error.contains(service) { Ok(()) } else { Err(format!("{service} is not named")) }
}

/// Checks that the failed blockers of a report are those of the service that failed.
fn check_blockers(fault_case: &FaultCase, checks: &[Value]) -> Result<(), String> {
    let failed: Vec<_> = checks
        .iter()
        .filter(|check| check["outcome"] == "failed" && check["severity"] == "blocker")
        .map(|check| text(check, "id"))
        .collect();
    let CallSite { service, operation, .. } = &fault_case.call_site;
    let is_allowed = |id: &&str| match service.as_str() {
        // Palette also returns 500 when it rejects a request.
        "palette" => operation.ends_with("/account/validate") && id.starts_with("palette."),
        // Portals return a page with status 200 for an unknown certificate.
        "cap" | "scap" => fault_case.effect == Effect::HtmlPage && *id == "portal.keys",
        "kubernetes" => id.starts_with("kubernetes."),
        "eks" => id.starts_with("pod-identity.") || id.starts_with("eks."),
        _ => false,
    };
    if !failed.is_empty() && failed.iter().all(is_allowed) {
        Ok(())
    } else {
        Err(format!("blocked by {failed:?}"))
    }
}
