//! Tests of IAM.
use super::*;
use crate::aws::client::AwsResponse;

async fn call(
    cloud: &LocalCloud,
    keys: &AwsCredentials,
    action: &str,
    parameters: &[(&str, &str)],
) -> AwsResponse {
    client(cloud, keys).query("iam", action, parameters).await.unwrap()
}

#[tokio::test]
async fn access_denied_names_principal_action_resource_and_reason() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    account.role("SpectroCloudRole");
    let user = account.user("palette");
    let keys = user.create_access_key();
    let call = async || call(&cloud, &keys, "GetRole", &[("RoleName", "SpectroCloudRole")]).await;
    let wording = |reason: &str| {
        format!(
            "User: arn:aws:iam::123456789012:user/palette is not authorized to perform: iam:GetRole on resource: role SpectroCloudRole {reason}"
        )
    };
    let deny = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "iam:*", "Resource": "*" }] });

    let refused = async |reason: &str| {
        let response = call().await;
        assert_eq!(
            (response.status, response.code().as_deref()),
            (403, Some("AccessDenied")),
            "{}",
            response.body
        );
        assert_eq!(response.xml_element("Message").map(str::to_owned), Some(wording(reason)));
    };
    refused("because no identity-based policy allows the iam:GetRole action").await;
    user.inline(
        "read",
        &allow(&["iam:GetRole"], "arn:aws:iam::123456789012:role/SpectroCloudRole"),
    );
    assert_eq!(call().await.status, 200);
    let bounds = account.policy("Bounds", &allow(&["ec2:*"], "*"));
    user.boundary(&bounds);
    refused("because no permissions boundary allows the iam:GetRole action").await;
    account.policy("Bounds", &allow(&["iam:*"], "*"));
    account.attach_scp("NoIam", &deny);
    refused("with an explicit deny in a service control policy").await;
    account.attach_scp("NoIam", &allow(&["*"], "*"));
    user.inline("no", &deny);
    refused("with an explicit deny in an identity-based policy").await;
}

#[tokio::test]
async fn group_policies_apply() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let group = account.group("readers");
    group.attach(&account.managed_policy_arn("IAMReadOnlyAccess"));
    let keys = account.user("palette").add_to_group(&group).create_access_key();
    let response = call(&cloud, &keys, "ListGroupsForUser", &[("UserName", "palette")]).await;
    assert_eq!(response.xml_element("GroupName"), Some("readers"), "{}", response.body);
    let response =
        call(&cloud, &keys, "ListAttachedGroupPolicies", &[("GroupName", "readers")]).await;
    assert_eq!(
        response.xml_element("PolicyArn"),
        Some("arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    );
}

#[tokio::test]
async fn policy_documents_are_url_encoded() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let keys = admin(&account);
    account
        .role("SpectroCloudRole")
        .set_trust_policy(&trust(&account.root_arn(), &external_id("tenant-1")));
    let response = call(&cloud, &keys, "GetRole", &[("RoleName", "spectrocloudrole")]).await;
    let document = response.xml_element("AssumeRolePolicyDocument").unwrap();
    assert!(
        document.starts_with("%7B%22") && !document.contains(['{', '"', ':', ' ']),
        "{document}"
    );
    let decoded =
        percent_encoding::percent_decode_str(document).decode_utf8().unwrap().into_owned();
    assert_eq!(
        serde_json::from_str::<Value>(&decoded).unwrap(),
        trust(&account.root_arn(), &external_id("tenant-1"))
    );
    assert_eq!(response.xml_element("MaxSessionDuration"), Some("3600"));

    let arn = account.policy("Mine", &allow(&["ec2:*"], "*"));
    assert_eq!(
        call(&cloud, &keys, "GetPolicy", &[("PolicyArn", &arn)])
            .await
            .xml_element("DefaultVersionId"),
        Some("v1")
    );
    let answer =
        call(&cloud, &keys, "GetPolicyVersion", &[("PolicyArn", &arn), ("VersionId", "v1")]).await;
    assert!(answer.xml_element("Document").unwrap().contains("ec2%3A%2A"), "{}", answer.body);
}

#[tokio::test]
async fn missing_entities_return_no_such_entity() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let keys = admin(&account);
    account.role("There");
    let rows = [
        ("GetRole", vec![("RoleName", "Nobody")]),
        ("GetUser", vec![("UserName", "Nobody")]),
        ("ListAttachedRolePolicies", vec![("RoleName", "Nobody")]),
        ("ListGroupsForUser", vec![("UserName", "Nobody")]),
        ("GetRolePolicy", vec![("RoleName", "There"), ("PolicyName", "none")]),
        ("GetPolicy", vec![("PolicyArn", "arn:aws:iam::123456789012:policy/None")]),
        ("GetAccessKeyLastUsed", vec![("AccessKeyId", "AKIAIOSFODNN7EXAMPLE")]),
        (
            "AttachRolePolicy",
            vec![
                ("RoleName", "There"),
                ("PolicyArn", "arn:aws-us-gov:iam::aws:policy/AdministratorAccess"),
            ],
        ),
    ];
    for (action, parameters) in rows {
        let answer = call(&cloud, &keys, action, &parameters).await;
        assert_eq!(
            (answer.status, answer.code().as_deref()),
            (404, Some("NoSuchEntity")),
            "{action}: {}",
            answer.body
        );
    }
    let answer = call(
        &cloud,
        &keys,
        "GetPolicy",
        &[("PolicyArn", "arn:aws-us-gov:iam::aws:policy/AdministratorAccess")],
    )
    .await;
    assert_eq!(answer.code().as_deref(), Some("InvalidInput"));
    assert_eq!(
        call(&cloud, &keys, "MakeCoffee", &[]).await.code().as_deref(),
        Some("InvalidAction")
    );
    assert_eq!(
        call(&cloud, &keys, "GetRole", &[]).await.code().as_deref(),
        Some("ValidationError")
    );
}

