//! Objects at presigned URLs, in the buckets where CloudFormation waits for the answers of custom resources.
use http::Method;
use http::header::{CONTENT_TYPE, ETAG};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::error::{AwsError, Protocol, build_response};
use super::sqs::md5;
use super::store::Store;
use super::{Aws, partition::dns_suffix};
use crate::server::{Request, Response};

/// The buckets, before the region without its hyphens.
const BUCKET_PREFIX: &str = "cloudformation-custom-resource-response-";

/// Seconds for which a URL is valid.
const VALID_SECONDS: i64 = 7200;

const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A URL that was given out, and what was put there.
#[derive(Debug, Clone)]
pub(crate) struct IssuedResponse {
    signature: String,
    expires: i64,
    /// Every body, oldest first.
    bodies: Vec<String>,
}

impl Aws {
    /// Returns a presigned URL for the answer to a request, at a path-style address of this endpoint.
    pub(crate) fn issue_response_url(&self, endpoint: &str, region: &str, key: &str) -> String {
        let mut store = self.store();
        let bucket = format!("{BUCKET_PREFIX}{}", region.replace('-', ""));
        let (signature, expires) = (store.generate_alphanumeric(64), store.now() + VALID_SECONDS);
        let issued = IssuedResponse { signature: signature.clone(), expires, bodies: Vec::new() };
        store.stack_responses.insert(format!("{bucket}/{key}"), issued);
        format!(
            "{endpoint}/{bucket}/{}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIALOCALCLOUD%2F{region}%2Fs3%2Faws4_request&X-Amz-Expires={VALID_SECONDS}&X-Amz-SignedHeaders=host&X-Amz-Signature={signature}",
            utf8_percent_encode(key, ESCAPED)
        )
    }

    /// Returns everything that was put for a request, oldest first.
    pub(crate) fn stack_responses(&self, region: &str, key: &str) -> Vec<String> {
        let bucket = format!("{BUCKET_PREFIX}{}", region.replace('-', ""));
        let store = self.store();
        let issued = store.stack_responses.get(&format!("{bucket}/{key}"));
        issued.map(|issued| issued.bodies.clone()).unwrap_or_default()
    }
}

/// Returns `true` for a request to one of the buckets.
pub(crate) fn is_addressed(request: &Request) -> bool {
    let is_host = |host: &str| host.starts_with(BUCKET_PREFIX) && host.contains(dns_suffix("aws"));
    let host = request.headers().get("host").and_then(|host| host.to_str().ok());
    request.uri().path().trim_start_matches('/').starts_with(BUCKET_PREFIX)
        || host.is_some_and(is_host)
}

/// Stores an answer, if the URL was given out and is still valid.
pub(crate) fn serve(store: &mut Store, request: &Request, id: &str) -> Response {
    match put(store, request) {
        Ok(tag) => {
            let mut response = build_response(200, "application/xml", String::new(), id);
            if let Ok(tag) = tag.parse() {
                response.headers_mut().insert(ETAG, tag);
            }
            response
        }
        Err(error) => error.to_response(Protocol::for_service("s3"), id),
    }
}

fn put(store: &mut Store, request: &Request) -> Result<String, AwsError> {
    if request.method() != Method::PUT {
        return Err(AwsError::invalid_signature("The URL was signed for PUT."));
    }
    // CloudFormation signs an empty content type.
    if request.headers().get(CONTENT_TYPE).is_some_and(|kind| !kind.is_empty()) {
        return Err(AwsError::invalid_signature("The URL was signed without a content type."));
    }
    let path = request.uri().path().trim_start_matches('/');
    let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
    let query = request.uri().query().unwrap_or_default();
    let signature = query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Signature="));
    let now = store.now();
    let issued = store.stack_responses.get_mut(&path);
    let issued = issued.filter(|issued| Some(issued.signature.as_str()) == signature);
    let Some(issued) = issued else {
        let message =
            "The request signature we calculated does not match the signature you provided.";
        return Err(AwsError::invalid_signature(message));
    };
    if now > issued.expires {
        return Err(AwsError::new(403, "AccessDenied", "Request has expired"));
    }
    issued.bodies.push(String::from_utf8_lossy(request.body()).into_owned());
    Ok(format!("\"{}\"", md5(request.body())))
}
