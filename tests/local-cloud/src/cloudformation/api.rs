//! REST APIs that are defined by an OpenAPI document: routes and resource policy.

use serde_json::Value;

use super::{
    TemplateError,
    function::{Function, Route, condition_holds},
    intrinsics::EvaluationScope,
};

/// OpenAPI methods, and API Gateway's extension for all methods.
const ANY_METHOD: &str = "x-amazon-apigateway-any-method";
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", ANY_METHOD];

/// Evaluates one member of the OpenAPI document of each API.
fn api_description_parts(
    scope: &EvaluationScope<'_>,
    name: &str,
) -> Result<Vec<Value>, TemplateError> {
    let resources = scope.document.get("Resources").and_then(Value::as_object);
    let mut parts = Vec::new();
    for resource in resources.into_iter().flatten().map(|(_, resource)| resource) {
        let kind = resource.get("Type").and_then(Value::as_str);
        if kind == Some("AWS::Serverless::Api") && condition_holds(scope, resource)? {
            let part = resource.pointer("/Properties/DefinitionBody").and_then(|it| it.get(name));
            parts.extend(part.map(|part| scope.resolve(part)).transpose()?.flatten());
        }
    }
    Ok(parts)
}

/// Returns the resource policy of the first API.
pub(super) fn policy(scope: &EvaluationScope<'_>) -> Result<Option<Value>, TemplateError> {
    Ok(api_description_parts(scope, "x-amazon-apigateway-policy")?.into_iter().next())
}

/// Assigns each route to the function of its integration.
pub(super) fn assign_routes(
    scope: &EvaluationScope<'_>,
    functions: &mut [Function],
) -> Result<(), TemplateError> {
    for paths in api_description_parts(scope, "paths")? {
        for (path, item) in paths.as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                if METHODS.contains(&method.as_str()) {
                    assign_route(functions, method, path, operation)?;
                }
            }
        }
    }
    Ok(())
}

fn assign_route(
    functions: &mut [Function],
    method: &str,
    path: &str,
    operation: &Value,
) -> Result<(), TemplateError> {
    let wrong = |what: &str| {
        TemplateError::Unsupported(format!("{} {path} {what}", method.to_ascii_uppercase()))
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
    let method = if method == ANY_METHOD { "ANY".to_owned() } else { method.to_ascii_uppercase() };
    function.routes.push(Route { method, path: path.to_owned() });
    Ok(())
}
