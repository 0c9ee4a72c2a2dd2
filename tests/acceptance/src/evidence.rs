//! Collects the texts that Gangway sends, logs and stores, and searches them for secrets.

mod allowed;
mod collect;

use std::collections::{BTreeMap, BTreeSet};

use local_cloud::canaries::{Canary, Leak, LeakSearcher};

pub use self::collect::{VERBOSE_SETTINGS, enable_verbose_logs};
use crate::HttpResponse;

/// The texts that Gangway sent, logged and stored, by place, and the secrets to search for in them.
#[derive(Debug, Default)]
pub struct Evidence {
    texts: BTreeMap<&'static str, Vec<String>>,
    secrets: Vec<Canary>,
    public_texts: Vec<String>,
}

/// The result of a search for secrets in all places.
#[derive(Debug)]
pub struct SearchResult {
    /// The calls that have, in a place where one kind of secret is allowed, another kind of secret.
    pub misplaced: Vec<String>,
    /// Each searched place, with the number of its texts and of their bytes.
    pub places: Vec<(&'static str, usize, usize)>,
    /// The number of secrets that were searched for.
    pub secret_count: usize,
    /// Each secret that was found, with its place.
    pub found: BTreeSet<(&'static str, Leak)>,
}

impl Evidence {
    /// Adds a text that was found in `place`.
    pub fn add(&mut self, place: &'static str, text: impl Into<String>) {
        self.texts.entry(place).or_default().push(text.into());
    }

    /// Adds the body and the headers of a response.
    pub fn add_response(&mut self, response: &HttpResponse) {
        self.add("responses: bodies", response.text.as_str());
        self.add("responses: headers", format!("{} {:?}", response.status, response.headers));
    }

    /// Adds secrets to search for.
    pub fn add_secrets(&mut self, secrets: impl IntoIterator<Item = Canary>) {
        self.secrets.extend(secrets);
    }

    /// Adds a public text. The search ignores the parts that a secret has in common with the text.
    pub fn add_public(&mut self, text: impl Into<String>) {
        self.public_texts.push(text.into());
    }

    /// Adds the texts, the secrets and the public texts of other evidence.
    pub fn merge(&mut self, other: Self) {
        for (place, texts) in other.texts {
            self.texts.entry(place).or_default().extend(texts);
        }
        self.secrets.extend(other.secrets);
        self.public_texts.extend(other.public_texts);
    }

    /// Searches the texts of every place for every secret.
    pub fn search(&self) -> SearchResult {
        let searcher = self.searcher();
        let mut found = BTreeSet::new();
        let mut places = Vec::new();
        for (place, texts) in &self.texts {
            places.push((*place, texts.len(), texts.iter().map(String::len).sum()));
            for text in texts {
                found.extend(
                    searcher.find(text.as_bytes()).into_iter().map(|secret| (*place, secret)),
                );
                // Search the decoded text, too, because a secret may be percent-encoded.
                if text.contains('%') {
                    let decoded = percent_encoding::percent_decode_str(text).collect::<Vec<_>>();
                    found
                        .extend(searcher.find(&decoded).into_iter().map(|secret| (*place, secret)));
                }
            }
        }
        let misplaced = self.texts.get(collect::MISPLACED_SECRETS).cloned().unwrap_or_default();
        SearchResult { misplaced, places, secret_count: searcher.canary_count(), found }
    }

    /// Asserts that no text contains a secret.
    pub fn assert_no_leak(&self) {
        let found = self.search().found;
        assert!(found.is_empty(), "secrets leaked: {found:#?}");
    }

    fn searcher(&self) -> LeakSearcher {
        LeakSearcher::new(self.secrets.clone(), &self.public_texts)
    }
}

impl SearchResult {
    /// Prints a table of the searched places.
    #[expect(clippy::print_stdout, reason = "the output of `make test-leaks`")]
    pub fn print(&self) {
        println!("{:<48} {:>8} {:>12}  secrets found", "place", "texts", "bytes");
        for (place, texts, bytes) in &self.places {
            let count = self.found.iter().filter(|(at, _)| at == place).count();
            println!("{place:<48} {texts:>8} {bytes:>12}  {count}");
        }
        let bytes: usize = self.places.iter().map(|(_, _, bytes)| bytes).sum();
        println!(
            "{} places, {bytes} bytes, {} secrets in every spelling: {} found",
            self.places.len(),
            self.secret_count,
            self.found.len()
        );
    }
}
