//! Tests of `AssumeRole`.
use super::*;

/// Case, the role's account, trust policy, caller's policy, external id, and whether the call
/// succeeds.
type Row<'a> = (&'a str, &'a str, Trust<'a>, Option<Value>, Option<&'a str>, bool);

/// Builds a trust policy for the caller's account.
type Trust<'a> = &'a dyn Fn(&Account) -> Value;

/// Assumes a role in `role_account` as Palette's user. Returns status and message.
async fn outcome(
    role_account: &str,
    trust_of: impl Fn(&Account) -> Value,
    identity: Option<Value>,
    external: Option<&str>,
) -> (u16, String) {
    let cloud = cloud().await;
    let palette = commercial(&cloud);
    let user = palette.user("palette");
    if let Some(document) = identity {
        user.inline("may", &document);
    }
    let keys = user.create_access_key();
    let role = cloud.aws().account("aws", role_account).role("SpectroCloudRole");
    role.set_trust_policy(&trust_of(&palette));
    let assumed =
        client(&cloud, &keys).assume_role(&role.arn(), "palette", external).await.unwrap();
    let Err(answer) = assumed else { return (200, String::new()) };
    (answer.status, answer.xml_element("Message").unwrap_or_default().to_owned())
}

#[tokio::test]
async fn trust_and_identity_decide_together() {
    let may = || Some(allow(&["sts:AssumeRole"], "*"));
    let elsewhere = || Some(allow(&["sts:AssumeRole"], "arn:aws:iam::*:role/Other"));
    let deny = || {
        Some(
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "sts:*", "Resource": "*" }] }),
        )
    };
    let by_root = |account: &Account| trust(&account.root_arn(), &external_id("tenant-1"));
    let by_number = |account: &Account| trust(account.id(), &external_id("tenant-1"));
    let by_name =
        |account: &Account| trust(&account.user("palette").arn(), &external_id("tenant-1"));
    let anyone = |_: &Account| trust("*", &Value::Null);
    let stranger = |_: &Account| trust("999988887777", &Value::Null);
    let mfa = |account: &Account| {
        trust(&account.root_arn(), &json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }))
    };
    let elsewhere_ip = |account: &Account| {
        trust(&account.root_arn(), &json!({ "IpAddress": { "aws:SourceIp": "198.51.100.0/24" } }))
    };
    let denies = |account: &Account| {
        json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole" },
        { "Effect": "Deny", "Principal": { "AWS": account.root_arn() }, "Action": "sts:AssumeRole" } ] })
    };

    let id = Some("tenant-1");
    let rows: [Row<'_>; 19] = [
        (
            "the root of the caller's account, with the right external id",
            OTHER,
            &by_root,
            may(),
            id,
            true,
        ),
        ("the account by number", OTHER, &by_number, may(), id, true),
        ("the exact user", OTHER, &by_name, may(), id, true),
        ("no external id", OTHER, &by_root, may(), None, false),
        ("another external id", OTHER, &by_root, may(), Some("tenant-2"), false),
        ("an external id nobody asked for", OTHER, &anyone, may(), id, true),
        ("anyone", OTHER, &anyone, may(), None, true),
        ("anyone, but not allowed at home", OTHER, &anyone, None, None, false),
        ("another account", OTHER, &stranger, may(), None, false),
        ("not allowed at home", OTHER, &by_name, None, id, false),
        ("allowed at home for another role", OTHER, &by_root, elsewhere(), id, false),
        ("denied at home", OTHER, &by_name, deny(), id, false),
        ("only with MFA", OTHER, &mfa, may(), None, false),
        ("only from elsewhere", OTHER, &elsewhere_ip, may(), None, false),
        ("denied by the trust policy", OTHER, &denies, may(), None, false),
        ("in the same account by name, no other word needed", ACCOUNT, &by_name, None, id, true),
        ("in the same account by account, not allowed", ACCOUNT, &by_root, None, id, false),
        ("in the same account by account, allowed", ACCOUNT, &by_root, may(), id, true),
        ("in the same account by name, denied", ACCOUNT, &by_name, deny(), id, false),
    ];
    for (what, account, trust, identity, external, allowed) in rows {
        let (status, message) = outcome(account, trust, identity, external).await;
        assert_eq!(status, if allowed { 200 } else { 403 }, "{what}: {message}");
        let same = format!(
            "User: arn:aws:iam::{ACCOUNT}:user/palette is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::{account}:role/SpectroCloudRole"
        );
        assert!(allowed || message == same, "{what}: {message}");
    }
}

