//! What Gangway notes about who changed an account.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The tag of a secret that names who changed it.
pub const CHANGED_BY_TAG: &str = "gangway:changed-by";

/// Removes who changed an account, and when, from its metadata: both differ between runs with the
/// same end.
pub fn remove_initiator(metadata: &mut Value) {
    if let Some(annotations) = metadata["annotations"].as_object_mut() {
        annotations.retain(|name, _| !["gangwayChangedBy", "gangwayChangedAt"].contains(&&**name));
    }
}

/// Returns the tags of a secret without who changed it.
pub fn tags_without_initiator(tags: &BTreeMap<String, String>) -> Value {
    let mut tags = tags.clone();
    tags.remove(CHANGED_BY_TAG);
    json!(tags)
}
