//! The settings of a deployment, read from the environment once, at start.

use std::fmt::{self, Display};

use domain::{Fault, Partition, Violation};
use reqwest::Url;

use crate::portal::PortalSettings;

/// How this deployment is set up. Each field names its variable; an empty variable counts as unset.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The partition it serves: that of `AWS_REGION`, which Lambda sets.
    pub partition: Partition,
    /// `PALETTE_URL`: where Palette's API is.
    pub palette_url: Url,
    /// `PALETTE_API_KEY_SECRET`: name or ARN of the secret that holds Palette's API key.
    pub palette_api_key_secret: String,
    /// `PALETTE_CA_BUNDLE_SECRET`: the secret with the certification authorities of a self-hosted Palette.
    pub palette_ca_bundle_secret: Option<String>,
    /// `GANGWAY_SECRET_PREFIX`: what the names of kept secrets start with; `gangway` unless told.
    pub secret_prefix: String,
    /// `GANGWAY_KMS_KEY_ID`: the key that kept secrets are encrypted with; Secrets Manager's own unless told.
    pub kms_key_id: Option<String>,
    /// `GANGWAY_INSPECTION_ROLE`: name of the role in other accounts that lets Gangway read IAM there.
    pub inspection_role: Option<String>,
    /// `GANGWAY_AWS_CA_BUNDLE_SECRET`: the secret with further certification authorities of AWS's endpoints.
    pub aws_ca_bundle_secret: Option<String>,
    /// `AWS_CA_BUNDLE`: a file of the same, as other AWS SDKs read it. The one for Rust does not.
    pub aws_ca_bundle: Option<String>,
    /// `GANGWAY_ALLOW_SECRET_POD_IDENTITY`: whether Pod Identity may be tried in the Secret partition (X18).
    pub allow_secret_pod_identity: bool,
    /// `PALETTE_REQUESTS_PER_SECOND`: what one instance of the function asks of each family of Palette's endpoints; 8
    /// unless told, as Palette takes 10 from one address.
    pub palette_requests_per_second: Option<u16>,
    /// How the partition's access portal is reached.
    pub portal: PortalSettings,
}

const REGION_RULE: &str = "must be a region of aws, aws-us-gov, aws-iso-b or aws-iso";

/// Variables that keep a function from starting, each with what it must be.
#[derive(Debug, Eq, PartialEq)]
pub struct Misconfigured(pub Vec<Violation>);

impl Display for Misconfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the function's environment is not right:")?;
        self.0.iter().try_for_each(|fault| write!(f, " {} {};", fault.pointer, fault.detail))
    }
}

impl std::error::Error for Misconfigured {}

impl Settings {
    /// Reads the process's environment.
    pub fn from_environment() -> Result<Self, Misconfigured> {
        Self::read(variable)
    }

    /// Reads variables from anywhere, and tells every fault at once.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Misconfigured> {
        let mut faults = Vec::new();
        let optional = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut required = |name: &str, rule: &str| {
            let value = optional(name);
            if value.is_none() {
                faults.push(fault(name, rule));
            }
            value.unwrap_or_default()
        };
        let url_rule = "must be the http(s) URL of Palette, such as https://api.spectrocloud.com";
        let url = required("PALETTE_URL", url_rule);
        let palette_api_key_secret = required(
            "PALETTE_API_KEY_SECRET",
            "must be the name or ARN of the secret that holds Palette's API key",
        );
        let region = required("AWS_REGION", REGION_RULE);
        let partition = Partition::of_region(&region);
        if partition.is_none() && !region.is_empty() {
            faults.push(fault("AWS_REGION", REGION_RULE));
        }
        let palette_url = url.parse().ok().filter(|url: &Url| {
            matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty()
        });
        if palette_url.is_none() && !url.is_empty() {
            faults.push(fault("PALETTE_URL", url_rule));
        }
        let secret_prefix =
            optional("GANGWAY_SECRET_PREFIX").unwrap_or_else(|| "gangway".to_owned());
        if !is_secret_prefix(&secret_prefix) {
            faults.push(fault(
                "GANGWAY_SECRET_PREFIX",
                "must be 1 to 64 letters, digits and '/_+=.@-', without a '/' at either end",
            ));
        }
        let allow_secret_pod_identity = match optional("GANGWAY_ALLOW_SECRET_POD_IDENTITY")
            .as_deref()
        {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                faults.push(fault("GANGWAY_ALLOW_SECRET_POD_IDENTITY", "must be true or false"));
                false
            }
        };
        let portal = PortalSettings::read(partition, optional).unwrap_or_else(|portal_faults| {
            faults.extend(portal_faults);
            PortalSettings::default()
        });
        let pace = optional("PALETTE_REQUESTS_PER_SECOND");
        let palette_requests_per_second = pace
            .as_deref()
            .and_then(|pace| pace.parse().ok())
            .filter(|pace| (1..=1000).contains(pace));
        if pace.is_some() && palette_requests_per_second.is_none() {
            faults.push(fault("PALETTE_REQUESTS_PER_SECOND", "must be a number from 1 to 1000"));
        }
        match (palette_url, partition) {
            (Some(palette_url), Some(partition)) if faults.is_empty() => Ok(Self {
                partition,
                palette_url,
                palette_api_key_secret,
                palette_ca_bundle_secret: optional("PALETTE_CA_BUNDLE_SECRET"),
                secret_prefix,
                kms_key_id: optional("GANGWAY_KMS_KEY_ID"),
                inspection_role: optional("GANGWAY_INSPECTION_ROLE"),
                aws_ca_bundle_secret: optional("GANGWAY_AWS_CA_BUNDLE_SECRET"),
                aws_ca_bundle: optional("AWS_CA_BUNDLE"),
                allow_secret_pod_identity,
                palette_requests_per_second,
                portal,
            }),
            _ => Err(Misconfigured(faults)),
        }
    }
}

/// A variable of the process's environment, for the settings that only one function has.
pub fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
    std::env::var(name).ok()
}

pub(crate) fn fault(variable: &str, rule: &str) -> Violation {
    Violation { pointer: variable.to_owned(), detail: rule.to_owned(), fault: Fault::Malformed }
}

/// Secrets Manager's own characters; the rest of a secret's name is added behind a slash.
fn is_secret_prefix(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    (1..=64).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('/')
        && !text.ends_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Settings::read(|name| find(name).map(|(_, value)| (*value).to_owned()))
            .map_err(|Misconfigured(faults)| faults.into_iter().map(|f| f.pointer).collect())
    }

    const URL: (&str, &str) = ("PALETTE_URL", "https://palette.example.com");
    const REGION: (&str, &str) = ("AWS_REGION", "us-gov-west-1");
    const KEY: (&str, &str) = ("PALETTE_API_KEY_SECRET", "gangway/palette-api-key");

    #[test]
    fn two_variables_are_enough_and_empty_ones_are_unset() {
        let settings = read(&[REGION, URL, KEY, ("GANGWAY_INSPECTION_ROLE", "")]).unwrap();
        assert_eq!(settings.secret_prefix, "gangway");
        assert_eq!(settings.inspection_role, None);
        assert!(!settings.allow_secret_pod_identity);
    }

    #[test]
    fn every_fault_is_told_at_once_and_names_its_variable() {
        for (variables, faults) in [
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
        ] {
            assert_eq!(read(&variables).unwrap_err(), faults, "{variables:?}");
        }
    }
}
