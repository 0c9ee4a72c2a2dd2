//! The configuration of a deployment, read from the environment once at start.

use std::{
    fmt::{self, Display},
    net::IpAddr,
    time::Duration,
};

use gangway_aws::RotationSchedule;
use gangway_checks::{PortalConfig, catalogue};
use gangway_model::{FieldError, Partition, Region, RequestLimits};
use reqwest::Url;

use crate::{EnvReader, portal, vending::NameTemplate};

/// The configuration of a deployment. An empty variable counts as unset.
#[derive(Clone, Debug)]
pub struct Config {
    /// The partition that the deployment serves: the partition of `AWS_REGION`, which Lambda sets.
    pub partition: Partition,
    /// `PALETTE_URL`: base URL of Palette's API.
    pub palette_url: Url,
    /// `PALETTE_API_KEY_SECRET`: name or ARN of the secret that contains Palette's API key.
    pub palette_api_key_secret: String,
    /// `PALETTE_CA_BUNDLE_SECRET`: name or ARN of the secret with the CA certificates of a
    /// self-hosted Palette.
    pub palette_ca_bundle_secret: Option<String>,
    /// `GANGWAY_SECRET_PREFIX`: the prefix of the names of secrets. Default `gangway`.
    pub secret_prefix: String,
    /// `GANGWAY_KMS_KEY_ID`: the KMS key that encrypts secrets. Default: the key that AWS manages.
    pub kms_key_id: Option<String>,
    /// `GANGWAY_INSPECTION_ROLE`: name of the inspection role, with which Gangway reads IAM and EKS
    /// in other AWS accounts.
    pub inspection_role: Option<String>,
    /// `GANGWAY_INSPECTION_EXTERNAL_ID`: the external id that the inspection role requires.
    pub inspection_external_id: Option<String>,
    /// `GANGWAY_AWS_CA_BUNDLE_SECRET`: name or ARN of a secret with additional CA certificates for
    /// the endpoints of AWS.
    pub aws_ca_bundle_secret: Option<String>,
    /// `AWS_CA_BUNDLE`: path of a file with additional CA certificates. The AWS SDK for Rust does
    /// not read this variable.
    pub aws_ca_bundle: Option<String>,
    /// `GANGWAY_ALLOW_SECRET_POD_IDENTITY`: whether the method `pod-identity` is allowed in the
    /// Secret partition. Default `false`.
    pub allow_secret_pod_identity: bool,
    /// `GANGWAY_REQUIRE_SCOPE_TAG`: whether each IAM role and user of an account must have the tag
    /// `gangway:scopes`. Default `false`.
    pub require_scope_tag: bool,
    /// `GANGWAY_CLUSTER_REGION`: the Region in which clusters will run, unless a request names
    /// another. Default: the Region of the function.
    pub cluster_region: Option<Region>,
    /// `PALETTE_REQUESTS_PER_SECOND`: the largest number of requests per second that one instance
    /// of the function sends to each endpoint group of Palette's API. Default 8. Palette allows 10
    /// for each IP address.
    pub palette_requests_per_second: Option<u16>,
    /// `GANGWAY_EVENT_BUS`: name or ARN of the event bus for outcome events. Default: none.
    pub event_bus: Option<String>,
    /// `GANGWAY_STACK_TOPIC`: ARN of the SNS topic to which CloudFormation sends the requests of
    /// stacks. Default: none.
    pub stack_topic: Option<String>,
    /// Settings of the partition's access portal.
    pub portal: PortalConfig,
    /// `GANGWAY_EVENT_MAX_AGE_HOURS` (default 24) and `GANGWAY_EVENT_PROJECTS` (default none):
    /// which events are accepted. `GANGWAY_WAIVABLE_CHECKS` (default none): which checks a request
    /// may waive.
    pub request_limits: RequestLimits,
    /// `GANGWAY_ROTATION_FUNCTION`: ARN of the function that rotates access keys.
    /// `GANGWAY_ROTATE_KEYS_AFTER_DAYS`: days between two rotations. Default: no key is rotated.
    pub rotation: Option<RotationSchedule>,
    /// `GANGWAY_ACCOUNT_NAME_TEMPLATE`: the names of accounts that are registered automatically.
    /// Requests may not use these names. By default requests may use every name.
    pub reserved_names: Option<NameTemplate>,
}

