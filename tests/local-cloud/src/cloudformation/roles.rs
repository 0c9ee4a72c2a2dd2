//! IAM roles of a template.

use serde_json::Value;

use super::{TemplateError, function, intrinsics::EvaluationScope};

/// An IAM role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Trust policy.
    pub trust: Value,
    /// Inline policies by name.
    pub inline: Vec<(String, Value)>,
}

/// Returns the only role of a template.
pub(super) fn single_role(scope: &EvaluationScope<'_>) -> Result<Role, TemplateError> {
    let resources = scope.document.get("Resources").and_then(Value::as_object);
    let mut roles = Vec::new();
    for (_, resource) in resources.into_iter().flatten() {
        if resource["Type"] == "AWS::IAM::Role" && function::condition_holds(scope, resource)? {
            roles.push(resource);
        }
    }
    let [role] = roles.as_slice() else {
        return Err(TemplateError::Unsupported(format!("{} roles", roles.len())));
    };
    let properties = scope.resolve(&role["Properties"])?.unwrap_or_default();
    let policies = properties["Policies"].as_array().cloned().unwrap_or_default();
    let inline = policies.into_iter().map(|mut policy| {
        (
            policy["PolicyName"].as_str().unwrap_or_default().to_owned(),
            policy["PolicyDocument"].take(),
        )
    });
    Ok(Role { trust: properties["AssumeRolePolicyDocument"].clone(), inline: inline.collect() })
}
