//! A fault of one call.

use local_cloud::{Effect, Fault, call_log, lambda::LambdaFunction};

/// A call in a run without faults.
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
        call_log::is_write_operation(&self.service, &self.operation)
    }

    /// Returns service and operation.
    pub(crate) fn operation(&self) -> (&str, &str) {
        (&self.service, &self.operation)
    }

    /// The service's name in error messages.
    pub(crate) fn service(&self) -> &str {
        match self.service.as_str() {
            "palette" => "Palette",
            "sts" => "AWS STS",
            "iam" => "AWS IAM",
            "eks" => "Amazon EKS",
            "sqs" => "Amazon SQS",
            "events" => "Amazon EventBridge",
            "dynamodb" => "Amazon DynamoDB",
            "s3" => "Amazon S3",
            "organizations" => "AWS Organizations",
            "secretsmanager" => "AWS Secrets Manager",
            "kubernetes" => "Kubernetes",
            "cap" | "scap" => "access portal",
            other => other,
        }
    }
}

/// How long a fault lasts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FaultDuration {
    /// Only one call fails.
    Once,
    /// That call and all later calls of the operation fail until the fault is removed.
    Lasting,
    /// The process of the function ends at that call.
    Crash,
}

/// A fault of one call of a run.
#[derive(Clone, Debug)]
pub(crate) struct FaultCase {
    pub(crate) call_site: CallSite,
    pub(crate) effect: Effect,
    pub(crate) duration: FaultDuration,
}

impl FaultCase {
    /// Creates a fault of a call.
    pub(crate) fn new(call_site: &CallSite, effect: Effect, duration: FaultDuration) -> Self {
        Self { call_site: call_site.clone(), effect, duration }
    }

    /// Whether the fault has an effect: calls that change nothing are the same with a connection
    /// cut before and after, and are never stale.
    pub(crate) fn has_effect(&self) -> bool {
        match self.effect {
            Effect::DisconnectAfter => self.call_site.changes(),
            Effect::StaleReads(_) => self.call_site.changes() && self.is_eventually_consistent(),
            Effect::Throttle
            | Effect::InternalError
            | Effect::Unavailable
            | Effect::AwsError { .. }
            | Effect::NoResponse
            | Effect::HtmlPage
            | Effect::DisconnectBefore
            | Effect::Echo(_)
            | Effect::Delay(_) => true,
        }
    }

    /// Whether the service's reads can be stale.
    fn is_eventually_consistent(&self) -> bool {
        ["palette", "iam", "secretsmanager", "eks"].contains(&self.call_site.service.as_str())
    }

    /// Returns the fault for the local cloud.
    pub(crate) fn fault(&self, function: &LambdaFunction) -> Fault {
        let CallSite { service, operation, nth } = &self.call_site;
        let fault = Fault::on(service, operation, self.effect).nth(*nth).external_calls_only();
        match self.duration {
            FaultDuration::Once => fault,
            FaultDuration::Lasting => fault.times(u32::MAX),
            FaultDuration::Crash => fault.crashing(function.crash_signal()),
        }
    }
}
