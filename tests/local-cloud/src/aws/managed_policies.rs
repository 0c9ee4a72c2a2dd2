//! A selection of AWS managed policies, shortened.
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::policy::DocumentKind;
use super::store::{ParsedPolicy, PolicyVersion, StoredPolicy};

/// Creation date: 2015-02-06.
const CREATED: i64 = 1_423_247_960;

fn documents(partition: &str) -> Vec<(&'static str, &'static str, Value)> {
    let allow = |actions: Value| json!([{ "Effect": "Allow", "Action": actions, "Resource": "*" }]);
    let logs = json!(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]);
    let tagged = json!([
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
        ("/service-role/", "AmazonEBSCSIDriverPolicy", tagged),
        ("/service-role/", "AWSLambdaBasicExecutionRole", allow(logs.clone())),
        (
            "/service-role/",
            "AWSLambdaSQSQueueExecutionRole",
            allow(json!([
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                logs[0],
                logs[1],
                logs[2]
            ])),
        ),
    ]
}

/// Returns the policies of all partitions by ARN.
pub(crate) fn policies() -> BTreeMap<String, StoredPolicy> {
    let mut all = BTreeMap::new();
    for partition in ["aws", "aws-us-gov", "aws-iso", "aws-iso-b"] {
        for (path, name, statements) in documents(partition) {
            let raw = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
            let text = ParsedPolicy::parse(&raw, DocumentKind::Identity).expect("a valid document");
            let arn = format!("arn:{partition}:iam::aws:policy{path}{name}");
            let id: String = name
                .bytes()
                .chain(*b"GANGWAYLOCALCLOUDS")
                .take(17)
                .map(|b| char::from(b.to_ascii_uppercase()))
                .collect();
            let policy = StoredPolicy {
                arn: arn.clone(),
                name: name.into(),
                path: path.into(),
                id: format!("ANPA{id}"),
                description: None,
                created: CREATED,
                updated: CREATED,
                versions: vec![PolicyVersion { number: 1, text, created: CREATED }],
                default: 1,
                next: 2,
                tags: BTreeMap::new(),
                hidden_reads: 0,
            };
            all.insert(arn, policy);
        }
    }
    all
}
