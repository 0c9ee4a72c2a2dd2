use super::*;

const URL: &str = "https://sqs.us-east-1.amazonaws.com/111122223333/Dead";

fn read_config(
    partition: Partition,
    variables: &[(&str, &str)],
) -> Result<HandlerConfig, Vec<String>> {
    let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
    HandlerConfig::from_env(
        |name: &str| find(name).map(|(_, value)| (*value).to_owned()),
        partition,
    )
    .map_err(|ConfigError(errors)| errors.into_iter().map(|error| error.pointer).collect())
}

#[test]
fn only_the_dead_letter_queue_is_required() {
    let config = read_config(
        Partition::AwsUsGov,
        &[("GANGWAY_DEAD_LETTER_QUEUE_URL", URL), ("GANGWAY_ACCOUNT_ACCESS_ROLES", "")],
    )
    .unwrap();
    let roles: Vec<_> = config.account_access_roles.iter().map(RoleName::to_string).collect();
    assert_eq!(roles, [DEFAULT_ACCESS_ROLE]);
    assert_eq!((config.member_access_role, config.vending.external_id), (None, None));
    assert_eq!(config.role_name.to_string(), "SpectroCloudRole");
    assert_eq!(config.permission_profile, PermissionProfile::CoreEks);
    assert_eq!((config.permissions_boundary, config.grace_period), (None, Duration::from_hours(1)));
}

#[test]
fn every_variable_is_read() {
    let config = read_config(
        Partition::Aws,
        &[
            ("GANGWAY_DEAD_LETTER_QUEUE_URL", URL),
            ("GANGWAY_ORGANIZATIONS_ROLE_ARN", "arn:aws:iam::123456789012:role/Organizations"),
            ("GANGWAY_MEMBER_ACCESS_ROLE_ARN", "arn:aws:iam::123456789012:role/MemberAccess"),
            ("GANGWAY_ACCOUNT_ACCESS_EXTERNAL_ID", "c0ffee51-access"),
            ("GANGWAY_ACCOUNT_ACCESS_ROLES", "First, Second"),
            ("GANGWAY_ROLE_NAME", "Palette"),
            ("GANGWAY_PERMISSION_PROFILE", "minimum-eks-static"),
            ("GANGWAY_PERMISSIONS_BOUNDARY", "Limits"),
            ("GANGWAY_ACCOUNT_GRACE_PERIOD_MINUTES", "0"),
            ("GANGWAY_STACK_NAME", "gangway-test"),
            ("GANGWAY_OFFBOARDING", "remove"),
        ],
    )
    .unwrap();
    assert_eq!(
        config.member_access_role.unwrap().as_str(),
        "arn:aws:iam::123456789012:role/MemberAccess"
    );
    assert_eq!(config.vending.external_id.as_deref(), Some("c0ffee51-access"));
    let account: AccountId = "123456789012".parse().unwrap();
    let role = config.role_name.to_arn(Partition::Aws, account).unwrap();
    assert_eq!(role.as_str(), "arn:aws:iam::123456789012:role/Palette");
    let boundary = config.permissions_boundary.unwrap().arn(Partition::Aws, account);
    assert_eq!(boundary, "arn:aws:iam::123456789012:policy/Limits");
    let managed: PermissionsBoundary = "arn:aws:iam::aws:policy/PowerUserAccess".parse().unwrap();
    assert_eq!(managed.arn(Partition::Aws, account), "arn:aws:iam::aws:policy/PowerUserAccess");
    assert_eq!((config.account_access_roles.len(), config.grace_period), (2, Duration::ZERO));
}

#[test]
fn all_errors_are_returned_at_once_with_their_variables() {
    let queue = ("GANGWAY_DEAD_LETTER_QUEUE_URL", URL);
    for (partition, variables, errors) in [
        (Partition::Aws, vec![], vec!["GANGWAY_DEAD_LETTER_QUEUE_URL"]),
        (Partition::AwsIso, vec![queue], vec!["AWS_REGION"]),
        (
            Partition::Aws,
            vec![queue, ("GANGWAY_ORGANIZATIONS_ROLE_ARN", "arn:aws:iam::123456789012:role/Read")],
            vec!["GANGWAY_MEMBER_ACCESS_ROLE_ARN"],
        ),
        (
            Partition::Aws,
            vec![queue, ("GANGWAY_MEMBER_ACCESS_ROLE_ARN", "arn:aws:iam::123456789012:role/Enter")],
            vec!["GANGWAY_MEMBER_ACCESS_ROLE_ARN"],
        ),
        (
            Partition::Aws,
            vec![
                ("GANGWAY_ACCOUNT_ACCESS_ROLES", "First,,Second"),
                ("GANGWAY_ROLE_NAME", "path/Role"),
                ("GANGWAY_PERMISSION_PROFILE", "all"),
                ("GANGWAY_PERMISSIONS_BOUNDARY", "arn:aws:iam::123456789012:policy/Limits"),
                ("GANGWAY_ACCOUNT_GRACE_PERIOD_MINUTES", "an hour"),
                ("GANGWAY_STACK_NAME", "1"),
                ("GANGWAY_INCLUDE_OUS", "Workloads"),
            ],
            vec![
                "GANGWAY_INCLUDE_OUS",
                "GANGWAY_ACCOUNT_ACCESS_ROLES",
                "GANGWAY_ROLE_NAME",
                "GANGWAY_PERMISSION_PROFILE",
                "GANGWAY_PERMISSIONS_BOUNDARY",
                "GANGWAY_ACCOUNT_GRACE_PERIOD_MINUTES",
                "GANGWAY_DEAD_LETTER_QUEUE_URL",
                "GANGWAY_STACK_NAME",
            ],
        ),
        (
            Partition::AwsUsGov,
            vec![
                queue,
                ("GANGWAY_PERMISSIONS_BOUNDARY", "arn:aws:iam::aws:policy/PowerUserAccess"),
            ],
            vec!["GANGWAY_PERMISSIONS_BOUNDARY"],
        ),
    ] {
        assert_eq!(read_config(partition, &variables).unwrap_err(), errors, "{variables:?}");
    }
}