/// The domain of Palette's `SaaS` installations.
const SAAS_DOMAIN: &str = "spectrocloud.com";

const PALETTE_URL_RULE: &str = "must be the https URL of Palette, such as https://api.spectrocloud.com: http would send the API key in clear, and is accepted for a loopback address only";
const API_KEY_RULE: &str = "must be the name or ARN of the secret that holds Palette's API key";
const REGION_RULE: &str = "must be a region of aws, aws-us-gov, aws-iso-b or aws-iso";
const PREFIX_RULE: &str =
    "must be 1 to 64 letters, digits and '/_+=.@-', without a '/' at either end";
const BOOL_RULE: &str = "must be true or false";
const MAX_AGE_RULE: &str = "must be a number of hours from 1 to 168";
const PROJECTS_RULE: &str = "must be comma-separated uids or names of Palette projects";
const CLUSTER_REGION_RULE: &str = "must be a region of the partition of AWS_REGION";
const WAIVABLE_RULE: &str = "must be comma-separated ids of checks that prevent a registration (docs/checks.md), except those about identity, ownership, the secret store, the access portal, and what Palette says itself";
const ROTATION_DAYS_RULE: &str = "must be a number of days from 1 to 1000";
const REQUESTS_PER_SECOND_RULE: &str = "must be a number from 1 to 1000";

impl Config {
    /// Returns `true` if Spectro Cloud hosts this Palette (`SaaS`). The host names of all `SaaS`
    /// installations, including dedicated ones, end with `spectrocloud.com`.
    pub fn is_palette_saas(&self) -> bool {
        let host = self.palette_url.host_str().unwrap_or_default().trim_end_matches('.');
        host == SAAS_DOMAIN || host.ends_with(&format!(".{SAAS_DOMAIN}"))
    }
}

/// The errors of all invalid environment variables.
#[derive(Debug, Eq, PartialEq)]
pub struct ConfigError(pub Vec<FieldError>);

