//! Verifies presigned URLs of `GetCallerIdentity`. A token for a Kubernetes API of EKS contains
//! such a URL.
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

use super::caller::Caller;
use super::signature::parse_basic_date;
use super::store::{Store, encode_hex};

/// The query parameters that the URL may contain, in lower case.
const ALLOWED_PARAMETERS: [&str; 10] = [
    "action",
    "version",
    "x-amz-algorithm",
    "x-amz-content-sha256",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];
/// The header that contains the name of the cluster.
const CLUSTER_HEADER: &str = "x-k8s-aws-id";
/// Maximum time for which a URL is valid, in seconds.
const MAX_VALID_SECONDS: i64 = 900;

/// A presigned URL, parsed.
struct PresignedUrl<'a> {
    host: &'a str,
    /// The query, as it is encoded in the URL.
    query: &'a str,
    /// The decoded parameters of the query, by lower-case name.
    parameters: BTreeMap<String, String>,
}

impl<'a> PresignedUrl<'a> {
    /// Parses a URL. Returns `None` if it has a path, a repeated parameter or a parameter that is
    /// not allowed.
    fn parse(url: &'a str) -> Option<PresignedUrl<'a>> {
        let (_, rest) = url.split_once("://")?;
        let (host, query) = rest.split_once("/?").or_else(|| rest.split_once('?'))?;
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pairs: Vec<_> =
            query.split('&').map(|pair| pair.split_once('=')).collect::<Option<_>>()?;
        let count = pairs.len();
        let parameters: BTreeMap<_, _> = pairs
            .into_iter()
            .map(|(name, value)| (decode(name).to_ascii_lowercase(), decode(value)))
            .collect();
        let is_valid = parameters.len() == count
            && parameters.keys().all(|name| ALLOWED_PARAMETERS.contains(&name.as_str()));
        is_valid.then_some(PresignedUrl { host, query, parameters })
    }

    /// Returns a parameter of the query by its lower-case name.
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// Computes the signature that the URL must have. `scope` is date, region, service and
    /// terminator of the credential scope; `cluster` is the name of the cluster.
    fn compute_signature(&self, secret: &str, scope: &[&str; 4], cluster: &str) -> Option<String> {
        let [date, region, service, _] = scope;
        let time = u64::try_from(parse_basic_date(self.parameter("x-amz-date")?)?).ok()?;
        let mut pairs: Vec<&str> = self
            .query
            .split('&')
            .filter(|pair| !pair.to_ascii_lowercase().starts_with("x-amz-signature="))
            .collect();
        pairs.sort_unstable();
        let names = self.parameter("x-amz-signedheaders")?;
        let mut headers = String::new();
        for name in names.split(';') {
            let value = match name {
                "host" => self.host,
                CLUSTER_HEADER => cluster,
                _ => return None,
            };
            headers.extend([name, ":", value, "\n"]);
        }
        let empty_body_hash = encode_hex(&Sha256::digest([]));
        let canonical_request =
            format!("GET\n/\n{}\n{headers}\n{names}\n{empty_body_hash}", pairs.join("&"));
        let digest = encode_hex(&Sha256::digest(canonical_request));
        let string_to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{date}/{region}/{service}/aws4_request\n{digest}",
            self.parameter("x-amz-date")?
        );
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(time);
        let key = generate_signing_key(secret, time, region, service);
        Some(calculate_signature(key, string_to_sign.as_bytes()))
    }
}

impl Store {
    /// Returns the caller that signed a URL of `GetCallerIdentity`. Returns `None` if the URL or
    /// its signature is not valid for this host of STS and for the cluster with this name.
    pub(crate) fn authenticate_presigned(
        &self,
        url: &str,
        host: &str,
        cluster: &str,
    ) -> Option<Caller> {
        let presigned = PresignedUrl::parse(url).filter(|presigned| presigned.host == host)?;
        let has_value = |name, value| presigned.parameter(name) == Some(value);
        let names: Vec<&str> = presigned.parameter("x-amz-signedheaders")?.split(';').collect();
        if !has_value("action", "GetCallerIdentity")
            || !has_value("version", "2011-06-15")
            || !has_value("x-amz-algorithm", "AWS4-HMAC-SHA256")
            || !["host", CLUSTER_HEADER].iter().all(|name| names.contains(name))
        {
            return None;
        }
        let expires_in: i64 = presigned.parameter("x-amz-expires")?.parse().ok()?;
        let date = parse_basic_date(presigned.parameter("x-amz-date")?)?;
        let now = self.wall_clock();
        if !(1..=MAX_VALID_SECONDS).contains(&expires_in)
            || now > date + expires_in
            || date > now + 300
        {
            return None;
        }
        let scope: Vec<&str> = presigned.parameter("x-amz-credential")?.split('/').collect();
        let [key, date, region, service, "aws4_request"] = scope.as_slice() else { return None };
        if *service != "sts" || !presigned.parameter("x-amz-date")?.starts_with(date) {
            return None;
        }
        let (secret, token) = self.secret_for_key(key)?;
        let is_valid = presigned.parameter("x-amz-security-token") == token
            && presigned
                .compute_signature(secret, &[date, region, service, ""], cluster)
                .as_deref()
                == presigned.parameter("x-amz-signature");
        is_valid.then(|| self.caller_for_key(key, region)).flatten()
    }
}
