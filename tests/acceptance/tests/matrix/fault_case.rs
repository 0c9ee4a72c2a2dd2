//! A fault of one call.

use local_cloud::{Effect, Fault, calls, functions::Lambda};

/// A call of an undisturbed run.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct CallSite {
    pub(crate) service: String,
    pub(crate) operation: String,
    /// The first of its operation is 1.
    pub(crate) nth: u32,
}

impl CallSite {
    /// Whether the call changes something.
    pub(crate) fn changes(&self) -> bool {
        calls::changes(&self.service, &self.operation)
    }

    /// Service and operation: calls of the same kind share them.
    pub(crate) fn operation(&self) -> (&str, &str) {
        (&self.service, &self.operation)
    }

    /// As an answer must call the service.
    pub(crate) fn service(&self) -> &str {
        match self.service.as_str() {
            "palette" => "Palette",
            "sts" => "AWS STS",
            "iam" => "AWS IAM",
            "eks" => "Amazon EKS",
            "sqs" => "Amazon SQS",
            "organizations" => "AWS Organizations",
            "secretsmanager" => "AWS Secrets Manager",
            "kubernetes" => "Kubernetes",
            "cap" | "scap" => "access portal",
            other => other,
        }
    }
}

/// How long it lasts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FaultDuration {
    /// One call only.
    Once,
    /// That call and all like it, until cleared.
    Lasting,
    /// The function's process ends there.
    Crash,
}

/// What befalls a run.
#[derive(Clone, Debug)]
pub(crate) struct FaultCase {
    pub(crate) call_site: CallSite,
    pub(crate) effect: Effect,
    pub(crate) duration: FaultDuration,
}

impl FaultCase {
    /// At this place.
    pub(crate) fn new(call_site: &CallSite, effect: Effect, duration: FaultDuration) -> Self {
        Self { call_site: call_site.clone(), effect, duration }
    }

    /// Whether it can make a difference: where nothing is done, nothing is done before the connection is cut, and nobody sees
    /// it late.
    pub(crate) fn has_effect(&self) -> bool {
        match self.effect {
            Effect::CutAfter => self.call_site.changes(),
            Effect::Stale(_) => self.call_site.changes() && self.is_eventually_consistent(),
            Effect::Throttle
            | Effect::InternalError
            | Effect::Unavailable
            | Effect::NeverAnswer
            | Effect::Garbage
            | Effect::CutBefore
            | Effect::Echo(_)
            | Effect::Delay(_) => true,
        }
    }

    /// Whether the service's readers may see late what was written.
    fn is_eventually_consistent(&self) -> bool {
        ["palette", "iam", "secretsmanager", "eks"].contains(&self.call_site.service.as_str())
    }

    /// The fault that the local cloud is told.
    pub(crate) fn fault(&self, function: &Lambda) -> Fault {
        let CallSite { service, operation, nth } = &self.call_site;
        let fault = Fault::on(service, operation, self.effect).nth(*nth).own();
        match self.duration {
            FaultDuration::Once => fault,
            FaultDuration::Lasting => fault.times(u32::MAX),
            FaultDuration::Crash => fault.ending(function.crash()),
        }
    }
}
