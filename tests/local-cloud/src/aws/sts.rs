//! Fake STS: `AssumeRole`, `GetCallerIdentity` and `GetAccessKeyInfo`.
use super::assume;
use super::caller::Caller;
use super::error::AwsError;
use super::form::Form;
use super::store::Store;
use super::xml::Xml;

/// Serves a call of STS.
pub(crate) fn serve(
    store: &mut Store,
    caller: &Caller,
    operation: &str,
    form: &Form,
) -> Result<Xml, AwsError> {
    match operation {
        "GetCallerIdentity" => Ok(get_caller_identity(caller)),
        "GetAccessKeyInfo" => get_access_key_info(store, caller, form),
        "AssumeRole" => assume::assume_role(store, caller, form),
        _ => Err(super::invalid_action(operation, "2011-06-15")),
    }
}

/// Serves `GetCallerIdentity`. No policy can deny it.
fn get_caller_identity(caller: &Caller) -> Xml {
    let mut xml = Xml::default();
    xml.element("Arn", &caller.arn)
        .element("UserId", &caller.id)
        .element("Account", caller.account());
    xml
}

/// Serves `GetAccessKeyInfo`.
fn get_access_key_info(store: &Store, caller: &Caller, form: &Form) -> Result<Xml, AwsError> {
    let id = form.required("AccessKeyId")?;
    store.authorize(caller, "sts:GetAccessKeyInfo", "*", "*", &store.context(caller))?;
    let account_of_key = store.keys.get(id).map(|key| &key.account_key);
    let account_key =
        account_of_key.or_else(|| store.sessions.get(id).map(|session| &session.account_key));
    let account_key = account_key.filter(|account_key| account_key.0 == caller.partition());
    let account_key = account_key.ok_or_else(|| AwsError::validation("Invalid access key ID."))?;
    let mut xml = Xml::default();
    xml.element("Account", &account_key.1);
    Ok(xml)
}
