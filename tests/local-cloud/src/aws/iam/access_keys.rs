//! Access keys of a user.
use super::IamCall;
use crate::aws::error::AwsError;
use crate::aws::store::{AccessKey, Owner};
use crate::aws::xml::Xml;
use crate::clock::iso8601;

impl IamCall<'_> {
    fn access_keys_of(&self, user: &str) -> Vec<&AccessKey> {
        let owner = Owner::User(user.to_owned());
        let own =
            |key: &&AccessKey| key.account_key == self.caller.account_key && key.owner == owner;
        let mut keys: Vec<_> = self.store.keys.values().filter(own).collect();
        keys.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        keys
    }

    fn key_mut(&mut self) -> Result<&mut AccessKey, AwsError> {
        let id = self.form.required("AccessKeyId")?.to_owned();
        let owner = Owner::User(self.user()?.name.clone());
        let account_key = &self.caller.account_key;
        let found = self
            .store
            .keys
            .get_mut(&id)
            .filter(|key| key.account_key == *account_key && key.owner == owner);
        found.ok_or_else(|| {
            AwsError::no_such_entity(format!("The Access Key with id {id} cannot be found."))
        })
    }
}

fn status_name(key: &AccessKey) -> &'static str {
    if key.active { "Active" } else { "Inactive" }
}

pub(super) fn list(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let user = &call.user()?.name;
    let (page, marker) = call.page(call.access_keys_of(user))?;
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

pub(super) fn last_used(call: &IamCall<'_>) -> Result<Xml, AwsError> {
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
    xml.nested_element("AccessKeyLastUsed", |xml| match &key.used {
        Some((at, service, region)) => {
            xml.element("LastUsedDate", iso8601(*at))
                .element("ServiceName", service)
                .element("Region", region);
        }
        None => {
            xml.element("ServiceName", "N/A").element("Region", "N/A");
        }
    });
    Ok(xml)
}

pub(super) fn create(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let user = call.user()?.name.clone();
    let quota = call.quota("AccessKeysPerUserQuota");
    if call.access_keys_of(&user).len() >= quota {
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

pub(super) fn update(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let active = match call.form.required("Status")? {
        "Active" => true,
        "Inactive" => false,
        other => {
            return Err(AwsError::validation(format!(
                "Status must be Active or Inactive, not {other}."
            )));
        }
    };
    call.key_mut()?.active = active;
    Ok(Xml::default())
}

pub(super) fn delete(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let id = call.key_mut()?.id.clone();
    call.store.keys.remove(&id);
    Ok(Xml::default())
}
