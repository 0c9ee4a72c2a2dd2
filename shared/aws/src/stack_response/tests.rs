use gangway_http::{RootStore, build_client};
use gangway_model::RootStoreKind;

use super::*;

const BUCKET: &str = "cloudformation-custom-resource-response-useast1";
const KEY: &str = "arn:aws:cloudformation:us-east-1:333333333333:stack/team/8f6c|Account|5f2d";
const ENCODED_KEY: &str =
    "arn%3Aaws%3Acloudformation%3Aus-east-1%3A333333333333%3Astack/team/8f6c%7CAccount%7C5f2d";

fn responder(endpoint: Option<&str>) -> StackResponder {
    StackResponder {
        http: build_client(&RootStore::for_kind(RootStoreKind::Public).unwrap()).unwrap(),
        bucket: BUCKET.to_owned(),
        hosts: ["s3.us-east-1", "s3-us-east-1", "s3"]
            .map(|host| format!("{host}.amazonaws.com"))
            .to_vec(),
        endpoint: endpoint.map(str::to_owned),
    }
}

#[test]
fn only_presigned_urls_of_cloudformation_are_accepted() {
    let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=7200&X-Amz-Signature=5e0f";
    let host = format!("{BUCKET}.s3.us-east-1.amazonaws.com");
    for url in [
        format!("https://{host}/{ENCODED_KEY}?{query}"),
        format!("https://{host}:443/{ENCODED_KEY}?{query}"),
        format!(
            "https://{BUCKET}.s3-us-east-1.amazonaws.com/{ENCODED_KEY}?AWSAccessKeyId=A&Expires=1&Signature=i83y%3D"
        ),
        format!("https://{BUCKET}.s3.amazonaws.com/{ENCODED_KEY}?{query}"),
        format!("https://s3.us-east-1.amazonaws.com/{BUCKET}/{ENCODED_KEY}?{query}"),
    ] {
        assert!(responder(None).parse(&url, KEY).is_ok(), "{url}");
    }
    let other_path = ENCODED_KEY.replace("333333333333", "444444444444");
    for url in [
        String::new(),
        "none".to_owned(),
        format!("http://{host}/{ENCODED_KEY}?{query}"),
        format!("https://{host}:8443/{ENCODED_KEY}?{query}"),
        format!("https://user@{host}/{ENCODED_KEY}?{query}"),
        format!("https://{host}/{ENCODED_KEY}?{query}#x"),
        format!("https://{host}/{ENCODED_KEY}"),
        format!("https://{host}/{ENCODED_KEY}?X-Amz-Signature="),
        format!("https://{host}/{other_path}?{query}"),
        format!("https://{host}/x/../{ENCODED_KEY}/?{query}"),
        format!("https://{host}.example.com/{ENCODED_KEY}?{query}"),
        format!("https://example.com/{BUCKET}/{ENCODED_KEY}?{query}"),
        format!("https://{BUCKET}.s3.us-west-2.amazonaws.com/{ENCODED_KEY}?{query}"),
        format!("https://{BUCKET}.s3.us-east-1.amazonaws.com.cn/{ENCODED_KEY}?{query}"),
        format!("https://other-bucket.s3.us-east-1.amazonaws.com/{ENCODED_KEY}?{query}"),
        format!("https://s3.us-east-1.amazonaws.com/other-bucket/{ENCODED_KEY}?{query}"),
        format!("https://evil{host}/{ENCODED_KEY}?{query}"),
        format!("https://169.254.169.254/{ENCODED_KEY}?{query}"),
        format!("https://localhost:7777/{BUCKET}/{ENCODED_KEY}?{query}"),
        format!("ftp://{host}/{ENCODED_KEY}?{query}"),
    ] {
        assert!(responder(None).parse(&url, KEY).is_err(), "{url}");
    }
}

#[test]
fn url_of_an_endpoint_from_the_environment_has_bucket_in_path() {
    let responder = responder(Some("https://localhost:7777"));
    let url = |host: &str, bucket: &str| {
        format!("https://{host}/{bucket}/{ENCODED_KEY}?X-Amz-Signature=5e0f")
    };
    assert!(responder.parse(&url("localhost:7777", BUCKET), KEY).is_ok());
    for (host, bucket) in
        [("localhost:7778", BUCKET), ("localhost", BUCKET), ("localhost:7777", "other")]
    {
        assert!(responder.parse(&url(host, bucket), KEY).is_err(), "{host} {bucket}");
    }
}
