//! Runs a flow with one fault, then repeats the request without faults.

use std::time::Duration;

use acceptance::text;
use local_cloud::Effect;
use serde_json::Value;

use crate::{
    fault_case::{FaultCase, FaultDuration},
    fixture::{Fixture, mentions_account},
    flow::{Action, Flow, Response, Subject},
    outcome_check::{check_outcome, is_expected},
    recording::RunWithoutFaults,
    state::{INCOMING_PREFIX, State},
};

/// The time limits of the function in the attempts of a run in which a service does not respond.
/// Each attempt has a longer limit, because a slow machine may need it.
const TIME_LIMITS: [Duration; 3] =
    [Duration::from_secs(4), Duration::from_secs(10), Duration::from_secs(28)];

/// The reason why a run with a fault failed.
#[derive(Debug, Eq, PartialEq)]
enum Failure {
    /// A timeout may have caused the failure, so another attempt may succeed.
    PossibleTimeout(String),
    /// The response or the final state is wrong.
    Incorrect(String),
}

impl Failure {
    /// Creates the failure of a run with a fault. A timeout can be the cause only if the response
    /// is no success.
    fn new(effect: Effect, response: &Response, wrong: &str) -> Self {
        let wrong = format!("{wrong}\nresponse: {}", response.text());
        let may_be_timeout = effect == Effect::NoResponse || response.is_timeout();
        if may_be_timeout && !response.is_success() {
            Self::PossibleTimeout(wrong)
        } else {
            Self::Incorrect(wrong)
        }
    }

    /// Creates the failure of a run whose repetition without faults failed, too.
    fn of_repetition(repeated: &Response, first: &Response) -> Self {
        let wrong = format!("{}\nthen, without faults, {}", first.text(), repeated.text());
        if repeated.is_timeout() { Self::PossibleTimeout(wrong) } else { Self::Incorrect(wrong) }
    }
}

impl From<String> for Failure {
    fn from(wrong: String) -> Self {
        Self::Incorrect(wrong)
    }
}

impl Fixture {
    /// Prepares and runs a flow with a fault, in up to three attempts. Returns the label of the
    /// response.
    ///
    /// # Errors
    /// Describes why the response or the state after the run is wrong.
    pub(crate) async fn run_with_fault(
        &self,
        flow: &Flow,
        fault_case: &FaultCase,
        name: &str,
        without_faults: &RunWithoutFaults,
    ) -> Result<String, String> {
        for (attempt, limit) in TIME_LIMITS.into_iter().enumerate() {
            let name = format!("{name}-{attempt}");
            let subject = self.prepare(flow, &name).await;
            let outcome =
                self.run_attempt(flow, fault_case, (&subject, limit), without_faults).await;
            if outcome.is_err() {
                // Messages that are left in queues would disturb the next attempt.
                self.advance_clock_past_stale_reads();
                self.process_queues().await;
            }
            self.remove_accounts(&subject);
            match outcome {
                Err(Failure::PossibleTimeout(_)) if attempt + 1 < TIME_LIMITS.len() => {}
                Err(Failure::PossibleTimeout(wrong) | Failure::Incorrect(wrong)) => {
                    return Err(wrong);
                }
                Ok(label) => return Ok(label),
            }
        }
        Err("no attempt was made".to_owned())
    }

    /// Runs a flow with a fault, checks the response and the state, and repeats the request without
    /// faults until the state is the one of a run without faults.
    async fn run_attempt(
        &self,
        flow: &Flow,
        fault_case: &FaultCase,
        (subject, limit): (&Subject, Duration),
        without_faults: &RunWithoutFaults,
    ) -> Result<String, Failure> {
        let (cloud, function) = (self.cloud(), self.function(flow.function));
        cloud.fault(fault_case.to_fault(function));
        if fault_case.effect == Effect::NoResponse {
            function.set_timeout(limit);
        }
        let action = (flow.action)(self, subject);
        let response = self.execute(&action, subject).await;
        let fault_count = cloud.faults().triggered_count();
        cloud.faults().clear();
        function.set_timeout(function.function().timeout);
        let state = State::snapshot(self, subject);
        if fault_count == 0 {
            return Err(Failure::PossibleTimeout(format!(
                "no such call was made: {}",
                response.text()
            )));
        }
        if state.accounts.len() > 1 {
            return Err(format!("{} accounts in Palette", state.accounts.len()).into());
        }
        let has_crashed = fault_case.duration == FaultDuration::Crash && !response.is_success();
        if !has_crashed {
            let result = check_outcome(flow, fault_case, &response, &state, without_faults);
            result.map_err(|wrong| Failure::new(fault_case.effect, &response, &wrong))?;
        }
        let is_complete = state.to_normalized_text() == without_faults.final_state;
        let repeat = self.repeat(&action, subject, (&response, is_complete), fault_case).await?;
        let state = State::snapshot(self, subject);
        let state_text = state.to_normalized_text();
        let result = if is_expected(fault_case, &Response::Queued, &state_text, without_faults) {
            state.check_consistency()
        } else {
            Err(format!(
                "the final state is {state_text}\ninstead of {}",
                without_faults.final_state
            ))
        };
        // Without a crash, the function counts the outcome events that it could not publish, so an
        // event may be missing. A process that crashed cannot count them, so the repetition must
        // publish the event.
        let last_event_result = if fault_case.duration == FaultDuration::Crash {
            self.check_last_event(&state, subject)
        } else {
            Ok(())
        };
        let result = result.and(last_event_result);
        result.map_err(|wrong| format!("{wrong}\nafter {}\nand {repeat}", response.text()))?;
        Ok(response.label())
    }

