//! The texts in which Gangway records who changed an account. Comparisons of stored data ignore
//! them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The key of a secret's tag whose value names who changed the secret.
pub const CHANGED_BY_TAG: &str = "gangway:changed-by";

/// Removes the annotations that say who changed an account in Palette, and when. They differ
/// between runs that store the same account.
pub fn remove_initiator(metadata: &mut Value) {
    if let Some(annotations) = metadata["annotations"].as_object_mut() {
        annotations.retain(|name, _| !["gangwayChangedBy", "gangwayChangedAt"].contains(&&**name));
    }
}

/// Returns the tags of a secret without [`CHANGED_BY_TAG`].
pub fn tags_without_initiator(tags: &BTreeMap<String, String>) -> Value {
    let mut tags = tags.clone();
    tags.remove(CHANGED_BY_TAG);
    json!(tags)
}
