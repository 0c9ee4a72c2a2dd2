//! Invalid bodies of requests, and invalid payloads of invocations. Every function must reject
//! them.

use crate::{
    SECRET,
    case::{InvalidRequestCase, base64_payload, invocation, post, proxy_payload},
};

const KIB: usize = 1024;

/// Returns cases with bodies that are not JSON, or not a JSON object.
pub(crate) fn malformed_json_cases(path: &str) -> Vec<InvalidRequestCase> {
    let secret_at_comma = format!(r#"{{"name":"prod","secretAccessKey":"{SECRET}" {SECRET}"#);
    let cut_in_secret = r#"{"name":"prod","secretAccessKey":"wJalrXUtnFEMI/K7MD"#;
    let shell_line = format!("AWS_SECRET_ACCESS_KEY={SECRET}");
    let form = format!("name=prod&secretAccessKey={SECRET}");
    let object_in_list = format!(r#"[{{"name":"prod","secretAccessKey":"{SECRET}"}}]"#);
    let json_text = format!("\"{SECRET}\"");
    let (not_json, too_early) = ("the request is not JSON", "it ends too early");
    let (too_deep, not_object) = ("is nested too deeply", "must be a JSON object, not");
    let lists = "[".repeat(200);
    let objects = r#"{"a":"#.repeat(200);
    let member = format!(r#"{{"name":{}1{}}}"#, "[".repeat(60), "]".repeat(60));
    let invalid_requests: &[(&str, &[u8], &str)] = &[
        ("cut off after a member", br#"{"name":"prod","#, too_early),
        ("cut off in a secret", cut_in_secret.as_bytes(), too_early),
        ("cut off after a name", br#"{"name":"#, too_early),
        ("one brace", b"{", too_early),
        ("words behind the object", b"{} trailing", not_json),
        ("two objects", br#"{"name":"prod"}{"name":"prod"}"#, not_json),
        ("two objects, a line each", b"{}\n{}", not_json),
        ("a comma at the end", br#"{"name":"prod",}"#, not_json),
        ("single quotes", b"{'name':'prod'}", not_json),
        ("no quotes", b"{name: prod}", not_json),
        ("no value", br#"{"name":}"#, not_json),
        ("a comment", b"{ /* nothing */ }", not_json),
        ("a secret where a comma should be", secret_at_comma.as_bytes(), not_json),
        ("a secret and nothing else", SECRET.as_bytes(), not_json),
        ("a line of a shell", shell_line.as_bytes(), not_json),
        ("a form", form.as_bytes(), not_json),
        ("XML", b"<request><name>prod</name></request>", not_json),
        ("YAML", b"name: prod\n", not_json),
        ("a NUL in a text", b"{\"name\":\"a\0b\"}", not_json),
        ("a NUL behind the object", b"{}\0", not_json),
        ("nothing but NULs", b"\0\0\0\0", not_json),
        ("UTF-16", b"\xff\xfe{\0}\0", not_json),
        ("Latin-1 outside of a text", b"{\xe9}", not_json),
        ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", not_json),
        ("half a surrogate pair", br#"{"name":"\ud800"}"#, not_json),
        ("an unknown escape", br#"{"name":"\x41"}"#, not_json),
        ("a line break in a text", b"{\"name\":\"a\nb\"}", not_json),
        ("NaN", br#"{"name":NaN}"#, not_json),
        ("Infinity", br#"{"name":-Infinity}"#, not_json),
        ("a number beyond all numbers", br#"{"name":1e999}"#, not_json),
        ("a number with a leading zero", br#"{"name":007}"#, not_json),
        ("a hexadecimal number", br#"{"name":0x10}"#, not_json),
        ("two hundred lists in one another", lists.as_bytes(), too_deep),
        ("two hundred objects in one another", objects.as_bytes(), too_deep),
        ("a member of sixty lists", member.as_bytes(), too_deep),
        ("null", b"null", not_object),
        ("a boolean", b"true", not_object),
        ("a number", b"7", not_object),
        ("a secret as a text", json_text.as_bytes(), not_object),
        ("an empty list", b"[]", not_object),
        ("a list with the object", object_in_list.as_bytes(), not_object),
    ];
    invalid_requests
        .iter()
        .map(|(name, body, remedy)| post(name, path, *body).expect_400(&[""], remedy))
        .chain([
            invocation("not the base64 it claims to be", base64_payload(path, "{}"))
                .expect_400(&[""], "is not valid base64"),
            invocation("base64 without its padding", base64_payload(path, "e30"))
                .expect_400(&[""], "is not valid base64"),
            invocation("base64 of bytes that are no text", base64_payload(path, "//79"))
                .expect_400(&[""], "must be text in UTF-8"),
            invocation("base64 of no JSON", base64_payload(path, "bnVs"))
                .expect_400(&[""], "is not JSON"),
        ])
        .collect()
}

/// Returns cases with bodies that are too long, or whose content type is not JSON.
pub(crate) fn size_and_content_type_cases(
    path: &str,
    valid_request: &str,
) -> Vec<InvalidRequestCase> {
    let long = |bytes: usize| "x".repeat(bytes);
    let padded = format!("{valid_request}{}", " ".repeat(256 * KIB));
    let json_text = format!(r#"{{"name":"{}"}}"#, long(KIB * KIB));
    let too_large = |name: &str, body: &str| {
        post(name, path, body).expect_problem(413, "payload-too-large", "send at most 256 KiB")
    };
    let content_types: [(&str, &'static str); 9] = [
        ("no content type", ""),
        ("text/plain", "text/plain"),
        ("text/json", "text/json"),
        ("a form's type", "application/x-www-form-urlencoded"),
        ("a form's type with files", "multipart/form-data; boundary=x"),
        ("bytes", "application/octet-stream"),
        ("a problem's type", "application/problem+json"),
        ("almost JSON's type", "application/jsonp"),
        ("JSON second", "text/plain, application/json"),
    ];
    let wrong_types = content_types.map(|(name, content_type)| {
        let remedy = "send JSON, with the header content-type: application/json";
        post(name, path, valid_request).content_type(content_type).expect_problem(
            415,
            "unsupported-media-type",
            remedy,
        )
    });
    [
        too_large("one byte more than 256 KiB", &long(256 * KIB + 1)),
        too_large("a right request with 256 KiB of spaces", &padded),
        too_large("1 MiB of nothing", &long(KIB * KIB)),
        too_large("1 MiB of braces", &"{".repeat(KIB * KIB)),
        too_large("1 MiB of one text", &json_text),
        too_large("1 MiB that is no JSON, of another type", &long(KIB * KIB))
            .content_type("text/plain"),
        post("exactly 256 KiB, all of it one list", path, "[".repeat(256 * KIB))
            .expect_400(&[""], "is nested too deeply"),
    ]
    .into_iter()
    .chain(wrong_types)
    .collect()
}

/// Returns invocations whose payload is neither an HTTP request nor a registration event.
pub(crate) fn unknown_event_cases(path: &str) -> Vec<InvalidRequestCase> {
    let remedy = "invoke through API Gateway, or send one event of detail-type Gangway Registration Requested, not a list of events";
    let request_without_member =
        |member: &str| crate::case::without_member(&proxy_payload("POST", path, "{}"), member);
    let of_type = |kind: &str| serde_json::json!({ "detail-type": kind, "source": "portal", "detail": { "name": "prod" } });
    [
        ("an invocation with nothing", serde_json::json!({})),
        ("an invocation with null", serde_json::Value::Null),
        ("an invocation with a list", serde_json::json!([{ "httpMethod": "POST" }])),
        ("an invocation with a text", SECRET.into()),
        (
            "an invocation with the bare request",
            serde_json::json!({ "name": "prod", "secretAccessKey": SECRET }),
        ),
        (
            "messages of a queue",
            serde_json::json!({ "Records": [{ "body": "{}", "eventSource": "aws:sqs" }] }),
        ),
        ("a request without a verb", request_without_member("httpMethod")),
        ("a request without a path", request_without_member("path")),
        ("a request without a context", request_without_member("requestContext")),
        ("an event of another kind", of_type("AWS API Call via CloudTrail")),
        ("an event whose kind is spelt otherwise", of_type("gangway registration requested")),
        (
            "an event without detail",
            serde_json::json!({ "detail-type": acceptance::REGISTRATION_REQUESTED }),
        ),
    ]
    .into_iter()
    .map(|(name, payload)| {
        invocation(name, payload).expect_problem(400, "unrecognized-event", remedy)
    })
    .collect()
}
