/// The maximum length of a correlation id. A longer id is ignored.
const MAX_ID_LEN: usize = 128;

/// The maximum length of each part of a correlation id, between `-`, `_`, `.` and `:`. An id with a
/// longer part is ignored, because it may be a secret.
const MAX_PART_LEN: usize = 32;

/// The ids that a caller sends with a request, to find the request in logs and events. A malformed
/// id is ignored: it must not make the request fail, and it must not be logged, because it may be a
/// secret in the wrong header.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Correlation {
    id: Option<String>,
    traceparent: Option<String>,
}

impl Correlation {
    /// Returns the valid ids. `id` is the header `X-Request-Id`, `traceparent` is the header of
    /// that name (W3C Trace Context).
    pub fn new(id: Option<&str>, traceparent: Option<&str>) -> Self {
        Self {
            id: id.filter(|id| is_valid_id(id)).map(str::to_owned),
            traceparent: traceparent.filter(|text| is_valid_traceparent(text)).map(str::to_owned),
        }
    }

    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }
}

fn is_valid_id(text: &str) -> bool {
    let is_part = |part: &str| {
        (1..=MAX_PART_LEN).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    text.len() <= MAX_ID_LEN && text.split(['-', '_', '.', ':']).all(is_part)
}

/// Returns `true` if a text has the four fields of a `traceparent` of version `00`. The version may
/// be any other than `ff`, which W3C Trace Context forbids.
fn is_valid_traceparent(text: &str) -> bool {
    let is_hex = |part: &str, len: usize| {
        part.len() == len
            && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let parts: Vec<_> = text.split('-').collect();
    let [version, trace, parent, flags] = parts.as_slice() else { return false };
    is_hex(version, 2)
        && *version != "ff"
        && is_hex(trace, 32)
        && is_hex(parent, 16)
        && is_hex(flags, 2)
        && trace.contains(|digit| digit != '0')
        && parent.contains(|digit| digit != '0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correlation_id_that_may_be_a_secret_is_ignored() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let letters = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYab";
        for (id, is_kept) in [
            ("6a7e8feb-b491-4cf7-a9f1-bf3703467718", true),
            ("01ARZ3NDEKTSV4RRFFQ69G5FAV", true),
            ("1-5759e988-bd862e3fe1be46a994272793", true),
            ("portal_42.a:b", true),
            ("", false),
            ("a--b", false),
            ("a b", false),
            ("a\nb", false),
            (secret, false),
            (letters, false),
            (&"a-".repeat(80), false),
        ] {
            assert_eq!(Correlation::new(Some(id), None).id().is_some(), is_kept, "{id}");
        }
    }

    #[test]
    fn a_malformed_traceparent_header_is_ignored() {
        let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        for (text, is_kept) in [
            (format!("00-{trace}-{parent}-01"), true),
            (format!("ff-{trace}-{parent}-01"), false),
            (format!("00-{trace}-{parent}"), false),
            (format!("00-{}-{parent}-01", trace.to_uppercase()), false),
            (format!("00-{}-{parent}-01", "0".repeat(32)), false),
            (format!("00-{trace}-{}-01", "0".repeat(16)), false),
            (format!("00-{trace}-{parent}-01-x"), false),
            (String::new(), false),
        ] {
            let correlation = Correlation::new(None, Some(&text));
            assert_eq!(correlation.traceparent().is_some(), is_kept, "{text}");
        }
    }
}
