//! Configuration of the sweep, read from the environment once at start.

use gangway_aws::sqs::QueueUrl;
use gangway_model::Partition;
use gangway_registration::{ConfigError, EnvReader, vending::VendingConfig};

/// Configuration of the sweep.
#[derive(Clone, Debug)]
pub(crate) struct SweepConfig {
    /// Which accounts are registered, and in which scope: the same settings as for events.
    pub(crate) vending: VendingConfig,
    /// `GANGWAY_REPAIR_DRIFT`: what happens to changes that other people made to roles that Gangway
    /// created. Default `disabled`.
    pub(crate) drift_policy: DriftPolicy,
    /// `GANGWAY_VENDING_QUEUE_URL`: the queue that receives the events.
    pub(crate) queue: QueueUrl,
}

impl SweepConfig {
    /// Reads the variables, and returns all errors at once.
    pub(crate) fn from_env(
        variable: impl Fn(&str) -> Option<String>,
        partition: Partition,
    ) -> Result<Self, ConfigError> {
        let mut variables = EnvReader::new(variable);
        let vending = VendingConfig::from_variables(&mut variables, partition);
        let drift_policy = variables.optional_with(REPAIR_DRIFT, REPAIR_DRIFT_RULE, parse_policy);
        let queue = variables.required("GANGWAY_VENDING_QUEUE_URL");
        match (vending, queue) {
            (Some(vending), Some(queue)) => {
                Ok(Self { vending, drift_policy: drift_policy.unwrap_or_default(), queue })
            }
            _ => Err(ConfigError(variables.into_errors())),
        }
    }
}

const REPAIR_DRIFT: &str = "GANGWAY_REPAIR_DRIFT";

const REPAIR_DRIFT_RULE: &str = "must be enabled, report or disabled";

/// What the sweep does about registered accounts that Gangway has vended.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum DriftPolicy {
    /// Queue them, so that drift is repaired.
    Repair,
    /// Queue them, so that drift is recorded and published, and nothing is changed.
    Report,
    #[default]
    Ignore,
}

fn parse_policy(text: &str) -> Option<DriftPolicy> {
    match text {
        "enabled" => Some(DriftPolicy::Repair),
        "report" => Some(DriftPolicy::Report),
        "disabled" => Some(DriftPolicy::Ignore),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_required_and_every_error_is_returned() {
        let url = "https://sqs.us-east-1.amazonaws.com/111122223333/Vended";
        let read = |queue: &str, ous: &str| {
            let variable = |name: &str| match name {
                "GANGWAY_VENDING_QUEUE_URL" => Some(queue.to_owned()),
                "GANGWAY_INCLUDE_OUS" => Some(ous.to_owned()),
                _ => None,
            };
            SweepConfig::from_env(variable, Partition::Aws).map_err(|ConfigError(errors)| {
                errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>()
            })
        };
        assert_eq!(read(url, "").unwrap().queue.as_str(), url);
        assert_eq!(read("", "").unwrap_err(), ["GANGWAY_VENDING_QUEUE_URL"]);
        let both = ["GANGWAY_INCLUDE_OUS", "GANGWAY_VENDING_QUEUE_URL"];
        assert_eq!(read("Vended", "Workloads").unwrap_err(), both);
    }
}
