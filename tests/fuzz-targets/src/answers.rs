//! Responses of Palette and of the access portals.

use crate::assert_no_leak;

/// Checks that no error message repeats a secret.
pub(crate) fn palette(data: &[u8]) {
    let (status, body) = split(data);
    for message in gangway_palette::fuzzing::messages(status, body, crate::CANARY) {
        assert_no_leak(&message);
        assert!(message.len() < 2000, "{} bytes long", message.len());
    }
}

/// Checks the error messages of an access portal.
pub(crate) fn portal(data: &[u8]) {
    let (status, body) = split(data);
    for is_json in [true, false] {
        if let Some(message) = gangway_access_portal::fuzzing::message(status, is_json, body) {
            assert!(message.len() < 2000, "{} bytes long", message.len());
        }
    }
}

/// Splits the input into status (three digits) and body.
fn split(data: &[u8]) -> (u16, &[u8]) {
    let (head, body) = data.split_at_checked(3).unwrap_or((b"200", data));
    let status = str::from_utf8(head).ok().and_then(|digits| digits.parse().ok());
    (status.filter(|status| (100..=599).contains(status)).unwrap_or(200), body)
}
