//! Entry points for the fuzz targets.

use gangway_model::Scope;
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use crate::{
    error_response::ErrorResponse,
    response::{
        Account, Accounts, Endpoints, Features, Overlords, Policies, PortalCredentials, Projects,
        StsSource, User,
    },
};

/// Returns all error messages that Gangway makes from a response with this status and body.
/// `secret` is a secret in the request. No message may contain this secret.
pub fn messages(status: u16, body: &[u8], secret: &str) -> Vec<String> {
    if (400..=500).contains(&status) {
        let key = SecretString::from("another secret");
        let error = ErrorResponse::parse(status, body, &key, &[SecretString::from(secret)]);
        return error.map(|error| vec![error.reason, error.code]).unwrap_or_default();
    }
    if let Ok(account) = serde_json::from_slice::<Account>(body) {
        drop(account.into_cloud_account(&Scope::Tenant));
    }
    let errors = [
        parse_error::<Accounts>(body),
        parse_error::<Endpoints>(body),
        parse_error::<Features>(body),
        parse_error::<Overlords>(body),
        parse_error::<Policies>(body),
        parse_error::<Projects>(body),
        parse_error::<PortalCredentials>(body),
        parse_error::<StsSource>(body),
        parse_error::<User>(body),
    ];
    errors.into_iter().flatten().collect()
}

fn parse_error<T: DeserializeOwned>(body: &[u8]) -> Option<String> {
    let error = serde_json::from_slice::<T>(body).err()?;
    let error = crate::error::invalid_response(&error);
    Some(format!("{error} {error:?}"))
}
