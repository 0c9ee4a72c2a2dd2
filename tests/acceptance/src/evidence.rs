//! Everything that Gangway sends or writes, by place, and the search for secrets in it.

mod allowed;
mod collect;

use std::collections::{BTreeMap, BTreeSet};

use local_cloud::canaries::{Canary, Leak, LeakSearcher};

pub use self::collect::{VERBOSE_SETTINGS, enable_verbose_logs};
use crate::HttpResponse;

/// Texts by place.
#[derive(Debug, Default)]
pub struct Evidence {
    texts: BTreeMap<&'static str, Vec<String>>,
    canaries: Vec<Canary>,
    public: Vec<String>,
}

/// The result of a search.
#[derive(Debug)]
pub struct SearchResult {
    /// Calls with a secret in the place of another one.
    pub misplaced: Vec<String>,
    /// Place, texts, bytes.
    pub places: Vec<(&'static str, usize, usize)>,
    /// The number of secrets that were searched for.
    pub canaries: usize,
    /// Where a secret was found, and which.
    pub found: BTreeSet<(&'static str, Leak)>,
}

impl Evidence {
    /// Adds a text of a place.
    pub fn add(&mut self, place: &'static str, text: impl Into<String>) {
        self.texts.entry(place).or_default().push(text.into());
    }

    /// Adds a response.
    pub fn add_response(&mut self, response: &HttpResponse) {
        self.add("responses: bodies", response.text.as_str());
        self.add("responses: headers", format!("{} {:?}", response.status, response.headers));
    }

    /// Adds secrets to search for.
    pub fn add_secrets(&mut self, canaries: impl IntoIterator<Item = Canary>) {
        self.canaries.extend(canaries);
    }

    /// Adds a public text that shares a part with a secret.
    pub fn add_public(&mut self, text: impl Into<String>) {
        self.public.push(text.into());
    }

    /// Merges other evidence.
    pub fn merge(&mut self, other: Self) {
        for (place, texts) in other.texts {
            self.texts.entry(place).or_default().extend(texts);
        }
        self.canaries.extend(other.canaries);
        self.public.extend(other.public);
    }

    /// Searches every place for every secret.
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
                // Also searches the text with its URL encoding removed.
                if text.contains('%') {
                    let decoded = percent_encoding::percent_decode_str(text).collect::<Vec<_>>();
                    found
                        .extend(searcher.find(&decoded).into_iter().map(|secret| (*place, secret)));
                }
            }
        }
        let misplaced = self.texts.get(collect::MISPLACED).cloned().unwrap_or_default();
        SearchResult { misplaced, places, canaries: searcher.canaries(), found }
    }

    /// Asserts that no secret was found.
    pub fn assert_no_leak(&self) {
        let found = self.search().found;
        assert!(found.is_empty(), "secrets leaked: {found:#?}");
    }

    fn searcher(&self) -> LeakSearcher {
        LeakSearcher::new(self.canaries.clone(), &self.public)
    }
}

impl SearchResult {
    /// Prints the searched places.
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
            self.canaries,
            self.found.len()
        );
    }
}
