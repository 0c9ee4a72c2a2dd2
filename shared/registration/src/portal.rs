//! Reads the configuration of the partition's access portal.

use gangway_checks::PortalConfig;
use gangway_model::Partition;
use reqwest::Url;

use crate::EnvReader;

/// Environment variable that lists, for each partition, the environment variable in which Palette's
/// own deployment has the URL of the access portal.
const PALETTE_VARIABLES: &str = "GANGWAY_PALETTE_PORTAL_ENV_VARS";

const PALETTE_VARIABLES_RULE: &str =
    "must be pairs such as aws-iso-b=CUSTOM_ISO_URL,aws-iso=CUSTOM_ISOB_URL";

const PORTAL_URL_RULE: &str =
    "must be the https URL of the portal's credentials, without a query, a fragment or a user";

/// Reads the environment variables of the partition's access portal. Returns an empty configuration
/// for a partition without an access portal. `variables` collects the errors.
pub(crate) fn read_portal_config<V>(
    partition: Option<Partition>,
    variables: &mut EnvReader<V>,
) -> PortalConfig
where
    V: Fn(&str) -> Option<String>,
{
    let Some((partition, portal)) =
        partition.and_then(|partition| Some((partition, partition.info().portal.as_ref()?)))
    else {
        return PortalConfig::default();
    };
    let url = variables.optional_with(portal.url_variable, PORTAL_URL_RULE, parse_portal_url);
    let mut variables_by_partition = variables
        .list(PALETTE_VARIABLES, PALETTE_VARIABLES_RULE, parse_palette_variable)
        .into_iter();
    let palette_variable = variables_by_partition
        .rfind(|(of, _)| *of == partition)
        .map_or_else(|| portal.palette_variable.to_owned(), |(_, variable)| variable);
    PortalConfig { url, palette_variable }
}

/// Parses the URL of the access portal. Returns `None` if the URL breaks [`PORTAL_URL_RULE`].
fn parse_portal_url(text: &str) -> Option<Url> {
    let fits = |url: &Url| {
        let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        url.scheme() == "https" && url.has_host() && bare && url.password().is_none()
    };
    text.parse().ok().filter(fits)
}

/// Parses an entry such as `aws-iso-b=CUSTOM_ISO_URL`.
fn parse_palette_variable(entry: &str) -> Option<(Partition, String)> {
    let (partition, variable) = entry.split_once('=')?;
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let fits = !variable.is_empty() && variable.bytes().all(allowed);
    Some((partition.parse().ok()?, variable.to_owned())).filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_portal_config(
        partition: Partition,
        variables: &[(&str, &str)],
    ) -> Result<(Option<String>, String), Vec<String>> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        let mut variables = EnvReader::new(|name: &str| find(name).map(|(_, it)| (*it).to_owned()));
        let portal = super::read_portal_config(Some(partition), &mut variables);
        let faults: Vec<_> =
            variables.into_errors().into_iter().map(|fault| fault.pointer).collect();
        if faults.is_empty() {
            Ok((portal.url.map(|url| url.to_string()), portal.palette_variable))
        } else {
            Err(faults)
        }
    }

    /// Acceptance rows: F80, F81, F82.
    #[test]
    fn each_partition_has_its_own_portal() {
        let both = [
            ("GANGWAY_CAP_URL", "https://cap.example.com/api/v1/credentials"),
            ("GANGWAY_SCAP_URL", "https://scap.example.com/gxCAP/getTemporaryCredentials"),
        ];
        let url = |index: usize| Some(both[index].1.to_owned());
        for (partition, expected) in [
            (Partition::AwsIso, (url(0), "CUSTOM_ISOB_URL")),
            (Partition::AwsIsoB, (url(1), "CUSTOM_ISO_URL")),
            (Partition::Aws, (None, "")),
        ] {
            let (url, variable) = read_portal_config(partition, &both).unwrap();
            assert_eq!((url, variable.as_str()), expected, "{partition}");
        }
        let swapped = [(PALETTE_VARIABLES, "aws-iso=CUSTOM_ISO_URL, aws-iso-b=CUSTOM_ISOB_URL")];
        assert_eq!(read_portal_config(Partition::AwsIso, &swapped).unwrap().1, "CUSTOM_ISO_URL");
        assert_eq!(read_portal_config(Partition::AwsIsoB, &swapped).unwrap().1, "CUSTOM_ISOB_URL");
    }

    #[test]
    fn invalid_portal_urls_and_variables_are_rejected() {
        for wrong in [
            "http://cap.example.com/x",
            "cap.example.com",
            "https://cap.example.com/x?agency=A",
            "https://u:p@cap.example.com/x",
            "https://cap.example.com/x#y",
        ] {
            let read = read_portal_config(Partition::AwsIso, &[("GANGWAY_CAP_URL", wrong)]);
            assert_eq!(read.unwrap_err(), ["GANGWAY_CAP_URL"], "{wrong}");
        }
        for wrong in ["CUSTOM_ISO_URL", "aws-iso=", "aws-iso=lower", "aws-cn=X", "aws-iso=A,"] {
            let read = read_portal_config(Partition::AwsIso, &[(PALETTE_VARIABLES, wrong)]);
            assert_eq!(read.unwrap_err(), [PALETTE_VARIABLES], "{wrong}");
        }
    }
}
