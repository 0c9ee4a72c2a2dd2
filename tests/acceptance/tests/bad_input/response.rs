//! The response to an invalid request, and its comparison with the expected response.

use acceptance::HttpResponse;
use serde_json::Value;

use crate::{SECRET_FRAGMENTS, case::InvalidRequestCase};

/// The response to a request, whichever way the request reached the function.
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The problem details, or null.
    pub(crate) problem: Value,
    /// The unparsed response.
    pub(crate) text: String,
    /// The headers, if the response is an HTTP response.
    pub(crate) headers: Option<Headers>,
}

/// Headers of an HTTP response that the tests check.
pub(crate) struct Headers {
    pub(crate) content_type: String,
    pub(crate) request_id: String,
    pub(crate) allow: String,
}

/// Reads an HTTP response.
pub(crate) fn read_http_response(response: HttpResponse) -> Response {
    let header = |name: &str| {
        let value = response.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let headers = Headers {
        content_type: header("content-type"),
        request_id: header("x-request-id"),
        allow: header("allow"),
    };
    let text = format!("{:?} {}", response.headers, response.text);
    Response { status: response.status, problem: response.body, text, headers: Some(headers) }
}

/// Reads the result of an invocation: an HTTP response, or an outcome with its problem.
pub(crate) fn read_invocation_result(response: &Value) -> Response {
    let text = response.to_string();
    let Some(status) = response.get("statusCode").and_then(Value::as_u64) else {
        let problem = response.get("problem").cloned().unwrap_or_default();
        let status = problem.get("status").and_then(Value::as_u64).unwrap_or_default();
        return Response {
            status: u16::try_from(status).unwrap_or_default(),
            problem,
            text,
            headers: None,
        };
    };
    let member = |pointer: &str| {
        response.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let headers = Headers {
        content_type: member("/headers/content-type"),
        request_id: member("/headers/x-request-id"),
        allow: member("/headers/allow"),
    };
    let problem = serde_json::from_str(&member("/body")).unwrap_or_default();
    Response {
        status: u16::try_from(status).unwrap_or_default(),
        problem,
        text,
        headers: Some(headers),
    }
}

/// Returns a description of every difference between a response and the expected response of a
/// case.
pub(crate) fn check_response(case: &InvalidRequestCase, response: &Response) -> Vec<String> {
    let mut differences = Vec::new();
    let mut check = |is_met: bool, describe: &dyn Fn() -> String| {
        if !is_met {
            differences.push(describe());
        }
    };
    let text = |name: &str| response.problem.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_from_gateway = case.kind == "gateway";
    check(response.status == case.status, &|| {
        format!("status {}, not {}", response.status, case.status)
    });
    let kind = format!("urn:gangway:problem:{}", case.kind);
    check(text("type") == kind, &|| format!("type {}, not {kind}", text("type")));
    check(!text("title").is_empty(), &|| "no title".to_owned());
    check(!text("requestId").is_empty(), &|| "no requestId".to_owned());
    let status = response.problem.get("status").and_then(Value::as_u64);
    // Responses of API Gateway have no member `status`.
    check(is_from_gateway || status == Some(case.status.into()), &|| {
        format!("member status: {status:?}")
    });
    if let Some(Headers { content_type, request_id, allow }) = &response.headers {
        check(content_type == "application/problem+json", &|| {
            format!("content type {content_type}")
        });
        check(is_from_gateway || request_id == text("requestId"), &|| {
            format!("header x-request-id: {request_id}")
        });
        let verbs = case.remedy.strip_prefix("use ").filter(|_| case.status == 405);
        check(allow == verbs.unwrap_or_default(), &|| format!("allow: {allow:?}"));
    }
    for fragment in SECRET_FRAGMENTS {
        check(!response.text.contains(fragment), &|| {
            format!("the secret's {fragment} is in the response")
        });
    }
    let errors = response.problem.get("errors").and_then(Value::as_array);
    let errors: Vec<_> = errors.into_iter().flatten().collect();
    let text_of = |error: &Value, name: &str| {
        error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let pointers: Vec<_> = errors.iter().map(|error| text_of(error, "pointer")).collect();
    check(pointers == case.pointers, &|| {
        format!("errors of {pointers:?}, not {:?}", case.pointers)
    });
    for error in &errors {
        let (pointer, detail) = (text_of(error, "pointer"), text_of(error, "detail"));
        check(is_member_named(&pointer, &detail), &|| {
            format!("{pointer:?} is not named: {detail}")
        });
    }
    let first =
        errors.first().map_or_else(|| text("detail").to_owned(), |error| text_of(error, "detail"));
    check(first.contains(&case.remedy), &|| format!("{:?} is not in {first:?}", case.remedy));
    let expected_detail = match errors.len() {
        0 | 1 => first,
        more => format!("the request has {more} errors: see the member errors"),
    };
    check(text("detail") == expected_detail, &|| format!("detail {:?}", text("detail")));
    differences
}

/// Returns `true` if the error text names the member at `pointer`, or the request if the pointer is
/// empty.
fn is_member_named(pointer: &str, detail: &str) -> bool {
    let numbered = |segment: &&str| segment.bytes().all(|byte| byte.is_ascii_digit());
    match pointer.rsplit('/').find(|segment| !numbered(segment)) {
        None | Some("") => {
            ["the request", "the body", "member"].iter().any(|word| detail.contains(word))
        }
        Some(member) => detail.contains(member),
    }
}
