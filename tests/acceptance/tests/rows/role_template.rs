//! The CloudFormation template that `GET /v1/sts/trust` returns creates a role that passes the
//! checks.

use std::collections::BTreeMap;

use acceptance::{PARTITIONS, TestApp, with};
use gangway_model::{AuthMethod, PermissionProfile};
use local_cloud::aws::Account;
use serde_json::{Map, Value, json};

/// A stack that supports what the template uses: parameters, pseudo parameters, three intrinsic
/// functions, and two types of resources. Anything else fails the test.
struct Stack<'a> {
    account: &'a Account,
    parameters: BTreeMap<String, String>,
    arns: BTreeMap<String, String>,
}

impl<'a> Stack<'a> {
    /// Creates the policies and then the role, which refers to them. Returns the value of each
    /// output.
    fn deploy(
        account: &'a Account,
        template: &Value,
        overrides: &[(&str, &str)],
    ) -> BTreeMap<String, String> {
        assert_eq!(template["AWSTemplateFormatVersion"], "2010-09-09");
        let mut parameters = BTreeMap::new();
        for (name, parameter) in object(&template["Parameters"]) {
            assert_eq!(parameter["Type"], "String", "{name}");
            parameters.insert(name.clone(), acceptance::text(parameter, "Default").to_owned());
        }
        parameters.extend(
            overrides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        parameters.insert("AWS::Partition".to_owned(), account.partition().to_owned());
        parameters.insert("AWS::AccountId".to_owned(), account.id().to_owned());
        let mut stack = Self { account, parameters, arns: BTreeMap::new() };
        for kind in ["AWS::IAM::ManagedPolicy", "AWS::IAM::Role"] {
            for (id, resource) in object(&template["Resources"]) {
                if resource["Type"] == kind {
                    let properties = stack.resolved(&resource["Properties"]);
                    let arn = stack.create(kind, &properties);
                    stack.arns.insert(id.clone(), arn);
                }
            }
        }
        assert_eq!(stack.arns.len(), object(&template["Resources"]).len(), "a type of its own");
        let outputs = object(&template["Outputs"]);
        outputs.iter().map(|(name, output)| (name.clone(), stack.text(&output["Value"]))).collect()
    }

    fn create(&self, kind: &str, properties: &Value) -> String {
        let text = |name| acceptance::text(properties, name);
        if kind == "AWS::IAM::ManagedPolicy" {
            return self.account.policy(text("ManagedPolicyName"), &properties["PolicyDocument"]);
        }
        let role = self.account.role(text("RoleName"));
        role.set_trust_policy(&properties["AssumeRolePolicyDocument"]);
        let seconds = properties["MaxSessionDuration"].as_u64().expect("seconds");
        role.set_max_session(u32::try_from(seconds).expect("seconds"));
        for arn in properties["ManagedPolicyArns"].as_array().expect("ARNs") {
            role.attach(arn.as_str().expect("an ARN"));
        }
        role.arn()
    }

    /// Resolves the intrinsic functions of a value.
    fn resolved(&self, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let intrinsic =
                    members.keys().any(|name| name == "Ref" || name.starts_with("Fn::"));
                if intrinsic {
                    return self.text(value).into();
                }
                let resolved =
                    |(name, value): (&String, &Value)| (name.clone(), self.resolved(value));
                members.iter().map(resolved).collect::<Map<_, _>>().into()
            }
            Value::Array(items) => items.iter().map(|item| self.resolved(item)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }

    fn text(&self, value: &Value) -> String {
        let found = |name: &str| {
            let known = self.parameters.get(name).or_else(|| self.arns.get(name));
            assert!(known.is_some(), "nothing is called {name}");
            known.cloned().unwrap_or_default()
        };
        if let Some(name) = value.get("Ref").and_then(Value::as_str) {
            return found(name);
        }
        if let Some(path) = value.get("Fn::GetAtt").and_then(Value::as_array) {
            assert_eq!(path[1], "Arn");
            return found(path[0].as_str().expect("a name"));
        }
        let text = value.get("Fn::Sub").and_then(Value::as_str);
        assert!(text.is_some(), "not known to this stack: {value}");
        let mut rest = text.unwrap_or_default();
        let mut resolved_text = String::new();
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after_name) = after.split_once('}').expect("a closing brace");
            resolved_text.push_str(before);
            match name.strip_prefix('!') {
                Some(literal) => resolved_text.extend(["${", literal, "}"]),
                None => resolved_text.push_str(&found(name)),
            }
            rest = after_name;
        }
        resolved_text + rest
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}

/// Acceptance rows: F31.
#[tokio::test]
async fn role_of_the_template_is_accepted_by_palette() {
    for partition in PARTITIONS {
        for profile in PermissionProfile::ALL {
            let app = TestApp::start(partition).await;
            let customer = app.customer();
            customer.role.clone().delete();
            for document in gangway_policies::documents_for(PermissionProfile::CoreEks) {
                customer.account.delete_policy(&customer.policy(*document));
            }
            let query = format!("?permissionProfile={profile}&addOns=cloudformation");
            let facts = app.get(&format!("/v1/sts/trust{query}")).await;
            facts.assert_status(200);
            let outputs =
                Stack::deploy(&customer.account, &facts.body["cloudFormationTemplate"], &[]);
            let role = &outputs["RoleArn"];
            assert_eq!(*role, customer.role.arn());
            let request =
                json!({"name": "prod", "roleArn": role, "permissionProfile": profile.id()});
            let receipt = app.assert_registered(AuthMethod::Sts, &request).await;
            // `iam.vendor-policy` is about mistakes in Palette's published policies, so the
            // template may fail it.
            let failed: Vec<_> =
                receipt.failed().into_iter().filter(|id| id != "iam.vendor-policy").collect();
            assert_eq!(failed, Vec::<String>::new(), "{profile}: {:#}", receipt.body);
            assert_eq!(receipt.with_outcome("unverified"), Vec::<String>::new());
            assert_eq!(app.account_names(), ["prod"]);
        }
    }
}

/// Acceptance rows: F31.
#[tokio::test]
async fn template_accepts_another_name_and_excludes_other_tenants() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let facts = app.get("/v1/sts/trust").await;
        let template = &facts.body["cloudFormationTemplate"];
        assert!(!template["Resources"].to_string().contains("arn:aws"), "a literal partition");
        let named = [("RoleName", "palette")];
        let role = &Stack::deploy(&app.customer().account, template, &named)["RoleArn"];
        assert!(role.ends_with(":role/palette"), "{role}");
        let request = json!({"name": "prod", "roleArn": role});
        let receipt = app.assert_registered(AuthMethod::Sts, &request).await;
        receipt.assert_check("sts.external-id-enforced", "passed", "", "");
        let foreign = [("RoleName", "foreign"), ("ExternalId", "of-another-tenant")];
        let role = &Stack::deploy(&app.customer().account, template, &foreign)["RoleArn"];
        let request = with(request, &json!({"name": "other", "roleArn": role}));
        let report = app.assert_blocked(AuthMethod::Sts, &request).await;
        report.assert_check("sts.external-id-required", "failed", "of-another-tenant", "");
    }
}
