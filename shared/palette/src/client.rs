//! A Palette tenant, and one scope of it.

use std::time::Duration;

use gangway_model::{Scope, ports::Keyring};
use reqwest::Url;

use crate::{gate::Gate, key::Keys};

/// The pause before a call is first repeated.
const PAUSE: Duration = Duration::from_millis(200);

/// A Palette tenant, called as the owner of an API key. One for each process: it holds the key and the rate limit.
pub struct Palette<K> {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
    pub(crate) keys: Keys<K>,
    pub(crate) gate: Gate,
    pub(crate) pause: Duration,
}

impl<K: Keyring> Palette<K> {
    /// Calls the tenant at `base`, whose path is kept as a prefix. The key is read when it is first needed.
    pub fn new(http: reqwest::Client, base: Url, keyring: K) -> Self {
        Self { http, base, keys: Keys::new(keyring), gate: Gate::default(), pause: PAUSE }
    }

    /// Sends so many requests a second to each family of endpoints, rather than 8.
    #[must_use]
    pub fn at_pace(self, requests_per_second: u16) -> Self {
        Self { gate: Gate::at(requests_per_second), ..self }
    }
}

/// A tenant, seen from one scope: what is made here belongs to it.
pub struct Scoped<'a, K> {
    pub(crate) palette: &'a Palette<K>,
    pub(crate) scope: Scope,
}

impl<K> Scoped<'_, K> {
    /// Whose accounts these are.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }
}
