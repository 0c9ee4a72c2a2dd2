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

/// What a function gets where an upstream never answers; more where it did not even come to that call, or did not come further
/// with its others, as on a machine that has much else to do. So often is such a run tried.
const LIMITS: [Duration; 3] =
    [Duration::from_secs(4), Duration::from_secs(10), Duration::from_secs(28)];

/// What is wrong with a run.
#[derive(Debug, Eq, PartialEq)]
enum Failure {
    /// It may have had too little time.
    OutOfTime(String),
    /// What was told or left behind is wrong.
    Incorrect(String),
}

impl Failure {
    /// Too little time may make another failure of a failure; no hurry makes a success of one.
    fn of(effect: Effect, response: &Response, wrong: &str) -> Self {
        let wrong = format!("{wrong}\ntold: {}", response.text());
        let hurried = effect == Effect::NeverAnswer || response.ran_out_of_time();
        if hurried && !response.succeeded() {
            Self::OutOfTime(wrong)
        } else {
            Self::Incorrect(wrong)
        }
    }

    /// It failed again, after nothing was in its way any more.
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
    /// The word for what was told, or what is wrong with it.
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
                // Nothing of it is to be in the next one's way.
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

    /// The same once more, unless it was done; as one has to where nothing tells whether it was.
    async fn again(
        &self,
        action: &Action,
        subject: &Subject,
        (response, whole): (&Response, bool),
        fault_case: &FaultCase,
    ) -> Result<String, Failure> {
        if matches!(fault_case.effect, Effect::Stale(_)) && !matches!(action, Action::Queue(_)) {
            // Whoever does not believe the answer asks again at once, while readers still see the past: nothing is doubled.
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
