//! STS: who calls, and roles that are assumed.
use super::assume;
use super::caller::Caller;
use super::form::Form;
use super::refusal::AwsError;
use super::store::Store;
use super::xml::Xml;

pub(crate) fn serve(
    store: &mut Store,
    caller: &Caller,
    operation: &str,
    form: &Form,
) -> Result<Xml, AwsError> {
    match operation {
        "GetCallerIdentity" => Ok(caller_identity(caller)),
        "GetAccessKeyInfo" => access_key_info(store, caller, form),
        "AssumeRole" => assume::role(store, caller, form),
        _ => Err(super::invalid_action(operation, "2011-06-15")),
    }
}

/// Needs no permission, and no policy can deny it.
fn caller_identity(caller: &Caller) -> Xml {
    let mut xml = Xml::default();
    xml.element("Arn", &caller.arn)
        .element("UserId", &caller.id)
        .element("Account", caller.account());
    xml
}

fn access_key_info(store: &Store, caller: &Caller, form: &Form) -> Result<Xml, AwsError> {
    let id = form.need("AccessKeyId")?;
    store.authorize(caller, "sts:GetAccessKeyInfo", "*", "*", &store.context(caller))?;
    let long_lived = store.keys.get(id).map(|key| &key.home);
    let home = long_lived.or_else(|| store.sessions.get(id).map(|session| &session.home));
    let home = home.filter(|home| home.0 == caller.partition());
    let home = home.ok_or_else(|| AwsError::validation("Invalid access key ID."))?;
    let mut xml = Xml::default();
    xml.element("Account", &home.1);
    Ok(xml)
}
