//! Writes a log line for each account that Gangway changes in Palette, for every trigger. Each log
//! line of a request contains the caller or the event.

use gangway_model::{AccountId, AuthMethod, CloudAccount, Registration, SecretArn, Uid};

/// Logs an account that was created or updated. `change` is `created` or `updated`.
pub(crate) fn log_written(
    registration: &Registration,
    uid: &Uid,
    change: &'static str,
    secret: Option<&SecretArn>,
) {
    let Registration { name, account, scope, credential, waived_checks, .. } = registration;
    let (scope, name, uid) = (scope.to_string(), name.as_str(), uid.as_str());
    let method = credential.method().id();
    let secret = secret.map(SecretArn::as_str);
    let waived: Vec<_> = waived_checks.iter().map(|check| check.id).collect();
    let waived = (!waived.is_empty()).then(|| waived.join(","));
    tracing::info!(
        change,
        scope,
        name,
        uid,
        method,
        awsAccountId = account.as_str(),
        secretArn = secret,
        waivedChecks = waived,
        "account changed"
    );
}

/// Logs an account that was deleted.
pub(crate) fn log_deleted(account: &CloudAccount) {
    let CloudAccount { name, uid, scope, access, .. } = account;
    let (scope, name, uid) = (scope.to_string(), name.as_str(), uid.as_str());
    let method = access.method().map(AuthMethod::id);
    let aws_account = account.aws_account();
    let aws_account = aws_account.as_ref().map(AccountId::as_str);
    tracing::info!(
        change = "deleted",
        scope,
        name,
        uid,
        method,
        awsAccountId = aws_account,
        "account changed"
    );
}
