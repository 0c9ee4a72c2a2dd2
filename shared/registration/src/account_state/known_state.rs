//! A state as the table has it.

use gangway_aws::state_table::StateItem;

use super::AccountState;

/// A state as the table has it.
#[derive(Clone, Debug)]
pub struct KnownState {
    pub item: StateItem,
    pub state: AccountState,
}

impl KnownState {
    /// Returns `None` for a document that another version of Gangway wrote.
    pub fn parse(item: StateItem) -> Option<Self> {
        let state = serde_json::from_str(&item.document).ok()?;
        Some(Self { item, state })
    }
}