#[tokio::test]
async fn lists_are_paged() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let keys = admin(&account);
    for n in 0..5 {
        account.role("Many").attach(&account.policy(&format!("P{n}"), &allow(&["ec2:*"], "*")));
    }
    let (mut marker, mut pages, mut seen) = (None::<String>, 0, 0);
    loop {
        let mut parameters = vec![("RoleName", "Many"), ("MaxItems", "2")];
        parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let answer = call(&cloud, &keys, "ListAttachedRolePolicies", &parameters).await;
        (pages, seen) = (pages + 1, seen + answer.body.matches("<PolicyArn>").count());
        marker = answer.xml_element("Marker").map(str::to_owned);
        assert_eq!(
            answer.xml_element("IsTruncated"),
            Some(if marker.is_some() { "true" } else { "false" })
        );
        if marker.is_none() {
            break;
        }
    }
    assert_eq!((pages, seen), (3, 5));
    let answer = call(&cloud, &keys, "ListPolicies", &[("Scope", "Local")]).await;
    assert_eq!(answer.body.matches("<Arn>").count(), 5);
    assert_eq!(
        call(&cloud, &keys, "ListPolicies", &[("Scope", "Local"), ("Marker", "x")]).await.status,
        400
    );
}

#[tokio::test]
async fn iam_rejects_duplicate_roles_and_an_eleventh_policy() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let keys = admin(&account);
    let trust = trust(&account.root_arn(), &external_id("tenant-1")).to_string();
    let create = [("RoleName", "SpectroCloudRole"), ("AssumeRolePolicyDocument", trust.as_str())];
    assert_eq!(call(&cloud, &keys, "CreateRole", &create).await.status, 200);
    let again = call(&cloud, &keys, "CreateRole", &create).await;
    assert_eq!((again.status, again.code().as_deref()), (409, Some("EntityAlreadyExists")));
    for n in 0..11 {
        let document = allow(&["ec2:*"], "*").to_string();
        let name = format!("P{n}");
        let created = call(
            &cloud,
            &keys,
            "CreatePolicy",
            &[("PolicyName", &name), ("PolicyDocument", &document)],
        )
        .await;
        let arn = created.xml_element("Arn").unwrap().to_owned();
        let answer = call(
            &cloud,
            &keys,
            "AttachRolePolicy",
            &[("RoleName", "SpectroCloudRole"), ("PolicyArn", &arn)],
        )
        .await;
        assert_eq!(
            answer.code().as_deref(),
            (n == 10).then_some("LimitExceeded"),
            "{n}: {}",
            answer.body
        );
    }
    let foreign = allow(&["s3:*"], "arn:aws-us-gov:s3:::bucket").to_string();
    let answer =
        call(&cloud, &keys, "CreatePolicy", &[("PolicyName", "Gov"), ("PolicyDocument", &foreign)])
            .await;
    assert_eq!(answer.code().as_deref(), Some("MalformedPolicyDocument"), "{}", answer.body);
    for trust in [
        "{not json".to_owned(),
        super::trust("arn:aws:iam::123456789012:user/nobody", &Value::Null).to_string(),
        super::trust("arn:aws-us-gov:iam::123456789012:root", &Value::Null).to_string(),
    ] {
        let parameters = [("RoleName", "Other"), ("AssumeRolePolicyDocument", trust.as_str())];
        assert_eq!(
            call(&cloud, &keys, "CreateRole", &parameters).await.code().as_deref(),
            Some("MalformedPolicyDocument")
        );
    }
}

#[tokio::test]
async fn access_keys_are_listed_with_status_and_last_use() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    account.user("palette").attach(&account.managed_policy_arn("IAMReadOnlyAccess"));
    let keys = account.user("palette").create_access_key();
    let old = account.user("palette").create_access_key();
    account.user("palette").deactivate_key(&old).set_key_age(&old, 400);
    let answer = call(&cloud, &keys, "ListAccessKeys", &[]).await;
    assert!(
        answer.body.contains("<Status>Active</Status>")
            && answer.body.contains("<Status>Inactive</Status>")
    );
    let answer = call(&cloud, &keys, "GetAccessKeyLastUsed", &[("AccessKeyId", &keys.id)]).await;
    assert_eq!(
        (answer.xml_element("ServiceName"), answer.xml_element("UserName")),
        (Some("iam"), Some("palette"))
    );
    let answer = call(&cloud, &keys, "GetAccessKeyLastUsed", &[("AccessKeyId", &old.id)]).await;
    assert_eq!(
        (answer.xml_element("ServiceName"), answer.xml_element("LastUsedDate")),
        (Some("N/A"), None)
    );
    assert!(keys.id.starts_with("AKIA") && keys.id.len() == 20);
}
