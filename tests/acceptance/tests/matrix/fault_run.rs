//! Runs a flow with one fault, then without faults.

use std::time::Duration;

use acceptance::text;
use local_cloud::Effect;
use serde_json::Value;

use crate::{
    fault_case::{FaultCase, FaultDuration},
    fixture::{Fixture, mentions_account},
    flow::{Action, Flow, Response, Subject},
    outcome_check::{check_outcome, is_expected},
    recording::UndisturbedRun,
    state::{INCOMING, State},
};

/// The function's time limit if a service never responds. Each failed attempt gets more, for slow
/// machines.
const TIME_LIMITS: [Duration; 3] =
    [Duration::from_secs(4), Duration::from_secs(10), Duration::from_secs(28)];

/// Why a run failed.
#[derive(Debug, Eq, PartialEq)]
enum Failure {
    /// Possibly caused by a timeout.
    OutOfTime(String),
    /// The response or the final state is wrong.
    Incorrect(String),
}

impl Failure {
    /// Creates the failure of a run. A timeout can be the cause only if the response is not a success.
    fn new(effect: Effect, response: &Response, wrong: &str) -> Self {
        let wrong = format!("{wrong}\nresponse: {}", response.text());
        let may_be_timeout = effect == Effect::NoResponse || response.timed_out();
        if may_be_timeout && !response.succeeded() {
            Self::OutOfTime(wrong)
        } else {
            Self::Incorrect(wrong)
        }
    }

    /// The run without faults failed as well.
    fn without_faults(repeated: &Response, first: &Response) -> Self {
        let wrong = format!("{}\nthen, without faults, {}", first.text(), repeated.text());
        if repeated.timed_out() { Self::OutOfTime(wrong) } else { Self::Incorrect(wrong) }
    }
}

impl From<String> for Failure {
    fn from(wrong: String) -> Self {
        Self::Incorrect(wrong)
    }
}

impl Fixture {
    /// Runs a flow with a fault; returns the label of the response. Describes what is wrong in
    /// `Err`.
    pub(crate) async fn run_with_fault(
        &self,
        flow: &Flow,
        fault_case: &FaultCase,
        name: &str,
        undisturbed: &UndisturbedRun,
    ) -> Result<String, String> {
        for (attempt, limit) in TIME_LIMITS.into_iter().enumerate() {
            let name = format!("{name}-{attempt}");
            let subject = self.prepare(flow, &name).await;
            let outcome = self.run_attempt(flow, fault_case, (&subject, limit), undisturbed).await;
            if outcome.is_err() {
                // Clean up, so that the next attempt is not affected.
                self.let_replicas_catch_up();
                self.process_queues().await;
            }
            self.remove_accounts(&subject);
            match outcome {
                Err(Failure::OutOfTime(_)) if attempt + 1 < TIME_LIMITS.len() => {}
                Err(Failure::OutOfTime(wrong) | Failure::Incorrect(wrong)) => return Err(wrong),
                Ok(label) => return Ok(label),
            }
        }
        Err("no attempt was made".to_owned())
    }

    async fn run_attempt(
        &self,
        flow: &Flow,
        fault_case: &FaultCase,
        (subject, limit): (&Subject, Duration),
        undisturbed: &UndisturbedRun,
    ) -> Result<String, Failure> {
        let (cloud, function) = (self.cloud(), self.function(flow.function));
        cloud.fault(fault_case.fault(function));
        if fault_case.effect == Effect::NoResponse {
            function.set_timeout(limit);
        }
        let action = (flow.action)(self, subject);
        let response = self.execute(&action, subject).await;
        let hits = cloud.faults().triggered_count();
        cloud.faults().clear();
        function.set_timeout(function.function().timeout);
        let state = State::snapshot(self, subject);
        if hits == 0 {
            return Err(Failure::OutOfTime(format!("no such call was made: {}", response.text())));
        }
        if state.accounts.len() > 1 {
            return Err(format!("{} accounts in Palette", state.accounts.len()).into());
        }
        let crashed = fault_case.duration == FaultDuration::Crash && !response.succeeded();
        if !crashed {
            let result = check_outcome(flow, fault_case, &response, &state, undisturbed);
            result.map_err(|wrong| Failure::new(fault_case.effect, &response, &wrong))?;
        }
        let is_complete = state.normalized() == undisturbed.final_state;
        let repeat = self.repeat(&action, subject, (&response, is_complete), fault_case).await?;
        let state = State::snapshot(self, subject);
        let state_text = state.normalized();
        let result = if is_expected(fault_case, &Response::Queued, &state_text, undisturbed) {
            state.check_consistency()
        } else {
            Err(format!("the final state is {state_text}\ninstead of {}", undisturbed.final_state))
        };
        // Only a process that ends cannot count the events that it does not publish.
        let told = if fault_case.duration == FaultDuration::Crash {
            self.check_last_event(&state, subject)
        } else {
            Ok(())
        };
        let result = result.and(told);
        result.map_err(|wrong| format!("{wrong}\nafter {}\nand {repeat}", response.text()))?;
        Ok(response.label())
    }

