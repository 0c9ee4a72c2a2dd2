//! Tests of the template evaluator.

use serde_json::json;

use super::*;

const TEMPLATE: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  PaletteUrl: {Type: String, Default: https://api.spectrocloud.com}
  InspectionRole: {Type: String, Default: ""}
  Seconds: {Type: Number, Default: 29}
Mappings:
  Sizes: {aws: {memory: 256}, aws-us-gov: {memory: 512}}
Conditions:
  IsGov: !Equals [!Ref AWS::Partition, aws-us-gov]
  IsOpen: !Or [!Condition IsGov, !Equals [!Ref "AWS::Partition", aws]]
  Inspects: !Not [!Equals [!Ref InspectionRole, ""]]
Globals:
  Function:
    Timeout: !Ref Seconds
    MemorySize: !FindInMap [Sizes, !Ref AWS::Partition, memory]
    Environment:
      Variables:
        PALETTE_URL: !Ref PaletteUrl
        GANGWAY_INSPECTION_ROLE: !If [Inspects, !Ref InspectionRole, !Ref AWS::NoValue]
Resources:
  Key: {Type: AWS::KMS::Key}
  Static:
    Type: AWS::Serverless::Function
    Condition: IsOpen
    Metadata: {BuildMethod: rust-cargolambda}
    Properties:
      CodeUri: functions/static-credentials/
      Timeout: 15
      Environment: {Variables: {GANGWAY_KMS_KEY_ID: !GetAtt Key.Arn}}
      Policies:
        - AWSLambdaBasicExecutionRole
        - Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Action: secretsmanager:GetSecretValue
              Resource: !Sub "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:gangway/*"
              Condition: {StringEquals: {"kms:ViaService": !Join [".", [secretsmanager, !Ref AWS::Region, !Ref AWS::URLSuffix]]}}
      Events:
        Register: {Type: Api, Properties: {Path: /v1/tenant/accounts/static-credentials, Method: post}}
        Requested:
          Type: EventBridgeRule
          Properties: {Pattern: {detail-type: [Gangway Registration Requested]}}
  Gov:
    Type: AWS::Serverless::Function
    Condition: IsGov
    Properties: {CodeUri: functions/gov, Role: !GetAtt GovRole.Arn}
  GovRole:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"]
      Policies:
        - PolicyName: one
          PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "*", Resource: !GetAtt Static.Arn}]}
"#;

fn deployment(partition: &str, region: &str) -> DeploymentTarget {
    DeploymentTarget {
        partition: partition.to_owned(),
        region: region.to_owned(),
        account: "111122223333".to_owned(),
        stack: "gangway".to_owned(),
        parameters: BTreeMap::new(),
    }
}

