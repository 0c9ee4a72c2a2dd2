//! Configuration of the function, read from the environment once at start.

use gangway_aws::{resource_table::TABLE_VARIABLE, sqs::QueueUrl};
use gangway_model::Partition;
use gangway_registration::{ConfigError, EnvReader, vending::VendingConfig};

/// Where accounts of stacks are registered, and the table and queues of their requests.
#[derive(Clone, Debug)]
pub(crate) struct ResourceConfig {
    /// In which scope accounts are registered: the same settings as for vended accounts.
    pub(crate) vending: VendingConfig,
    /// `GANGWAY_RESOURCE_TABLE`: the table with the resources of stacks.
    pub(crate) table: String,
    /// `GANGWAY_STACK_QUEUE_URL`: the queue with the requests of CloudFormation.
    pub(crate) queue: QueueUrl,
    /// `GANGWAY_DEAD_LETTER_QUEUE_URL`: the queue of messages that cannot be answered.
    pub(crate) dead_letter_queue: QueueUrl,
}

const TABLE_RULE: &str = "must be the name or the ARN of the DynamoDB table with the resources of stacks (StackResources)";

impl ResourceConfig {
    /// Reads the variables, and returns all errors at once.
    pub(crate) fn from_env(
        variable: impl Fn(&str) -> Option<String>,
        partition: Partition,
    ) -> Result<Self, ConfigError> {
        let mut variables = EnvReader::new(variable);
        let vending = VendingConfig::from_variables(&mut variables, partition);
        let table =
            variables.required_with(TABLE_VARIABLE, TABLE_RULE, |text| Some(text.to_owned()));
        let queue = variables.required("GANGWAY_STACK_QUEUE_URL");
        let dead_letter_queue = variables.required("GANGWAY_DEAD_LETTER_QUEUE_URL");
        match (vending, table, queue, dead_letter_queue) {
            (Some(vending), Some(table), Some(queue), Some(dead_letter_queue)) => {
                Ok(Self { vending, table, queue, dead_letter_queue })
            }
            _ => Err(ConfigError(variables.into_errors())),
        }
    }
}
