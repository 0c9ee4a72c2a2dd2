//! DynamoDB tables of a template.

use super::{TemplateError, intrinsics::EvaluationScope, names, queues};

/// An `AWS::DynamoDB::Table` resource.
#[derive(Clone, Debug)]
pub struct TemplateTable {
    pub logical_id: String,
    pub name: String,
    pub partition_key: String,
    pub sort_key: Option<String>,
    /// Name of the attribute with the time at which an item expires.
    pub ttl_attribute: Option<String>,
}

/// Returns the tables.
pub(super) fn tables(scope: &EvaluationScope<'_>) -> Result<Vec<TemplateTable>, TemplateError> {
    let mut tables = Vec::new();
    for (logical_id, own) in queues::resources(scope, "AWS::DynamoDB::Table")? {
        let schema = queues::resolve_property(scope, own, "KeySchema")?.unwrap_or_default();
        let key = |kind: &str| {
            let keys = schema.as_array().into_iter().flatten();
            let mut keys = keys.filter(|key| key["KeyType"] == kind);
            keys.next()?["AttributeName"].as_str().map(str::to_owned)
        };
        let partition_key = key("HASH").ok_or_else(|| {
            TemplateError::Unsupported(format!("a table without a key: {logical_id}"))
        })?;
        let ttl = queues::resolve_property(scope, own, "TimeToLiveSpecification")?;
        let ttl = ttl.as_ref().and_then(|ttl| ttl["AttributeName"].as_str());
        tables.push(TemplateTable {
            logical_id: logical_id.clone(),
            name: names::reference(scope, logical_id)?,
            partition_key,
            sort_key: key("RANGE"),
            ttl_attribute: ttl.map(str::to_owned),
        });
    }
    Ok(tables)
}