    /// Checks that the last outcome event about the account agrees with the state of the account.
    fn check_last_event(&self, state: &State, subject: &Subject) -> Result<(), String> {
        let events = self.app.outcome_events();
        let mentions = |event: &&Value| mentions_account(&event.to_string(), subject);
        let uid = events.iter().rfind(mentions).map(|event| event["detail"]["uid"].clone());
        // An event about a rejected DELETE names the account only by its uid.
        let is_of_subject =
            |event: &&Value| mentions(event) || uid.as_ref() == event["detail"].get("uid");
        let Some(last) = events.iter().rfind(is_of_subject) else {
            return if state.accounts.is_empty() {
                Ok(())
            } else {
                Err("no event tells of the account".to_owned())
            };
        };
        let is_true = match (text(last, "detail-type"), state.accounts.first()) {
            // The repetition after a crash may report `unchanged` or `updated` about an account
            // that the first run created.
            ("Gangway Account Registered" | "Gangway Account Updated", Some(account)) => {
                account["uid"] == last["detail"]["uid"] && self.names_current_secret(last, subject)
            }
            // A repeated DELETE does not find the account, and reports `absent`.
            ("Gangway Account Offboarding Requested", Some(_))
            | ("Gangway Account Removed", None) => true,
            _ => false,
        };
        if is_true { Ok(()) } else { Err(format!("the last event is not true: {last}")) }
    }

    /// Returns `true` if the event names an active secret of the account, or names none and the
    /// account has none.
    fn names_current_secret(&self, event: &Value, subject: &Subject) -> bool {
        let secrets = self.app.deployment().gangway_account.secrets().into_iter();
        let mut active = secrets
            .filter(|secret| !secret.deleted && mentions_account(&secret.name, subject))
            .filter(|secret| !secret.name.contains(INCOMING_PREFIX));
        match event["detail"]["secretArn"].as_str() {
            Some(arn) => active.any(|secret| secret.arn == arn),
            None => active.next().is_none(),
        }
    }

    /// Repeats the action without faults if it failed or is not complete, and then processes all
    /// queues. Returns the text of the last response.
    async fn repeat(
        &self,
        action: &Action,
        subject: &Subject,
        (response, is_complete): (&Response, bool),
        fault_case: &FaultCase,
    ) -> Result<String, Failure> {
        if matches!(fault_case.effect, Effect::StaleReads(_)) && !matches!(action, Action::Queue(_))
        {
            // A request that is repeated while reads are still stale must not create a second
            // account.
            let immediate = self.execute(action, subject).await;
            let accounts = State::snapshot(self, subject).accounts.len();
            if accounts > 1 {
                return Err(format!("{accounts} accounts after {}", immediate.text()).into());
            }
        }
        self.advance_clock_past_stale_reads();
        let has_stale_reads = matches!(fault_case.effect, Effect::StaleReads(_));
        let mut repeated = response.clone();
        if !matches!(action, Action::Queue(_))
            && (has_stale_reads || !response.is_success() || !is_complete)
        {
            repeated = self.execute(action, subject).await;
            let is_deleted =
                matches!(action, Action::Http("DELETE", ..)) && repeated.label() == "404";
            if !repeated.is_success() && !is_deleted {
                return Err(Failure::of_repetition(&repeated, response));
            }
        }
        let queue_response = self.process_queues().await;
        if queue_response.is_success() {
            Ok(repeated.text())
        } else {
            Err(Failure::of_repetition(&queue_response, response))
        }
    }
}

#[test]
fn only_failed_runs_are_attributed_to_a_timeout() {
    let (done, failed) = (Response::Processed, Response::Failed("refused".to_owned()));
    let timed_out = Response::Failed("it had timed out".to_owned());
    for (effect, response, may_be_timeout) in [
        (Effect::NoResponse, &failed, true),
        (Effect::NoResponse, &done, false),
        (Effect::DisconnectBefore, &failed, false),
        (Effect::DisconnectBefore, &timed_out, true),
        (Effect::DisconnectBefore, &done, false),
    ] {
        let wrong = Failure::new(effect, response, "wrong");
        assert_eq!(
            matches!(wrong, Failure::PossibleTimeout(_)),
            may_be_timeout,
            "{effect:?}: {wrong:?}"
        );
    }
}
