//! Creates, updates and deletes Pod Identity associations.
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::associations::association_json;
use super::call::{EksCall, invalid_parameter, not_found};
use super::pods::POD_IDENTITY_SERVICE;
use super::state::{Addon, Association};
use crate::aws::error::AwsError;

/// Quota of associations per cluster.
const MAX_ASSOCIATIONS: usize = 1000;

/// Returns the account of `arn:<partition>:iam::<account>:role/…`.
fn account_of_role<'a>(arn: &'a str, partition: &str) -> Option<&'a str> {
    match arn.splitn(6, ':').collect::<Vec<_>>().as_slice() {
        ["arn", own, "iam", "", account, rest]
            if *own == partition
                && rest.strip_prefix("role/").is_some_and(|name| !name.is_empty()) =>
        {
            Some(account)
        }
        _ => None,
    }
}

impl EksCall<'_> {
    fn required(&self, name: &str) -> Result<String, AwsError> {
        let value = self.body.string(name)?.filter(|text| !text.is_empty());
        value.map(str::to_owned).ok_or_else(|| invalid_parameter(format!("{name} is required.")))
    }

    /// Checks that the caller may pass the role, and that it is in the cluster's account.
    fn authorize_pass_role(&self, arn: &str) -> Result<(), AwsError> {
        let account = account_of_role(arn, self.caller.partition());
        let account =
            account.ok_or_else(|| invalid_parameter(format!("Invalid role ARN: {arn}")))?;
        if account != self.caller.account() {
            return Err(invalid_parameter("Cross-account pass role is not allowed."));
        }
        let context = self.store.context(self.caller);
        self.store.authorize(self.caller, "iam:GetRole", arn, arn, &context)?;
        let context = context.with("iam:PassedToService", POD_IDENTITY_SERVICE);
        self.store.authorize(self.caller, "iam:PassRole", arn, arn, &context)
    }

    fn target_role(&self) -> Result<Option<String>, AwsError> {
        let Some(arn) = self.body.string("targetRoleArn")?.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        if account_of_role(arn, self.caller.partition()).is_none() {
            return Err(invalid_parameter(format!("Invalid target role ARN: {arn}")));
        }
        Ok(Some(arn.to_owned()))
    }

    fn external_id(&self, cluster: &str, namespace: &str, service_account: &str) -> String {
        let (region, account) = (&self.caller.region, self.caller.account());
        format!("{region}/{account}/{cluster}/{namespace}/{service_account}")
    }
}

pub(super) fn create(call: &mut EksCall<'_>, name: &str) -> Result<Value, AwsError> {
    call.authorize(&call.arn(&format!("cluster/{name}")))?;
    let (namespace, service_account) =
        (call.required("namespace")?, call.required("serviceAccount")?);
    let role = call.required("roleArn")?;
    call.authorize_pass_role(&role)?;
    let target = call.target_role()?;
    if call.body.member("tags").is_some() {
        let arn = call.arn(&format!("podidentityassociation/{name}/*"));
        let context = call.store.context(call.caller);
        call.store.authorize(call.caller, "eks:TagResource", &arn, &arn, &context)?;
    }
    let token = call.body.string("clientRequestToken")?.map(str::to_owned);
    let cluster = call.find_cluster(name)?;
    let same = cluster
        .associations
        .values()
        .find(|one| one.namespace == namespace && one.service_account == service_account);
    if let Some(existing) = same {
        let repeated = token.is_some()
            && (&existing.token, &existing.role, &existing.target) == (&token, &role, &target);
        if repeated {
            return Ok(association_json(call, name, existing));
        }
        let message = format!("Association already exists: {}", existing.id);
        return Err(AwsError::new(409, "ResourceInUseException", message));
    }
    if cluster.status != "ACTIVE" {
        let message = format!("Cluster {name} is not in ACTIVE status");
        return Err(AwsError::new(400, "InvalidRequestException", message));
    }
    if cluster.associations.len() >= MAX_ASSOCIATIONS {
        let message = "The maximum number of associations of this cluster is reached";
        return Err(AwsError::new(400, "ResourceLimitExceededException", message));
    }
    let id = call.store.generate_lower_case_id("a-", 17);
    let external_id =
        target.is_some().then(|| call.external_id(name, &namespace, &service_account));
    let now = call.store.now();
    let tags = call.body.member("tags").and_then(Value::as_object);
    let tags: BTreeMap<_, _> = tags
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect();
    let association = Association {
        id: id.clone(),
        namespace,
        service_account,
        role,
        target,
        external_id,
        disable_session_tags: call.body.member("disableSessionTags") == Some(&Value::Bool(true)),
        policy: None,
        owner: None,
        tags,
        created: now,
        modified: now,
        token,
        stale_reads: call.store.hide_new_for_reads,
        previous: None,
    };
    call.find_cluster_mut(name)?.associations.insert(id, association.clone());
    Ok(association_json(call, name, &association))
}

