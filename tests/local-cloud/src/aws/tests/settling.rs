//! Tests of eventual consistency.
use super::*;

#[tokio::test]
async fn new_policy_cannot_be_attached_at_first() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let keys = admin(&account);
    let client = client(&cloud, &keys);
    account.role("Palette");
    let trust = trust(&account.root_arn(), &Value::Null).to_string();
    let document = allow(&["s3:GetObject"], "*").to_string();
    cloud.aws().hide_new_resources(2);
    for (policy, action, names) in [
        ("Read", "AttachRolePolicy", ["RoleName", "PolicyArn"]),
        ("Bounds", "PutRolePermissionsBoundary", ["RoleName", "PermissionsBoundary"]),
        ("NewBounds", "CreateRole", ["RoleName", "PermissionsBoundary"]),
    ] {
        let policy_parameters = [("PolicyName", policy), ("PolicyDocument", document.as_str())];
        assert_eq!(
            client.query("iam", "CreatePolicy", &policy_parameters).await.unwrap().status,
            200
        );
        let arn = format!("arn:aws:iam::{ACCOUNT}:policy/{policy}");
        let role = if action == "CreateRole" { "New" } else { "Palette" };
        let mut parameters = vec![(names[0], role), (names[1], arn.as_str())];
        if action == "CreateRole" {
            parameters.push(("AssumeRolePolicyDocument", trust.as_str()));
        }
        let mut codes = Vec::new();
        for _try in 0..3 {
            codes.push(client.query("iam", action, &parameters).await.unwrap().code());
        }
        let missing = || Some("NoSuchEntity".to_owned());
        assert_eq!(codes, [missing(), missing(), None], "{action}");
    }
}
