//! Checks the response of a run with a fault.

use acceptance::{HttpResponse, text};
use local_cloud::Effect;
use reqwest::header::RETRY_AFTER;
use serde_json::Value;

use crate::{
    fault_case::{CallSite, FaultCase, FaultDuration},
    flow::{Flow, Response},
    recording::RunWithoutFaults,
    state::{INCOMING_PREFIX, State},
};

/// Checks the response of a run with a fault. If it reports success, the stored state must be the
/// one of a run without faults. If it reports an error, it must name the service that failed, and a
/// remedy.
pub(crate) fn check_outcome(
    flow: &Flow,
    fault_case: &FaultCase,
    response: &Response,
    state: &State,
    without_faults: &RunWithoutFaults,
) -> Result<(), String> {
    if response.is_success() {
        return check_success(flow, fault_case, response, state, without_faults);
    }
    match response {
        Response::Http(response) => check_failure(fault_case, response),
        Response::Returned(value) if value["complete"] == false => Ok(()),
        Response::Returned(value) => check_rejection(fault_case, &value["problem"]),
        Response::Failed(error) => check_service_is_named(fault_case, error),
        Response::DeadLettered(reasons) => {
            Err(format!("sent to the dead-letter queue: {reasons:?}"))
        }
        // A message that stays in the queue is processed again.
        Response::Queued | Response::Processed | Response::SecretStored(_) => Ok(()),
    }
}

/// Checks that the state and the response are those of a run without faults.
fn check_success(
    flow: &Flow,
    fault_case: &FaultCase,
    response: &Response,
    state: &State,
    without_faults: &RunWithoutFaults,
) -> Result<(), String> {
    // The sweep sends messages to a queue, which are processed after its response.
    if !matches!(flow.trigger, crate::flow::Trigger::Schedule) {
        let state_text = state.to_normalized_text();
        if !is_expected(fault_case, response, &state_text, without_faults) {
            return Err(format!(
                "reported success, but the state is {state_text}\ninstead of {}",
                without_faults.final_state
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
        let actual = state.replace_ids(&text);
        return if actual == without_faults.response_text {
            Ok(())
        } else {
            Err(format!(
                "the response differs from the one without faults: {}",
                without_faults.response_text
            ))
        };
    }
    check_report(fault_case, response, without_faults)
}

/// Returns `true` if the stored state is the one of a run without faults. Differences that the
/// fault is allowed to cause are ignored.
pub(crate) fn is_expected(
    fault_case: &FaultCase,
    response: &Response,
    state_text: &str,
    without_faults: &RunWithoutFaults,
) -> bool {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let (mut state_text, mut expected) = (parsed(state_text), parsed(&without_faults.final_state));
    for state in [&mut state_text, &mut expected] {
        // Without access to Kubernetes, the ConfigMap is not created. The report then says that the
        // ConfigMap is missing or could not be read, and how to create it.
        if let (Response::Http(response), "kubernetes") =
            (response, fault_case.call_site.service.as_str())
            && response.checks().iter().any(is_config_map_check_not_passed)
            && let Some(config) = state.pointer_mut("/other/cluster/config")
        {
            *config = Value::Null;
        }
        // A registration is complete even if its incoming secret still exists, because a call to
        // delete it failed or because no time was left.
        let operation = fault_case.call_site.operation.as_str();
        let incoming_secret_may_exist = ["TagResource", "DeleteSecret"].contains(&operation)
            || fault_case.effect == Effect::NoResponse;
        let secrets = state.pointer_mut("/secrets").and_then(Value::as_array_mut);
        for secret in secrets
            .into_iter()
            .flatten()
            .filter(|_| response.is_success() && incoming_secret_may_exist)
            .filter(|secret| text(secret, "name").starts_with(INCOMING_PREFIX))
        {
            (secret["deleted"], secret["tags"]) = (Value::Null, Value::Null);
        }
        // After a stale read, the tag may have an old value. The next event checks the policy
        // documents again.
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

/// Returns `true` for the check of the ConfigMap, if it has not passed.
fn is_config_map_check_not_passed(check: &Value) -> bool {
    check["id"] == "kubernetes.global-config" && check["outcome"] != "passed"
}

/// Checks that a check in the report has passed only if it also passes in a run without faults.
fn check_report(
    fault_case: &FaultCase,
    response: &HttpResponse,
    without_faults: &RunWithoutFaults,
) -> Result<(), String> {
    let Response::Http(without_faults) = &without_faults.response else { return Ok(()) };
    let checks_without_faults = without_faults.checks();
    for check in response.checks() {
        let expected = checks_without_faults.iter().find(|one| one["id"] == check["id"]);
        let passed = check["outcome"] == "passed";
        if passed && expected.is_none_or(|one| one["outcome"] != "passed") {
            return Err(format!("passed, but not in the run without faults: {check}"));
        }
        // A validation in which Palette did not respond cannot pass.
        let palette_failed = fault_case.call_site.operation.ends_with("/account/validate")
            && (fault_case.duration, fault_case.call_site.nth) == (FaultDuration::Lasting, 1)
            && !matches!(fault_case.effect, Effect::StaleReads(_));
        if passed && palette_failed && check["id"] == "palette.validation" {
            return Err(format!("passed although Palette did not respond: {check}"));
        }
    }
    Ok(())
}

/// Checks that an event was rejected because of failed blockers. For any other error, the
/// invocation must fail, so that Lambda retries it.
fn check_rejection(fault_case: &FaultCase, problem: &Value) -> Result<(), String> {
    let checks = problem.pointer("/report/checks").and_then(Value::as_array);
    if problem["status"] == 422 {
        return check_blockers(fault_case, checks.map(Vec::as_slice).unwrap_or_default());
    }
    Err(format!("rejected without retry: {problem}"))
}

/// Checks the status and the text of an HTTP error response.
fn check_failure(fault_case: &FaultCase, response: &HttpResponse) -> Result<(), String> {
    // Palette returns 500, too, if the credentials may not list policies. Gangway then returns 422.
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
    let service = fault_case.call_site.service_name_in_errors();
    if error.contains(service) { Ok(()) } else { Err(format!("{service} is not named")) }
}

/// Checks that blockers failed, and that each of them is about the service that failed.
fn check_blockers(fault_case: &FaultCase, checks: &[Value]) -> Result<(), String> {
    let failed: Vec<_> = checks
        .iter()
        .filter(|check| check["outcome"] == "failed" && check["severity"] == "blocker")
        .map(|check| text(check, "id"))
        .collect();
    let CallSite { service, operation, .. } = &fault_case.call_site;
    let is_allowed = |id: &&str| match service.as_str() {
        // Palette also returns 500 when it refuses credentials.
        "palette" => operation.ends_with("/account/validate") && id.starts_with("palette."),
        // An access portal returns an HTML page with status 200 for an unknown certificate.
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
