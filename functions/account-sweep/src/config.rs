//! Configuration of the sweep, read from the environment once at start.

use gangway_aws::sqs::QueueUrl;
use gangway_model::Partition;
use gangway_registration::ConfigError;
use gangway_registration::EnvReader;

/// Configuration of the sweep.
#[derive(Clone, Debug)]
pub(crate) struct SweepConfig {
    /// Which accounts are registered, and in which scope: the same settings as for events.
    pub(crate) organization: gangway_registration::vending::VendingConfig,
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
        let organization =
            gangway_registration::vending::VendingConfig::from_variables(&mut variables, partition);
        let queue = variables.required("GANGWAY_VENDING_QUEUE_URL");
        match (organization, queue) {
            (Some(organization), Some(queue)) => Ok(Self { organization, queue }),
            _ => Err(ConfigError(variables.into_errors())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_must_be_named_and_every_fault_is_told() {
        let url = "https://sqs.us-east-1.amazonaws.com/111122223333/Vended";
        let read = |queue: &str, units: &str| {
            let variable = |name: &str| match name {
                "GANGWAY_VENDING_QUEUE_URL" => Some(queue.to_owned()),
                "GANGWAY_INCLUDE_OUS" => Some(units.to_owned()),
                _ => None,
            };
            SweepConfig::from_env(variable, Partition::Aws).map_err(|ConfigError(faults)| {
                faults.into_iter().map(|fault| fault.pointer).collect::<Vec<_>>()
            })
        };
        assert_eq!(read(url, "").unwrap().queue.as_str(), url);
        assert_eq!(read("", "").unwrap_err(), ["GANGWAY_VENDING_QUEUE_URL"]);
        let both = ["GANGWAY_INCLUDE_OUS", "GANGWAY_VENDING_QUEUE_URL"];
        assert_eq!(read("Vended", "Workloads").unwrap_err(), both);
    }
}
