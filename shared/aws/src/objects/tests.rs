//! Tests of the bucket URL, and of requests to the local cloud.

use local_cloud::{CloudOptions, Effect, Fault, LocalCloud, aws::Bucket, http_client};
use serde_json::json;
use tokio::time::Instant;

use super::*;

const BUCKET_NAME: &str = "gangway-reports-1";

/// A local cloud with a bucket, and a client whose user may put objects into the bucket.
struct Fixture {
    cloud: LocalCloud,
    stored: Bucket,
    objects: ObjectStore,
}

impl Fixture {
    async fn new(partition: &str, region: &str) -> Self {
        let cloud = LocalCloud::start(CloudOptions::default()).await;
        let account = cloud.aws().account(partition, "123456789012");
        let stored = account.bucket(region, BUCKET_NAME);
        let user = account.user("watch");
        let resource = format!("{}/reports/*", stored.arn());
        let statement = json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": resource});
        user.inline("Bucket", &json!({"Version": "2012-10-17", "Statement": [statement]}));
        let http = http_client::client(cloud.ca_pem());
        let credentials = user.create_access_key();
        let session = AwsSession::for_test(http.clone(), &cloud.url(), region, &credentials).await;
        let objects = ObjectStore::new(&session, http, BUCKET_NAME.to_owned());
        Self { cloud, stored, objects }
    }

    async fn in_commercial_partition() -> Self {
        Self::new("aws", "us-east-1").await
    }

    async fn put(&self, key: &str) -> Result<(), UpstreamError> {
        self.objects.put(key, "text/csv; charset=utf-8", Bytes::from_static(b"a,b\n")).await
    }
}

#[test]
fn bucket_url_depends_on_region_fips_and_dots_in_the_name() {
    for (bucket, region, suffix, is_fips, url) in [
        ("b", "eu-west-1", "amazonaws.com", false, "https://b.s3.eu-west-1.amazonaws.com"),
        (
            "b",
            "us-gov-west-1",
            "amazonaws.com",
            true,
            "https://b.s3-fips.us-gov-west-1.amazonaws.com",
        ),
        ("b", "us-iso-east-1", "c2s.ic.gov", false, "https://b.s3.us-iso-east-1.c2s.ic.gov"),
        (
            "b.c",
            "us-isob-east-1",
            "sc2s.sgov.gov",
            false,
            "https://s3.us-isob-east-1.sc2s.sgov.gov/b.c",
        ),
    ] {
        assert_eq!(bucket_url(bucket, region, suffix, is_fips), url);
    }
}

#[tokio::test]
async fn objects_are_written_and_replaced_in_every_partition() {
    for (partition, region) in [
        ("aws", "us-east-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-iso", "us-iso-east-1"),
        ("aws-iso-b", "us-isob-east-1"),
    ] {
        let fixture = Fixture::new(partition, region).await;
        let keys =
            ["reports/2026-11-30.csv", "reports/a b+c/ä%2F'(1)*.csv", "reports//x=1&y:2@3$.csv"];
        for key in keys {
            fixture.put(key).await.unwrap();
            fixture.put(key).await.unwrap();
            let object = fixture.stored.object(key).unwrap();
            assert_eq!(object.body, b"a,b\n", "{key}");
            assert_eq!(object.content_type, "text/csv; charset=utf-8");
        }
        assert_eq!(fixture.stored.keys().len(), keys.len());
    }
}

#[tokio::test]
async fn throttled_and_interrupted_requests_are_repeated() {
    let fixture = Fixture::in_commercial_partition().await;
    for effect in [
        Effect::Throttle,
        Effect::InternalError,
        Effect::Unavailable,
        Effect::DisconnectBefore,
        Effect::DisconnectAfter,
        Effect::HtmlPage,
        Effect::AwsError { status: 400, code: "RequestTimeout" },
    ] {
        fixture.cloud.calls().clear();
        fixture.cloud.fault(Fault::on("s3", "PutObject", effect).once());
        fixture.put("reports/one").await.unwrap();
        assert_eq!(fixture.cloud.calls().count("s3", "PutObject"), 2, "{effect:?}");
    }
    fixture.cloud.fault(Fault::on("s3", "*", Effect::Throttle));
    let error = fixture.put("reports/one").await.unwrap_err();
    assert!(matches!(error, UpstreamError::Throttled { .. }), "{error}");
}

#[tokio::test]
async fn a_request_that_cannot_succeed_is_not_repeated() {
    let fixture = Fixture::in_commercial_partition().await;
    let missing = ObjectStore {
        url: format!("{}/gone", fixture.cloud.url()),
        bucket: "gone".to_owned(),
        ..fixture.objects.clone()
    };
    let denied = fixture.put("other/one").await.unwrap_err().to_string();
    assert!(denied.contains("allow s3:PutObject"), "{denied}");
    let gone = missing.put("reports/one", "text/csv", Bytes::new()).await.unwrap_err().to_string();
    assert!(gone.contains("there is no bucket gone"), "{gone}");
    assert!(fixture.put("reports/../one").await.unwrap_err().is_rejected());
    assert_eq!(fixture.cloud.calls().count("s3", "PutObject"), 2);
    let late = deadline::scope(Instant::now(), fixture.put("reports/one")).await;
    assert!(matches!(late, Err(UpstreamError::TimedOut { .. })));
    assert_eq!(fixture.cloud.calls().count("s3", "PutObject"), 2);
    assert_eq!(fixture.stored.keys(), Vec::<String>::new());
}
