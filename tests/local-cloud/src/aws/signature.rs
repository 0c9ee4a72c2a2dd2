//! Verifies signatures of Signature Version 4: computes the signature with the stored secret access
//! key, and compares it with that of the request.
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};

use super::error::AwsError;
use super::store::encode_hex;
use crate::server::Request;

/// Maximum difference between the clocks of client and AWS, in seconds.
const MAX_CLOCK_SKEW_SECONDS: i64 = 5 * 60;

/// The `Authorization` header of a signed request, parsed.
#[derive(Debug, Clone)]
pub(crate) struct SignatureHeader {
    /// The access key id.
    pub(crate) key: String,
    /// The date in the credential scope: `20261123`.
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
    /// Names of the signed headers.
    headers: Vec<String>,
    /// The whole value of the `Authorization` header.
    authorization: String,
}

impl SignatureHeader {
    /// Parses the `Authorization` header of a request.
    ///
    /// # Errors
    /// AWS's error if the header is absent or incomplete.
    pub(crate) fn parse(request: &Request) -> Result<SignatureHeader, AwsError> {
        let missing = || {
            AwsError::new(
                403,
                "MissingAuthenticationToken",
                "Request is missing Authentication Token",
            )
        };
        let text =
            request.headers().get(AUTHORIZATION).ok_or_else(missing)?.to_str().unwrap_or_default();
        let incomplete = |parameter: &str| {
            AwsError::new(
                400,
                "IncompleteSignature",
                format!("Authorization header requires '{parameter}' parameter."),
            )
        };
        let fields = text.strip_prefix("AWS4-HMAC-SHA256").ok_or_else(missing)?;
        let field = |name: &'static str| {
            let value =
                |field: &str| field.trim().strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
            fields.split(',').find_map(value).ok_or_else(|| incomplete(name))
        };
        let scope = field("Credential")?;
        let headers = field("SignedHeaders")?;
        field("Signature")?;
        let parts: Vec<&str> = scope.split('/').collect();
        let [key, date, region, service, "aws4_request"] = parts.as_slice() else {
            return Err(AwsError::new(
                400,
                "IncompleteSignature",
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term",
            ));
        };
        let [key, date, region, service] =
            [key, date, region, service].map(|part| (*part).to_owned());
        let headers = headers.split(';').map(str::to_owned).collect();
        Ok(SignatureHeader { key, date, region, service, headers, authorization: text.to_owned() })
    }

    /// Verifies date, signed headers, payload hash and signature of a request. `now` is in seconds
    /// since the Unix epoch.
    ///
    /// # Errors
    /// AWS's error if one of them is not valid.
    pub(crate) fn verify(
        &self,
        request: &Request,
        secret: &str,
        token: Option<&str>,
        now: i64,
    ) -> Result<(), AwsError> {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let date = header("x-amz-date").unwrap_or_default();
        let time = parse_basic_date(date).filter(|_| date.starts_with(&self.date));
        let time = time.ok_or_else(|| AwsError::invalid_signature("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP"))?;
        if time < now - MAX_CLOCK_SKEW_SECONDS {
            let (now, limit) =
                (format_basic_date(now), format_basic_date(now - MAX_CLOCK_SKEW_SECONDS));
            return Err(AwsError::invalid_signature(format!(
                "Signature expired: {date} is now earlier than {limit} ({now} - 5 min.)"
            )));
        }
        if time > now + MAX_CLOCK_SKEW_SECONDS {
            let (now, limit) =
                (format_basic_date(now), format_basic_date(now + MAX_CLOCK_SKEW_SECONDS));
            return Err(AwsError::invalid_signature(format!(
                "Signature not yet current: {date} is still later than {limit} ({now} + 5 min.)"
            )));
        }
        let is_amz = |name: &&str| name.starts_with("x-amz-");
        let is_signed = |name: &&str| self.headers.iter().any(|signed| signed == name);
        let mut amz_headers = request.headers().keys().map(http::HeaderName::as_str).filter(is_amz);
        if self.service == "s3" && amz_headers.any(|name| !is_signed(&name)) {
            let message = "There were headers present in the request which were not signed";
            return Err(AwsError::new(403, "AccessDenied", message));
        }
        let is_unsigned = |name: &&str| {
            request.headers().contains_key(*name)
                && !self.headers.iter().any(|signed| signed == name)
        };
        if let Some(name) = ["host", "x-amz-date", "x-amz-security-token", "x-amz-target"]
            .iter()
            .find(|name| is_unsigned(name))
        {
            return Err(AwsError::invalid_signature(format!(
                "'{name}' must be a 'SignedHeader' in the AWS Authorization."
            )));
        }
        let hash = encode_hex(&Sha256::digest(request.body()));
        if header("x-amz-content-sha256").is_some_and(|claimed| claimed != hash) {
            return Err(AwsError::invalid_signature(
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ));
        }
        if self.compute_authorization(request, secret, token, time).as_deref()
            == Some(&self.authorization)
        {
            Ok(())
        } else {
            Err(AwsError::invalid_signature(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method. Consult the service documentation for details.",
            ))
        }
    }

    /// Computes the `Authorization` header that the request must have. `time` is the date of the
    /// request, in seconds since the Unix epoch.
    fn compute_authorization(
        &self,
        request: &Request,
        secret: &str,
        token: Option<&str>,
        time: i64,
    ) -> Option<String> {
        // The signing library adds these headers itself.
        let is_given = |name: &str| {
            !matches!(name, "x-amz-date" | "x-amz-security-token" | "x-amz-content-sha256")
        };
        let headers: Option<Vec<(&str, &str)>> = self
            .headers
            .iter()
            .filter(|name| is_given(name))
            .map(|name| Some((name.as_str(), request.headers().get(name)?.to_str().ok()?)))
            .collect();
        let mut settings = SigningSettings::default();
        // The library excludes some headers by default. Here it signs all headers that the caller
        // signed.
        settings.excluded_headers = None;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Enabled;
        if self.service == "s3" {
            // S3 signs paths as they are. Other services normalize a path and encode it twice.
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.percent_encoding_mode = PercentEncodingMode::Single;
        }
        if self.headers.iter().any(|name| name == "x-amz-content-sha256") {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let host = request.headers().get("host")?.to_str().ok()?;
        let uri = format!("http://{host}{}", request.uri().path_and_query()?);
        let identity =
            Credentials::new(&self.key, secret, token.map(str::to_owned), None, "local cloud")
                .into();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(time).ok()?);
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(&self.service)
            .time(time)
            .settings(settings)
            .build()
            .ok()?
            .into();
        let body = SignableBody::Bytes(request.body());
        let signable =
            SignableRequest::new(request.method().as_str(), uri, headers?.into_iter(), body)
                .ok()?;
        let (instructions, _) = sign(signable, &params).ok()?.into_parts();
        let authorization =
            instructions.headers().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        authorization.map(|(_, value)| value.to_owned())
    }
}

/// Parses a date such as `20261123T120000Z`. Returns seconds since the Unix epoch.
pub(super) fn parse_basic_date(text: &str) -> Option<i64> {
    let part = |from, to| text.get(from..to);
    let iso8601 = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(9, 11)?,
        part(11, 13)?,
        part(13, 15)?
    );
    let is_complete = text.len() == 16 && text.get(8..9) == Some("T") && text.ends_with('Z');
    DateTime::from_str(&iso8601, Format::DateTime)
        .ok()
        .filter(|_| is_complete)
        .map(|date| date.secs())
}

/// Formats seconds since the Unix epoch as `20261123T120000Z`.
fn format_basic_date(seconds: i64) -> String {
    crate::clock::iso8601(seconds).replace(['-', ':'], "")
}