impl Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid environment variables:")?;
        self.0.iter().try_for_each(|fault| write!(f, " {} {};", fault.pointer, fault.detail))
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the configuration from the environment of the process.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(env_var)
    }

    /// Reads the configuration from the function `variable`, which returns the value of an
    /// environment variable. Returns every error at once.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut variables = EnvReader::new(variable);
        // `sam local` runs functions in containers. A container cannot reach the loopback address
        // of this machine.
        let in_sam_local = variables.optional::<String>("AWS_SAM_LOCAL").as_deref() == Some("true");
        let parse_palette_url = |text: &str| parse_palette_url(text, in_sam_local);
        let palette_url =
            variables.required_with("PALETTE_URL", PALETTE_URL_RULE, parse_palette_url);
        let text = |text: &str| Some(text.to_owned());
        let palette_api_key_secret =
            variables.required_with("PALETTE_API_KEY_SECRET", API_KEY_RULE, text);
        let partition = variables.required_with("AWS_REGION", REGION_RULE, Partition::from_region);
        let secret_prefix =
            variables.optional_with("GANGWAY_SECRET_PREFIX", PREFIX_RULE, parse_secret_prefix);
        let allow =
            variables.optional_with("GANGWAY_ALLOW_SECRET_POD_IDENTITY", BOOL_RULE, parse_bool);
        let require_scope_tag =
            variables.optional_with("GANGWAY_REQUIRE_SCOPE_TAG", BOOL_RULE, parse_bool);
        let cluster_region =
            variables.optional_with("GANGWAY_CLUSTER_REGION", CLUSTER_REGION_RULE, |text| {
                text.parse::<Region>().ok().filter(|region| Some(region.partition()) == partition)
            });
        let portal = portal::read_portal_config(partition, &mut variables);
        let requests_per_second = variables.optional_with(
            "PALETTE_REQUESTS_PER_SECOND",
            REQUESTS_PER_SECOND_RULE,
            parse_requests_per_second,
        );
        let max_age = variables.optional_with(
            "GANGWAY_EVENT_MAX_AGE_HOURS",
            MAX_AGE_RULE,
            parse_max_age_hours,
        );
        let projects =
            variables.list("GANGWAY_EVENT_PROJECTS", PROJECTS_RULE, |entry| entry.parse().ok());
        let waivable_checks =
            variables.list("GANGWAY_WAIVABLE_CHECKS", WAIVABLE_RULE, catalogue::find_waivable);
        let reserved_names = variables.optional("GANGWAY_ACCOUNT_NAME_TEMPLATE");
        let event_bus = variables.optional("GANGWAY_EVENT_BUS");
        let rotation_function: Option<String> = variables.optional("GANGWAY_ROTATION_FUNCTION");
        let rotation_days = variables.optional_with(
            "GANGWAY_ROTATE_KEYS_AFTER_DAYS",
            ROTATION_DAYS_RULE,
            parse_rotation_days,
        );
        let rotation = rotation_function.zip(rotation_days);
        let stack_topic = variables.optional("GANGWAY_STACK_TOPIC");
        let palette_ca_bundle_secret = variables.optional("PALETTE_CA_BUNDLE_SECRET");
        let kms_key_id = variables.optional("GANGWAY_KMS_KEY_ID");
        let inspection_role = variables.optional("GANGWAY_INSPECTION_ROLE");
        let inspection_external_id = variables.optional("GANGWAY_INSPECTION_EXTERNAL_ID");
        let aws_ca_bundle_secret = variables.optional("GANGWAY_AWS_CA_BUNDLE_SECRET");
        let aws_ca_bundle = variables.optional("AWS_CA_BUNDLE");
        let errors = variables.into_errors();
        match (partition, palette_url, palette_api_key_secret) {
            (Some(partition), Some(palette_url), Some(palette_api_key_secret))
                if errors.is_empty() =>
            {
                Ok(Self {
                    partition,
                    palette_url,
                    palette_api_key_secret,
                    palette_ca_bundle_secret,
                    secret_prefix: secret_prefix.unwrap_or_else(|| "gangway".to_owned()),
                    kms_key_id,
                    inspection_role,
                    inspection_external_id,
                    aws_ca_bundle_secret,
                    aws_ca_bundle,
                    allow_secret_pod_identity: allow.unwrap_or_default(),
                    require_scope_tag: require_scope_tag.unwrap_or_default(),
                    cluster_region,
                    palette_requests_per_second: requests_per_second,
                    event_bus,
                    stack_topic,
                    portal,
                    request_limits: RequestLimits {
                        max_age: max_age.unwrap_or(RequestLimits::default().max_age),
                        projects,
                        waivable_checks,
                    },
                    rotation: rotation.map(|(function, days)| RotationSchedule { function, days }),
                    reserved_names,
                })
            }
            _ => Err(ConfigError(errors)),
        }
    }
}

/// Returns the value of an environment variable that is not part of [`Config`].
pub fn env_var(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
    std::env::var(name).ok()
}

/// Parses the URL of Palette. Accepts the scheme http only for Palette on this machine, and in
/// `sam local`.
fn parse_palette_url(text: &str, in_sam_local: bool) -> Option<Url> {
    text.parse().ok().filter(|url: &Url| {
        let is_allowed = match url.scheme() {
            "https" => true,
            "http" => in_sam_local || is_loopback(url),
            _ => false,
        };
        is_allowed && url.has_host() && url.username().is_empty()
    })
}

/// Returns `true` if the host of the URL is this machine.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    // A URL has IPv6 addresses in brackets.
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Parses the prefix of the names of secrets. Accepts the characters that Secrets Manager accepts.
fn parse_secret_prefix(text: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('/')
        && !text.ends_with('/');
    fits.then(|| text.to_owned())
}

fn parse_bool(text: &str) -> Option<bool> {
    text.parse().ok()
}

fn parse_max_age_hours(text: &str) -> Option<Duration> {
    let hours = text.parse().ok().filter(|hours| (1..=168).contains(hours))?;
    Some(Duration::from_hours(hours))
}

fn parse_rotation_days(text: &str) -> Option<u16> {
    text.parse().ok().filter(|days| (1..=1000).contains(days))
}

