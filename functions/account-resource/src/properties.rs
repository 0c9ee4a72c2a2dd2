//! The properties of the resource. They are the fields of a registration over HTTP, with names that
//! begin with a capital letter.

#[cfg(test)]
mod tests;

use std::time::Duration;

use gangway_lambda::{ApiError, Fields};
use gangway_model::{
    AccountId, AccountSpec, AuthMethod, FieldError, Partition, RegistrationError, RequestLimits,
    RequestedScope, RoleArn,
};
use serde_json::{Map, Value};

/// Properties that CloudFormation itself reads.
const SERVICE_TOKEN: &str = "ServiceToken";
const SERVICE_TIMEOUT: &str = "ServiceTimeout";

/// CloudFormation's default timeout of a custom resource, in seconds.
const DEFAULT_TIMEOUT: u64 = 3600;

const OTHER_ACCOUNT: &str = "must be a role of the AWS account of the stack (AWS::AccountId): a stack registers its own account only";
const METHOD_RULE: &str =
    "must be sts: with keys or by an access portal, register the account over HTTP";
const LOWER_CASE: &str = "is unknown: the names of properties begin with a capital letter";

/// The account that a stack asks to register.
#[derive(Debug)]
pub(crate) struct WantedAccount {
    pub(crate) account: AccountSpec,
    pub(crate) role: RoleArn,
    /// The property `Scope`, if the template has it.
    pub(crate) scope: Option<RequestedScope>,
}

impl WantedAccount {
    /// Parses the properties. Returns every error at once, with the JSON Pointers that a request
    /// over HTTP has. [`to_property_error`] converts them.
    pub(crate) fn parse(
        properties: &Value,
        limits: &RequestLimits,
        deployed: Partition,
        stack_account: AccountId,
    ) -> Result<Self, RegistrationError> {
        let mut errors = Vec::new();
        let document = to_fields(properties, &mut errors);
        let mut fields = Fields::of_stack(&document.to_string(), limits)
            .map_err(|error| RegistrationError::Invalid(vec![error]))?;
        if fields.has("method")
            && fields
                .required::<AuthMethod>("method")
                .is_some_and(|method| method != AuthMethod::Sts)
        {
            fields.reject("method", METHOD_RULE);
        }
        let has_scope = fields.has("scope");
        let account = fields.account_spec(deployed, AuthMethod::Sts, false);
        let role = fields.role_arn("roleArn", deployed);
        if role.as_ref().is_some_and(|role| role.account() != stack_account) {
            fields.reject("roleArn", OTHER_ACCOUNT);
        }
        let wanted = account.zip(role).map(|(account, role)| {
            let scope = has_scope.then(|| account.scope.clone());
            Self { account, role, scope }
        });
        match fields.finish(wanted) {
            Ok(wanted) if errors.is_empty() => Ok(wanted),
            Err(ApiError::Registration(RegistrationError::Invalid(others))) => {
                errors.extend(others);
                Err(RegistrationError::Invalid(errors))
            }
            Ok(_) | Err(_) => Err(RegistrationError::Invalid(errors)),
        }
    }
}

/// Returns how long CloudFormation waits for the answer.
pub(crate) fn service_timeout(properties: &Value) -> Duration {
    let value = properties.get(SERVICE_TIMEOUT);
    let seconds = value.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
    Duration::from_secs(seconds.unwrap_or(DEFAULT_TIMEOUT).min(DEFAULT_TIMEOUT))
}

/// Returns the properties with the names of the fields of a request.
fn to_fields(properties: &Value, errors: &mut Vec<FieldError>) -> Value {
    let Value::Object(members) = properties else { return properties.clone() };
    let mut fields = Map::new();
    for (name, value) in members {
        if [SERVICE_TOKEN, SERVICE_TIMEOUT].contains(&name.as_str()) {
            continue;
        }
        let Some(field) =
            change_first_letter(name, char::is_uppercase, |first| first.to_ascii_lowercase())
        else {
            let detail = format!("a property {LOWER_CASE}");
            errors.push(FieldError::malformed("", detail));
            continue;
        };
        let value = if value.is_object() { to_fields(value, errors) } else { value.clone() };
        fields.insert(field, value);
    }
    Value::Object(fields)
}

/// Converts the field names in an error to the property names of the template.
pub(crate) fn to_property_error(error: &FieldError) -> FieldError {
    let names = error.pointer.split('/').skip(1).map(capitalize);
    let pointer = names.fold(String::new(), |pointer, name| pointer + "/" + &name);
    let mut detail = error.detail.clone();
    if let Some((name, rest)) = detail.split_once(' ')
        && error.pointer.rsplit('/').next() == Some(name)
    {
        detail = format!("{} {rest}", capitalize(name));
    }
    if let Some((before, known)) = detail.split_once("use one of ") {
        let known: Vec<_> = known.split(", ").map(capitalize).collect();
        detail = format!("{before}use one of {}", known.join(", "));
    }
    let pointer =
        if pointer.is_empty() { pointer } else { format!("/ResourceProperties{pointer}") };
    FieldError { pointer, detail, kind: error.kind }
}

fn capitalize(name: &str) -> String {
    change_first_letter(name, char::is_lowercase, |first| first.to_ascii_uppercase())
        .unwrap_or_else(|| name.to_owned())
}

/// Changes the first letter of a name. Returns `None` if the first letter is not as expected.
fn change_first_letter(
    name: &str,
    is_expected: fn(char) -> bool,
    change: impl Fn(char) -> char,
) -> Option<String> {
    let mut letters = name.chars();
    let first = letters.next().filter(|first| first.is_ascii() && is_expected(*first))?;
    Some(std::iter::once(change(first)).chain(letters).collect())
}
