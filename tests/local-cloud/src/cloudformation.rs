//! Evaluates SAM templates as CloudFormation does: functions with environment, permissions and
//! triggers, queues, rules and roles.

mod api;
mod function;
mod intrinsics;
mod keys;
mod names;
mod permissions;
mod queues;
mod roles;
mod tables;
#[cfg(test)]
mod tests;
mod topics;
mod yaml;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::Value;

pub(crate) use self::queues::DEFAULT_BUS;
pub use self::{
    function::{Function, FunctionRule, Route},
    queues::{EventRule, EventSourceMapping, Queue, Schedule, TemplateBus},
    roles::Role,
    tables::TemplateTable,
    topics::TemplateTopic,
};

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template {
    document: Value,
}

/// Partition, region, account, stack and parameters that a template is evaluated for.
#[derive(Clone, Debug)]
pub struct DeploymentTarget {
    /// `AWS::Partition`.
    pub partition: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account: String,
    /// `AWS::StackName`.
    pub stack: String,
    /// Parameter values. Others have their default.
    pub parameters: BTreeMap<String, String>,
}

/// Why a template cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the template is not YAML: {0}")]
    Yaml(String),
    /// It refers to a parameter, resource, mapping or condition that does not exist.
    #[error("the template names {0}, which it does not have")]
    Unknown(String),
    /// It uses a feature that is not supported here.
    #[error("the local cloud does not understand {0} in the template")]
    Unsupported(String),
}

impl Template {
    /// Reads a template from a file.
    pub fn from_file(path: &Path) -> Result<Self, TemplateError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| TemplateError::File { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// Reads the repository's `template.yaml`.
    pub fn from_repository() -> Result<Self, TemplateError> {
        Self::from_file(&repository().join("template.yaml"))
    }

    /// Reads a template from the folder `templates`.
    pub fn from_templates_folder(name: &str) -> Result<Self, TemplateError> {
        Self::from_file(&repository().join("templates").join(name))
    }

    /// Parses a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Ok(Self { document: yaml::parse(text)? })
    }

    /// Changes the default of a parameter.
    ///
    /// # Panics
    /// If the parameter or its default does not exist.
    #[must_use]
    pub fn with_default(mut self, parameter: &str, value: &str) -> Self {
        let default = self.document.pointer_mut(&format!("/Parameters/{parameter}/Default"));
        *default.expect("a parameter with a default") = value.into();
        self
    }

    /// Returns the default of a parameter.
    ///
    /// # Panics
    /// If the parameter or its default does not exist.
    pub fn default(&self, parameter: &str) -> String {
        self.find_default(parameter).expect("a parameter with a default")
    }

    /// Returns the default of a parameter, or `None` if there is none.
    pub fn find_default(&self, parameter: &str) -> Option<String> {
        let default = self.document.pointer(&format!("/Parameters/{parameter}/Default"))?;
        Some(default.as_str().map_or_else(|| default.to_string(), str::to_owned))
    }

    /// Returns the functions. Functions with a false condition are left out.
    pub fn functions(&self, deployment: &DeploymentTarget) -> Result<Vec<Function>, TemplateError> {
        let scope = intrinsics::EvaluationScope { document: &self.document, deployment };
        let mut functions = function::functions(&scope)?;
        api::assign_routes(&scope, &mut functions)?;
        Ok(functions)
    }

    /// Returns the resource policy of the REST API, or `None` without an API.
    pub fn api_policy(
        &self,
        deployment: &DeploymentTarget,
    ) -> Result<Option<Value>, TemplateError> {
        api::policy(&intrinsics::EvaluationScope { document: &self.document, deployment })
    }

    /// Returns the role with this logical id, or the only role of the template.
    pub fn role(
        &self,
        deployment: &DeploymentTarget,
        logical_id: Option<&str>,
    ) -> Result<Role, TemplateError> {
        let scope = intrinsics::EvaluationScope { document: &self.document, deployment };
        roles::role(&scope, logical_id)
    }

    /// Returns the value of an output, or `None` if the template has no such output.
    pub fn output(
        &self,
        name: &str,
        deployment: &DeploymentTarget,
    ) -> Result<Option<String>, TemplateError> {
        let scope = intrinsics::EvaluationScope { document: &self.document, deployment };
        let value = self.document.pointer(&format!("/Outputs/{name}/Value"));
        value.map(|value| scope.text(value)).transpose()
    }

