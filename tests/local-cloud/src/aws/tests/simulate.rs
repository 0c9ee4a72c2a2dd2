//! Tests of `SimulatePrincipalPolicy`.
use super::*;
use crate::aws::client::AwsResponse;

async fn simulate(cloud: &LocalCloud, source: &str, more: &[(&str, &str)]) -> AwsResponse {
    let keys = admin(&commercial(cloud));
    let mut parameters = vec![("PolicySourceArn", source)];
    parameters.extend_from_slice(more);
    client(cloud, &keys).query("iam", "SimulatePrincipalPolicy", &parameters).await.unwrap()
}

#[tokio::test]
async fn simulation_matches_real_calls() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let role = account.role("SpectroCloudRole");
    role.inline("ec2", &allow(&["ec2:*"], "*"));
    let call = async || {
        simulate(&cloud, &role.arn(), &[("ActionNames.member.1", "ec2:RunInstances")]).await
    };
    let response = call().await;
    assert_eq!(response.xml_element("EvalDecision"), Some("allowed"), "{}", response.body);
    assert_eq!(response.xml_element("OrganizationsDecisionDetail"), None);
    assert_eq!(response.xml_element("PermissionsBoundaryDecisionDetail"), None);
    assert_eq!(response.xml_element("SourcePolicyId"), Some("role_SpectroCloudRole_ec2"));

    role.boundary(&account.policy("Bounds", &allow(&["s3:*"], "*")));
    let response = call().await;
    assert_eq!(response.xml_element("EvalDecision"), Some("implicitDeny"));
    assert_eq!(response.xml_element("AllowedByPermissionsBoundary"), Some("false"));
    account.policy("Bounds", &allow(&["*"], "*"));

    // The simulator does not set the region, so an SCP that restricts regions denies.
    let regions = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": { "StringNotEquals": { "aws:RequestedRegion": "eu-west-1" } } }] });
    account.attach_scp("Regions", &regions);
    // The SCP also denies the administrator's call to IAM in us-east-1.
    let response = call().await;
    assert_eq!(response.code().as_deref(), Some("AccessDenied"), "{}", response.body);
    let regions = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "NotAction": "iam:*", "Resource": "*",
        "Condition": { "StringNotEquals": { "aws:RequestedRegion": "eu-west-1" } } }] });
    account.attach_scp("Regions", &regions);
    let response = call().await;
    assert_eq!(response.xml_element("EvalDecision"), Some("explicitDeny"));
    assert_eq!(response.xml_element("AllowedByOrganizations"), Some("false"));
    assert!(response.xml_element("MissingContextValues").unwrap().contains("aws:RequestedRegion"));
    let response = simulate(
        &cloud,
        &role.arn(),
        &[
            ("ActionNames.member.1", "ec2:RunInstances"),
            ("ContextEntries.member.1.ContextKeyName", "aws:RequestedRegion"),
            ("ContextEntries.member.1.ContextKeyType", "string"),
            ("ContextEntries.member.1.ContextKeyValues.member.1", "eu-west-1"),
        ],
    )
    .await;
    assert_eq!(
        (response.xml_element("EvalDecision"), response.xml_element("AllowedByOrganizations")),
        (Some("allowed"), Some("true"))
    );
}

#[tokio::test]
async fn each_resource_has_its_own_result() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let user = account.user("palette");
    user.inline("eks", &allow(&["eks:DescribeCluster"], "arn:aws:eks:*:*:cluster/good"));
    let response = simulate(
        &cloud,
        &user.arn(),
        &[
            ("ActionNames.member.1", "eks:DescribeCluster"),
            ("ActionNames.member.2", "eks:DeleteCluster"),
            ("ResourceArns.member.1", "arn:aws:eks:us-east-1:123456789012:cluster/good"),
            ("ResourceArns.member.2", "arn:aws:eks:us-east-1:123456789012:cluster/bad"),
        ],
    )
    .await;
    assert_eq!(
        response.xml_element("EvalResourceName"),
        Some("arn:${Partition}:eks:${Region}:${Account}:cluster/${clusterName}")
    );
    assert_eq!(response.body.matches("<EvalDecision>implicitDeny").count(), 2);
    assert_eq!(response.body.matches("<EvalResourceDecision>allowed").count(), 1);
    assert_eq!(response.body.matches("<EvalResourceDecision>implicitDeny").count(), 3);
    // Permission for one resource is not permission for all resources.
    let response =
        simulate(&cloud, &user.arn(), &[("ActionNames.member.1", "eks:DescribeCluster")]).await;
    assert_eq!(
        (response.xml_element("EvalDecision"), response.xml_element("EvalResourceName")),
        (Some("implicitDeny"), Some("*"))
    );
}

#[tokio::test]
async fn simulation_is_paged_and_limited() {
    let cloud = cloud().await;
    let user = commercial(&cloud).user("palette").arn();
    let names: Vec<String> = (1..=101).map(|n| format!("ActionNames.member.{n}")).collect();
    let actions: Vec<(&str, &str)> =
        names.iter().map(|name| (name.as_str(), "ec2:RunInstances")).collect();
    assert_eq!(simulate(&cloud, &user, &actions).await.code().as_deref(), Some("InvalidInput"));
    let mut paged = actions[..100].to_vec();
    assert_eq!(simulate(&cloud, &user, &paged).await.xml_element("IsTruncated"), Some("false"));
    paged.push(("MaxItems", "60"));
    let first = simulate(&cloud, &user, &paged).await;
    assert_eq!(first.body.matches("<EvalDecision>").count(), 60);
    paged.push(("Marker", first.xml_element("Marker").unwrap()));
    let second = simulate(&cloud, &user, &paged).await;
    assert_eq!(
        (second.body.matches("<EvalDecision>").count(), second.xml_element("Marker")),
        (40, None)
    );
}

#[tokio::test]
async fn invalid_sources_and_actions_are_rejected() {
    let cloud = cloud().await;
    let user = commercial(&cloud).user("palette").arn();
    let good = ("ActionNames.member.1", "ec2:RunInstances");
    let rows = [
        ("arn:aws:sts::123456789012:assumed-role/Role/session", vec![good], "InvalidInput"),
        ("arn:aws:iam::123456789012:root", vec![good], "InvalidInput"),
        ("arn:aws:iam::123456789012:role/Nobody", vec![good], "NoSuchEntity"),
        ("arn:aws:iam::210987654321:role/Elsewhere", vec![good], "NoSuchEntity"),
        (user.as_str(), vec![("ActionNames.member.1", "ec2")], "InvalidInput"),
        (user.as_str(), vec![("ActionNames.member.1", "ec2:Run*")], "InvalidInput"),
        (user.as_str(), vec![good, ("ResourceArns.member.1", "cluster/x")], "InvalidInput"),
        (user.as_str(), vec![], "ValidationError"),
    ];
    for (source, parameters, code) in rows {
        let response = simulate(&cloud, source, &parameters).await;
        assert_eq!(
            response.code().as_deref(),
            Some(code),
            "{source} {parameters:?}: {}",
            response.body
        );
    }
}
