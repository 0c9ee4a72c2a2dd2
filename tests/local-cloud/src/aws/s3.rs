//! Fake S3: `PutObject`, with virtual-hosted and path-style addresses.
use std::collections::BTreeMap;

use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;

use super::caller::Caller;
use super::error::{AwsError, build_response};
use super::partition::dns_suffix;
use super::setup::Account;
use super::sqs::md5;
use super::store::{AccountKey, Store};
use super::{Aws, partition};
use crate::server::{Request, Response};

/// Maximum length of an object key, in bytes.
const MAX_KEY_BYTES: usize = 1024;

const CONTENT_HASH: &str = "x-amz-content-sha256";
const ENCRYPTION: &str = "x-amz-server-side-encryption";
const ENCRYPTION_KEY: &str = "x-amz-server-side-encryption-aws-kms-key-id";

/// A bucket with its objects, as the fake AWS stores it.
#[derive(Debug, Clone)]
pub(crate) struct StoredBucket {
    region: String,
    /// Objects by key.
    objects: BTreeMap<String, ObjectSnapshot>,
}

/// An object in a bucket, as a test reads it, without checks of permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectSnapshot {
    pub content_type: String,
    pub body: Vec<u8>,
    /// The encryption of the object: `AES256`, `aws:kms` or `aws:kms:dsse`.
    pub encryption: String,
    /// The KMS key, as the request named it.
    pub encryption_key: Option<String>,
}

/// A handle with which tests read a bucket. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bucket {
    aws: Aws,
    account_key: AccountKey,
    name: String,
}

impl Account {
    /// Returns the bucket with this name. Creates it in the region if necessary.
    pub fn bucket(&self, region: &str, name: &str) -> Bucket {
        let account_key = self.account_key().clone();
        let mut store = self.aws().store();
        store.account_mut(&account_key).buckets.entry(name.to_owned()).or_insert_with(|| {
            StoredBucket { region: region.to_owned(), objects: BTreeMap::new() }
        });
        drop(store);
        Bucket { aws: self.aws().clone(), account_key, name: name.to_owned() }
    }
}

impl Bucket {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn arn(&self) -> String {
        format!("arn:{}:s3:::{}", self.account_key.0, self.name)
    }

    /// Returns the keys of all objects in the bucket, sorted.
    pub fn keys(&self) -> Vec<String> {
        self.objects().into_keys().collect()
    }

    /// Returns all objects in the bucket by their keys.
    pub fn objects(&self) -> BTreeMap<String, ObjectSnapshot> {
        let store = self.aws.store();
        let bucket =
            store.account(&self.account_key).and_then(|account| account.buckets.get(&self.name));
        bucket.map(|bucket| bucket.objects.clone()).unwrap_or_default()
    }

    /// Returns the object with this key.
    pub fn object(&self, key: &str) -> Option<ObjectSnapshot> {
        self.objects().remove(key)
    }
}

/// The bucket and the object key that a request is for, both decoded.
struct Address {
    bucket: String,
    key: String,
    /// The region, if the host name contains one.
    region: Option<String>,
}

impl Address {
    /// Parses host and path of a request. If the host is not one of S3, the address is path-style.
    fn parse(request: &Request) -> Option<Address> {
        let path = request.uri().path().trim_start_matches('/');
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        match host_header(request).and_then(|host| ServiceHost::parse(&host)) {
            Some(ServiceHost { bucket: Some(bucket), region }) => {
                Some(Address { bucket, key: decode(path), region: Some(region) })
            }
            path_style_host => {
                let (bucket, key) = path.split_once('/')?;
                let region = path_style_host.map(|host| host.region);
                Some(Address { bucket: decode(bucket), key: decode(key), region })
            }
        }
    }
}

/// The parts of a host name of S3: `[<bucket>.]s3[-fips].<region>.<suffix>`.
struct ServiceHost {
    bucket: Option<String>,
    region: String,
}

impl ServiceHost {
    /// Parses a host name. Returns `None` if it is not one of S3.
    fn parse(host: &str) -> Option<ServiceHost> {
        let host = host.split(':').next().unwrap_or_default();
        let labels: Vec<&str> = host.split('.').collect();
        let service_index = labels.iter().rposition(|label| ["s3", "s3-fips"].contains(label))?;
        let region = labels.get(service_index + 1)?;
        let suffix = labels.get(service_index + 2..)?.join(".");
        if dns_suffix(partition::find_by_region(region)?) != suffix {
            return None;
        }
        let bucket = labels.get(..service_index).filter(|labels| !labels.is_empty());
        Some(ServiceHost {
            bucket: bucket.map(|labels| labels.join(".")),
            region: (*region).into(),
        })
    }
}

