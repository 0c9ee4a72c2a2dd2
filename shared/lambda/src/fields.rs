//! Reads a request's members one by one, and collects everything that is wrong with them.

use std::{fmt::Display, mem, str::FromStr};

use gangway_model::{FieldError, RegistrationError};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::{ApiError, json::Json};

/// How many unknown members are told one by one, so that the answer to a long list is short.
const MAX_UNKNOWN_FIELDS: usize = 20;

const REPLACE_IT: &str = "may not be in an event: send secretArn; this key has passed through an event and should be replaced";

/// The members of a JSON object, of which some have been read. A fault never quotes a value.
#[must_use = "faults are told by `finish`"]
pub struct JsonFields {
    /// Pointer of the object itself.
    at: String,
    unread: Vec<(String, Json)>,
    known: Vec<&'static str>,
    withheld: &'static [&'static str],
    faults: Vec<FieldError>,
}

/// A member as it was found.
pub(crate) enum Field {
    Missing,
    /// Its fault is noted already.
    Invalid,
    Present(Json),
}

impl JsonFields {
    /// The members of a document.
    pub fn parse_body(document: &str) -> Result<Self, FieldError> {
        let document = Json::read(document)
            .map_err(|fault| FieldError::malformed("", format!("the request {fault}")))?;
        let kind = document.kind();
        let Json::Object(members) = document else {
            let fault = format!("the request must be a JSON object, not {kind}");
            return Err(FieldError::malformed("", fault));
        };
        Ok(Self::of(String::new(), members))
    }

    /// No member at all.
    pub(crate) fn none() -> Self {
        Self::of(String::new(), Vec::new())
    }

    pub(crate) fn of(at: String, unread: Vec<(String, Json)>) -> Self {
        Self { at, unread, known: Vec::new(), withheld: &[], faults: Vec::new() }
    }

    /// Whether it is there, in whatever shape.
    pub fn has(&mut self, name: &'static str) -> bool {
        self.knows(name);
        self.unread.iter().any(|(unread, _)| unread == name)
    }

    /// A text that must be there. `None` where a fault was noted.
    pub fn required<T>(&mut self, name: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        let text = self.text(name, || T::from_str("").err().map(|rule| rule.to_string()))?;
        self.parse(name, &text)
    }

    /// A text that may be left out. `None` where it was, or where a fault was noted.
    pub fn optional<T>(&mut self, name: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        let text = self.optional_text(name)?;
        self.parse(name, &text)
    }

    /// A secret that must be there. `None` where a fault was noted.
    pub fn secret<T>(&mut self, name: &'static str) -> Option<T>
    where
        T: TryFrom<SecretString, Error: Display>,
    {
        let withheld = self.withheld.contains(&name);
        let rule = || match T::try_from(SecretString::default()) {
            _ if withheld => Some("may not be in an event, so send secretArn".to_owned()),
            Ok(_) => None,
            Err(rule) => Some(rule.to_string()),
        };
        let mut text = self.text(name, rule)?;
        let secret = T::try_from(SecretString::from(mem::take(&mut *text)));
        secret.map_err(|rule| self.malformed(name, format!("{name} {rule}"))).ok()
    }

    /// A truth value that may be left out, which means no.
    pub fn optional_bool(&mut self, name: &'static str) -> bool {
        match self.take(name) {
            Field::Missing | Field::Invalid => false,
            Field::Present(Json::Boolean(value)) => value,
            Field::Present(other) => {
                let kind = other.kind();
                self.malformed(name, format!("{name} must be true or false, not {kind}"));
                false
            }
        }
    }

    /// Refuses a member that is well written and will not do here: why, and what to do instead.
    pub fn reject(&mut self, name: &'static str, rule: &str) {
        self.unprocessable(name, format!("{name} {rule}"));
    }

    /// Notes a fault if it is there: what to do instead completes the sentence that its name begins.
    pub fn is_excluded(&mut self, name: &'static str, rule: &str) {
        match self.take(name) {
            Field::Missing | Field::Invalid => {}
            Field::Present(_) => self.malformed(name, format!("{name} {rule}")),
        }
    }

    /// Refuses secrets: what is sent by event is logged, archived and replayed.
    pub(crate) fn forbid_in_events(&mut self, names: &'static [&'static str]) {
        self.withheld = names;
        for &name in names {
            let before = self.unread.len();
            self.unread.retain(|(unread, _)| unread != name);
            if self.unread.len() < before {
                self.unprocessable(name, format!("{name} {REPLACE_IT}"));
            }
        }
    }

