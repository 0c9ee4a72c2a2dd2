//! Responses that repeat the request, including secrets.

use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use serde_json::Value;

use crate::server::Response;

/// Where the response repeats the request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Echo {
    /// As message of an error with this status.
    Message(u16),
    /// As truncated message of an error: status and number of characters.
    TruncatedMessage(u16, usize),
    /// As code of an error.
    Code(u16),
    /// In an HTML page with status 200.
    HtmlPage,
    /// As a JSON string instead of an object. Some parsers quote it in their error.
    JsonString,
}

/// Members with the error message.
const MESSAGE_MEMBERS: [&str; 3] = ["message", "Message", "details"];
/// Members with the error code.
const CODE_MEMBERS: [&str; 4] = ["code", "reason", "__type", "Code"];

impl Echo {
    /// Builds the response from the service's error response.
    pub(crate) fn response(self, error_response: Response, text: &str) -> Response {
        let mut response = match self {
            Self::Message(status) => {
                replace_message(error_response, status, &MESSAGE_MEMBERS, text)
            }
            Self::TruncatedMessage(status, letters) => {
                let cut: String = text.chars().rev().take(letters).collect();
                let cut: String = cut.chars().rev().collect();
                replace_message(error_response, status, &MESSAGE_MEMBERS, &cut)
            }
            Self::Code(status) => replace_message(error_response, status, &CODE_MEMBERS, text),
            Self::HtmlPage => {
                let page = format!("<html><body><pre>{text}</pre></body></html>");
                build_response(StatusCode::OK, "text/html", page)
            }
            Self::JsonString => {
                build_response(StatusCode::OK, "application/json", Value::from(text).to_string())
            }
        };
        response.headers_mut().remove(CONTENT_LENGTH);
        let line: String = text.chars().filter(char::is_ascii_graphic).take(4096).collect();
        if let Ok(value) = HeaderValue::from_str(&line) {
            response.headers_mut().insert("x-echo", value);
        }
        response
    }
}

fn build_response(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(body.into_bytes());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Replaces a member of a JSON error or an element of an XML error.
fn replace_message(
    mut error_response: Response,
    status: u16,
    members: &[&str],
    text: &str,
) -> Response {
    *error_response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    if let Ok(Value::Object(mut error)) = serde_json::from_slice(error_response.body()) {
        for member in members {
            if error.contains_key(*member) {
                error.insert((*member).to_owned(), text.into());
            }
        }
        *error_response.body_mut() = Value::Object(error).to_string().into_bytes();
        return error_response;
    }
    let mut xml = String::from_utf8_lossy(error_response.body()).into_owned();
    for member in members {
        let (open, close) = (format!("<{member}>"), format!("</{member}>"));
        let range = xml.find(&open).zip(xml.find(&close));
        if let Some((start, end)) = range {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            xml.replace_range(start + open.len()..end, &escaped);
        }
    }
    *error_response.body_mut() = xml.into_bytes();
    error_response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{aws, faults::Effect, palette};

    #[test]
    fn each_service_repeats_the_request_in_its_own_format() {
        for service in
            ["sts", "iam", "secretsmanager", "eks", "sqs", "organizations", "dynamodb", "s3"]
        {
            for echo in [
                Echo::Message(400),
                Echo::HtmlPage,
                Echo::JsonString,
                Echo::TruncatedMessage(400, 12),
            ] {
                let error_response = aws::injected_error(service, Effect::InternalError);
                let response = echo.response(error_response, "what <was> sent");
                let body = String::from_utf8(response.into_body()).unwrap();
                assert!(body.contains("sent"), "{service} {echo:?}: {body}");
            }
        }
        let response =
            Echo::Code(400).response(palette::injected_error(Effect::InternalError), "w");
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(body["code"], "w");
        let response =
            Echo::Code(400).response(aws::injected_error("iam", Effect::InternalError), "w");
        assert!(String::from_utf8(response.into_body()).unwrap().contains("<Code>w</Code>"));
    }
}
