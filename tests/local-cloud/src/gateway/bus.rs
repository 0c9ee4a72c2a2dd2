//! An event bus: every function with a rule that an event fits gets it.

use serde_json::{Value, json};

use super::pattern;
use crate::functions::{FunctionError, Functions};

/// A bus of one deployment.
#[derive(Clone, Debug)]
pub struct Bus {
    functions: Functions,
    account: String,
    region: String,
}

/// What became of an event at one function.
#[derive(Debug)]
pub struct Delivery {
    /// The function's package.
    pub package: String,
    /// What it answered. Lambda would retry where this is an error.
    pub outcome: Result<Value, FunctionError>,
}

impl Bus {
    /// The bus that these functions listen on.
    pub fn new(functions: Functions, account: &str, region: &str) -> Self {
        Self { functions, account: account.to_owned(), region: region.to_owned() }
    }

    /// An event as EventBridge would deliver it.
    pub fn event(&self, source: &str, detail_type: &str, detail: &Value) -> Value {
        json!({
            "version": "0",
            "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
            "detail-type": detail_type,
            "source": source,
            "account": self.account,
            "time": "2026-11-23T08:00:00Z",
            "region": self.region,
            "resources": [],
            "detail": detail,
        })
    }

    /// Puts an event on the bus, and waits for every function that it reaches, one attempt each.
    pub async fn put_event(
        &self,
        source: &str,
        detail_type: &str,
        detail: &Value,
    ) -> Vec<Delivery> {
        let event = self.event(source, detail_type, detail);
        let mut deliveries = Vec::new();
        for lambda in self.functions.all() {
            let rules = &lambda.function().rules;
            if rules.iter().any(|rule| pattern::fits(&rule.pattern, Some(&event))) {
                let package = lambda.function().package.clone();
                deliveries.push(Delivery { package, outcome: lambda.invoke(&event).await });
            }
        }
        deliveries
    }
}
