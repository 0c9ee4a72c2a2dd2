//! Which managed policies an identity has, and how many it may have (C08, C09).

use aws_sdk_iam::types::{AttachedPolicy, SummaryKeyType};
use futures_util::future::join_all;
use gangway_model::UpstreamError;

use gangway_aws::{AwsSession, Principal, error::AwsErrorKind};

/// A managed policy that is attached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Attached {
    pub(super) name: String,
    pub(super) arn: String,
}

/// Why something could not be looked at.
#[derive(Clone, Copy, Debug)]
pub(super) enum LookupError {
    /// This action is not allowed.
    AccessDenied(&'static str),
    /// There is no such user, role, group or policy.
    NotFound,
    /// IAM is asked too often. These checks only warn, so they do not stop for it.
    Throttled,
}

impl LookupError {
    /// What would let it be seen.
    pub(super) fn remedy(self) -> String {
        match self {
            Self::AccessDenied(action) => format!("allow {action} to the identity that looks"),
            Self::NotFound => "create what is missing, or correct its ARN".to_owned(),
            Self::Throttled => "validate again later: IAM is asked too often".to_owned(),
        }
    }
}

/// What was seen, or what is lacking to see it.
pub(super) type Lookup<T> = Result<Result<T, LookupError>, UpstreamError>;

/// Most calls that one identity's lists are worth.
const PAGES: usize = 5;

/// Keeps what hides apart from what failed.
macro_rules! see {
    ($action:literal, $request:expr) => {
        match $request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                return match AwsErrorKind::from_sdk(&error) {
                    Some(AwsErrorKind::AccessDenied) => Ok(Err(LookupError::AccessDenied($action))),
                    Some(AwsErrorKind::NotFound) => Ok(Err(LookupError::NotFound)),
                    Some(AwsErrorKind::Throttled) => Ok(Err(LookupError::Throttled)),
                    Some(_) | None => Err(AwsSession::iam_api_call($action, "such identity")
                        .to_upstream_error(&error)),
                };
            }
        }
    };
}
pub(super) use see;

/// Reads a list page by page.
macro_rules! pages {
    ($action:literal, $list:ident, $request:expr) => {{
        let request = $request;
        let mut found = Vec::new();
        let mut marker = None;
        for _page in 0..PAGES {
            let answer = see!($action, request.clone().set_marker(marker));
            found.extend(answer.$list);
            marker = answer.marker.filter(|_| answer.is_truncated);
            if marker.is_none() {
                break;
            }
        }
        found
    }};
}

/// The policies attached to the identity itself.
pub(super) async fn direct(aws: &AwsSession, principal: &Principal) -> Lookup<Vec<Attached>> {
    let found: Vec<Vec<AttachedPolicy>> = match principal {
        Principal::User { name, .. } => {
            let request = aws.iam().list_attached_user_policies().user_name(name);
            pages!("iam:ListAttachedUserPolicies", attached_policies, request)
        }
        Principal::Role(role) => {
            let request = aws.iam().list_attached_role_policies().role_name(role.name());
            pages!("iam:ListAttachedRolePolicies", attached_policies, request)
        }
    };
    Ok(Ok(named(found)))
}

/// The groups of a user; a role has none.
pub(super) async fn groups(aws: &AwsSession, principal: &Principal) -> Lookup<Vec<String>> {
    let Principal::User { name, .. } = principal else { return Ok(Ok(Vec::new())) };
    let request = aws.iam().list_groups_for_user().user_name(name);
    let found = pages!("iam:ListGroupsForUser", groups, request);
    Ok(Ok(found.into_iter().map(|group| group.group_name).collect()))
}

/// The policies that a user has through groups.
pub(super) async fn through(aws: &AwsSession, groups: &[String]) -> Lookup<Vec<Attached>> {
    let mut all = Vec::new();
    for found in join_all(groups.iter().map(|group| of_group(aws, group))).await {
        match found? {
            Ok(found) => all.extend(found),
            Err(hidden) => return Ok(Err(hidden)),
        }
    }
    Ok(Ok(all))
}

async fn of_group(aws: &AwsSession, group: &str) -> Lookup<Vec<Attached>> {
    let request = aws.iam().list_attached_group_policies().group_name(group);
    let found: Vec<Vec<AttachedPolicy>> =
        pages!("iam:ListAttachedGroupPolicies", attached_policies, request);
    Ok(Ok(named(found)))
}

fn named(found: Vec<Vec<AttachedPolicy>>) -> Vec<Attached> {
    let both = |policy: AttachedPolicy| {
        let AttachedPolicy { policy_name, policy_arn, .. } = policy;
        Some(Attached { name: policy_name?, arn: policy_arn? })
    };
    found.into_iter().flatten().filter_map(both).collect()
}

/// How many policies the account lets one identity have.
pub(super) async fn quota(aws: &AwsSession, principal: &Principal) -> Lookup<Option<usize>> {
    let answer = see!("iam:GetAccountSummary", aws.iam().get_account_summary());
    let key = match principal {
        Principal::User { .. } => SummaryKeyType::AttachedPoliciesPerUserQuota,
        Principal::Role(_) => SummaryKeyType::AttachedPoliciesPerRoleQuota,
    };
    let quota = answer.summary_map().and_then(|summary| summary.get(&key));
    Ok(Ok(quota.and_then(|quota| usize::try_from(*quota).ok())))
}
