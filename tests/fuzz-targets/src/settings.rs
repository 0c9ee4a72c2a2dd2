//! The environment that a deployment gives its functions.

use gangway_model::Partition;
use gangway_registration::EnvReader;

use crate::assert_no_leak;

/// Parses lines of `NAME=value` as the environment variables of a function.
pub(crate) fn parse_settings(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let variable = |name: &str| {
        let value = |line: &str| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned());
        text.lines().find_map(value)
    };
    match gangway_registration::Config::from_variables(variable) {
        Ok(settings) => {
            assert_eq!(
                variable("AWS_REGION").as_deref().and_then(Partition::from_region),
                Some(settings.partition)
            );
        }
        Err(misconfigured) => assert_no_leak(&misconfigured.to_string()),
    }
    for partition in [Partition::Aws, Partition::AwsIso] {
        let mut variables = EnvReader::new(variable);
        let read =
            gangway_registration::vending::VendingConfig::from_variables(&mut variables, partition);
        let faults = variables.into_errors();
        assert_eq!(read.is_some(), faults.is_empty());
        for fault in faults {
            assert_no_leak(&fault.detail);
        }
    }
}
