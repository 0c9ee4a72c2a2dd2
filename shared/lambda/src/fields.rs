//! Reads the fields of a request one by one, and collects every error.

use std::{fmt::Display, mem, str::FromStr};

use gangway_model::{
    Check, FieldError, RegistrationError, RequestLimits, RequestedScope, UidOrName,
};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::{ApiError, json::Json, logs};

/// Largest number of unknown fields that have an error each. One more error gives the number of the
/// others.
const MAX_UNKNOWN_FIELDS: usize = 20;

/// Names of fields with secret values. Gangway rejects secret fields in events and in resources of
/// stacks, because other services log, archive and replay events and resources.
pub(crate) const SECRET_FIELDS: [&str; 2] = ["secretAccessKey", "userKey"];

/// Members that contain a key. Gangway searches all other members for the value of the key, except
/// the members in the list: they may contain the value, or get another error.
const KEY_MEMBERS: [(&str, &[&str]); 3] = [
    ("secretAccessKey", &[]),
    ("userKey", &["certificateAuthority", "userCertificate"]),
    // The id of an access key is not secret: a description such as "key AKIA… of 2026" is allowed.
    ("accessKeyId", &["description", "secretAccessKey"]),
];

/// Shortest text, in bytes, that counts as a secret. No access key is shorter.
const MIN_SECRET_LEN: usize = 16;

/// Rule for a secret field in the properties of a CloudFormation resource.
const SECRET_IN_STACK: &str = "must not be in a stack: a role has no key; this key was sent to CloudFormation and SNS and should be replaced";

/// The fields of a JSON object or the parameters of a query, from which they are read one by one.
///
/// Each reader, such as [`Fields::required`], returns `None` after recording an error.
/// [`Fields::finish`] returns the struct that was built from the fields, or every error. An error
/// never contains a value.
#[must_use = "`finish` returns the errors"]
pub struct Fields {
    /// JSON pointer of this object in the request. Empty for the whole request.
    pointer: String,
    /// Names and values of the fields that no reader has taken yet.
    unread: Vec<(String, Json)>,
    /// Names of the fields that a reader has asked for.
    known: Vec<&'static str>,
    /// Words for a field in an error that must not contain the name of the field.
    unnamed: &'static str,
    /// Names of the secret fields that this request must not contain.
    forbidden: &'static [&'static str],
    /// Members that contain the value of a secret member, each with the name of the secret member.
    /// Such a member gets an error unless it has one already: Gangway logs other members, sends
    /// them to Palette in clear text, or uses them as tags.
    repeated_secrets: Vec<(String, &'static str)>,
    errors: Vec<FieldError>,
    /// Name of the account, for the log line.
    pub(crate) account_name: Option<String>,
    /// The scope in the path of an HTTP request.
    pub(crate) path_scope: Option<RequestedScope>,
    /// The projects that an event may name. `None` for an HTTP request, where the IAM policies of
    /// the caller decide.
    pub(crate) event_projects: Option<Vec<UidOrName>>,
    /// The checks that the request may waive.
    pub(crate) waivable_checks: Vec<&'static Check>,
}

/// The state of a field of the request.
pub(crate) enum Field {
    Missing,
    /// The field has an error already.
    Invalid,
    Present(Json),
}

impl Fields {
    /// Parses a JSON document, which must be an object. A field that no reader takes is an error.
    pub fn from_json(document: &str) -> Result<Self, FieldError> {
        let document = Json::parse(document)
            .map_err(|error| FieldError::malformed("", format!("the request {error}")))?;
        let kind = document.kind();
        let Json::Object(members) = document else {
            let error = format!("the request must be a JSON object, not {kind}");
            return Err(FieldError::malformed("", error));
        };
        let mut fields = Self::new(String::new(), members);
        fields.repeated_secrets = fields.find_repeated_secrets();
        Ok(fields)
    }

