//! Fixtures of DynamoDB.
use std::collections::BTreeMap;

use serde_json::Value;

use super::call::ItemKey;
use super::value::{Item, parse_item, parts};
use crate::aws::store::{AccountKey, Store};
use crate::aws::{Account, Aws};

/// Items whose TTL passed longer ago are not deleted, as DynamoDB takes the value for another
/// number.
const MAX_TTL_AGE_SECONDS: i64 = 5 * 365 * 24 * 3600;

/// Settings of a table. Its keys are strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSettings {
    /// Name of the partition key.
    pub partition_key: String,
    /// Name of the sort key.
    pub sort_key: Option<String>,
    /// Name of the attribute with the time in seconds since 1970 after which an item expires.
    pub ttl_attribute: Option<String>,
}

/// A table with its items, in the order of their keys.
#[derive(Debug, Clone)]
pub(crate) struct StoredTable {
    pub(super) settings: TableSettings,
    pub(super) items: BTreeMap<ItemKey, Item>,
}

/// Account, region and name of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableKey {
    pub(super) account_key: AccountKey,
    pub(super) region: String,
    pub(super) name: String,
}

impl TableKey {
    pub(super) fn new(account_key: &AccountKey, region: &str, name: &str) -> TableKey {
        let (region, name) = (region.to_owned(), name.to_owned());
        TableKey { account_key: account_key.clone(), region, name }
    }

    /// Parses `arn:…:dynamodb:<region>:<account>:table/<name>`.
    pub(super) fn from_arn(arn: &str) -> Option<TableKey> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, "dynamodb", region, account, resource] = parts.as_slice() else {
            return None;
        };
        let account_key = ((*partition).to_owned(), (*account).to_owned());
        Some(TableKey::new(&account_key, region, resource.strip_prefix("table/")?))
    }

    pub(super) fn arn(&self) -> String {
        let TableKey { account_key: (partition, account), region, name } = self;
        format!("arn:{partition}:dynamodb:{region}:{account}:table/{name}")
    }
}

impl Store {
    pub(super) fn table(&self, key: &TableKey) -> Option<&StoredTable> {
        self.account(&key.account_key)?.tables.get(&(key.region.clone(), key.name.clone()))
    }

    pub(super) fn table_mut(&mut self, key: &TableKey) -> Option<&mut StoredTable> {
        let tables = &mut self.accounts.get_mut(&key.account_key)?.tables;
        tables.get_mut(&(key.region.clone(), key.name.clone()))
    }
}

/// A handle to a table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Table {
    aws: Aws,
    key: TableKey,
}

impl Account {
    /// Returns a table with these settings. Creates it if necessary.
    pub fn table(&self, region: &str, name: &str, settings: TableSettings) -> Table {
        let key = TableKey::new(self.account_key(), region, name);
        let mut store = self.aws().store();
        let tables = &mut store.account_mut(&key.account_key).tables;
        let id = (key.region.clone(), key.name.clone());
        let items = tables.remove(&id).map(|table| table.items).unwrap_or_default();
        tables.insert(id, StoredTable { settings, items });
        drop(store);
        Table { aws: self.aws().clone(), key }
    }
}

impl Table {
    fn with_state<R>(&self, work: impl FnOnce(&mut StoredTable) -> R) -> R {
        work(self.aws.store().table_mut(&self.key).expect("the table exists"))
    }

    pub fn name(&self) -> &str {
        &self.key.name
    }

    pub fn arn(&self) -> String {
        self.key.arn()
    }

    /// Returns all items in DynamoDB's JSON, in the order of their keys, expired ones too.
    pub fn items(&self) -> Vec<Value> {
        self.with_state(|table| table.items.values().map(|item| serde_json::json!(item)).collect())
    }

    pub fn len(&self) -> usize {
        self.with_state(|table| table.items.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes an item in DynamoDB's JSON without permission checks, such as one of another writer.
    ///
    /// # Panics
    /// If DynamoDB would reject the item.
    pub fn put(&self, item: &Value) {
        let item = parse_item(Some(item)).expect("attribute values").expect("an item");
        self.with_state(|table| {
            let key = table.key_of_item(&item).expect("the item's key");
            table.items.insert(key, item);
        });
    }

    /// Deletes all items.
    pub fn clear(&self) {
        self.with_state(|table| table.items.clear());
    }

    /// Deletes the items whose TTL has passed by the cloud's clock, as DynamoDB does within a few
    /// days. Until then, calls return them. Returns how many it has deleted.
    pub fn delete_expired(&self) -> usize {
        let now = self.aws.store().now();
        self.with_state(|table| {
            let Some(attribute) = table.settings.ttl_attribute.clone() else { return 0 };
            let is_expired = |item: &Item| {
                let number = item.get(&attribute).map(parts).filter(|(kind, _)| *kind == "N");
                let time = number.and_then(|(_, digits)| digits.as_str()?.parse::<i64>().ok());
                time.is_some_and(|time| time < now && time > now - MAX_TTL_AGE_SECONDS)
            };
            let before = table.items.len();
            table.items.retain(|_, item| !is_expired(item));
            before - table.items.len()
        })
    }
}
