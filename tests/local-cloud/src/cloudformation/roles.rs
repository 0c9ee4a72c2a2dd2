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

/// Returns the role of a template with this logical id, or the only one.
pub(super) fn role(
    scope: &EvaluationScope<'_>,
    logical_id: Option<&str>,
) -> Result<Role, TemplateError> {
    let resources = scope.document.get("Resources").and_then(Value::as_object);
    let mut roles = Vec::new();
    for (id, resource) in resources.into_iter().flatten() {
        if resource["Type"] == "AWS::IAM::Role"
            && logical_id.is_none_or(|logical_id| logical_id == id)
            && function::condition_holds(scope, resource)?
        {
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