fn parse_requests_per_second(text: &str) -> Option<u16> {
    text.parse().ok().filter(|requests_per_second| (1..=1000).contains(requests_per_second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_config(variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Config::from_variables(|name| find(name).map(|(_, value)| (*value).to_owned()))
            .map_err(|ConfigError(errors)| errors.into_iter().map(|f| f.pointer).collect())
    }

    const URL: (&str, &str) = ("PALETTE_URL", "https://palette.example.com");
    const REGION: (&str, &str) = ("AWS_REGION", "us-gov-west-1");
    const KEY: (&str, &str) = ("PALETTE_API_KEY_SECRET", "gangway/palette-api-key");

    #[test]
    fn three_variables_are_required_and_empty_ones_are_unset() {
        let settings = read_config(&[REGION, URL, KEY, ("GANGWAY_INSPECTION_ROLE", "")]).unwrap();
        assert_eq!(settings.secret_prefix, "gangway");
        assert_eq!(settings.inspection_role, None);
        assert!(!settings.allow_secret_pod_identity);
    }

    #[test]
    fn palette_is_called_over_https_unless_it_is_on_this_machine() {
        for (url, accepted) in [
            ("https://palette.example.com", true),
            ("https://10.0.0.7:8443/base", true),
            ("http://127.0.0.1:4000", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:4000", true),
            ("http://localhost:4000", true),
            ("http://palette.example.com", false),
            ("HTTP://palette.example.com", false),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("http://localhost@palette.example.com", false),
            ("http://10.0.0.7", false),
            ("http://[::ffff:10.0.0.7]", false),
            ("http://0.0.0.0", false),
        ] {
            let errors = read_config(&[("PALETTE_URL", url), KEY, REGION]).err();
            assert_eq!(errors.is_none(), accepted, "{url}");
        }
        let url = ("PALETTE_URL", "http://172.17.0.1:4000");
        assert!(read_config(&[url, KEY, REGION, ("AWS_SAM_LOCAL", "true")]).is_ok());
        assert!(read_config(&[url, KEY, REGION, ("AWS_SAM_LOCAL", "false")]).is_err());
    }

    #[test]
    fn all_errors_are_returned_at_once_with_their_variables() {
        for (variables, errors) in [
            (vec![], vec!["PALETTE_URL", "PALETTE_API_KEY_SECRET", "AWS_REGION"]),
            (vec![URL, KEY, ("AWS_REGION", "cn-north-1")], vec!["AWS_REGION"]),
            (vec![("PALETTE_URL", "palette.example.com"), KEY, REGION], vec!["PALETTE_URL"]),
            (vec![("PALETTE_URL", "ftp://palette.example.com"), KEY, REGION], vec!["PALETTE_URL"]),
            (
                vec![("PALETTE_URL", "https://user@palette.example.com"), KEY, REGION],
                vec!["PALETTE_URL"],
            ),
            (
                vec![REGION, URL, ("PALETTE_API_KEY_SECRET", ""), ("GANGWAY_SECRET_PREFIX", "/x")],
                vec!["PALETTE_API_KEY_SECRET", "GANGWAY_SECRET_PREFIX"],
            ),
            (
                vec![REGION, URL, KEY, ("GANGWAY_ALLOW_SECRET_POD_IDENTITY", "yes")],
                vec!["GANGWAY_ALLOW_SECRET_POD_IDENTITY"],
            ),
            (
                vec![REGION, URL, KEY, ("PALETTE_REQUESTS_PER_SECOND", "0")],
                vec!["PALETTE_REQUESTS_PER_SECOND"],
            ),
            (
                vec![
                    REGION,
                    URL,
                    KEY,
                    ("GANGWAY_EVENT_MAX_AGE_HOURS", "0"),
                    ("GANGWAY_EVENT_PROJECTS", "a,"),
                ],
                vec!["GANGWAY_EVENT_MAX_AGE_HOURS", "GANGWAY_EVENT_PROJECTS"],
            ),
        ] {
            assert_eq!(read_config(&variables).unwrap_err(), errors, "{variables:?}");
        }
    }
}
