//! KMS keys of a template.

use serde_json::Value;

use super::{TemplateError, intrinsics::EvaluationScope, names, queues};

/// Returns the ARN and the policy of each key that has one.
pub(super) fn policies(scope: &EvaluationScope<'_>) -> Result<Vec<(String, Value)>, TemplateError> {
    let mut policies = Vec::new();
    for (logical_id, own) in queues::resources(scope, "AWS::KMS::Key")? {
        if let Some(policy) = queues::resolve_property(scope, own, "KeyPolicy")? {
            policies.push((names::attribute(scope, logical_id, "Arn")?, policy));
        }
    }
    Ok(policies)
}
