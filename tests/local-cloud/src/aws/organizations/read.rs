//! The `Describe…` operations of Organizations.
use serde_json::{Value, json};

use super::call::{OrganizationsCall, invalid_input, not_found};
use crate::aws::error::AwsError;

/// Serves `DescribeOrganization`, which every member account may call.
pub(super) fn describe_organization(call: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = call.organization()?;
    call.authorize("*")?;
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

/// Serves `DescribeAccount`.
pub(super) fn describe_account(call: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = call.administered_organization()?;
    let id = call.required_account_id("AccountId")?;
    call.authorize(&organization.account_arn(id))?;
    let member = organization.members.get(id);
    let member = member.ok_or_else(|| not_found("AccountNotFoundException", "an account"))?;
    Ok(json!({"Account": organization.account_json(id, member)}))
}

/// Serves `DescribeOrganizationalUnit`.
pub(super) fn describe_organizational_unit(
    call: &OrganizationsCall<'_>,
) -> Result<Value, AwsError> {
    let organization = call.administered_organization()?;
    let id = call.required("OrganizationalUnitId")?;
    call.authorize(&organization.parent_arn(id))?;
    let ou = organization.ous.get(id);
    let ou = ou.ok_or_else(|| not_found("OrganizationalUnitNotFoundException", "an OU"))?;
    Ok(json!({"OrganizationalUnit": organization.ou_json(id, ou)}))
}

/// Serves `DescribeCreateAccountStatus`.
pub(super) fn describe_create_account_status(
    call: &OrganizationsCall<'_>,
) -> Result<Value, AwsError> {
    let organization = call.administered_organization()?;
    let id = call.required("CreateAccountRequestId")?;
    if !id.starts_with("car-") {
        return Err(invalid_input("CreateAccountRequestId must match ^car-[a-z0-9]{8,32}$."));
    }
    call.authorize("*")?;
    let creation = organization.account_creations.get(id);
    let creation = creation.ok_or_else(|| {
        not_found("CreateAccountStatusNotFoundException", "a create account request")
    })?;
    Ok(json!({"CreateAccountStatus": creation.status_json(id)}))
}
