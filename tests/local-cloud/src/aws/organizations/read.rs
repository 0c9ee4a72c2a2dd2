//! What is asked for one by one.
use serde_json::{Value, json};

use super::ask::{OrganizationsCall, invalid, not_found};
use crate::aws::refusal::AwsError;

/// Any member may ask.
pub(super) fn organization(ask: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = ask.organization()?;
    ask.authorize("*")?;
    let management = &organization.management;
    let email = organization.members.get(management).map(|member| &member.email);
    Ok(json!({"Organization": {
        "Id": organization.id,
        "Arn": organization.organization_arn(),
        "FeatureSet": "ALL",
        "MasterAccountId": management,
        "MasterAccountArn": organization.account_arn(management),
        "MasterAccountEmail": email,
        "AvailablePolicyTypes": [],
    }}))
}

pub(super) fn account(ask: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = ask.administered_organization()?;
    let id = ask.account_id("AccountId")?;
    ask.authorize(&organization.account_arn(id))?;
    let member = organization.members.get(id);
    let member = member.ok_or_else(|| not_found("AccountNotFoundException", "an account"))?;
    Ok(json!({"Account": organization.account(id, member)}))
}

pub(super) fn unit(ask: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = ask.administered_organization()?;
    let id = ask.required("OrganizationalUnitId")?;
    ask.authorize(&organization.parent_arn(id))?;
    let unit = organization.units.get(id);
    let unit = unit.ok_or_else(|| not_found("OrganizationalUnitNotFoundException", "an OU"))?;
    Ok(json!({"OrganizationalUnit": organization.unit(id, unit)}))
}

pub(super) fn create_account_status(ask: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = ask.administered_organization()?;
    let id = ask.required("CreateAccountRequestId")?;
    if !id.starts_with("car-") {
        return Err(invalid("CreateAccountRequestId must match ^car-[a-z0-9]{8,32}$."));
    }
    ask.authorize("*")?;
    let found = organization.creations.get(id);
    let found = found.ok_or_else(|| {
        not_found("CreateAccountStatusNotFoundException", "a create account request")
    })?;
    Ok(json!({"CreateAccountStatus": found.status(id)}))
}