    /// Every fault, among them the members that nothing has read.
    pub fn finish(self) -> Result<(), ApiError> {
        let faults = self.into_errors();
        if faults.is_empty() { Ok(()) } else { Err(RegistrationError::Invalid(faults).into()) }
    }

    pub(crate) fn into_errors(mut self) -> Vec<FieldError> {
        let known = self.known.join(", ");
        let unread = mem::take(&mut self.unread);
        let nameless = match self.at.strip_prefix('/') {
            Some(object) => format!("a member of {object}"),
            None => "a member".to_owned(),
        };
        for (name, _) in unread.iter().take(MAX_UNKNOWN_FIELDS) {
            let (place, subject) =
                if is_safe_to_echo(name) { (&**name, &**name) } else { ("", &*nameless) };
            self.malformed(
                place,
                format!("{subject} is not known here: remove it, or use one of {known}"),
            );
        }
        if let Some(more @ 1..) = unread.len().checked_sub(MAX_UNKNOWN_FIELDS) {
            self.malformed("", format!("{more} more members are not known here: remove them"));
        }
        self.faults
    }

    /// Takes a member out. One that comes twice is a fault.
    pub(crate) fn take(&mut self, name: &'static str) -> Field {
        self.knows(name);
        let mut found: Vec<_> = self.unread.extract_if(.., |(unread, _)| unread == name).collect();
        if found.len() > 1 {
            self.malformed(name, format!("{name} is given {} times: give it once", found.len()));
            return Field::Invalid;
        }
        match found.pop() {
            Some((_, value)) => Field::Present(value),
            None if self.spoiled(name) => Field::Invalid,
            None => Field::Missing,
        }
    }

    pub(crate) fn optional_text(&mut self, name: &'static str) -> Option<Zeroizing<String>> {
        match self.take(name) {
            Field::Missing | Field::Invalid => None,
            Field::Present(Json::String(text)) => Some(text),
            Field::Present(other) => {
                self.malformed(name, format!("{name} must be a string, not {}", other.kind()));
                None
            }
        }
    }

    fn text(
        &mut self,
        name: &'static str,
        rule: impl FnOnce() -> Option<String>,
    ) -> Option<Zeroizing<String>> {
        if !self.has(name) && !self.spoiled(name) {
            // The rule that an empty text breaks is the rule for all of them.
            let rule = rule().map_or_else(String::new, |rule| format!(": it {rule}"));
            self.malformed(name, format!("{name} is missing{rule}"));
            return None;
        }
        self.optional_text(name)
    }

    pub(crate) fn parse<T>(&mut self, name: &str, text: &str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        text.parse().map_err(|rule| self.malformed(name, format!("{name} {rule}"))).ok()
    }

    pub(crate) fn malformed(&mut self, place: &str, detail: String) {
        let pointer = self.pointer(place);
        self.faults.push(FieldError::malformed(pointer, detail));
    }

    pub(crate) fn unprocessable(&mut self, place: &str, detail: String) {
        let pointer = self.pointer(place);
        self.faults.push(FieldError::unprocessable(pointer, detail));
    }

    pub(crate) fn extend_errors(&mut self, faults: Vec<FieldError>) {
        self.faults.extend(faults);
    }

    pub(crate) fn pointer(&self, place: &str) -> String {
        if place.is_empty() { self.at.clone() } else { format!("{}/{place}", self.at) }
    }

    fn spoiled(&self, name: &str) -> bool {
        let pointer = self.pointer(name);
        self.faults.iter().any(|fault| fault.pointer == pointer)
    }

    fn knows(&mut self, name: &'static str) {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
    }
}

/// The longest name that may have digits in it: as short as no secret is.
const SHORT_NAME: usize = 11;

/// Whether a member's name can be repeated: what does not look like one may be a secret that slipped, and keys have digits.
fn is_safe_to_echo(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || b"_-".contains(&byte);
    let short = name.len() <= SHORT_NAME;
    (1..=32).contains(&name.len())
        && name.bytes().all(|byte| letter(byte) || (short && byte.is_ascii_digit()))
}
