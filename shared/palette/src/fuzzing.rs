//! What is made of Palette's answers, for tests that put any answer there is to it.

use gangway_model::Scope;
use secrecy::SecretString;

use crate::{
    error_response::ErrorResponse,
    response::{
        Account, Accounts, Endpoints, Features, Overlords, Policies, Projects, SessionKeys, Trust,
        User,
    },
};

/// Everything that is told of an answer with this status, where `secret` is what Palette was sent.
pub fn told(status: u16, body: &[u8], secret: &str) -> Vec<String> {
    if (400..=500).contains(&status) {
        let key = SecretString::from("another secret");
        let refusal = ErrorResponse::read(status, body, &key, &[SecretString::from(secret)]);
        return refusal.map(|it| vec![it.reason, it.code]).unwrap_or_default();
    }
    macro_rules! faults {
        ($($type:ty),*) => {
            [$(serde_json::from_slice::<$type>(body).map(drop)),*]
        };
    }
    let all = faults!(
        Accounts,
        Endpoints,
        Features,
        Overlords,
        Policies,
        Projects,
        SessionKeys,
        Trust,
        User
    );
    let faults = all.into_iter().filter_map(Result::err);
    if let Ok(account) = serde_json::from_slice::<Account>(body) {
        drop(account.into_cloud_account(&Scope::Tenant));
    }
    faults
        .map(|fault| crate::error::invalid_response(&fault))
        .map(|fault| format!("{fault} {fault:?}"))
        .collect()
}
