//! Parses YAML and converts CloudFormation's short forms (`!Ref`, `!Sub`) to the long ones.

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value, json};

use super::TemplateError;

pub(super) fn parse(text: &str) -> Result<Value, TemplateError> {
    let documents =
        Yaml::load_from_str(text).map_err(|error| TemplateError::Yaml(error.to_string()))?;
    let document = documents.first().ok_or_else(|| TemplateError::Yaml("it is empty".into()))?;
    to_json(document)
}

fn to_json(node: &Yaml<'_>) -> Result<Value, TemplateError> {
    match node {
        Yaml::Value(scalar) => Ok(match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(flag) => json!(flag),
            Scalar::Integer(number) => json!(number),
            Scalar::FloatingPoint(number) => json!(number.into_inner()),
            Scalar::String(text) => json!(text),
        }),
        Yaml::Representation(text, _style, None) => Ok(json!(text)),
        Yaml::Representation(text, _style, Some(tag)) => Ok(long_form(&tag.suffix, &json!(text))),
        Yaml::Sequence(items) => items.iter().map(to_json).collect(),
        Yaml::Mapping(members) => {
            let mut object = Map::new();
            for (name, member) in members {
                let name = to_json(name)?;
                let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
                object.insert(name, to_json(member)?);
            }
            Ok(Value::Object(object))
        }
        Yaml::Tagged(tag, inner) if tag.is_yaml_core_schema() => to_json(inner),
        Yaml::Tagged(tag, inner) => Ok(long_form(&tag.suffix, &to_json(inner)?)),
        Yaml::Alias(_) | Yaml::BadValue => {
            Err(TemplateError::Unsupported("an alias or a value that is none".to_owned()))
        }
    }
}

fn long_form(tag: &str, argument: &Value) -> Value {
    match (tag, argument) {
        ("Ref" | "Condition", _) => json!({ tag: argument }),
        ("GetAtt", Value::String(text)) => {
            let (resource, attribute) = text.split_once('.').unwrap_or((text, "Arn"));
            json!({"Fn::GetAtt": [resource, attribute]})
        }
        (function, _) => json!({ format!("Fn::{function}"): argument }),
    }
}