    /// Checks that the last outcome event of the account tells the state in which the account is.
    fn check_last_event(&self, state: &State, subject: &Subject) -> Result<(), String> {
        let events = self.app.outcome_events();
        let mentions = |event: &&Value| mentions_account(&event.to_string(), subject);
        let uid = events.iter().rfind(mentions).map(|event| event["detail"]["uid"].clone());
        // A refused DELETE names the account by its uid only.
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
            // The run after a crash may say `unchanged` or `updated` of an account that the first one created.
            ("Gangway Account Registered" | "Gangway Account Updated", Some(account)) => {
                account["uid"] == last["detail"]["uid"] && self.is_secret_told(last, subject)
            }
            // A second DELETE finds no account: `absent`.
            ("Gangway Account Offboarding Requested", Some(_))
            | ("Gangway Account Removed", None) => true,
            _ => false,
        };
        if is_true { Ok(()) } else { Err(format!("the last event is not true: {last}")) }
    }

    /// Returns `true` if the event names the secret that the account has, or none if it has none.
    fn is_secret_told(&self, event: &Value, subject: &Subject) -> bool {
        let secrets = self.app.deployment().gangway_account.secrets().into_iter();
        let mut active = secrets
            .filter(|secret| !secret.deleted && mentions_account(&secret.name, subject))
            .filter(|secret| !secret.name.contains(INCOMING));
        match event["detail"]["secretArn"].as_str() {
            Some(arn) => active.any(|secret| secret.arn == arn),
            None => active.next().is_none(),
        }
    }

    /// Repeats the action unless it succeeded, as a client does that got no response.
    async fn repeat(
        &self,
        action: &Action,
        subject: &Subject,
        (response, is_complete): (&Response, bool),
        fault_case: &FaultCase,
    ) -> Result<String, Failure> {
        if matches!(fault_case.effect, Effect::StaleReads(_)) && !matches!(action, Action::Queue(_))
        {
            // A client that repeats the request at once, while reads are still stale, creates no
            // duplicate.
            let immediate = self.execute(action, subject).await;
            let accounts = State::snapshot(self, subject).accounts.len();
            if accounts > 1 {
                return Err(format!("{accounts} accounts after {}", immediate.text()).into());
            }
        }
        self.let_replicas_catch_up();
        let stale = matches!(fault_case.effect, Effect::StaleReads(_));
        let mut repeated = response.clone();
        if !matches!(action, Action::Queue(_)) && (stale || !response.succeeded() || !is_complete) {
            repeated = self.execute(action, subject).await;
            let is_deleted =
                matches!(action, Action::Http("DELETE", ..)) && repeated.label() == "404";
            if !repeated.succeeded() && !is_deleted {
                return Err(Failure::without_faults(&repeated, response));
            }
        }
        let settled = self.process_queues().await;
        if settled.succeeded() {
            Ok(repeated.text())
        } else {
            Err(Failure::without_faults(&settled, response))
        }
    }
}

#[test]
fn only_failed_runs_can_be_due_to_a_timeout() {
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
        assert_eq!(matches!(wrong, Failure::OutOfTime(_)), may_be_timeout, "{effect:?}: {wrong:?}");
    }
}
