use super::*;

const URL: &str = "https://sqs.us-east-1.amazonaws.com/111122223333/Dead";

fn read(partition: Partition, variables: &[(&str, &str)]) -> Result<HandlerConfig, Vec<String>> {
    let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
    HandlerConfig::from_env(
        |name: &str| find(name).map(|(_, value)| (*value).to_owned()),
        partition,
    )
    .map_err(|ConfigError(faults)| faults.into_iter().map(|fault| fault.pointer).collect())
}

#[test]
fn one_variable_is_enough() {
    let settings = read(
        Partition::AwsUsGov,
        &[("GANGWAY_DEAD_LETTER_QUEUE_URL", URL), ("GANGWAY_ACCOUNT_ACCESS_ROLES", "")],
    )
    .unwrap();
    let roles: Vec<_> = settings.entry_roles.iter().map(RoleName::to_string).collect();
    assert_eq!(roles, ENTRY_ROLES);
    assert_eq!(settings.role.to_string(), "SpectroCloudRole");
    assert_eq!(settings.profile, PermissionProfile::CoreEks);
    assert_eq!((settings.boundary, settings.grace), (None, Duration::from_hours(1)));
}

#[test]
fn everything_can_be_told() {
    let settings = read(
        Partition::Aws,
        &[
            ("GANGWAY_DEAD_LETTER_QUEUE_URL", URL),
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
    let account: AccountId = "123456789012".parse().unwrap();
    let role = settings.role.in_account(Partition::Aws, account).unwrap();
    assert_eq!(role.as_str(), "arn:aws:iam::123456789012:role/Palette");
    let boundary = settings.boundary.unwrap().arn(Partition::Aws, account);
    assert_eq!(boundary, "arn:aws:iam::123456789012:policy/Limits");
    let managed: Boundary = "arn:aws:iam::aws:policy/PowerUserAccess".parse().unwrap();
    assert_eq!(managed.arn(Partition::Aws, account), "arn:aws:iam::aws:policy/PowerUserAccess");
    assert_eq!((settings.entry_roles.len(), settings.grace), (2, Duration::ZERO));
}

#[test]
fn every_fault_is_told_at_once_and_names_its_variable() {
    let dead = ("GANGWAY_DEAD_LETTER_QUEUE_URL", URL);
    for (partition, variables, faults) in [
        (Partition::Aws, vec![], vec!["GANGWAY_DEAD_LETTER_QUEUE_URL"]),
        (Partition::AwsIso, vec![dead], vec!["AWS_REGION"]),
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
            vec![dead, ("GANGWAY_PERMISSIONS_BOUNDARY", "arn:aws:iam::aws:policy/PowerUserAccess")],
            vec!["GANGWAY_PERMISSIONS_BOUNDARY"],
        ),
    ] {
        assert_eq!(read(partition, &variables).unwrap_err(), faults, "{variables:?}");
    }
}
