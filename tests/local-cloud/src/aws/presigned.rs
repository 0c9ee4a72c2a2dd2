//! Verifies presigned `GetCallerIdentity` URLs, as in EKS tokens.
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

use super::caller::Caller;
use super::signature::parse_basic_date;
use super::store::{Store, encode_hex};

/// Allowed query parameters.
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
/// The header with the cluster name.
const CLUSTER_HEADER: &str = "x-k8s-aws-id";
/// Longest validity, in seconds.
const MAX_SECONDS: i64 = 900;

/// The parsed URL.
struct PresignedCall<'a> {
    host: &'a str,
    query: &'a str,
    parameters: BTreeMap<String, String>,
}

impl<'a> PresignedCall<'a> {
    fn parse(url: &'a str) -> Option<PresignedCall<'a>> {
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
        is_valid.then_some(PresignedCall { host, query, parameters })
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// Computes the expected signature.
    fn expected_signature(&self, secret: &str, scope: &[&str; 4], cluster: &str) -> Option<String> {
        let [date, region, service, _] = scope;
        let time = u64::try_from(parse_basic_date(self.get("x-amz-date")?)?).ok()?;
        let mut pairs: Vec<&str> = self
            .query
            .split('&')
            .filter(|pair| !pair.to_ascii_lowercase().starts_with("x-amz-signature="))
            .collect();
        pairs.sort_unstable();
        let names = self.get("x-amz-signedheaders")?;
        let mut headers = String::new();
        for name in names.split(';') {
            let value = match name {
                "host" => self.host,
                CLUSTER_HEADER => cluster,
                _ => return None,
            };
            headers.extend([name, ":", value, "\n"]);
        }
        let empty = encode_hex(&Sha256::digest([]));
        let canonical = format!("GET\n/\n{}\n{headers}\n{names}\n{empty}", pairs.join("&"));
        let digest = encode_hex(&Sha256::digest(canonical));
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{date}/{region}/{service}/aws4_request\n{digest}",
            self.get("x-amz-date")?
        );
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(time);
        let key = generate_signing_key(secret, time, region, service);
        Some(calculate_signature(key, to_sign.as_bytes()))
    }
}

impl Store {
    /// Returns the signer of a `GetCallerIdentity` URL if the signature is valid for this host and
    /// cluster.
    pub(crate) fn authenticate_presigned(
        &self,
        url: &str,
        host: &str,
        cluster: &str,
    ) -> Option<Caller> {
        let call = PresignedCall::parse(url).filter(|call| call.host == host)?;
        let is = |name, value| call.get(name) == Some(value);
        let names: Vec<&str> = call.get("x-amz-signedheaders")?.split(';').collect();
        if !is("action", "GetCallerIdentity")
            || !is("version", "2011-06-15")
            || !is("x-amz-algorithm", "AWS4-HMAC-SHA256")
            || !["host", CLUSTER_HEADER].iter().all(|name| names.contains(name))
        {
            return None;
        }
        let expires_in: i64 = call.get("x-amz-expires")?.parse().ok()?;
        let date = parse_basic_date(call.get("x-amz-date")?)?;
        let now = self.wall_clock();
        if !(1..=MAX_SECONDS).contains(&expires_in) || now > date + expires_in || date > now + 300 {
            return None;
        }
        let scope: Vec<&str> = call.get("x-amz-credential")?.split('/').collect();
        let [key, date, region, service, "aws4_request"] = scope.as_slice() else { return None };
        if *service != "sts" || !call.get("x-amz-date")?.starts_with(date) {
            return None;
        }
        let (secret, token) = self.secret_for_key(key)?;
        let fits = call.get("x-amz-security-token") == token
            && call.expected_signature(secret, &[date, region, service, ""], cluster).as_deref()
                == call.get("x-amz-signature");
        fits.then(|| self.caller_for_key(key, region)).flatten()
    }
}
