use serde_json::json;

use super::*;

const ROLE: &str = "arn:aws:iam::333333333333:role/SpectroCloudRole";

fn parse(properties: &Value) -> Result<WantedAccount, Vec<(String, String)>> {
    let account = "333333333333".parse().unwrap();
    let parsed =
        WantedAccount::parse(properties, &RequestLimits::default(), Partition::Aws, account);
    parsed.map_err(|error| {
        let RegistrationError::Invalid(errors) = error else { panic!("{error}") };
        errors.iter().map(to_property_error).map(|error| (error.pointer, error.detail)).collect()
    })
}

fn with_property(name: &str, value: Value) -> Value {
    let token = "arn:aws:sns:us-east-1:111111111111:gangway-stacks";
    let mut properties = json!({"ServiceToken": token, "Name": "prod", "RoleArn": ROLE});
    properties[name] = value;
    properties
}

#[test]
fn properties_are_parsed_as_fields_of_a_registration() {
    let wanted = parse(&json!({
        "ServiceToken": "arn:aws:sns:us-east-1:111111111111:gangway-stacks",
        "ServiceTimeout": "600",
        "Method": "sts",
        "Name": "prod",
        "Description": "Team Payments",
        "RoleArn": ROLE,
        "Partition": "aws",
        "Scope": {"Project": "Payments"},
        "PolicyArns": ["arn:aws:iam::333333333333:policy/Nodes"],
        "PermissionProfile": "core",
        "Region": "eu-west-1",
    }))
    .unwrap();
    assert_eq!(wanted.account.name.as_str(), "prod");
    assert_eq!(wanted.account.policies.len(), 1);
    assert_eq!(wanted.scope, Some(RequestedScope::Project("Payments".parse().unwrap())));
    assert_eq!(wanted.role.as_str(), ROLE);
    let least = parse(&json!({"ServiceToken": "", "Name": "prod", "RoleArn": ROLE})).unwrap();
    assert_eq!(least.scope, None);
}

#[test]
fn each_error_names_its_property() {
    for (properties, pointer, text) in [
        (json!({"RoleArn": ROLE}), "/ResourceProperties/Name", "Name is missing"),
        (json!({"Name": "prod"}), "/ResourceProperties/RoleArn", "RoleArn is missing"),
        (with_property("Name", json!("")), "/ResourceProperties/Name", "Name must"),
        (with_property("Name", json!(["prod"])), "/ResourceProperties/Name", "not a list"),
        (with_property("Name", json!("x".repeat(5000))), "/ResourceProperties/Name", "Name must"),
        (
            with_property("RoleArn", json!("arn:aws:iam::444444444444:role/Other")),
            "/ResourceProperties/RoleArn",
            "AWS account of the stack",
        ),
        (
            with_property("RoleArn", json!("arn:aws-us-gov:iam::333333333333:role/Other")),
            "/ResourceProperties/RoleArn",
            "partition",
        ),
        (
            with_property("Method", json!("static-credentials")),
            "/ResourceProperties/Method",
            "must be sts",
        ),
        (with_property("Scope", json!("all")), "/ResourceProperties/Scope", "Scope must be"),
        (
            with_property("Scope", json!({"Project": ""})),
            "/ResourceProperties/Scope/Project",
            "Project must",
        ),
        (
            with_property("PolicyArns", json!("none")),
            "/ResourceProperties/PolicyArns",
            "must be a list",
        ),
        (
            with_property("PolicyArns", json!([7])),
            "/ResourceProperties/PolicyArns/0",
            "must be a string",
        ),
        (with_property("Region", json!("mars")), "/ResourceProperties/Region", "Region must"),
        (
            with_property("Colour", json!("red")),
            "/ResourceProperties/Colour",
            "use one of Method, Scope",
        ),
        (with_property("name", json!("prod")), "", "capital letter"),
        (
            with_property("SecretAccessKey", json!("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")),
            "/ResourceProperties/SecretAccessKey",
            "should be replaced",
        ),
        (json!("none"), "", "must be a JSON object"),
        (Value::Null, "", "must be a JSON object"),
    ] {
        let errors = parse(&properties).unwrap_err();
        let is_found = errors.iter().any(|(at, detail)| at == pointer && detail.contains(text));
        assert!(is_found, "{properties}: {errors:?}");
        assert!(!format!("{errors:?}").contains("wJalrXUtnFEMI"), "{errors:?}");
    }
}

#[test]
fn service_timeout_is_read_from_the_properties() {
    for (value, seconds) in [
        (json!({}), 3600),
        (json!({"ServiceTimeout": "600"}), 600),
        (json!({"ServiceTimeout": 600}), 600),
        (json!({"ServiceTimeout": "9000"}), 3600),
        (json!({"ServiceTimeout": "soon"}), 3600),
    ] {
        assert_eq!(service_timeout(&value), Duration::from_secs(seconds), "{value}");
    }
}
