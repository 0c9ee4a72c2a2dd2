//! What befalls a call, and what may be answered then.

use acceptance::Answer;
use local_cloud::Effect;
use reqwest::header::RETRY_AFTER;

use crate::state::State;

/// A call of an undisturbed run.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Place {
    pub(crate) service: String,
    pub(crate) operation: String,
    /// The first is 1.
    pub(crate) nth: u32,
}

/// How long it lasts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// One call only.
    Once,
    /// That call and all like it, until cleared.
    Lasting,
    /// The function's process ends there.
    Crash,
}

/// What befalls a run.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    pub(crate) place: Place,
    pub(crate) effect: Effect,
    pub(crate) kind: Kind,
}

/// A success has to be one; a failure has to name the service, and say what may help.
pub(crate) fn judge(
    trouble: &Trouble,
    answer: &Answer,
    state: &State,
    name: &str,
    end: &str,
) -> Result<(), String> {
    let Trouble { place, effect, kind } = trouble;
    if (200..300).contains(&answer.status) {
        let told = (answer.status == 204)
            || state.accounts.iter().any(|account| account["uid"] == answer.uid());
        let reached = state.anonymous(name);
        // A page of somebody else's is no word of Palette's.
        let believed = *effect == Effect::Garbage
            && place.operation.ends_with("/validate")
            && (place.nth, *kind) == (1, Kind::Lasting);
        return if told && reached == end && !believed {
            Ok(())
        } else {
            Err(format!("a success that is none: {}\n{reached}\nand not\n{end}", answer.text))
        };
    }
    if ["cap", "scap"].contains(&&*place.service) && *effect == Effect::Garbage {
        // A page with status 200 is how portals say that they do not know a certificate.
        return if answer.status == 422 && answer.failed() == ["portal.keys"] {
            Ok(())
        } else {
            Err(answer.text.clone())
        };
    }
    let (status, detail) = (answer.status, answer.text_at("/detail"));
    let asks = ["/account/validate", "/account/sts"];
    let said_no = *effect == Effect::InternalError
        && asks.iter().any(|question| place.operation.ends_with(question));
    if said_no && status == 422 {
        // Palette answers 500 where it refuses, too: the report says whose word it is.
        let mut failed = answer.checks();
        failed.retain(|check| check["outcome"] == "failed" && check["severity"] == "blocker");
        let palettes = |id: &serde_json::Value| {
            id.as_str().is_some_and(|id| id.starts_with("palette.") || id == "sts.source-account")
        };
        return if !failed.is_empty() && failed.iter().all(|check| palettes(&check["id"])) {
            Ok(())
        } else {
            Err(answer.text.clone())
        };
    }
    let expected = match effect {
        Effect::Throttle => 429,
        Effect::NeverAnswer => 504,
        Effect::InternalError
        | Effect::Unavailable
        | Effect::Garbage
        | Effect::Echo(_)
        | Effect::CutBefore
        | Effect::CutAfter
        | Effect::Delay(_) => 502,
    };
    let service = match place.service.as_str() {
        "palette" => "Palette",
        "sts" => "AWS STS",
        "iam" => "AWS IAM",
        "secretsmanager" => "AWS Secrets Manager",
        "cap" | "scap" => "access portal",
        other => other,
    };
    let later = answer.header(RETRY_AFTER).parse::<u64>().is_ok_and(|seconds| seconds >= 1);
    if status == expected && detail.contains(service) && later == (status == 429) {
        Ok(())
    } else {
        Err(format!("{expected} of {service} was expected, not {status}: {}", answer.text))
    }
}
