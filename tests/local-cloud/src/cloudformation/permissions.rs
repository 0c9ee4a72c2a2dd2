//! Permissions of services to invoke functions.

use serde_json::Value;

use super::{TemplateError, intrinsics::EvaluationScope, queues};

/// Returns the ARNs of the functions that Secrets Manager may invoke for secrets of the stack's
/// account.
pub(super) fn rotation_functions(
    scope: &EvaluationScope<'_>,
) -> Result<Vec<String>, TemplateError> {
    let mut functions = Vec::new();
    for (logical_id, own) in queues::resources(scope, "AWS::Lambda::Permission")? {
        let property = |name: &str| {
            let value = queues::resolve_property(scope, own, name)?;
            Ok(value.as_ref().and_then(Value::as_str).map(str::to_owned))
        };
        if property("Principal")?.as_deref() != Some("secretsmanager.amazonaws.com") {
            continue;
        }
        let is_of_account = property("SourceAccount")?.as_ref() == Some(&scope.deployment.account);
        let is_invocation = property("Action")?.as_deref() == Some("lambda:InvokeFunction");
        if !is_of_account || !is_invocation {
            return Err(TemplateError::Unsupported(format!("permission {logical_id}")));
        }
        functions.extend(property("FunctionName")?);
    }
    Ok(functions)
}
