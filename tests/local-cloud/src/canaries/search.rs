//! Searches text for fragments of many secrets in one pass.
//!
//! Every fourth window of eight characters of every encoding is indexed. A fragment of twelve
//! characters contains one of these windows, so looking up every window of the text finds it. The
//! surrounding characters then give the fragment's length.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Canary, Encoding, SecretKind, encodings};

/// Length of a window.
const WINDOW: usize = 8;
/// Distance between indexed windows.
const WINDOW_STEP: usize = 4;
/// Size of the filter in front of the map, in bits. It rejects almost every window of a text.
const FILTER_BITS: u32 = 20;

/// A secret that was found.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Leak {
    pub kind: SecretKind,
    /// Id or owner of the secret.
    pub name: String,
    /// Name of the encoding.
    pub encoding: &'static str,
    /// Number of characters that match.
    pub length: usize,
    /// Text before the secret.
    pub preceding_text: String,
}

/// One encoding of a secret.
struct CandidateSecret {
    canary: usize,
    spelling: Encoding,
}

pub struct LeakSearcher {
    canaries: Vec<Canary>,
    candidates: Vec<CandidateSecret>,
    windows: HashMap<u64, Vec<(usize, usize)>>,
    filter: Vec<u64>,
}

impl LeakSearcher {
    /// Creates a searcher. Parts that also occur in `public` texts (for example in a certificate)
    /// are not secret.
    pub fn new(mut canaries: Vec<Canary>, public: &[String]) -> Self {
        canaries.sort();
        canaries.dedup_by(|one, other| one.secret == other.secret);
        let public: HashSet<u64> = public
            .iter()
            .flat_map(|text| encodings(text))
            .flat_map(|spelling| {
                windows(spelling.text.as_bytes()).map(|(_, run)| run).collect::<Vec<_>>()
            })
            .collect();
        let mut searcher = Self {
            canaries,
            candidates: Vec::new(),
            windows: HashMap::new(),
            filter: vec![0; 1 << (FILTER_BITS - 6)],
        };
        for canary in 0..searcher.canaries.len() {
            for spelling in encodings(searcher.canaries[canary].secret()) {
                let position = searcher.candidates.len();
                for (at, run) in windows(spelling.text.as_bytes()).step_by(WINDOW_STEP) {
                    if !public.contains(&run) {
                        searcher.windows.entry(run).or_default().push((position, at));
                        let (word, bit) = filter_slot(run);
                        searcher.filter[word] |= bit;
                    }
                }
                searcher.candidates.push(CandidateSecret { canary, spelling });
            }
        }
        searcher
    }

    /// Returns the number of secrets.
    pub fn canaries(&self) -> usize {
        self.canaries.len()
    }

    /// Returns the secrets in a text: for each encoding the longest fragment.
    pub fn find(&self, text: &[u8]) -> Vec<Leak> {
        let mut found: BTreeMap<(usize, &'static str), Leak> = BTreeMap::new();
        for (position, run) in windows(text) {
            let (word, bit) = filter_slot(run);
            if self.filter[word] & bit == 0 {
                continue;
            }
            for (candidate, at) in self.windows.get(&run).into_iter().flatten() {
                let CandidateSecret { canary, spelling } = &self.candidates[*candidate];
                let (start, end) = matching_range(text, position, spelling.text.as_bytes(), *at);
                if end - start < spelling.min_length.min(spelling.text.len()) {
                    continue;
                }
                let Canary { kind, name, .. } = &self.canaries[*canary];
                let after = String::from_utf8_lossy(&text[start.saturating_sub(60)..start]);
                let this = Leak {
                    kind: *kind,
                    name: name.clone(),
                    encoding: spelling.name,
                    length: end - start,
                    preceding_text: after.into_owned(),
                };
                let known = found.entry((*canary, spelling.name)).or_insert_with(|| this.clone());
                if known.length < this.length {
                    *known = this;
                }
            }
        }
        found.into_values().collect()
    }
}

/// Returns every window of a text with its position.
fn windows(text: &[u8]) -> impl Iterator<Item = (usize, u64)> {
    text.windows(WINDOW)
        .map(|run| run.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
        .enumerate()
}

fn filter_slot(run: u64) -> (usize, u64) {
    let hash = run.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FILTER_BITS);
    (usize::try_from(hash >> 6).unwrap_or(0), 1 << (hash & 63))
}

/// Returns the range of the text that matches the secret around a common window.
fn matching_range(text: &[u8], position: usize, secret: &[u8], at: usize) -> (usize, usize) {
    let same = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| {
        pairs.take_while(|(one, other)| one == other).count()
    };
    let before = same(&mut text[..position].iter().rev().zip(secret[..at].iter().rev()));
    let after = same(&mut text[position..].iter().zip(&secret[at..]));
    (position - before, position + after)
}
