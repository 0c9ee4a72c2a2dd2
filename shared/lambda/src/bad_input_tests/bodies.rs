//! Bodies and routes that no member is read of.

use gangway_model::AuthMethod;
use serde_json::{Value, json};

use super::{said, sts, with};
use crate::{
    HttpMethod,
    samples::{SECRET, http, read, rest},
};

#[test]
fn what_is_no_object_is_told_so() {
    let deep = "[".repeat(200);
    let deep_member = format!(r#"{{"name":{}1{}}}"#, "[".repeat(60), "]".repeat(60));
    for body in [
        "{",
        "nul",
        "null",
        "[]",
        "7",
        "\"text\"",
        "{}{}",
        "{} trailing",
        "{\"name\":}",
        "{'name':'prod'}",
        "{\"name\":\"prod\",}",
        "{\"name\":\"pr",
        "{\"name\":\"\\ud800\"}",
        "{\"name\":\"\\x\"}",
        "{\"name\":\"a\u{0}b\"}",
        "{\"name\":1e999}",
        "{\"name\":NaN}",
        "\u{feff}{}",
        &format!("{{\"secretAccessKey\":\"{SECRET}\" {SECRET}"),
        &format!("\"{SECRET}\""),
        SECRET,
        &deep,
        &deep_member,
    ] {
        assert_eq!(said(sts(body)), (400, vec![String::new()]), "{body}");
    }
}

#[test]
fn bodies_are_json_in_utf_8_of_a_sensible_size() {
    let whole = with("name", json!("prod"));
    let typed = |content_type: Value, body: &str| {
        let mut invocation = http("POST", "/v1/accounts/sts", body);
        invocation["headers"] = content_type;
        read(&invocation).json().map(|_| ())
    };
    for (headers, body, status) in [
        (json!({ "content-type": "application/json" }), whole.as_str(), 200),
        (json!({ "Content-Type": "application/json;charset=utf-8" }), &whole, 200),
        (json!({ "content-type": "text/plain" }), &whole, 415),
        (json!({ "content-type": "application/jsonp" }), &whole, 415),
        (json!({ "content-type": "application/problem+json" }), &whole, 415),
        (json!({ "content-type": "application/x-www-form-urlencoded" }), "name=prod", 415),
        (json!({ "content-type": "" }), &whole, 415),
        (json!({ "content-type": null }), &whole, 415),
        (json!({}), &whole, 415),
        (json!(null), &whole, 415),
        (json!({}), "", 200),
        (json!({ "content-type": "application/json" }), &"x".repeat(256 * 1024 + 1), 413),
        (json!({ "content-type": "text/plain" }), &"x".repeat(1024 * 1024), 413),
    ] {
        assert_eq!(said(typed(headers.clone(), body)).0, status, "{headers}");
    }
    for (base64, status) in [("e30=", 200), ("e30", 400), ("//79", 400), ("{}", 400), ("", 200)] {
        let mut invocation = rest("POST", "/v1/accounts/sts", base64);
        invocation["isBase64Encoded"] = true.into();
        assert_eq!(said(read(&invocation).json().map(|_| ())).0, status, "{base64}");
    }
}

#[test]
fn routes_and_verbs_that_do_not_exist_are_told_from_each_other() {
    let own = [(HttpMethod::Get, "accounts/sts/trust")];
    for (verb, path, status) in [
        ("POST", "/v1/accounts/sts", 200),
        ("POST", "/v1/accounts/sts/validate", 200),
        ("PUT", "/v1/accounts/sts/5f0c1a2b3c4d5e6f70818293", 200),
        ("GET", "/v1/accounts/sts", 405),
        ("DELETE", "/v1/accounts/sts", 405),
        ("PATCH", "/v1/accounts/sts", 405),
        ("post", "/v1/accounts/sts", 405),
        ("PUT", "/v1/accounts/sts/validate", 405),
        ("PUT", "/v1/accounts/sts/trust", 405),
        ("POST", "/v1/accounts/sts/trust", 405),
        ("POST", "/v1/accounts/sts/5f0c1a2b3c4d5e6f70818293", 405),
        ("PUT", "/v1/accounts/sts/a%2F..%2Fb", 400),
        ("POST", "/v1/accounts/scap", 404),
        ("POST", "/v1/accounts", 404),
        ("POST", "/v1/accounts/sts/validate/more", 404),
        ("POST", "/", 404),
    ] {
        let outcome =
            read(&rest(verb, path, "{}")).parse_operation(AuthMethod::Sts, &own).map(|_| ());
        assert_eq!(said(outcome).0, status, "{verb} {path}");
    }
}
