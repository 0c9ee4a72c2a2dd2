//! Bodies that cannot be parsed, the same for every function.

use crate::{
    SECRET,
    case::{InvalidRequestCase, encoded, proxied},
};

const KIB: usize = 1024;

/// What is not JSON, or not an object.
pub(crate) fn broken(path: &str) -> Vec<InvalidRequestCase> {
    let leaking = format!(r#"{{"name":"prod","secretAccessKey":"{SECRET}" {SECRET}"#);
    let cut = r#"{"name":"prod","secretAccessKey":"wJalrXUtnFEMI/K7MD"#;
    let shell = format!("AWS_SECRET_ACCESS_KEY={SECRET}");
    let form = format!("name=prod&secretAccessKey={SECRET}");
    let listed = format!(r#"[{{"name":"prod","secretAccessKey":"{SECRET}"}}]"#);
    let text = format!("\"{SECRET}\"");
    let (no_json, early) = ("the request is not JSON", "it ends too early");
    let (too_deep, object) = ("is nested too deeply", "must be a JSON object, not");
    let lists = "[".repeat(200);
    let objects = r#"{"a":"#.repeat(200);
    let member = format!(r#"{{"name":{}1{}}}"#, "[".repeat(60), "]".repeat(60));
    let invalid_requests: &[(&str, &[u8], &str)] = &[
        ("cut off after a member", br#"{"name":"prod","#, early),
        ("cut off in a secret", cut.as_bytes(), early),
        ("cut off after a name", br#"{"name":"#, early),
        ("one brace", b"{", early),
        ("words behind the object", b"{} trailing", no_json),
        ("two objects", br#"{"name":"prod"}{"name":"prod"}"#, no_json),
        ("two objects, a line each", b"{}\n{}", no_json),
        ("a comma at the end", br#"{"name":"prod",}"#, no_json),
        ("single quotes", b"{'name':'prod'}", no_json),
        ("no quotes", b"{name: prod}", no_json),
        ("no value", br#"{"name":}"#, no_json),
        ("a comment", b"{ /* nothing */ }", no_json),
        ("a secret where a comma should be", leaking.as_bytes(), no_json),
        ("a secret and nothing else", SECRET.as_bytes(), no_json),
        ("a line of a shell", shell.as_bytes(), no_json),
        ("a form", form.as_bytes(), no_json),
        ("XML", b"<request><name>prod</name></request>", no_json),
        ("YAML", b"name: prod\n", no_json),
        ("a NUL in a text", b"{\"name\":\"a\0b\"}", no_json),
        ("a NUL behind the object", b"{}\0", no_json),
        ("nothing but NULs", b"\0\0\0\0", no_json),
        ("a byte order mark", b"\xef\xbb\xbf{}", no_json),
        ("UTF-16", b"\xff\xfe{\0}\0", no_json),
        ("Latin-1 outside of a text", b"{\xe9}", no_json),
        ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", no_json),
        ("half a surrogate pair", br#"{"name":"\ud800"}"#, no_json),
        ("an unknown escape", br#"{"name":"\x41"}"#, no_json),
        ("a line break in a text", b"{\"name\":\"a\nb\"}", no_json),
        ("NaN", br#"{"name":NaN}"#, no_json),
        ("Infinity", br#"{"name":-Infinity}"#, no_json),
        ("a number beyond all numbers", br#"{"name":1e999}"#, no_json),
        ("a number with a leading zero", br#"{"name":007}"#, no_json),
        ("a hexadecimal number", br#"{"name":0x10}"#, no_json),
        ("two hundred lists in one another", lists.as_bytes(), too_deep),
        ("two hundred objects in one another", objects.as_bytes(), too_deep),
        ("a member of sixty lists", member.as_bytes(), too_deep),
        ("null", b"null", object),
        ("a boolean", b"true", object),
        ("a number", b"7", object),
        ("a secret as a text", text.as_bytes(), object),
        ("an empty list", b"[]", object),
        ("a list with the object", listed.as_bytes(), object),
    ];
    invalid_requests
        .iter()
        .map(|(name, body, remedy)| {
            InvalidRequestCase::post(name, path, *body).invalid(&[""], remedy)
        })
        .chain([
            InvalidRequestCase::invocation("not the base64 it claims to be", encoded(path, "{}"))
                .invalid(&[""], "not the base64 that it claims to be"),
            InvalidRequestCase::invocation("base64 without its padding", encoded(path, "e30"))
                .invalid(&[""], "not the base64 that it claims to be"),
            InvalidRequestCase::invocation(
                "base64 of bytes that are no text",
                encoded(path, "//79"),
            )
            .invalid(&[""], "must be text in UTF-8"),
            InvalidRequestCase::invocation("base64 of no JSON", encoded(path, "bnVs"))
                .invalid(&[""], "is not JSON"),
        ])
        .collect()
}

/// What is too long, and what does not say that it is JSON.
pub(crate) fn declared(path: &str, right: &str) -> Vec<InvalidRequestCase> {
    let long = |bytes: usize| "x".repeat(bytes);
    let padded = format!("{right}{}", " ".repeat(256 * KIB));
    let text = format!(r#"{{"name":"{}"}}"#, long(KIB * KIB));
    let too_large = |name: &str, body: &str| {
        InvalidRequestCase::post(name, path, body).is(
            413,
            "payload-too-large",
            "send at most 256 KiB",
        )
    };
    let types: [(&str, &'static str); 9] = [
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
    let undeclared = types.map(|(name, declared)| {
        let remedy = "send JSON, with the header content-type: application/json";
        InvalidRequestCase::post(name, path, right).typed(declared).is(
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
        too_large("1 MiB of one text", &text),
        too_large("1 MiB that is no JSON, of another type", &long(KIB * KIB)).typed("text/plain"),
        InvalidRequestCase::post(
            "exactly 256 KiB, all of it one list",
            path,
            "[".repeat(256 * KIB),
        )
        .invalid(&[""], "is nested too deeply"),
    ]
    .into_iter()
    .chain(undeclared)
    .collect()
}

/// Payloads that are neither a request nor an event.
pub(crate) fn unreadable(path: &str) -> Vec<InvalidRequestCase> {
    let remedy = "invoke through API Gateway, or send an event of detail-type Gangway Registration Requested";
    let lacking = |member: &str| crate::case::without(&proxied("POST", path, "{}"), member);
    let of_kind = |kind: &str| serde_json::json!({ "detail-type": kind, "source": "portal", "detail": { "name": "prod" } });
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
        ("a request without a verb", lacking("httpMethod")),
        ("a request without a path", lacking("path")),
        ("a request without a context", lacking("requestContext")),
        ("an event of another kind", of_kind("AWS API Call via CloudTrail")),
        ("an event whose kind is spelt otherwise", of_kind("gangway registration requested")),
        (
            "an event without detail",
            serde_json::json!({ "detail-type": acceptance::REGISTRATION_REQUESTED }),
        ),
    ]
    .into_iter()
    .map(|(name, payload)| {
        InvalidRequestCase::invocation(name, payload).is(400, "unrecognized-event", remedy)
    })
    .collect()
}