#[tokio::test]
async fn a_role_that_is_not_there_is_refused_in_the_same_words() {
    let cloud = cloud().await;
    let keys = admin(&commercial(&cloud));
    cloud.aws().account("aws-us-gov", ACCOUNT).role("SpectroCloudRole");
    for role in [
        "arn:aws:iam::123456789012:role/Nobody",
        "arn:aws-us-gov:iam::123456789012:role/SpectroCloudRole",
    ] {
        let answer =
            client(&cloud, &keys).assume_role(role, "palette", None).await.unwrap().unwrap_err();
        let wanted = format!(
            "User: arn:aws:iam::{ACCOUNT}:user/admin is not authorized to perform: sts:AssumeRole on resource: {role}"
        );
        assert_eq!(answer.xml_element("Message"), Some(wanted.as_str()));
        assert_eq!((answer.status, answer.code().as_deref()), (403, Some("AccessDenied")));
    }
}

#[tokio::test]
async fn sessions_last_as_long_as_the_role_and_the_chain_allow() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let keys = admin(&account);
    let role = account.role("SpectroCloudRole");
    role.set_max_session(7200).attach(&account.managed_policy_arn("AdministratorAccess"));
    let ask = async |keys: &AwsCredentials, seconds: &str| {
        let parameters = [
            ("RoleArn", role.arn()),
            ("RoleSessionName", "palette".into()),
            ("DurationSeconds", seconds.into()),
        ];
        let parameters: Vec<_> =
            parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        client(&cloud, keys).query("sts", "AssumeRole", &parameters).await.unwrap()
    };
    for (seconds, status) in
        [("899", 400), ("900", 200), ("7200", 200), ("7201", 400), ("43201", 400)]
    {
        assert_eq!(ask(&keys, seconds).await.status, status, "{seconds}");
    }
    let chained = role.session("first");
    for (seconds, status) in [("3600", 200), ("3601", 400)] {
        let answer = ask(&chained, seconds).await;
        assert_eq!(answer.status, status, "{seconds}: {}", answer.body);
    }
    let root = ask(&account.create_root_access_key(), "900").await;
    assert_eq!(root.code().as_deref(), Some("AccessDenied"));
}

#[tokio::test]
async fn a_new_role_lets_nobody_in_until_it_has_settled() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let keys = admin(&account);
    let role = account.role("SpectroCloudRole");
    role.hide_for_reads(2);
    let client = client(&cloud, &keys);
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(client.assume_role(&role.arn(), "palette", None).await.unwrap().is_ok());
    }
    assert_eq!(seen, [false, false, true]);
}

#[tokio::test]
async fn the_boundary_and_the_organization_of_the_caller_count() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let keys = admin(&account);
    let role = cloud.aws().account("aws", OTHER).role("SpectroCloudRole");
    role.set_trust_policy(&trust(&account.root_arn(), &Value::Null));
    let ask = async || {
        client(&cloud, &keys).assume_role(&role.arn(), "palette", None).await.unwrap().is_ok()
    };
    assert!(ask().await);
    let boundary = account.policy("Boundary", &allow(&["ec2:*"], "*"));
    account.user("admin").boundary(&boundary);
    assert!(!ask().await);
    account.policy("Boundary", &allow(&["*"], "*"));
    assert!(ask().await);
    account.attach_scp("NoSts", &json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*" }] }));
    assert!(!ask().await);
}
