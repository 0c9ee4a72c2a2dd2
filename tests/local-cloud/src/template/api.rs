//! Routes of REST APIs that an OpenAPI document of the template describes.

use serde_json::Value;

use super::{
    TemplateError,
    function::{Function, Route, is_made},
    intrinsics::Scope,
};

/// The verbs of OpenAPI, and API Gateway's own word for all of them.
const ANY: &str = "x-amazon-apigateway-any-method";
const VERBS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", ANY];

/// Gives each function the routes whose integration names it.
pub(super) fn route(scope: &Scope<'_>, functions: &mut [Function]) -> Result<(), TemplateError> {
    let resources = scope.document.get("Resources").and_then(Value::as_object);
    for resource in resources.into_iter().flatten().map(|(_, resource)| resource) {
        if resource.get("Type").and_then(Value::as_str) != Some("AWS::Serverless::Api")
            || !is_made(scope, resource)?
        {
            continue;
        }
        let Some(paths) = resource.pointer("/Properties/DefinitionBody/paths") else { continue };
        let paths = scope.resolve(paths)?.unwrap_or_default();
        for (path, item) in paths.as_object().into_iter().flatten() {
            for (verb, operation) in item.as_object().into_iter().flatten() {
                if VERBS.contains(&verb.as_str()) {
                    lead(functions, verb, path, operation)?;
                }
            }
        }
    }
    Ok(())
}

fn lead(
    functions: &mut [Function],
    verb: &str,
    path: &str,
    operation: &Value,
) -> Result<(), TemplateError> {
    let wrong = |what: &str| {
        TemplateError::Unsupported(format!("{} {path} {what}", verb.to_ascii_uppercase()))
    };
    let integration = operation.get("x-amazon-apigateway-integration").unwrap_or(&Value::Null);
    let member = |name: &str| integration.get(name).and_then(Value::as_str).unwrap_or_default();
    if member("type") != "aws_proxy" || member("httpMethod") != "POST" {
        return Err(wrong("that is no proxy of a function"));
    }
    let invoked = |function: &&mut Function| {
        member("uri").ends_with(&format!("/2015-03-31/functions/{}/invocations", function.arn))
    };
    let function = functions.iter_mut().find(invoked);
    let function = function.ok_or_else(|| wrong("that leads to no function of the deployment"))?;
    let verb = if verb == ANY { "ANY".to_owned() } else { verb.to_ascii_uppercase() };
    function.routes.push(Route { verb, path: path.to_owned() });
    Ok(())
}
