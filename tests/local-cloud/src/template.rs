//! The SAM template, read as CloudFormation reads it: which functions a deployment has, with their environment, rights and triggers.

mod api;
mod function;
mod intrinsics;
mod names;
mod queues;
mod roles;
#[cfg(test)]
mod tests;
mod yaml;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::Value;

pub use self::{
    function::{Function, Route, Rule},
    queues::{EventRule, Mapping, Queue, Schedule},
    roles::Role,
};

/// A template that was read.
#[derive(Clone, Debug)]
pub struct Template {
    document: Value,
}

/// Where, and with what, a template is deployed.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The partition's id: what `AWS::Partition` is.
    pub partition: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`, twelve digits.
    pub account: String,
    /// `AWS::StackName`.
    pub stack: String,
    /// Values of parameters; defaults hold for those that are left out.
    pub parameters: BTreeMap<String, String>,
}

/// Why a template says nothing usable.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is not YAML.
    #[error("the template is not YAML: {0}")]
    Yaml(String),
    /// It names a parameter, resource, mapping or condition that it has not.
    #[error("the template names {0}, which it does not have")]
    Unknown(String),
    /// It says something that the local cloud does not understand.
    #[error("the local cloud does not understand {0} in the template")]
    Unsupported(String),
}

impl Template {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, TemplateError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| TemplateError::File { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// Reads the repository's own `template.yaml`.
    pub fn of_repository() -> Result<Self, TemplateError> {
        Self::read(&repository().join("template.yaml"))
    }

    /// Reads one that the repository has beside it, such as `inspection-role.yaml`.
    pub fn beside(name: &str) -> Result<Self, TemplateError> {
        Self::read(&repository().join("templates").join(name))
    }

    /// Reads text.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Ok(Self { document: yaml::read(text)? })
    }

    /// The same, proposing something else for a parameter.
    ///
    /// # Panics
    /// Where the template has no such parameter, or it has no default.
    #[must_use]
    pub fn with_default(mut self, parameter: &str, value: &str) -> Self {
        let default = self.document.pointer_mut(&format!("/Parameters/{parameter}/Default"));
        *default.expect("a parameter with a default") = value.into();
        self
    }

    /// The default of a parameter.
    ///
    /// # Panics
    /// Where there is no such parameter, or no default of it.
    pub fn default(&self, parameter: &str) -> String {
        let default = self.document.pointer(&format!("/Parameters/{parameter}/Default"));
        let default = default.expect("a parameter with a default");
        default.as_str().map_or_else(|| default.to_string(), str::to_owned)
    }

    /// The functions of a deployment, by logical id; those whose condition is false are not there.
    pub fn functions(&self, deployment: &Deployment) -> Result<Vec<Function>, TemplateError> {
        let scope = intrinsics::EvaluationScope { document: &self.document, deployment };
        let mut functions = function::all(&scope)?;
        api::assign_routes(&scope, &mut functions)?;
        Ok(functions)
    }

    /// The resource policy of the REST API: who may call it. Nothing where no API is made.
    pub fn api_policy(&self, deployment: &Deployment) -> Result<Option<Value>, TemplateError> {
        api::policy(&intrinsics::EvaluationScope { document: &self.document, deployment })
    }

    /// The role that a deployment makes, of a template that makes one role.
    pub fn role(&self, deployment: &Deployment) -> Result<Role, TemplateError> {
        roles::only(&intrinsics::EvaluationScope { document: &self.document, deployment })
    }

    /// The queues of a deployment, with their policies.
    pub fn queues(&self, deployment: &Deployment) -> Result<Vec<Queue>, TemplateError> {
        queues::queues(&intrinsics::EvaluationScope { document: &self.document, deployment })
    }

    /// The rules of a deployment that are resources of their own, not events of a function.
    pub fn rules(&self, deployment: &Deployment) -> Result<Vec<EventRule>, TemplateError> {
        queues::rules(&intrinsics::EvaluationScope { document: &self.document, deployment })
    }

    /// One of the responses that the REST API gives by itself, as the template words it: `DEFAULT_4XX` …
    pub fn gateway_response(&self, kind: &str) -> Option<&Value> {
        let resources = self.document.get("Resources")?.as_object()?;
        let responses =
            |resource: &'_ Value| resource.pointer("/Properties/GatewayResponses").is_some();
        let api = resources.values().find(|resource| responses(resource))?;
        api.pointer("/Properties/GatewayResponses")?.get(kind)
    }

    /// The resources of a type, as they are written: key and properties.
    pub fn resources(&self, kind: &str) -> Vec<(&str, &Value)> {
        let all = self.document.get("Resources").and_then(Value::as_object);
        let of_kind = all.into_iter().flatten().filter(|(_, it)| it["Type"] == kind);
        of_kind.map(|(logical_id, it)| (logical_id.as_str(), &it["Properties"])).collect()
    }

    /// Names of the parameters.
    pub fn parameters(&self) -> Vec<&str> {
        let parameters = self.document.get("Parameters").and_then(Value::as_object);
        parameters.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