fn host_header(request: &Request) -> Option<String> {
    request.headers().get("host")?.to_str().ok().map(str::to_owned)
}

/// Returns `true` if a request is for S3: its host is one of S3, or it is a `PUT` request as only
/// S3 has here.
pub(crate) fn is_addressed(request: &Request) -> bool {
    host_header(request).is_some_and(|host| ServiceHost::parse(&host).is_some())
        || (request.method() == http::Method::PUT && request.headers().contains_key(CONTENT_HASH))
}

/// Finds the name of the S3 operation that a request calls. Returns `None` if this fake does not
/// have the operation.
pub(crate) fn find_operation(request: &Request) -> Option<&'static str> {
    let is_plain = matches!(request.uri().query(), None | Some("" | "x-id=PutObject"));
    let has_key = Address::parse(request).is_some_and(|address| !address.key.is_empty());
    (request.method() == http::Method::PUT && is_plain && has_key).then_some("PutObject")
}

/// Serves a call of S3: `PutObject` only.
pub(crate) fn serve(
    store: &mut Store,
    caller: &Caller,
    operation: &str,
    request: &Request,
    id: &str,
) -> Result<Response, AwsError> {
    let address = Address::parse(request).filter(|_| operation == "PutObject");
    let address = address.ok_or_else(|| {
        let message = "A header you provided implies functionality that is not implemented.";
        AwsError::new(501, "NotImplemented", message)
    })?;
    let object = parse_object(request)?;
    if address.key.len() > MAX_KEY_BYTES {
        return Err(AwsError::new(400, "KeyTooLongError", "Your key is too long"));
    }
    // A partition has no two buckets of the same name.
    let owner = store.accounts.iter().find_map(|(account_key, account)| {
        let bucket = account.buckets.get(&address.bucket)?;
        (account_key.0 == caller.partition()).then(|| (account_key.clone(), bucket.region.clone()))
    });
    let Some((owner, region)) = owner else {
        return Err(AwsError::new(404, "NoSuchBucket", "The specified bucket does not exist"));
    };
    if caller.region != region || address.region.is_some_and(|host_region| host_region != region) {
        let message = format!(
            "The authorization header is malformed; the region '{}' is wrong; expecting '{region}'",
            caller.region
        );
        return Err(AwsError::new(400, "AuthorizationHeaderMalformed", message));
    }
    let arn = format!("arn:{}:s3:::{}/{}", caller.partition(), address.bucket, address.key);
    let mut context = store.context(caller);
    for name in [ENCRYPTION, ENCRYPTION_KEY] {
        if let Some(value) = header(request.headers(), name) {
            context = context.with(&format!("s3:{name}"), value);
        }
    }
    // A caller in another account would need a bucket policy, and this fake does not have bucket
    // policies.
    if owner != caller.account_key {
        return Err(AwsError::new(403, "AccessDenied", "Access Denied"));
    }
    let label = format!("\"{arn}\"");
    store.authorize(caller, "s3:PutObject", &arn, &label, &context)?;
    let mut response = build_response(200, "application/xml", String::new(), id);
    let headers = response.headers_mut();
    let tag = format!("\"{}\"", md5(&object.body));
    for (name, value) in
        [("etag", &tag), (ENCRYPTION, &object.encryption), ("x-amz-request-id", &id.to_owned())]
    {
        headers.insert(name, HeaderValue::from_str(value).expect("The header value is not valid."));
    }
    let bucket = store.account_mut(&owner).buckets.get_mut(&address.bucket);
    bucket.expect("The bucket does not exist.").objects.insert(address.key, object);
    Ok(response)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Parses the object to store from a request. The request must have the hash of its body in a
/// header, which the signature covers.
fn parse_object(request: &Request) -> Result<ObjectSnapshot, AwsError> {
    let headers = request.headers();
    let text = |name| header(headers, name).map(str::to_owned);
    let invalid = |message: &str| AwsError::new(400, "InvalidArgument", message);
    let encryption = text(ENCRYPTION).unwrap_or_else(|| "AES256".to_owned());
    if !["AES256", "aws:kms", "aws:kms:dsse"].contains(&encryption.as_str()) {
        return Err(invalid("The encryption method specified is not supported"));
    }
    let encryption_key = text(ENCRYPTION_KEY);
    if encryption_key.is_some() && encryption == "AES256" {
        return Err(invalid(
            "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
        ));
    }
    if !headers.contains_key(CONTENT_HASH) {
        let message = format!("Missing required header for this request: {CONTENT_HASH}");
        return Err(AwsError::new(400, "InvalidRequest", message));
    }
    Ok(ObjectSnapshot {
        content_type: text("content-type").unwrap_or_else(|| "binary/octet-stream".to_owned()),
        body: request.body().clone(),
        encryption,
        encryption_key,
    })
}
