//! Intrinsic functions.

use serde_json::{Map, Value};

use super::{DeploymentTarget, TemplateError, names};

/// A template with the parameters that it is evaluated for.
pub(super) struct EvaluationScope<'a> {
    pub(super) document: &'a Value,
    pub(super) deployment: &'a DeploymentTarget,
}

fn unsupported(what: impl Into<String>) -> TemplateError {
    TemplateError::Unsupported(what.into())
}

fn unknown(what: impl Into<String>) -> TemplateError {
    TemplateError::Unknown(what.into())
}

impl EvaluationScope<'_> {
    /// Evaluates all functions in a value. Returns `None` for `AWS::NoValue`.
    pub(super) fn resolve(&self, value: &Value) -> Result<Option<Value>, TemplateError> {
        match value {
            Value::Array(items) => {
                let items = items.iter().filter_map(|item| self.resolve(item).transpose());
                items.collect::<Result<Vec<_>, _>>().map(|items| Some(Value::Array(items)))
            }
            Value::Object(members) => self.object(members),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Ok(Some(value.clone()))
            }
        }
    }

    /// Evaluates a value that must be a string, number or boolean, and returns it as text.
    pub(super) fn text(&self, value: &Value) -> Result<String, TemplateError> {
        match self.resolve(value)? {
            Some(Value::String(text)) => Ok(text),
            Some(other @ (Value::Number(_) | Value::Bool(_))) => Ok(other.to_string()),
            other => Err(unsupported(format!("{other:?} where text is wanted"))),
        }
    }

    /// Evaluates a condition of the template.
    pub(super) fn condition_holds(&self, condition: &str) -> Result<bool, TemplateError> {
        let pointer = format!("/Conditions/{condition}");
        let condition = self
            .document
            .pointer(&pointer)
            .ok_or_else(|| unknown(format!("condition {condition}")))?;
        self.flag(condition)
    }

    fn flag(&self, value: &Value) -> Result<bool, TemplateError> {
        match self.resolve(value)? {
            Some(Value::Bool(flag)) => Ok(flag),
            Some(Value::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
            other => Err(unsupported(format!("{other:?} as a condition"))),
        }
    }

    fn object(&self, members: &Map<String, Value>) -> Result<Option<Value>, TemplateError> {
        if let (1, Some((name, argument))) = (members.len(), members.iter().next()) {
            // In a policy document, `Condition` is an ordinary member.
            let function = name == "Ref"
                || name.starts_with("Fn::")
                || name == "Condition" && argument.is_string();
            if function {
                return self.function(name, argument);
            }
        }
        let mut object = Map::new();
        for (name, member) in members {
            if let Some(member) = self.resolve(member)? {
                object.insert(name.clone(), member);
            }
        }
        Ok(Some(Value::Object(object)))
    }

    fn function(&self, name: &str, argument: &Value) -> Result<Option<Value>, TemplateError> {
        let arguments = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (name, arguments) {
            ("Ref", _) => self.reference(argument.as_str().unwrap_or_default()),
            ("Condition", _) => {
                self.condition_holds(argument.as_str().unwrap_or_default()).map(flag)
            }
            ("Fn::GetAtt", [resource, attribute]) => {
                let (resource, attribute) = (self.text(resource)?, self.text(attribute)?);
                names::attribute(self, &resource, &attribute).map(|text| Some(text.into()))
            }
            ("Fn::Sub", []) => {
                let text = argument.as_str().unwrap_or_default();
                self.substitute(text, &Map::new()).map(|text| Some(text.into()))
            }
            ("Fn::Sub", [Value::String(text), Value::Object(given)]) => {
                self.substitute(text, given).map(|text| Some(text.into()))
            }
            ("Fn::If", [condition, yes, no]) => {
                let condition = condition.as_str().unwrap_or_default();
                self.resolve(if self.condition_holds(condition)? { yes } else { no })
            }
            ("Fn::Equals", [one, other]) => Ok(flag(self.text(one)? == self.text(other)?)),
            ("Fn::Not", [one]) => Ok(flag(!self.flag(one)?)),
            ("Fn::And", all) => {
                let all: Result<Vec<bool>, _> = all.iter().map(|one| self.flag(one)).collect();
                Ok(flag(all?.into_iter().all(|one| one)))
            }
            ("Fn::Or", any) => {
                let any: Result<Vec<bool>, _> = any.iter().map(|one| self.flag(one)).collect();
                Ok(flag(any?.into_iter().any(|one| one)))
            }
            ("Fn::Join", [separator, list]) => {
                let parts = self.list(list)?;
                let parts: Result<Vec<_>, _> = parts.iter().map(|part| self.text(part)).collect();
                Ok(Some(parts?.join(&self.text(separator)?).into()))
            }
            ("Fn::Split", [separator, text]) => {
                let (separator, text) = (self.text(separator)?, self.text(text)?);
                Ok(Some(text.split(separator.as_str()).collect::<Vec<_>>().into()))
            }
            ("Fn::Select", [index, list]) => {
                let (index, list) = (self.text(index)?, self.list(list)?);
                let index = index.parse().unwrap_or(usize::MAX);
                list.into_iter().nth(index).map(Some).ok_or_else(|| unknown("a list's item"))
            }
            ("Fn::FindInMap", [map, first, second]) => {
                let (map, first, second) = (self.text(map)?, self.text(first)?, self.text(second)?);
                let entry = self
                    .document
                    .get("Mappings")
                    .and_then(|maps| maps.get(&map)?.get(&first)?.get(&second));
                entry
                    .cloned()
                    .map(Some)
                    .ok_or_else(|| unknown(format!("mapping {map} {first} {second}")))
            }
            (other, _) => Err(unsupported(other)),
        }
    }

    fn list(&self, value: &Value) -> Result<Vec<Value>, TemplateError> {
        match self.resolve(value)? {
            Some(Value::Array(items)) => Ok(items),
            other => Err(unsupported(format!("{other:?} where a list is wanted"))),
        }
    }

    fn reference(&self, name: &str) -> Result<Option<Value>, TemplateError> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        let DeploymentTarget { partition, region, account, stack, parameters } = self.deployment;
        let pseudo = match name {
            "AWS::Partition" => partition.clone(),
            "AWS::Region" => region.clone(),
            "AWS::AccountId" => account.clone(),
            "AWS::StackName" => stack.clone(),
            "AWS::StackId" => {
                format!("arn:{partition}:cloudformation:{region}:{account}:stack/{stack}/local")
            }
            "AWS::URLSuffix" => names::dns_suffix(partition).to_owned(),
            _ => return self.parameter_or_resource(name, parameters.get(name)),
        };
        Ok(Some(pseudo.into()))
    }

    /// Returns the value of a parameter or the reference of a resource.
    fn parameter_or_resource(
        &self,
        name: &str,
        given: Option<&String>,
    ) -> Result<Option<Value>, TemplateError> {
        let Some(parameter) = self.document.get("Parameters").and_then(|all| all.get(name)) else {
            return names::reference(self, name).map(|text| Some(text.into()));
        };
        let value = given.map(|text| Value::from(text.as_str()));
        let value = value
            .or_else(|| parameter.get("Default").cloned())
            .ok_or_else(|| unknown(format!("a value for parameter {name}")))?;
        let kind = parameter.get("Type").and_then(Value::as_str).unwrap_or("String");
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        Ok(Some(match &value {
            Value::String(text) if is_list => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                parts.collect::<Vec<_>>().into()
            }
            Value::String(_) => value,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => value.to_string().into(),
        }))
    }

    fn substitute(&self, text: &str, given: &Map<String, Value>) -> Result<String, TemplateError> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) =
                after.split_once('}').ok_or_else(|| unsupported("an open ${ in Fn::Sub"))?;
            out.push_str(before);
            match (name.strip_prefix('!'), given.get(name), name.split_once('.')) {
                (Some(literal), _, _) => out.extend(["${", literal, "}"]),
                (None, Some(value), _) => out.push_str(&self.text(value)?),
                (None, None, Some((resource, attribute))) => {
                    out.push_str(&names::attribute(self, resource, attribute)?);
                }
                (None, None, None) => match self.reference(name)? {
                    Some(Value::String(value)) => out.push_str(&value),
                    other => return Err(unsupported(format!("{other:?} in Fn::Sub"))),
                },
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "all intrinsic functions return an option")]
fn flag(value: bool) -> Option<Value> {
    Some(Value::Bool(value))
}
