//! Responses of Palette and of the access portals.

use crate::assert_no_leak;

/// Parses a response of Palette. Checks that no error message repeats a secret.
pub(crate) fn parse_palette_response(data: &[u8]) {
    let (status, body) = split_status_and_body(data);
    for message in gangway_palette::fuzzing::messages(status, body, crate::CANARY) {
        assert_no_leak(&message);
        assert!(message.len() < 2000, "{} bytes long", message.len());
    }
}

/// Parses a response of an access portal. Checks the length of the error message.
pub(crate) fn parse_portal_response(data: &[u8]) {
    let (status, body) = split_status_and_body(data);
    for is_json in [true, false] {
        if let Some(message) = gangway_access_portal::fuzzing::message(status, is_json, body) {
            assert!(message.len() < 2000, "{} bytes long", message.len());
        }
    }
}

/// Splits the input into status (three digits) and body.
fn split_status_and_body(data: &[u8]) -> (u16, &[u8]) {
    let (head, body) = data.split_at_checked(3).unwrap_or((b"200", data));
    let status = str::from_utf8(head).ok().and_then(|digits| digits.parse().ok());
    (status.filter(|status| (100..=599).contains(status)).unwrap_or(200), body)
}
