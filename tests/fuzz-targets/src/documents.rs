//! Policy documents of customers.

use gangway_policies::{is_equivalent, missing_actions};
use serde_json::Value;

/// Compares a policy document with itself, and with the document that Palette publishes.
pub(crate) fn compare_policy(data: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Value>(data) else { return };
    assert!(is_equivalent(&document, &document), "a document is what it is");
    let ours = gangway_policies::PolicyDocument::Controller;
    let held = [document];
    let missing = missing_actions(ours, gangway_model::Partition::Aws, &held);
    let both = [held[0].clone(), ours.render(gangway_model::Partition::Aws)];
    let with_ours = missing_actions(ours, gangway_model::Partition::Aws, &both);
    assert!(with_ours.is_empty(), "with all of it there, {with_ours:?} is missing");
    assert!(missing.len() < 1000, "more than the document has");
}
