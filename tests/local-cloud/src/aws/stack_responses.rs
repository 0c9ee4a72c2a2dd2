//! Fake S3 buckets of CloudFormation: a custom resource puts its response there, with a presigned
//! URL.
use http::Method;
use http::header::{CONTENT_TYPE, ETAG};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::error::{AwsError, Protocol, build_response};
use super::sqs::md5;
use super::store::Store;
use super::{Aws, partition::dns_suffix};
use crate::server::{Request, Response};

/// Prefix of the names of the buckets. The region follows, without its hyphens.
const BUCKET_PREFIX: &str = "cloudformation-custom-resource-response-";

/// Time for which a presigned URL is valid, in seconds.
const VALID_SECONDS: i64 = 7200;

/// The characters that are escaped in the path of a URL.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A presigned URL for the response of a custom resource, with the response bodies that were put
/// there.
#[derive(Debug, Clone)]
pub(crate) struct IssuedUrl {
    /// The signature in the URL.
    signature: String,
    /// When the URL expires, in seconds since the Unix epoch.
    expires: i64,
    /// All response bodies, oldest first.
    bodies: Vec<String>,
}

impl Aws {
    /// Creates a presigned URL for the response to a request of CloudFormation: a path-style
    /// address at this endpoint. `key` is the object key of the response.
    pub(crate) fn issue_response_url(&self, endpoint: &str, region: &str, key: &str) -> String {
        let mut store = self.store();
        let bucket = format!("{BUCKET_PREFIX}{}", region.replace('-', ""));
        let (signature, expires) = (store.generate_alphanumeric(64), store.now() + VALID_SECONDS);
        let issued = IssuedUrl { signature: signature.clone(), expires, bodies: Vec::new() };
        store.stack_responses.insert(format!("{bucket}/{key}"), issued);
        format!(
            "{endpoint}/{bucket}/{}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIALOCALCLOUD%2F{region}%2Fs3%2Faws4_request&X-Amz-Expires={VALID_SECONDS}&X-Amz-SignedHeaders=host&X-Amz-Signature={signature}",
            utf8_percent_encode(key, ESCAPED)
        )
    }

    /// Returns the response bodies that were put under an object key, oldest first.
    pub(crate) fn stack_responses(&self, region: &str, key: &str) -> Vec<String> {
        let bucket = format!("{BUCKET_PREFIX}{}", region.replace('-', ""));
        let store = self.store();
        let issued = store.stack_responses.get(&format!("{bucket}/{key}"));
        issued.map(|issued| issued.bodies.clone()).unwrap_or_default()
    }
}

/// Returns `true` if a request is for one of these buckets of CloudFormation.
pub(crate) fn is_addressed(request: &Request) -> bool {
    let is_bucket_host =
        |host: &str| host.starts_with(BUCKET_PREFIX) && host.contains(dns_suffix("aws"));
    let host = request.headers().get("host").and_then(|host| host.to_str().ok());
    request.uri().path().trim_start_matches('/').starts_with(BUCKET_PREFIX)
        || host.is_some_and(is_bucket_host)
}

/// Serves a request with a presigned URL: stores the response of a custom resource if the URL is
/// valid.
pub(crate) fn serve(store: &mut Store, request: &Request, id: &str) -> Response {
    match put_response(store, request) {
        Ok(entity_tag) => {
            let mut response = build_response(200, "application/xml", String::new(), id);
            if let Ok(value) = entity_tag.parse() {
                response.headers_mut().insert(ETAG, value);
            }
            response
        }
        Err(error) => error.to_response(Protocol::for_service("s3"), id),
    }
}

/// Stores the response of a custom resource. Returns the entity tag of the object.
fn put_response(store: &mut Store, request: &Request) -> Result<String, AwsError> {
    if request.method() != Method::PUT {
        return Err(AwsError::invalid_signature("The URL was signed for PUT."));
    }
    // CloudFormation signs its URLs without a content type.
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
