//! IAM actions that list, create, change and delete the access keys of a user.
use super::IamCall;
use crate::aws::error::AwsError;
use crate::aws::store::{AccessKey, Owner};
use crate::aws::xml::Xml;
use crate::clock::iso8601;

impl IamCall<'_> {
    /// Finds the access keys of a user, oldest first.
    fn find_access_keys(&self, user: &str) -> Vec<&AccessKey> {
        let owner = Owner::User(user.to_owned());
        let is_own =
            |key: &&AccessKey| key.account_key == self.caller.account_key && key.owner == owner;
        let mut keys: Vec<_> = self.store.keys.values().filter(is_own).collect();
        keys.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        keys
    }

    /// Authorizes the call. Returns the access key that the parameters `UserName` and `AccessKeyId`
    /// name.
    fn key_mut(&mut self) -> Result<&mut AccessKey, AwsError> {
        let id = self.form.required("AccessKeyId")?.to_owned();
        let owner = Owner::User(self.user()?.name.clone());
        let account_key = &self.caller.account_key;
        let key = self
            .store
            .keys
            .get_mut(&id)
            .filter(|key| key.account_key == *account_key && key.owner == owner);
        key.ok_or_else(|| {
            AwsError::no_such_entity(format!("The Access Key with id {id} cannot be found."))
        })
    }
}

/// Returns the value of `Status` for an access key.
fn status_name(key: &AccessKey) -> &'static str {
    if key.active { "Active" } else { "Inactive" }
}

/// Serves `ListAccessKeys`.
pub(super) fn list(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let user = &call.user()?.name;
    let (page, marker) = call.page(call.find_access_keys(user))?;
    let mut xml = Xml::default();
    xml.element("UserName", user);
    xml.list("AccessKeyMetadata", page, |xml, key| {
        xml.element("UserName", user)
            .element("AccessKeyId", &key.id)
            .element("Status", status_name(key));
        xml.element("CreateDate", iso8601(key.created));
    });
    super::write_paging(&mut xml, marker);
    Ok(xml)
}

/// Serves `GetAccessKeyLastUsed`.
pub(super) fn get_last_use(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let id = call.form.required("AccessKeyId")?;
    let key = call.store.keys.get(id).filter(|key| key.account_key == call.caller.account_key);
    let user = key.and_then(|key| match &key.owner {
        Owner::User(name) => Some(name),
        Owner::Root => None,
    });
    let resource = user.map_or_else(|| "*".to_owned(), |name| call.arn(&format!("user/{name}")));
    call.authorize(
        &resource,
        &user.map_or_else(|| format!("access key {id}"), |name| format!("user {name}")),
    )?;
    let key = key.ok_or_else(|| {
        AwsError::no_such_entity(format!("The Access Key with id {id} cannot be found."))
    })?;
    let mut xml = Xml::default();
    xml.optional_element("UserName", user);
    xml.nested_element("AccessKeyLastUsed", |xml| match &key.last_use {
        Some((time, service, region)) => {
            xml.element("LastUsedDate", iso8601(*time))
                .element("ServiceName", service)
                .element("Region", region);
        }
        None => {
            xml.element("ServiceName", "N/A").element("Region", "N/A");
        }
    });
    Ok(xml)
}

/// Serves `CreateAccessKey`.
pub(super) fn create(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let user = call.user()?.name.clone();
    let quota = call.quota("AccessKeysPerUserQuota");
    if call.find_access_keys(&user).len() >= quota {
        return Err(AwsError::new(
            409,
            "LimitExceeded",
            format!("Cannot exceed quota for AccessKeysPerUser: {quota}"),
        ));
    }
    let key = call.store.create_access_key(&call.caller.account_key, Owner::User(user.clone()));
    let mut xml = Xml::default();
    xml.nested_element("AccessKey", |xml| {
        xml.element("UserName", user)
            .element("AccessKeyId", &key.id)
            .element("Status", status_name(&key));
        xml.element("SecretAccessKey", &key.secret).element("CreateDate", iso8601(key.created));
    });
    Ok(xml)
}

/// Serves `UpdateAccessKey`.
pub(super) fn update(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let is_active = match call.form.required("Status")? {
        "Active" => true,
        "Inactive" => false,
        other => {
            return Err(AwsError::validation(format!(
                "Status must be Active or Inactive, not {other}."
            )));
        }
    };
    call.key_mut()?.active = is_active;
    Ok(Xml::default())
}

/// Serves `DeleteAccessKey`.
pub(super) fn delete(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let id = call.key_mut()?.id.clone();
    call.store.keys.remove(&id);
    Ok(Xml::default())
}
