//! Which version of each policy is in force: one call for all of them.

use std::collections::BTreeMap;

use aws_sdk_iam::types::PolicyScopeType;
use gangway_aws::AwsSession;

use super::{DesiredRole, PATH};
use crate::outcome::VendingError;

/// The versions of the profile's policies under Gangway's path, in the profile's order.
pub(super) struct Versions(Vec<Option<String>>);

impl Versions {
    /// As they are now.
    pub(super) async fn of(aws: &AwsSession, wanted: &DesiredRole) -> Result<Self, VendingError> {
        let call = AwsSession::iam_api_call("iam:ListPolicies", "list of policies");
        let (mut all, mut marker) = (BTreeMap::new(), None);
        loop {
            let request = aws.iam().list_policies().scope(PolicyScopeType::Local).path_prefix(PATH);
            let answer = request.set_marker(marker).send().await;
            let answer =
                answer.map_err(|error| VendingError::in_account(call.to_upstream_error(&error)))?;
            let policies = answer.policies.unwrap_or_default().into_iter();
            all.extend(
                policies
                    .filter_map(|policy| Some((policy.policy_name?, policy.default_version_id?))),
            );
            marker = answer.marker.filter(|_| answer.is_truncated);
            if marker.is_none() {
                break;
            }
        }
        let documents = gangway_policies::documents_for(wanted.profile).iter();
        Ok(Self(documents.map(|document| all.remove(document.name())).collect()))
    }

    /// Whether each of them is Gangway's own: what others hold has to be read every time.
    pub(super) fn list_managed(&self) -> bool {
        self.0.iter().all(Option::is_some)
    }

    /// Each behind a full stop.
    pub(super) fn text(&self) -> String {
        self.0.iter().flat_map(|id| [".", id.as_deref().unwrap_or("-")]).collect()
    }
}
