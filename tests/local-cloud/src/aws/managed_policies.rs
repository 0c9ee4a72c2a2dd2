//! Some AWS managed policies, with shortened documents.
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::policy::DocumentKind;
use super::store::{ParsedPolicy, PolicyVersion, StoredPolicy};

/// The creation date of all AWS managed policies here: 2015-02-06, in seconds since the Unix epoch.
const CREATED: i64 = 1_423_247_960;

/// Returns path, name and statements of each AWS managed policy in a partition.
fn build_statements(partition: &str) -> Vec<(&'static str, &'static str, Value)> {
    let allow = |actions: Value| json!([{ "Effect": "Allow", "Action": actions, "Resource": "*" }]);
    let log_actions = json!(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]);
    let ebs_statements = json!([
        { "Effect": "Allow", "Resource": "*",
          "Action": ["ec2:DescribeVolumes", "ec2:DescribeSnapshots", "ec2:DescribeInstances", "ec2:DescribeTags"] },
        { "Effect": "Allow", "Action": ["ec2:CreateVolume", "ec2:AttachVolume", "ec2:DetachVolume"],
          "Resource": [format!("arn:{partition}:ec2:*:*:volume/*"), format!("arn:{partition}:ec2:*:*:instance/*")] },
    ]);
    vec![
        ("/", "AdministratorAccess", allow(json!("*"))),
        (
            "/",
            "ReadOnlyAccess",
            allow(json!([
                "iam:Get*",
                "iam:List*",
                "ec2:Describe*",
                "eks:Describe*",
                "eks:List*",
                "s3:Get*",
                "s3:List*"
            ])),
        ),
        (
            "/",
            "SecurityAudit",
            allow(json!(["iam:Get*", "iam:List*", "iam:Simulate*", "ec2:Describe*"])),
        ),
        (
            "/",
            "IAMReadOnlyAccess",
            allow(json!([
                "iam:Get*",
                "iam:List*",
                "iam:SimulateCustomPolicy",
                "iam:SimulatePrincipalPolicy",
                "iam:GenerateCredentialReport"
            ])),
        ),
        ("/", "IAMFullAccess", allow(json!(["iam:*", "organizations:DescribeAccount"]))),
        (
            "/",
            "PowerUserAccess",
            json!([
                { "Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*" },
                { "Effect": "Allow", "Action": ["iam:CreateServiceLinkedRole", "iam:ListRoles", "account:ListRegions"], "Resource": "*" },
            ]),
        ),
        (
            "/",
            "AmazonEKSClusterPolicy",
            allow(json!([
                "ec2:Describe*",
                "ec2:CreateTags",
                "elasticloadbalancing:*",
                "kms:DescribeKey"
            ])),
        ),
        (
            "/",
            "AmazonEKSWorkerNodePolicy",
            allow(json!([
                "ec2:Describe*",
                "eks:DescribeCluster",
                "eks-auth:AssumeRoleForPodIdentity"
            ])),
        ),
        (
            "/",
            "AmazonEKS_CNI_Policy",
            allow(json!([
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DescribeInstances"
            ])),
        ),
        (
            "/",
            "AmazonEC2ContainerRegistryReadOnly",
            allow(json!(["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:ListImages"])),
        ),
        (
            "/",
            "AmazonSSMManagedInstanceCore",
            allow(json!(["ssm:UpdateInstanceInformation", "ssmmessages:*", "ec2messages:*"])),
        ),
        ("/", "AmazonS3ReadOnlyAccess", allow(json!(["s3:Get*", "s3:List*"]))),
        ("/service-role/", "AmazonEBSCSIDriverPolicy", ebs_statements),
        ("/service-role/", "AWSLambdaBasicExecutionRole", allow(log_actions.clone())),
        (
            "/service-role/",
            "AWSLambdaSQSQueueExecutionRole",
            allow(json!([
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                log_actions[0],
                log_actions[1],
                log_actions[2]
            ])),
        ),
    ]
}

/// Builds the AWS managed policies of all partitions, by ARN.
pub(crate) fn build_policies() -> BTreeMap<String, StoredPolicy> {
    let mut all = BTreeMap::new();
    for partition in ["aws", "aws-us-gov", "aws-iso", "aws-iso-b"] {
        for (path, name, statements) in build_statements(partition) {
            let raw = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
            let document = ParsedPolicy::parse(&raw, DocumentKind::Identity)
                .expect("The document of the AWS managed policy is not valid.");
            let arn = format!("arn:{partition}:iam::aws:policy{path}{name}");
            let id: String = name
                .bytes()
                .chain(*b"GANGWAYLOCALCLOUDS")
                .take(17)
                .map(|byte| char::from(byte.to_ascii_uppercase()))
                .collect();
            let policy = StoredPolicy {
                arn: arn.clone(),
                name: name.into(),
                path: path.into(),
                id: format!("ANPA{id}"),
                description: None,
                created: CREATED,
                updated: CREATED,
                versions: vec![PolicyVersion { number: 1, policy: document, created: CREATED }],
                default_number: 1,
                next_number: 2,
                tags: BTreeMap::new(),
                hidden_reads: 0,
            };
            all.insert(arn, policy);
        }
    }
    all
}