/// Installs an add-on. Like EKS, returns before it runs.
pub(super) fn create_addon(call: &mut EksCall<'_>, name: &str) -> Result<Value, AwsError> {
    call.authorize(&call.arn(&format!("cluster/{name}")))?;
    let addon = call.required("addonName")?;
    let cluster = call.find_cluster_mut(name)?;
    if cluster.addons.contains_key(&addon) {
        return Err(AwsError::new(409, "ResourceInUseException", "Addon already exists."));
    }
    if cluster.status != "ACTIVE" {
        let message = format!("Cluster {name} is not in ACTIVE status");
        return Err(AwsError::new(400, "InvalidRequestException", message));
    }
    let (status, version) = ("ACTIVE".to_owned(), "v1.3.8-eksbuild.2".to_owned());
    let new = Addon { status, version, issues: Vec::new(), creating_reads: 2 };
    cluster.addons.insert(addon.clone(), new);
    Ok(json!({"addon": {"addonName": addon, "clusterName": name, "status": "CREATING"}}))
}

pub(super) fn update(call: &mut EksCall<'_>, name: &str, id: &str) -> Result<Value, AwsError> {
    call.authorize(&call.arn(&format!("podidentityassociation/{name}/{id}")))?;
    let missing =
        || not_found(format!("The association specified does not exist. Association Id: {id}"));
    let existing = call.find_cluster(name)?.associations.get(id).ok_or_else(missing)?.clone();
    if existing.owner.is_some() {
        let message = "The association is owned by an addon and cannot be changed by itself";
        return Err(AwsError::new(400, "InvalidRequestException", message));
    }
    let mut changed = existing.clone();
    if let Some(role) = call.body.string("roleArn")? {
        call.authorize_pass_role(role)?;
        role.clone_into(&mut changed.role);
    }
    if call.body.member("targetRoleArn").is_some() {
        changed.target = call.target_role()?;
        let issued = call.external_id(name, &existing.namespace, &existing.service_account);
        changed.external_id = changed.target.is_some().then_some(issued);
    }
    if let Some(tags) = call.body.member("disableSessionTags") {
        changed.disable_session_tags = *tags == Value::Bool(true);
    }
    let settings =
        |one: &Association| (one.role.clone(), one.target.clone(), one.disable_session_tags);
    if settings(&changed) == settings(&existing) {
        return Err(invalid_parameter("No changes needed for the association"));
    }
    changed.modified = call.store.now();
    changed.stale_reads = call.store.hide_new_for_reads;
    changed.previous = Some(Box::new(Association { previous: None, ..existing }));
    call.find_cluster_mut(name)?.associations.insert(id.to_owned(), changed.clone());
    Ok(association_json(call, name, &changed))
}

pub(super) fn delete(call: &mut EksCall<'_>, name: &str, id: &str) -> Result<Value, AwsError> {
    call.authorize(&call.arn(&format!("podidentityassociation/{name}/{id}")))?;
    let missing =
        || not_found(format!("The association specified does not exist. Association Id: {id}"));
    let deleted = call.find_cluster_mut(name)?.associations.remove(id).ok_or_else(missing)?;
    Ok(association_json(call, name, &deleted))
}
