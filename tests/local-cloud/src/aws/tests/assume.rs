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
    let Err(response) = assumed else { return (200, String::new()) };
    (response.status, response.xml_element("Message").unwrap_or_default().to_owned())
}

#[tokio::test]
async fn trust_policy_and_identity_policy_are_both_evaluated() {
    let allow_assume = || Some(allow(&["sts:AssumeRole"], "*"));
    let other_role_only = || Some(allow(&["sts:AssumeRole"], "arn:aws:iam::*:role/Other"));
    let deny_sts = || {
        Some(
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "sts:*", "Resource": "*" }] }),
        )
    };
    let trusts_root = |account: &Account| trust(&account.root_arn(), &external_id("tenant-1"));
    let trusts_account_id = |account: &Account| trust(account.id(), &external_id("tenant-1"));
    let trusts_user =
        |account: &Account| trust(&account.user("palette").arn(), &external_id("tenant-1"));
    let trusts_anyone = |_: &Account| trust("*", &Value::Null);
    let other_account = |_: &Account| trust("999988887777", &Value::Null);
    let requires_mfa = |account: &Account| {
        trust(&account.root_arn(), &json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }))
    };
    let requires_other_ip = |account: &Account| {
        trust(&account.root_arn(), &json!({ "IpAddress": { "aws:SourceIp": "198.51.100.0/24" } }))
    };
    let denies_account = |account: &Account| {
        json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole" },
        { "Effect": "Deny", "Principal": { "AWS": account.root_arn() }, "Action": "sts:AssumeRole" } ] })
    };

    let id = Some("tenant-1");
    let rows: [Row<'_>; 19] = [
        (
            "the root of the caller's account, with the right external id",
            OTHER,
            &trusts_root,
            allow_assume(),
            id,
            true,
        ),
        ("the account by number", OTHER, &trusts_account_id, allow_assume(), id, true),
        ("the exact user", OTHER, &trusts_user, allow_assume(), id, true),
        ("no external id", OTHER, &trusts_root, allow_assume(), None, false),
        ("another external id", OTHER, &trusts_root, allow_assume(), Some("tenant-2"), false),
        ("an external id nobody asked for", OTHER, &trusts_anyone, allow_assume(), id, true),
        ("anyone", OTHER, &trusts_anyone, allow_assume(), None, true),
        ("anyone, but not allowed at home", OTHER, &trusts_anyone, None, None, false),
        ("another account", OTHER, &other_account, allow_assume(), None, false),
        ("not allowed at home", OTHER, &trusts_user, None, id, false),
        ("allowed at home for another role", OTHER, &trusts_root, other_role_only(), id, false),
        ("denied at home", OTHER, &trusts_user, deny_sts(), id, false),
        ("only with MFA", OTHER, &requires_mfa, allow_assume(), None, false),
        ("only from elsewhere", OTHER, &requires_other_ip, allow_assume(), None, false),
        ("denied by the trust policy", OTHER, &denies_account, allow_assume(), None, false),
        (
            "in the same account by name, no other word needed",
            ACCOUNT,
            &trusts_user,
            None,
            id,
            true,
        ),
        ("in the same account by account, not allowed", ACCOUNT, &trusts_root, None, id, false),
        (
            "in the same account by account, allowed",
            ACCOUNT,
            &trusts_root,
            allow_assume(),
            id,
            true,
        ),
        ("in the same account by name, denied", ACCOUNT, &trusts_user, deny_sts(), id, false),
    ];
    for (case, account, trust, identity, external, allowed) in rows {
        let (status, message) = outcome(account, trust, identity, external).await;
        assert_eq!(status, if allowed { 200 } else { 403 }, "{case}: {message}");
        let expected = format!(
            "User: arn:aws:iam::{ACCOUNT}:user/palette is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::{account}:role/SpectroCloudRole"
        );
        assert!(allowed || message == expected, "{case}: {message}");
    }
}

#[tokio::test]
async fn missing_role_has_the_same_error() {
    let cloud = cloud().await;
    let keys = admin(&commercial(&cloud));
    cloud.aws().account("aws-us-gov", ACCOUNT).role("SpectroCloudRole");
    for role in [
        "arn:aws:iam::123456789012:role/Nobody",
        "arn:aws-us-gov:iam::123456789012:role/SpectroCloudRole",
    ] {
        let response =
            client(&cloud, &keys).assume_role(role, "palette", None).await.unwrap().unwrap_err();
        let wanted = format!(
            "User: arn:aws:iam::{ACCOUNT}:user/admin is not authorized to perform: sts:AssumeRole on resource: {role}"
        );
        assert_eq!(response.xml_element("Message"), Some(wanted.as_str()));
        assert_eq!((response.status, response.code().as_deref()), (403, Some("AccessDenied")));
    }
}

#[tokio::test]
async fn session_duration_is_limited_by_role_and_chaining() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let keys = admin(&account);
    let role = account.role("SpectroCloudRole");
    role.set_max_session(7200).attach(&account.managed_policy_arn("AdministratorAccess"));
    let assume = async |keys: &AwsCredentials, seconds: &str| {
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
        assert_eq!(assume(&keys, seconds).await.status, status, "{seconds}");
    }
    let chained = role.session("first");
    for (seconds, status) in [("3600", 200), ("3601", 400)] {
        let response = assume(&chained, seconds).await;
        assert_eq!(response.status, status, "{seconds}: {}", response.body);
    }
    let root = assume(&account.create_root_access_key(), "900").await;
    assert_eq!(root.code().as_deref(), Some("AccessDenied"));
}

#[tokio::test]
async fn new_role_cannot_be_assumed_at_first() {
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
async fn boundary_and_scps_of_the_caller_apply() {
    let cloud = cloud().await;
    let account = commercial(&cloud);
    let keys = admin(&account);
    let role = cloud.aws().account("aws", OTHER).role("SpectroCloudRole");
    role.set_trust_policy(&trust(&account.root_arn(), &Value::Null));
    let assume = async || {
        client(&cloud, &keys).assume_role(&role.arn(), "palette", None).await.unwrap().is_ok()
    };
    assert!(assume().await);
    let boundary = account.policy("Boundary", &allow(&["ec2:*"], "*"));
    account.user("admin").boundary(&boundary);
    assert!(!assume().await);
    account.policy("Boundary", &allow(&["*"], "*"));
    assert!(assume().await);
    account.attach_scp("NoSts", &json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*" }] }));
    assert!(!assume().await);
}
