use gangway_model::{AccessPortalCredential, Partition};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

/// The characters that are percent-encoded in the query: all except the unreserved characters of
/// RFC 3986. A space becomes `%20`, because some portals do not decode `+` as a space.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns the URL of a request for credentials: the address of the portal with a query. The query
/// has `agency`, `mission` and `role` for CAP, and `agency`, `accountName` and `roleName` for SCAP.
pub(crate) fn credentials_url(
    address: &Url,
    partition: Partition,
    portal: &AccessPortalCredential,
) -> Url {
    let mut url = address.clone();
    let Some(names) = &partition.info().portal else { return url };
    let pairs = [
        ("agency", portal.agency.as_str()),
        (names.account, portal.account.as_str()),
        (names.role_parameter, portal.role.as_str()),
    ];
    let query: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, RESERVED)))
        .collect();
    url.set_query(Some(&query.join("&")));
    url
}
