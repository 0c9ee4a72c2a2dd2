//! Finds fragments of many secrets in much text, in one pass.
//!
//! Every fourth run of eight letters of every spelling is noted. A fragment of twelve letters holds one of those whole, so
//! that looking each run of the text up finds it; what stands around it tells how long the fragment is.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Canary, Kind, Spelling, spellings};

/// Letters in a run.
const RUN: usize = 8;
/// From one noted run to the next.
const RUN_STEP: usize = 4;
/// Bits of the filter before the map: almost every run of a text fails here.
const FILTER_BITS: u32 = 20;

/// A secret that turned up.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Whose it is.
    pub name: String,
    /// How it was written.
    pub how: &'static str,
    /// How many letters of it.
    pub letters: usize,
    /// What stood before it.
    pub behind: String,
}

/// A text that some secret may be.
struct CandidateSecret {
    canary: usize,
    spelling: Spelling,
}

/// Looks for secrets.
pub struct Searcher {
    canaries: Vec<Canary>,
    noted: Vec<CandidateSecret>,
    runs: HashMap<u64, Vec<(usize, usize)>>,
    filter: Vec<u64>,
}

impl Searcher {
    /// For these. What `public` texts have in common with them (a certificate with its key, a token's beginning) is no
    /// secret.
    pub fn new(mut canaries: Vec<Canary>, public: &[String]) -> Self {
        canaries.sort();
        canaries.dedup_by(|one, other| one.secret == other.secret);
        let public: HashSet<u64> = public
            .iter()
            .flat_map(|text| spellings(text))
            .flat_map(|spelling| {
                runs_of(spelling.text.as_bytes()).map(|(_, run)| run).collect::<Vec<_>>()
            })
            .collect();
        let mut searcher = Self {
            canaries,
            noted: Vec::new(),
            runs: HashMap::new(),
            filter: vec![0; 1 << (FILTER_BITS - 6)],
        };
        for canary in 0..searcher.canaries.len() {
            for spelling in spellings(searcher.canaries[canary].secret()) {
                let place = searcher.noted.len();
                for (at, run) in runs_of(spelling.text.as_bytes()).step_by(RUN_STEP) {
                    if !public.contains(&run) {
                        searcher.runs.entry(run).or_default().push((place, at));
                        let (word, bit) = filter_slot(run);
                        searcher.filter[word] |= bit;
                    }
                }
                searcher.noted.push(CandidateSecret { canary, spelling });
            }
        }
        searcher
    }

    /// How many secrets are looked for.
    pub fn canaries(&self) -> usize {
        self.canaries.len()
    }

    /// The secrets that a text holds, each once for each spelling, longest fragment first told.
    pub fn find(&self, text: &[u8]) -> Vec<Found> {
        let mut found: BTreeMap<(usize, &'static str), Found> = BTreeMap::new();
        for (place, run) in runs_of(text) {
            let (word, bit) = filter_slot(run);
            if self.filter[word] & bit == 0 {
                continue;
            }
            for (noted, at) in self.runs.get(&run).into_iter().flatten() {
                let CandidateSecret { canary, spelling } = &self.noted[*noted];
                let (start, end) = matching_length(text, place, spelling.text.as_bytes(), *at);
                if end - start < spelling.least.min(spelling.text.len()) {
                    continue;
                }
                let Canary { kind, name, .. } = &self.canaries[*canary];
                let behind = String::from_utf8_lossy(&text[start.saturating_sub(60)..start]);
                let this = Found {
                    kind: *kind,
                    name: name.clone(),
                    how: spelling.how,
                    letters: end - start,
                    behind: behind.into_owned(),
                };
                let known = found.entry((*canary, spelling.how)).or_insert_with(|| this.clone());
                if known.letters < this.letters {
                    *known = this;
                }
            }
        }
        found.into_values().collect()
    }
}

/// Every run of a text, and where it starts.
fn runs_of(text: &[u8]) -> impl Iterator<Item = (usize, u64)> {
    text.windows(RUN)
        .map(|run| run.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
        .enumerate()
}

fn filter_slot(run: u64) -> (usize, u64) {
    let hash = run.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FILTER_BITS);
    (usize::try_from(hash >> 6).unwrap_or(0), 1 << (hash & 63))
}

/// How far text and secret agree around a run that both have.
fn matching_length(text: &[u8], place: usize, secret: &[u8], at: usize) -> (usize, usize) {
    let same = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| {
        pairs.take_while(|(one, other)| one == other).count()
    };
    let before = same(&mut text[..place].iter().rev().zip(secret[..at].iter().rev()));
    let behind = same(&mut text[place..].iter().zip(&secret[at..]));
    (place - before, place + behind)
}