    /// Returns the queues with their policies.
    pub fn queues(&self, deployment: &DeploymentTarget) -> Result<Vec<Queue>, TemplateError> {
        queues::queues(&intrinsics::EvaluationScope { document: &self.document, deployment })
    }

    /// Returns the DynamoDB tables.
    pub fn tables(
        &self,
        deployment: &DeploymentTarget,
    ) -> Result<Vec<TemplateTable>, TemplateError> {
        tables::tables(&intrinsics::EvaluationScope { document: &self.document, deployment })
    }

    /// Returns the names of the S3 buckets.
    pub fn buckets(&self, deployment: &DeploymentTarget) -> Result<Vec<String>, TemplateError> {
        let scope = intrinsics::EvaluationScope { document: &self.document, deployment };
        let buckets = queues::resources(&scope, "AWS::S3::Bucket")?.into_iter();
        buckets.map(|(logical_id, _)| names::reference(&scope, logical_id)).collect()
    }

    /// Returns the ARNs of the functions that Secrets Manager may invoke to rotate secrets.
    pub fn rotation_functions(
        &self,
        deployment: &DeploymentTarget,
    ) -> Result<Vec<String>, TemplateError> {
        let scope = intrinsics::EvaluationScope { document: &self.document, deployment };
        permissions::rotation_functions(&scope)
    }

    /// Returns the resources of a type by logical id, with their evaluated properties. Resources
    /// with a false condition are left out.
    pub fn evaluated(
        &self,
        kind: &str,
        deployment: &DeploymentTarget,
    ) -> Result<Vec<(String, Value)>, TemplateError> {
        let scope = intrinsics::EvaluationScope { document: &self.document, deployment };
        let mut evaluated = Vec::new();
        for (logical_id, own) in queues::resources(&scope, kind)? {
            evaluated.push((logical_id.clone(), scope.resolve(own)?.unwrap_or_default()));
        }
        Ok(evaluated)
    }

    /// Returns the topics with their policies and queues.
    pub fn topics(
        &self,
        deployment: &DeploymentTarget,
    ) -> Result<Vec<TemplateTopic>, TemplateError> {
        topics::topics(&intrinsics::EvaluationScope { document: &self.document, deployment })
    }

    /// Returns the `AWS::Events::Rule` resources.
    pub fn rules(&self, deployment: &DeploymentTarget) -> Result<Vec<EventRule>, TemplateError> {
        queues::rules(&intrinsics::EvaluationScope { document: &self.document, deployment })
    }

    /// Returns the first `AWS::Events::EventBus`.
    pub fn event_bus(
        &self,
        deployment: &DeploymentTarget,
    ) -> Result<Option<TemplateBus>, TemplateError> {
        queues::event_bus(&intrinsics::EvaluationScope { document: &self.document, deployment })
    }

    /// Returns the ARNs and policies of the `AWS::KMS::Key` resources.
    pub fn key_policies(
        &self,
        deployment: &DeploymentTarget,
    ) -> Result<Vec<(String, Value)>, TemplateError> {
        keys::policies(&intrinsics::EvaluationScope { document: &self.document, deployment })
    }

    /// Returns an entry of `GatewayResponses`, for example `DEFAULT_4XX`.
    pub fn gateway_response(&self, kind: &str) -> Option<&Value> {
        let resources = self.document.get("Resources")?.as_object()?;
        let responses =
            |resource: &'_ Value| resource.pointer("/Properties/GatewayResponses").is_some();
        let api = resources.values().find(|resource| responses(resource))?;
        api.pointer("/Properties/GatewayResponses")?.get(kind)
    }

    /// Returns the unevaluated properties of all resources of a type, by logical id.
    pub fn resources(&self, kind: &str) -> Vec<(&str, &Value)> {
        let all = self.document.get("Resources").and_then(Value::as_object);
        let of_kind = all.into_iter().flatten().filter(|(_, it)| it["Type"] == kind);
        of_kind.map(|(logical_id, it)| (logical_id.as_str(), &it["Properties"])).collect()
    }

    /// Returns the parameter names.
    pub fn parameters(&self) -> Vec<&str> {
        let parameters = self.document.get("Parameters").and_then(Value::as_object);
        parameters.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
