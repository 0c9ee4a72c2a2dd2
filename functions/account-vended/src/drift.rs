//! Compares a vended account with what Gangway makes, and sends the result to the watch.

use std::{collections::BTreeSet, time::SystemTime};

use gangway_aws::AwsSession;
use gangway_http::origin;
use gangway_model::CloudAccount;
use gangway_registration::{
    Timestamp,
    drift::{DriftComparison, DriftedPart},
};
use serde_json::json;

use crate::{
    context::VendingContext,
    outcome::{MessageOutcome, VendingError},
    register::PendingRegistration,
    role::{self, DesiredRole, ExistingRole},
};

/// Compares the role and the account in Palette with what Gangway makes. Changes nothing.
/// `compared` is the time of the comparison.
pub(crate) async fn compare_account(
    context: &VendingContext,
    aws: &AwsSession,
    desired: &DesiredRole,
    registration: PendingRegistration<'_>,
    (existing, compared): (&ExistingRole, SystemTime),
) -> Result<MessageOutcome, VendingError> {
    let Some(account) = registration.existing_account() else {
        let reason = "Palette does not have the account, so there is nothing to compare";
        return Ok(MessageOutcome::Ignored(reason.to_owned()));
    };
    let mut parts = match existing {
        ExistingRole::Missing => [DriftedPart::Role].into(),
        ExistingRole::Managed(role) => role::compare_role(aws, desired, role).await?,
        // The watch records this only if the role has been compared before.
        ExistingRole::External(_) => [DriftedPart::OwnershipTags].into(),
    };
    let is_external = matches!(existing, ExistingRole::External(_));
    if !is_external && registration.differs_from(&account, &desired.arn) {
        parts.insert(DriftedPart::PaletteAccount);
    }
    send_comparison(context, &account, parts.clone(), compared).await?;
    Ok(MessageOutcome::Compared(parts))
}

/// Sends the parts that differ to the queue of the watch, if the deployment has a watch.
pub(crate) async fn send_comparison(
    context: &VendingContext,
    account: &CloudAccount,
    parts: BTreeSet<DriftedPart>,
    compared: SystemTime,
) -> Result<(), VendingError> {
    let Some(queue) = &context.watch_queue else { return Ok(()) };
    let comparison = DriftComparison {
        scope: account.scope.to_string(),
        uid: account.uid.to_string(),
        parts,
        compared: Timestamp(compared),
    };
    let message = json!({
        "id": origin::current().request_id,
        "source": "gangway",
        "kind": "record-drift",
        "comparison": comparison,
    });
    queue.send_batch(&[message.to_string()]).await.map_err(VendingError::Upstream)
}
