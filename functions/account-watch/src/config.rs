//! Configuration of the watch, read from the environment once at start.

use gangway_aws::{sqs::QueueUrl, state_table::TABLE_VARIABLE};
use gangway_registration::{ConfigError, EnvReader};

/// Configuration of the watch.
#[derive(Clone, Debug)]
pub(crate) struct WatchConfig {
    /// `GANGWAY_STATE_TABLE`: the table with the states of accounts.
    pub(crate) table: String,
    /// `GANGWAY_WATCH_QUEUE_URL`: the queue with one message for each scope and each account.
    pub(crate) queue: QueueUrl,
    /// `GANGWAY_REPORTS_BUCKET`: the S3 bucket for the reports about all accounts.
    pub(crate) reports_bucket: String,
    /// `GANGWAY_DEAD_LETTER_QUEUE_URL`: the queue for messages that cannot be handled.
    pub(crate) dead_letter_queue: QueueUrl,
}

impl WatchConfig {
    /// Reads the variables, and returns all errors at once.
    pub(crate) fn from_env(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut variables = EnvReader::new(variable);
        let table =
            variables.required_with(TABLE_VARIABLE, TABLE_RULE, |text| Some(text.to_owned()));
        let reports_bucket =
            variables.required_with(BUCKET_VARIABLE, BUCKET_RULE, |text| Some(text.to_owned()));
        let queue = variables.required("GANGWAY_WATCH_QUEUE_URL");
        let dead_letter_queue = variables.required("GANGWAY_DEAD_LETTER_QUEUE_URL");
        match (table, reports_bucket, queue, dead_letter_queue) {
            (Some(table), Some(reports_bucket), Some(queue), Some(dead_letter_queue)) => {
                Ok(Self { table, queue, reports_bucket, dead_letter_queue })
            }
            _ => Err(ConfigError(variables.into_errors())),
        }
    }
}

const BUCKET_VARIABLE: &str = "GANGWAY_REPORTS_BUCKET";

const BUCKET_RULE: &str =
    "must be the name of the S3 bucket for reports (output ReportsBucketName)";

const TABLE_RULE: &str = "must be the name or the ARN of the DynamoDB table with the states of accounts (output AccountStatesTable)";
