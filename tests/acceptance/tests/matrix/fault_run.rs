//! Runs a flow with one fault, then without faults.

use std::time::Duration;

use local_cloud::Effect;

use crate::{
    fault_case::{FaultCase, FaultDuration},
    fixture::Fixture,
    flow::{Action, Flow, Response, Subject},
    recording::UndisturbedRun,
    state::State,
    verdict::{check_outcome, is_expected},
};

/// The function's time limit if a service never responds. Each failed attempt gets more, for slow
/// machines.
const LIMITS: [Duration; 3] =
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
    /// A timeout can change one failure into another, but cannot turn a failure into a success.
    fn of(effect: Effect, response: &Response, wrong: &str) -> Self {
        let wrong = format!("{wrong}\ntold: {}", response.text());
        let hurried = effect == Effect::NeverAnswer || response.ran_out_of_time();
        if hurried && !response.succeeded() {
            Self::OutOfTime(wrong)
        } else {
            Self::Incorrect(wrong)
        }
    }

    /// The run without faults failed as well.
    fn without_faults(last: &Response, first: &Response) -> Self {
        let wrong = format!("{}\nthen, in fair weather, {}", first.text(), last.text());
        if last.ran_out_of_time() { Self::OutOfTime(wrong) } else { Self::Incorrect(wrong) }
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
        for (time, limit) in LIMITS.into_iter().enumerate() {
            let name = format!("{name}-{time}");
            let subject = self.prepare(flow, &name).await;
            let outcome = self.once(flow, fault_case, (&subject, limit), undisturbed).await;
            if outcome.is_err() {
                // Clean up, so that the next attempt is not affected.
                self.let_replicas_catch_up();
                self.work_off_queues().await;
            }
            self.remove_accounts(&subject);
            match outcome {
                Err(Failure::OutOfTime(_)) if time + 1 < LIMITS.len() => {}
                Err(Failure::OutOfTime(wrong) | Failure::Incorrect(wrong)) => return Err(wrong),
                Ok(label) => return Ok(label),
            }
        }
        Err("it was not tried".to_owned())
    }

    async fn once(
        &self,
        flow: &Flow,
        fault_case: &FaultCase,
        (subject, limit): (&Subject, Duration),
        undisturbed: &UndisturbedRun,
    ) -> Result<String, Failure> {
        let (cloud, function) = (self.cloud(), self.function(flow.function));
        cloud.fault(fault_case.fault(function));
        if fault_case.effect == Effect::NeverAnswer {
            function.limit(limit);
        }
        let action = (flow.action)(self, subject);
        let response = self.execute(&action, subject).await;
        let met = cloud.faults().met();
        cloud.faults().clear();
        function.limit(function.function().timeout);
        let state = State::of(self, subject);
        if met == 0 {
            return Err(Failure::OutOfTime(format!("no such call was made: {}", response.text())));
        }
        if state.accounts.len() > 1 {
            return Err(format!("{} accounts in Palette", state.accounts.len()).into());
        }
        let crashed = fault_case.duration == FaultDuration::Crash && !response.succeeded();
        if !crashed {
            let verdict = check_outcome(flow, fault_case, &response, &state, undisturbed);
            verdict.map_err(|wrong| Failure::of(fault_case.effect, &response, &wrong))?;
        }
        let whole = state.anonymous() == undisturbed.end;
        let again = self.again(&action, subject, (&response, whole), fault_case).await?;
        let state = State::of(self, subject);
        let reached = state.anonymous();
        let ends = if is_expected(fault_case, &Response::Left, &reached, undisturbed) {
            state.consistent()
        } else {
            Err(format!("it ends as {reached}\nand not as {}", undisturbed.end))
        };
        ends.map_err(|wrong| format!("{wrong}\nafter {}\nand {again}", response.text()))?;
        Ok(response.label())
    }

    /// Repeats the action unless it succeeded, as a client does that got no response.
    async fn again(
        &self,
        action: &Action,
        subject: &Subject,
        (response, whole): (&Response, bool),
        fault_case: &FaultCase,
    ) -> Result<String, Failure> {
        if matches!(fault_case.effect, Effect::Stale(_)) && !matches!(action, Action::Queue(_)) {
            // A client that repeats the request at once, while reads are still stale, creates no
            // duplicate.
            let at_once = self.execute(action, subject).await;
            let accounts = State::of(self, subject).accounts.len();
            if accounts > 1 {
                return Err(format!("{accounts} accounts after {}", at_once.text()).into());
            }
        }
        self.let_replicas_catch_up();
        let stale = matches!(fault_case.effect, Effect::Stale(_));
        let mut last = response.clone();
        if !matches!(action, Action::Queue(_)) && (stale || !response.succeeded() || !whole) {
            last = self.execute(action, subject).await;
            let gone = matches!(action, Action::Http("DELETE", ..)) && last.label() == "404";
            if !last.succeeded() && !gone {
                return Err(Failure::without_faults(&last, response));
            }
        }
        let settled = self.work_off_queues().await;
        if settled.succeeded() {
            Ok(last.text())
        } else {
            Err(Failure::without_faults(&settled, response))
        }
    }
}

#[test]
fn only_failures_can_be_due_to_a_timeout() {
    let (done, failed) = (Response::Worked, Response::Failed("refused".to_owned()));
    let late = Response::Failed("it had timed out".to_owned());
    for (effect, response, hurried) in [
        (Effect::NeverAnswer, &failed, true),
        (Effect::NeverAnswer, &done, false),
        (Effect::CutBefore, &failed, false),
        (Effect::CutBefore, &late, true),
        (Effect::CutBefore, &done, false),
    ] {
        let wrong = Failure::of(effect, response, "a verdict");
        assert_eq!(matches!(wrong, Failure::OutOfTime(_)), hurried, "{effect:?}: {wrong:?}");
    }
}