#[test]
fn function_has_environment_permissions_and_triggers() {
    let template = Template::parse(TEMPLATE).unwrap();
    let functions = template.functions(&deployment("aws", "eu-west-1")).unwrap();
    let [function] = functions.as_slice() else { panic!("{functions:?}") };
    assert_eq!(
        (function.package.as_str(), function.name.as_str()),
        ("static-credentials", "gangway-Static")
    );
    assert_eq!((function.timeout.as_secs(), function.memory), (15, 256));
    assert_eq!(function.environment["PALETTE_URL"], "https://api.spectrocloud.com");
    assert!(!function.environment.contains_key("GANGWAY_INSPECTION_ROLE"));
    assert!(
        function.environment["GANGWAY_KMS_KEY_ID"]
            .starts_with("arn:aws:kms:eu-west-1:111122223333:key/")
    );
    assert_eq!(function.managed_policies, ["arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole"]);
    let statement = &function.policies[0]["Statement"][0];
    assert_eq!(
        statement["Resource"],
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:gangway/*"
    );
    assert_eq!(
        statement["Condition"]["StringEquals"]["kms:ViaService"],
        "secretsmanager.eu-west-1.amazonaws.com"
    );
    assert_eq!(
        function.routes,
        [Route { method: "POST".into(), path: "/v1/tenant/accounts/static-credentials".into() }]
    );
    assert_eq!(
        function.rules[0].pattern,
        json!({"detail-type": ["Gangway Registration Requested"]})
    );
}

#[test]
fn functions_depend_on_partition_and_parameters() {
    let template = Template::parse(TEMPLATE).unwrap();
    let mut gov = deployment("aws-us-gov", "us-gov-west-1");
    gov.parameters.insert("InspectionRole".into(), "Looker".into());
    let functions = template.functions(&gov).unwrap();
    assert_eq!(functions.len(), 2);
    let role = functions.iter().find(|function| function.package == "gov").unwrap();
    assert_eq!((role.timeout.as_secs(), role.memory), (29, 512));
    assert_eq!(role.environment["GANGWAY_INSPECTION_ROLE"], "Looker");
    assert_eq!(role.managed_policies, ["arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess"]);
    let resource = &role.policies[0]["Statement"][0]["Resource"];
    assert_eq!(
        resource,
        "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:gangway-Static"
    );
    assert_eq!(template.functions(&deployment("aws-iso-b", "us-isob-east-1")).unwrap().len(), 0);
}

#[test]
fn missing_reference_is_reported_by_name() {
    let text = TEMPLATE.replace("!Ref PaletteUrl", "!Ref PaletteUrls");
    let error =
        Template::parse(&text).unwrap().functions(&deployment("aws", "eu-west-1")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the template names resource PaletteUrls, which it does not have"
    );
}

/// The functions of the commercial partition and of GovCloud, without account vending.
const COMMON: [&str; 6] =
    ["account-watch", "accounts", "pod-identity", "revalidation", "static-credentials", "sts"];

#[test]
fn repository_template_is_evaluated_in_every_partition() {
    let template = Template::from_repository().unwrap();
    for (partition, region, packages) in [
        ("aws", "us-east-1", COMMON.to_vec()),
        ("aws-us-gov", "us-gov-west-1", COMMON.to_vec()),
        (
            "aws-iso-b",
            "us-isob-east-1",
            vec!["account-watch", "accounts", "revalidation", "scap", "static-credentials"],
        ),
        (
            "aws-iso",
            "us-iso-east-1",
            vec!["account-watch", "accounts", "revalidation", "scap", "static-credentials"],
        ),
    ] {
        let functions = template.functions(&deployment(partition, region)).unwrap();
        let mut found: Vec<_> =
            functions.iter().map(|function| function.package.as_str()).collect();
        found.sort_unstable();
        assert_eq!(found, packages, "{partition}");
        for function in &functions {
            let is_called = !function.routes.is_empty() || !function.schedules.is_empty();
            assert!(is_called && !function.policies.is_empty(), "{function:?}");
            let text = serde_json::to_string(&function.policies).unwrap();
            assert!(text.contains(&format!("arn:{partition}:")) && !text.contains("${"), "{text}");
        }
    }
}

#[test]
fn routes_come_from_the_openapi_document() {
    let template = Template::from_repository().unwrap();
    let routes = |partition: &str, region: &str, api: &str| {
        let mut deployment = deployment(partition, region);
        deployment.parameters.insert("HttpApi".into(), api.into());
        let functions = template.functions(&deployment).unwrap();
        functions.iter().map(|function| function.routes.len()).sum::<usize>()
    };
    assert_eq!(routes("aws", "us-east-1", "regional"), 38);
    assert_eq!(routes("aws-us-gov", "us-gov-west-1", "private"), 38);
    assert_eq!(routes("aws-iso", "us-iso-east-1", "private"), 30);
    assert_eq!(routes("aws-iso-b", "us-isob-west-1", "none"), 0);
}

#[test]
fn managed_policy_of_the_template_is_part_of_its_roles() {
    let text = TEMPLATE.replace("ManagedPolicyArns: [", "ManagedPolicyArns: [!Ref Rights, ")
        + r#"
  Rights:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Version: "2012-10-17", Statement: [{Sid: Own, Effect: Allow, Action: "kms:Decrypt", Resource: !GetAtt Key.Arn}]}
"#;
    let functions = Template::parse(&text).unwrap();
    let functions = functions.functions(&deployment("aws-us-gov", "us-gov-west-1")).unwrap();
    let gov = functions.iter().find(|function| function.package == "gov").unwrap();
    assert_eq!(gov.policies[0]["Statement"][0]["Sid"], "Own");
    assert_eq!(gov.managed_policies, ["arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess"]);
}

#[test]
fn fips_setting_matches_the_partition_table() {
    for facts in &gangway_model::PARTITIONS {
        let deployment = deployment(facts.id, facts.home_region);
        // The main template, and the one for partitions that have their own.
        let own = Template::from_templates_folder(&format!("{}.yaml", facts.id)).ok();
        assert_eq!(own.is_none(), facts.id == "aws", "templates/{}.yaml", facts.id);
        for template in [Template::from_repository().ok(), own].into_iter().flatten() {
            let functions = template.functions(&deployment).unwrap();
            assert!(functions.len() > 2, "{}", facts.id);
            for function in functions {
                let setting = function.environment.get("AWS_USE_FIPS_ENDPOINT").map(String::as_str);
                let expected = facts.fips.then_some("true");
                assert_eq!(setting, expected, "{} in {}", function.package, facts.id);
            }
        }
    }
}

#[test]
fn template_accepts_only_events_of_aws_by_default() {
    let template = Template::from_repository().unwrap();
    let mut deployment = deployment("aws", "us-east-1");
    deployment.parameters.insert("AccountVending".into(), "enabled".into());
    let rules_of = |deployment: &DeploymentTarget| {
        let functions = template.functions(deployment).unwrap();
        let functions = functions.into_iter().flat_map(|function| function.rules);
        let of_functions = functions.map(|rule| (rule.bus, rule.pattern["source"].clone()));
        let rules = template.rules(deployment).unwrap().into_iter();
        of_functions
            .chain(rules.map(|rule| (rule.bus, rule.pattern["source"].clone())))
            // Rules for what Gangway tells start nothing.
            .filter(|(_, source)| *source != json!(["gangway"]))
            .collect::<Vec<_>>()
    };
    // Only the events of AWS, which no principal can send.
    for (bus, source) in rules_of(&deployment) {
        assert_eq!(bus, "default");
        assert!(source[0].as_str().unwrap().starts_with("aws."), "{source}");
    }
    for (name, source) in
        [("RegistrationEventSources", "portal"), ("VendingEventSources", "vending")]
    {
        deployment.parameters.insert(name.into(), source.into());
    }
    let own: Vec<_> =
        rules_of(&deployment).into_iter().filter(|(bus, _)| bus == "gangway").collect();
    assert_eq!(own.len(), 4);
    assert!(
        own.iter().all(|(_, source)| *source == json!(["portal"]) || *source == json!(["vending"]))
    );
    let policy = template.event_bus(&deployment).unwrap().unwrap().policy;
    let statements = policy["Statement"].as_array().unwrap();
    assert!(statements.iter().all(|statement| statement["Effect"] == "Deny"), "{policy}");
}
