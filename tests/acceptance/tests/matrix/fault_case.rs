//! A fault of one call, for one run of a flow.

use local_cloud::{Effect, Fault, call_log, lambda::LambdaFunction};

/// A call that a function makes in a run without faults. A fault can be injected there.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct CallSite {
    pub(crate) service: String,
    pub(crate) operation: String,
    /// The number of the call among the calls of its operation in the run, from 1.
    pub(crate) nth: u32,
}

impl CallSite {
    /// Returns `true` if the call can change something in the service.
    pub(crate) fn is_write(&self) -> bool {
        call_log::is_write_operation(&self.service, &self.operation)
    }

    /// Returns the service and the operation.
    pub(crate) fn service_and_operation(&self) -> (&str, &str) {
        (&self.service, &self.operation)
    }

    /// Returns the name of the service in Gangway's error messages.
    pub(crate) fn service_name_in_errors(&self) -> &str {
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
    /// The call and all later calls of its operation fail, until the test removes the fault.
    Lasting,
    /// The process of the function ends at the call.
    Crash,
}

/// A call of a run, and the fault that it is tested with.
#[derive(Clone, Debug)]
pub(crate) struct FaultCase {
    pub(crate) call_site: CallSite,
    pub(crate) effect: Effect,
    pub(crate) duration: FaultDuration,
}

impl FaultCase {
    pub(crate) fn new(call_site: &CallSite, effect: Effect, duration: FaultDuration) -> Self {
        Self { call_site: call_site.clone(), effect, duration }
    }

    /// Returns `true` if a run with the fault tests something that no other run tests. For a call
    /// that changes nothing, a connection that ends after the call is the same as one that ends
    /// before it, and no later read is stale.
    pub(crate) fn is_distinct(&self) -> bool {
        match self.effect {
            Effect::DisconnectAfter => self.call_site.is_write(),
            Effect::StaleReads(_) => self.call_site.is_write() && self.is_eventually_consistent(),
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

    /// Returns `true` if a read from the service can return the state before a write.
    fn is_eventually_consistent(&self) -> bool {
        ["palette", "iam", "secretsmanager", "eks"].contains(&self.call_site.service.as_str())
    }

    /// Returns the fault in the form that the local cloud takes. `function` is the function whose
    /// process ends if the fault is a crash.
    pub(crate) fn to_fault(&self, function: &LambdaFunction) -> Fault {
        let CallSite { service, operation, nth } = &self.call_site;
        let fault = Fault::on(service, operation, self.effect).nth(*nth).external_calls_only();
        match self.duration {
            FaultDuration::Once => fault,
            FaultDuration::Lasting => fault.times(u32::MAX),
            FaultDuration::Crash => fault.crashing(function.crash_signal()),
        }
    }
}
