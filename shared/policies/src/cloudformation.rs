//! The CloudFormation template that creates Palette's role. The same template works in every
//! partition.

use gangway_model::{AccountId, PermissionProfile};
use serde_json::{Map, Value, json};

use crate::document::{PARTITION, PolicyDocument, documents_for, map_strings};

/// The default name of the role. It is also the default in Palette's wizard.
pub const ROLE_NAME: &str = "SpectroCloudRole";

/// The values from which the template is created.
#[derive(Clone, Copy, Debug)]
pub struct RoleTemplateParams<'a> {
    /// The permission profile whose documents the role gets.
    pub profile: PermissionProfile,
    /// More documents for the role, such as [`PolicyDocument::CloudFormationStack`] or
    /// [`PolicyDocument::HostResourceGroups`].
    pub add_ons: &'a [PolicyDocument],
    /// Palette's own AWS account in the partition.
    pub palette_account: AccountId,
    /// The external id of Palette's tenant.
    pub external_id: &'a str,
}

/// Returns the template of a stack with Palette's role. A stack with it needs the capability
/// `CAPABILITY_NAMED_IAM`. Palette's account and the external id are parameters of the template,
/// with the values in `role` as defaults.
pub fn role_template(role: &RoleTemplateParams<'_>) -> Value {
    let documents: Vec<_> =
        documents_for(role.profile).iter().chain(role.add_ons).copied().collect();
    let mut resources: Map<String, Value> = documents
        .iter()
        .map(|document| (document.name().to_owned(), managed_policy(*document)))
        .collect();
    let attached: Vec<_> =
        documents.iter().map(|document| json!({"Ref": document.name()})).collect();
    resources.insert(
        "Role".to_owned(),
        json!({
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": {"Ref": "RoleName"},
                "Description": "Lets Spectro Cloud Palette manage clusters in this account.",
                "MaxSessionDuration": 3600,
                "AssumeRolePolicyDocument": crate::trust::trust_policy_for(
                    &json!({"Fn::Sub": "arn:${AWS::Partition}:iam::${PaletteAccountId}:root"}),
                    &json!({"Ref": "ExternalId"}),
                ),
                "ManagedPolicyArns": attached,
                "Tags": [
                    {"Key": "purpose", "Value": "palette-cloud-account"},
                    {"Key": "permission-profile", "Value": role.profile.id()},
                ],
            },
        }),
    );
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("The IAM role that Spectro Cloud Palette assumes in this account, profile {}.", role.profile),
        "Parameters": parameters(role),
        "Resources": resources,
        "Outputs": {
            "RoleArn": {
                "Description": "Send it to Palette.",
                "Value": {"Fn::GetAtt": ["Role", "Arn"]},
            },
        },
    })
}

/// Returns the template of a stack with Palette's role that also registers the stack's AWS account,
/// for a `StackSet`. `topic` is the ARN of the SNS topic through which Gangway receives the
/// requests of stacks.
pub fn account_template(role: &RoleTemplateParams<'_>, topic: &str) -> Value {
    let mut template = role_template(role);
    let description = format!(
        "The IAM role that Spectro Cloud Palette assumes in this account, profile {}, and the registration of the account.",
        role.profile
    );
    insert_member(&mut template, "", "Description", description.into());
    let topic = json!({
        "Type": "String",
        "Description": "The topic of Gangway that registers accounts. It must be in the region of this stack.",
        "Default": topic,
        "AllowedPattern": "^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$",
        "ConstraintDescription": "the ARN of a topic",
    });
    insert_member(&mut template, "/Parameters", "StackTopicArn", topic);
    let prefix = json!({
        "Type": "String",
        "Description": "The name in Palette is this text, followed by the AWS account id.",
        "Default": "aws-",
        "AllowedPattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$",
        "ConstraintDescription": "1 to 48 letters, digits and ._-",
    });
    insert_member(&mut template, "/Parameters", "NamePrefix", prefix);
    let account = json!({
        "Type": "Custom::GangwayAccount",
        "Properties": {
            "ServiceToken": {"Ref": "StackTopicArn"},
            "Name": {"Fn::Sub": "${NamePrefix}${AWS::AccountId}"},
            "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "PermissionProfile": role.profile.id(),
        },
    });
    insert_member(&mut template, "/Resources", "Account", account);
    let uid = json!({"Description": "Uid of the account in Palette.", "Value": {"Ref": "Account"}});
    insert_member(&mut template, "/Outputs", "Uid", uid);
    template
}

/// Adds a member to the object at a JSON Pointer in a template.
fn insert_member(template: &mut Value, pointer: &str, name: &str, value: Value) {
    if let Some(object) = template.pointer_mut(pointer).and_then(Value::as_object_mut) {
        object.insert(name.to_owned(), value);
    }
}

/// Returns the member `Parameters` of the template.
fn parameters(role: &RoleTemplateParams<'_>) -> Value {
    json!({
        "RoleName": {
            "Type": "String",
            "Description": "Name of the role.",
            "Default": ROLE_NAME,
            "AllowedPattern": "^[A-Za-z0-9_+=,.@-]{1,64}$",
            "ConstraintDescription": "1 to 64 letters, digits and _+=,.@-",
        },
        "PaletteAccountId": {
            "Type": "String",
            "Description": "The AWS account that Palette assumes the role from, in the partition of this account.",
            "Default": role.palette_account.as_str(),
            "AllowedPattern": "^[0-9]{12}$",
            "ConstraintDescription": "12 digits",
        },
        "ExternalId": {
            "Type": "String",
            "Description": "The external id that Palette shows for your tenant; never one of your own.",
            "Default": role.external_id,
            "AllowedPattern": "^[A-Za-z0-9_+=,.@:/-]{2,1224}$",
            "ConstraintDescription": "2 to 1224 letters, digits and _+=,.@:/-",
        },
    })
}

/// Returns the resource of a managed policy with a document of Palette.
fn managed_policy(document: PolicyDocument) -> Value {
    json!({
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": document.name(),
            "Description": "Permissions that Spectro Cloud Palette needs.",
            "PolicyDocument": map_strings(document.template(), &to_fn_sub),
        },
    })
}

/// Returns the text, or the function `Fn::Sub` with the text if it contains the placeholder for the
/// partition. In `Fn::Sub`, escapes policy variables of IAM such as `${aws:username}`, so that
/// CloudFormation does not replace them.
fn to_fn_sub(text: &str) -> Value {
    if text.contains(PARTITION) {
        let escaped = text.replace("${", "${!");
        json!({"Fn::Sub": escaped.replace(PARTITION, "${AWS::Partition}")})
    } else {
        text.into()
    }
}