    /// Returns the members that contain the value of a secret member, each with the name of the
    /// secret member.
    fn find_repeated_secrets(&self) -> Vec<(String, &'static str)> {
        let mut repeated = Vec::new();
        for (secret, exempt) in KEY_MEMBERS {
            let sent = self.unread.iter().filter(|(name, _)| name == secret);
            let values: Vec<_> = sent.flat_map(|(_, value)| secret_parts(value)).collect();
            let others = self.unread.iter().filter(|(name, value)| {
                name != secret
                    && !exempt.contains(&name.as_str())
                    && is_safe_to_echo(name)
                    && values.iter().any(|value_of_it| value.contains_text(value_of_it))
            });
            repeated.extend(others.map(|(name, _)| (name.clone(), secret)));
        }
        repeated
    }

    /// Parses the properties of a CloudFormation resource, which are a JSON object. A secret field
    /// is an error, and so is a field that nothing reads.
    pub fn of_stack(document: &str, limits: &RequestLimits) -> Result<Self, FieldError> {
        let mut fields = Self::from_json(document)?.with_waivable_checks(&limits.waivable_checks);
        fields.forbid_secrets(&SECRET_FIELDS, SECRET_IN_STACK);
        Ok(fields)
    }

    /// Takes the parameters of a query. A parameter that nothing reads is an error: a caller who
    /// sends an unknown parameter expects it to change the response.
    pub(crate) fn from_query<'a>(
        parameters: impl Iterator<Item = (&'a String, &'a String)>,
    ) -> Self {
        let text = |text: &String| Json::String(Zeroizing::new(text.clone()));
        let unread = parameters.map(|(name, value)| (name.clone(), text(value))).collect();
        Self { unnamed: "a query parameter", ..Self::new(String::new(), unread) }
    }

    pub(crate) fn empty() -> Self {
        Self::new(String::new(), Vec::new())
    }

    pub(crate) fn new(pointer: String, unread: Vec<(String, Json)>) -> Self {
        let (known, errors) = (Vec::new(), Vec::new());
        Self {
            pointer,
            unread,
            known,
            unnamed: "a member",
            forbidden: &[],
            repeated_secrets: Vec::new(),
            errors,
            account_name: None,
            path_scope: None,
            event_projects: None,
            waivable_checks: Vec::new(),
        }
    }

    pub(crate) fn with_scope(self, scope: RequestedScope) -> Self {
        Self { path_scope: Some(scope), ..self }
    }

    pub(crate) fn with_event_projects(self, projects: &[UidOrName]) -> Self {
        Self { event_projects: Some(projects.to_vec()), ..self }
    }

    pub(crate) fn with_waivable_checks(self, checks: &[&'static Check]) -> Self {
        Self { waivable_checks: checks.to_vec(), ..self }
    }

    /// Returns `true` if the request has the field, with any value.
    pub fn has(&mut self, name: &'static str) -> bool {
        self.add_known_name(name);
        self.unread.iter().any(|(unread, _)| unread == name)
    }

    /// Parses a string field that must be present.
    pub fn required<T>(&mut self, name: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        let text =
            self.required_text(name, || T::from_str("").err().map(|rule| rule.to_string()))?;
        self.parse(name, &text)
    }

    /// Parses a string field that may be left out. Returns `None` if the field is left out, and
    /// after an error.
    pub fn optional<T>(&mut self, name: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        let text = self.optional_text(name)?;
        self.parse(name, &text)
    }

    /// Parses a string that may be left out, with the function `parse`. If `parse` returns `None`,
    /// records an error: the field's name, followed by `rule`.
    pub fn optional_with<T>(
        &mut self,
        name: &'static str,
        rule: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = parse(&self.optional_text(name)?);
        if value.is_none() {
            self.malformed(name, rule);
        }
        value
    }

    /// Parses a string field that must be present and whose value is secret.
    pub fn secret<T>(&mut self, name: &'static str) -> Option<T>
    where
        T: TryFrom<SecretString, Error: Display>,
    {
        let is_forbidden = self.forbidden.contains(&name);
        let rule = || match T::try_from(SecretString::default()) {
            _ if is_forbidden => Some("must not be in an event: send secretArn".to_owned()),
            Ok(_) => None,
            Err(rule) => Some(rule.to_string()),
        };
        let mut text = self.required_text(name, rule)?;
        let secret = T::try_from(SecretString::from(mem::take(&mut *text)));
        secret.map_err(|rule| self.malformed(name, rule)).ok()
    }

    /// Reads a boolean. A field that is left out means `false`.
    pub fn optional_bool(&mut self, name: &'static str) -> bool {
        self.optional_bool_or(name, false)
    }

    /// Reads a boolean. A field that is left out means `default`.
    pub fn optional_bool_or(&mut self, name: &'static str, default: bool) -> bool {
        match self.take(name) {
            Field::Missing | Field::Invalid => default,
            Field::Present(Json::Boolean(value)) => value,
            Field::Present(other) => {
                self.malformed(name, format_args!("must be true or false, not {}", other.kind()));
                false
            }
        }
    }

    /// Records the error that a field violates the schema of the API (status 400). The message is
    /// the field's name, followed by `rule`.
    pub fn malformed(&mut self, name: &str, rule: impl Display) {
        self.add_malformed(name, format!("{name} {rule}"));
    }

    /// Records the error that a value fits the schema but is not possible here (status 422). The
    /// message is the field's name, followed by `rule`, which says what to send instead.
    pub fn reject(&mut self, name: &str, rule: impl Display) {
        self.add_unprocessable(name, format!("{name} {rule}"));
    }

    /// Records an error if the field is present. The message is the field's name, followed by
    /// `rule`.
    pub fn forbid(&mut self, name: &'static str, rule: &str) {
        match self.take(name) {
            Field::Missing | Field::Invalid => {}
            Field::Present(_) => self.malformed(name, rule),
        }
    }

    /// Records an error for each of these secret fields that is present. For requests that other
    /// services log, archive and replay.
    pub(crate) fn forbid_secrets(&mut self, names: &'static [&'static str], rule: &str) {
        self.forbidden = names;
        for &name in names {
            let before = self.unread.len();
            self.unread.retain(|(unread, _)| unread != name);
            if self.unread.len() < before {
                self.reject(name, rule);
            }
        }
    }

    /// Returns `value` if there is no error, otherwise every error. `value` must be `None` if a
    /// reader of a required field returned `None`.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, ApiError> {
        let account_name = self.account_name.take();
        let errors = self.into_errors();
        match value {
            Some(value) if errors.is_empty() => {
                // The account's name is logged only without an error. With an error, the name may
                // be a secret that was sent in the wrong field.
                logs::update_fields(|fields| fields.name = account_name);
                Ok(value)
            }
            // `None` without an error is a defect of the code that calls this function.
            None if errors.is_empty() => Err(ApiError::Internal),
            Some(_) | None => Err(RegistrationError::Invalid(errors).into()),
        }
    }

    /// Returns every error. A field that no reader has taken is an error, too.
    pub(crate) fn into_errors(mut self) -> Vec<FieldError> {
        let unread = mem::take(&mut self.unread);
        let known = self.known.join(", ");
        let unnamed = match self.pointer.strip_prefix('/') {
            Some(object) => format!("a member of {object}"),
            None => self.unnamed.to_owned(),
        };
        for (name, _) in unread.iter().take(MAX_UNKNOWN_FIELDS) {
            let (place, subject) =
                if is_safe_to_echo(name) { (&**name, &**name) } else { ("", &*unnamed) };
            self.add_malformed(
                place,
                format!("{subject} is unknown: remove it, or use one of {known}"),
            );
        }
        if let Some(more @ 1..) = unread.len().checked_sub(MAX_UNKNOWN_FIELDS) {
            self.add_malformed("", format!("{more} more members are unknown: remove them"));
        }
        // A member that no reader has taken has an error already.
        let is_unread = |member: &str| unread.iter().any(|(name, _)| name == member);
        let mut repeated = mem::take(&mut self.repeated_secrets);
        repeated.retain(|(name, secret)| !is_unread(name) && !is_unread(secret));
        for (name, secret) in repeated {
            let pointer = self.pointer(&name);
            let has_own_error = |error: &FieldError| {
                let below = error.pointer.strip_prefix(&pointer);
                below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
            };
            if !self.errors.iter().any(has_own_error) {
                self.malformed(&name, format_args!("contains the value of {secret}: remove it"));
            }
        }
        self.errors
    }

    /// Removes a field from the unread fields and returns its value. A field that was sent twice is
    /// an error.
    pub(crate) fn take(&mut self, name: &'static str) -> Field {
        self.add_known_name(name);
        let mut found: Vec<_> = self.unread.extract_if(.., |(unread, _)| unread == name).collect();
        if found.len() > 1 {
            self.malformed(name, format_args!("is sent {} times: send it once", found.len()));
            return Field::Invalid;
        }
        match found.pop() {
            Some((_, value)) => Field::Present(value),
            None if self.has_error(name) => Field::Invalid,
            None => Field::Missing,
        }
    }

    /// Reads a string that may be left out. Returns `None` if the field is left out, and after an
    /// error.
    fn optional_text(&mut self, name: &'static str) -> Option<Zeroizing<String>> {
        match self.take(name) {
            Field::Missing | Field::Invalid => None,
            Field::Present(Json::String(text)) => Some(text),
            Field::Present(other) => {
                self.malformed(name, format_args!("must be a string, not {}", other.kind()));
                None
            }
        }
    }

    /// Reads a string that must be present. `rule` returns the rule of the field, for the error
    /// message.
    fn required_text(
        &mut self,
        name: &'static str,
        rule: impl FnOnce() -> Option<String>,
    ) -> Option<Zeroizing<String>> {
        if !self.has(name) && !self.has_error(name) {
            // The error for an empty string states the rule of the field.
            let rule = rule().map_or_else(String::new, |rule| format!(": it {rule}"));
            self.malformed(name, format_args!("is missing{rule}"));
            return None;
        }
        self.optional_text(name)
    }

    /// Parses the text of a field. Records an error if the text is invalid.
    fn parse<T>(&mut self, name: &str, text: &str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        text.parse().map_err(|rule| self.malformed(name, rule)).ok()
    }

    /// Records an error (status 400). `place` is the JSON pointer of the value below this object,
    /// and `detail` is the whole message.
    pub(crate) fn add_malformed(&mut self, place: &str, detail: String) {
        let pointer = self.pointer(place);
        self.errors.push(FieldError::malformed(pointer, detail));
    }

    /// Records an error (status 422). `place` is the JSON pointer of the value below this object,
    /// and `detail` is the whole message.
    pub(crate) fn add_unprocessable(&mut self, place: &str, detail: String) {
        let pointer = self.pointer(place);
        self.errors.push(FieldError::unprocessable(pointer, detail));
    }

    pub(crate) fn extend_errors(&mut self, errors: Vec<FieldError>) {
        self.errors.extend(errors);
    }

    /// Returns the whole JSON pointer of a value. `place` is its JSON pointer below this object.
    pub(crate) fn pointer(&self, place: &str) -> String {
        if place.is_empty() { self.pointer.clone() } else { format!("{}/{place}", self.pointer) }
    }

    fn has_error(&self, name: &str) -> bool {
        let pointer = self.pointer(name);
        self.errors.iter().any(|error| error.pointer == pointer)
    }

    /// Adds the name of a field that a reader has asked for.
    fn add_known_name(&mut self, name: &'static str) {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
    }
}

/// Returns the texts that no other member may contain: each line of a private key in PEM, or the
/// whole of another secret.
fn secret_parts(secret: &Json) -> Vec<Zeroizing<String>> {
    let Json::String(text) = secret else { return Vec::new() };
    let lines = text.split(['\n', '\r']).map(str::trim);
    lines
        .filter(|line| line.len() >= MIN_SECRET_LEN && !line.starts_with('-'))
        .map(|line| Zeroizing::new(line.to_owned()))
        .collect()
}

/// Longest text, in bytes, that may contain digits and is still safe to repeat. Every secret is
/// longer.
const MAX_LEN_WITH_DIGITS: usize = 11;

/// Returns `true` if a response or a log line may contain this text: the text is short and looks
/// like a name. Any other text may be a secret that was sent in the wrong field. Keys contain
/// digits, so only a very short text may contain some.
pub(crate) fn is_safe_to_echo(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || b"_-".contains(&byte);
    let may_have_digits = text.len() <= MAX_LEN_WITH_DIGITS;
    (1..=32).contains(&text.len())
        && text.bytes().all(|byte| is_letter(byte) || (may_have_digits && byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
