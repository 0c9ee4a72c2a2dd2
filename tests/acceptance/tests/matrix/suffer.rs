//! One trouble in one run, and the weather clears.

use std::time::Duration;

use local_cloud::Effect;

use crate::{
    flow::{Ask, Flow, Subject, Told},
    ground::Ground,
    judge::{judge, owed},
    record::Recorded,
    state::State,
    trouble::{Kind, Trouble},
};

/// What a function gets where an upstream never answers; more where it did not even come to that call, or did not come further
/// with its others, as on a machine that has much else to do. So often is such a run tried.
const LIMITS: [Duration; 3] =
    [Duration::from_secs(4), Duration::from_secs(10), Duration::from_secs(28)];

/// What is wrong with a run.
#[derive(Debug, Eq, PartialEq)]
enum Wrong {
    /// It may have had too little time.
    Hurried(String),
    /// What was told or left behind is wrong.
    Told(String),
}

impl Wrong {
    /// Too little time may make another failure of a failure; no hurry makes a success of one.
    fn of(effect: Effect, told: &Told, wrong: &str) -> Self {
        let wrong = format!("{wrong}\ntold: {}", told.text());
        let hurried = effect == Effect::NeverAnswer || told.ran_out_of_time();
        if hurried && !told.succeeded() { Self::Hurried(wrong) } else { Self::Told(wrong) }
    }

    /// It failed again, after nothing was in its way any more.
    fn in_fair_weather(last: &Told, first: &Told) -> Self {
        let wrong = format!("{}\nthen, in fair weather, {}", first.text(), last.text());
        if last.ran_out_of_time() { Self::Hurried(wrong) } else { Self::Told(wrong) }
    }
}

impl From<String> for Wrong {
    fn from(wrong: String) -> Self {
        Self::Told(wrong)
    }
}

impl Ground {
    /// The word for what was told, or what is wrong with it.
    pub(crate) async fn suffer(
        &self,
        flow: &Flow,
        trouble: &Trouble,
        name: &str,
        recorded: &Recorded,
    ) -> Result<String, String> {
        for (time, limit) in LIMITS.into_iter().enumerate() {
            let name = format!("{name}-{time}");
            let subject = self.prepare(flow, &name).await;
            let outcome = self.once(flow, trouble, (&subject, limit), recorded).await;
            if outcome.is_err() {
                // Nothing of it is to be in the next one's way.
                self.catch_up();
                self.settle().await;
            }
            self.forget(&subject);
            match outcome {
                Err(Wrong::Hurried(_)) if time + 1 < LIMITS.len() => {}
                Err(Wrong::Hurried(wrong) | Wrong::Told(wrong)) => return Err(wrong),
                Ok(word) => return Ok(word),
            }
        }
        Err("it was not tried".to_owned())
    }

    async fn once(
        &self,
        flow: &Flow,
        trouble: &Trouble,
        (subject, limit): (&Subject, Duration),
        recorded: &Recorded,
    ) -> Result<String, Wrong> {
        let (cloud, function) = (self.cloud(), self.function(flow.function));
        cloud.fault(trouble.fault(function));
        if trouble.effect == Effect::NeverAnswer {
            function.limit(limit);
        }
        let ask = (flow.ask)(self, subject);
        let told = self.carry(&ask, subject).await;
        let met = cloud.faults().met();
        cloud.faults().clear();
        function.limit(function.function().timeout);
        let state = State::of(self, subject);
        if met == 0 {
            return Err(Wrong::Hurried(format!("no such call was made: {}", told.text())));
        }
        if state.accounts.len() > 1 {
            return Err(format!("{} accounts in Palette", state.accounts.len()).into());
        }
        let crashed = trouble.kind == Kind::Crash && !told.succeeded();
        if !crashed {
            let verdict = judge(flow, trouble, &told, &state, recorded);
            verdict.map_err(|wrong| Wrong::of(trouble.effect, &told, &wrong))?;
        }
        let whole = state.anonymous() == recorded.end;
        let again = self.again(&ask, subject, (&told, whole), trouble).await?;
        let state = State::of(self, subject);
        let reached = state.anonymous();
        let ends = if owed(trouble, &Told::Left, &reached, recorded) {
            state.consistent()
        } else {
            Err(format!("it ends as {reached}\nand not as {}", recorded.end))
        };
        ends.map_err(|wrong| format!("{wrong}\nafter {}\nand {again}", told.text()))?;
        Ok(told.word())
    }

    /// The same once more, unless it was done; as one has to where nothing tells whether it was.
    async fn again(
        &self,
        ask: &Ask,
        subject: &Subject,
        (told, whole): (&Told, bool),
        trouble: &Trouble,
    ) -> Result<String, Wrong> {
        if matches!(trouble.effect, Effect::Stale(_)) && !matches!(ask, Ask::Queue(_)) {
            // Whoever does not believe the answer asks again at once, while readers still see the past: nothing is doubled.
            let at_once = self.carry(ask, subject).await;
            let accounts = State::of(self, subject).accounts.len();
            if accounts > 1 {
                return Err(format!("{accounts} accounts after {}", at_once.text()).into());
            }
        }
        self.catch_up();
        let stale = matches!(trouble.effect, Effect::Stale(_));
        let mut last = told.clone();
        if !matches!(ask, Ask::Queue(_)) && (stale || !told.succeeded() || !whole) {
            last = self.carry(ask, subject).await;
            let gone = matches!(ask, Ask::Http("DELETE", ..)) && last.word() == "404";
            if !last.succeeded() && !gone {
                return Err(Wrong::in_fair_weather(&last, told));
            }
        }
        let settled = self.settle().await;
        if settled.succeeded() {
            Ok(last.text())
        } else {
            Err(Wrong::in_fair_weather(&settled, told))
        }
    }
}

#[test]
fn only_a_failure_may_be_for_want_of_time() {
    let (done, failed) = (Told::Worked, Told::Failed("refused".to_owned()));
    let late = Told::Failed("it had timed out".to_owned());
    for (effect, told, hurried) in [
        (Effect::NeverAnswer, &failed, true),
        (Effect::NeverAnswer, &done, false),
        (Effect::CutBefore, &failed, false),
        (Effect::CutBefore, &late, true),
        (Effect::CutBefore, &done, false),
    ] {
        let wrong = Wrong::of(effect, told, "a verdict");
        assert_eq!(matches!(wrong, Wrong::Hurried(_)), hurried, "{effect:?}: {wrong:?}");
    }
}
