//! Tests of S3.
use std::time::SystemTime;

use http::header::HOST;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::aws::client::sign_request;
use crate::aws::store::encode_hex;

const BUCKET: &str = "reports-1";

#[tokio::test]
async fn an_object_is_kept_with_its_type_and_encryption() {
    let cloud = cloud().await;
    let bucket = commercial(&cloud).bucket("us-east-1", BUCKET);
    assert_eq!((bucket.name(), bucket.arn().as_str()), (BUCKET, "arn:aws:s3:::reports-1"));
    let client = client(&cloud, &admin(&commercial(&cloud)));
    let encryption = "x-amz-server-side-encryption";
    let key_id = "x-amz-server-side-encryption-aws-kms-key-id";
    for (path, headers, encrypted) in [
        ("/reports-1/a/b.html", vec![("content-type", "text/html")], "AES256"),
        ("/reports-1/c", vec![(encryption, "aws:kms"), (key_id, "key-1")], "aws:kms"),
        ("/reports-1/c?x-id=PutObject", vec![(encryption, "AES256")], "AES256"),
    ] {
        let response = client.put_object(path, &headers, "body").await.unwrap();
        assert_eq!((response.status, response.body.as_str()), (200, ""), "{path}");
        let key = path.strip_prefix("/reports-1/").unwrap().split('?').next().unwrap();
        let object = bucket.object(key).unwrap();
        assert_eq!(
            (object.body.as_slice(), object.encryption.as_str()),
            (b"body".as_slice(), encrypted)
        );
    }
    assert_eq!(bucket.keys(), ["a/b.html", "c"]);
    assert_eq!(bucket.object("a/b.html").unwrap().content_type, "text/html");
    assert_eq!(bucket.object("c").unwrap().content_type, "binary/octet-stream");
}

#[tokio::test]
async fn invalid_objects_are_refused_with_the_services_codes() {
    let cloud = cloud().await;
    let bucket = commercial(&cloud).bucket("us-east-1", BUCKET);
    cloud.aws().account("aws", OTHER).bucket("us-east-1", "foreign");
    let keys = admin(&commercial(&cloud));
    let all = client(&cloud, &keys);
    let user = commercial(&cloud).user("reporter");
    user.inline("Put", &allow(&["s3:PutObject"], &format!("{}/reports/*", bucket.arn())));
    let some = client(&cloud, &user.create_access_key());
    let unknown =
        client(&cloud, &AwsCredentials { id: "AKIA2222222222222222".into(), ..keys.clone() });
    let wrong = client(&cloud, &AwsCredentials { secret: "wrong".into(), ..keys.clone() });
    let long = format!("/reports-1/{}", "k".repeat(1025));
    let method = [("x-amz-server-side-encryption", "rot13")];
    for (client, path, headers, status, code) in [
        (&all, "/gone/reports/a", &[][..], 404, "NoSuchBucket"),
        (&all, "/foreign/reports/a", &[], 403, "AccessDenied"),
        (&all, long.as_str(), &[], 400, "KeyTooLongError"),
        (&all, "/reports-1/reports/a", &method, 400, "InvalidArgument"),
        (&all, "/reports-1/reports/a?acl", &[], 501, "NotImplemented"),
        (&all, "/reports-1", &[], 501, "NotImplemented"),
        (
            &all.in_region("eu-west-1"),
            "/reports-1/reports/a",
            &[],
            400,
            "AuthorizationHeaderMalformed",
        ),
        (&some, "/reports-1/other/a", &[], 403, "AccessDenied"),
        (&unknown, "/reports-1/reports/a", &[], 403, "InvalidAccessKeyId"),
        (&wrong, "/reports-1/reports/a", &[], 403, "SignatureDoesNotMatch"),
    ] {
        let response = client.put_object(path, headers, "body").await.unwrap();
        assert_eq!((response.status, response.code().as_deref()), (status, Some(code)), "{path}");
    }
    assert!(bucket.keys().is_empty());
    assert_eq!(some.put_object("/reports-1/reports/a", &[], "body").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_bucket_has_an_address_of_its_own_in_its_region() {
    let cloud = cloud().await;
    for (partition, region, suffix) in [
        ("aws", "us-east-1", "amazonaws.com"),
        ("aws-us-gov", "us-gov-west-1", "amazonaws.com"),
        ("aws-iso", "us-iso-east-1", "c2s.ic.gov"),
        ("aws-iso-b", "us-isob-east-1", "sc2s.sgov.gov"),
    ] {
        let account = cloud.aws().account(partition, ACCOUNT);
        let bucket = account.bucket(region, BUCKET);
        let keys = admin(&account);
        for (host, path, status) in [
            (format!("{BUCKET}.s3.{region}.{suffix}"), "/one", 200),
            (format!("{BUCKET}.s3-fips.{region}.{suffix}"), "/two", 200),
            (format!("s3.{region}.{suffix}"), "/reports-1/three", 200),
            (format!("other.s3.{region}.{suffix}"), "/four", 404),
        ] {
            let http = http_client::client(cloud.ca_pem());
            let signed_url = format!("http://{host}{path}");
            let mut headers = vec![("x-amz-content-sha256", encode_hex(&Sha256::digest("body")))];
            let now = cloud.clock().wall_clock();
            let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(now.unsigned_abs());
            headers.extend(sign_request(
                &keys,
                "s3",
                region,
                ("PUT", &signed_url),
                &headers,
                b"body",
                now,
            ));
            let mut request = http.put(format!("{}{path}", cloud.url())).header(HOST, &host);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let response = request.body("body").send().await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{host}{path}");
        }
        assert_eq!(bucket.keys(), ["one", "three", "two"]);
    }
}

#[tokio::test]
async fn the_hash_of_the_body_is_checked_and_signed() {
    let cloud = cloud().await;
    let bucket = commercial(&cloud).bucket("us-east-1", BUCKET);
    let keys = admin(&commercial(&cloud));
    let url = format!("{}/{BUCKET}/a", cloud.url());
    #[expect(clippy::disallowed_methods, reason = "the caller's clock, not the cloud's")]
    let now = SystemTime::now();
    for (signed, hash, code) in [
        (true, "UNSIGNED-PAYLOAD".to_owned(), "SignatureDoesNotMatch"),
        (true, encode_hex(&Sha256::digest("other")), "SignatureDoesNotMatch"),
        (false, encode_hex(&Sha256::digest("body")), "AccessDenied"),
    ] {
        let hash = ("x-amz-content-sha256", hash);
        let to_sign = if signed { vec![hash.clone()] } else { vec![] };
        let mut headers =
            sign_request(&keys, "s3", "us-east-1", ("PUT", &url), &to_sign, b"body", now);
        headers.push(hash);
        let mut request = http_client::client(cloud.ca_pem()).put(&url).body("body");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        assert!(status == 403 && text.contains(&format!("<Code>{code}</Code>")), "{text}");
    }
    assert!(bucket.keys().is_empty());
}
