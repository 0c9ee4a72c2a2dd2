//! Parses items of the state table.

use gangway_aws::state_table::StateItem;

use super::AccountState;

/// The state of an account that was read from the state table, with its item.
#[derive(Clone, Debug)]
pub struct KnownState {
    pub item: StateItem,
    pub state: AccountState,
}

impl KnownState {
    /// Parses the document of an item. Returns `None` if it cannot be parsed, because another
    /// version of Gangway wrote it.
    pub fn parse(item: StateItem) -> Option<Self> {
        let state = serde_json::from_str(&item.document).ok()?;
        Some(Self { item, state })
    }
}
