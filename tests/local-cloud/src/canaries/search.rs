//! Searches a text for fragments of many secrets in one pass.
//!
//! A window is a sequence of eight characters. The searcher has an index of every fourth window of
//! every encoding of every secret. A fragment of twelve characters contains at least one window of
//! the index, so a search of all windows of the text finds it. The characters around the window
//! then show how long the fragment is.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Canary, Encoding, SecretKind, encodings};

/// Length of a window in characters.
const WINDOW_LENGTH: usize = 8;
/// Distance between the windows in the index, in characters.
const WINDOW_STEP: usize = 4;
/// Logarithm to base 2 of the number of bits in the filter. The filter rejects almost all windows
/// of a text before the slower look-up in the index.
const FILTER_BITS: u32 = 20;

/// A secret that was found in a text.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Leak {
    pub kind: SecretKind,
    /// Id or owner of the secret.
    pub name: String,
    /// Name of the encoding in which the secret was found.
    pub encoding: &'static str,
    /// Length of the fragment that was found, in characters.
    pub length: usize,
    /// Up to 60 characters of the text before the secret.
    pub preceding_text: String,
}

/// A secret in one encoding.
struct EncodedSecret {
    /// Index of the secret in `LeakSearcher::canaries`.
    canary: usize,
    encoding: Encoding,
}

/// Searches texts for secrets.
pub struct LeakSearcher {
    canaries: Vec<Canary>,
    encoded_secrets: Vec<EncodedSecret>,
    /// For each window: the index in `encoded_secrets` and the position of the window there.
    windows: HashMap<u64, Vec<(usize, usize)>>,
    filter: Vec<u64>,
}

impl LeakSearcher {
    /// Creates a searcher for secrets. Parts of a secret that also occur in the texts `public`, for
    /// example in a certificate, do not count as leaks.
    pub fn new(mut canaries: Vec<Canary>, public: &[String]) -> Self {
        canaries.sort();
        canaries.dedup_by(|one, other| one.secret == other.secret);
        let public: HashSet<u64> = public
            .iter()
            .flat_map(|text| encodings(text))
            .flat_map(|encoding| {
                windows(encoding.text.as_bytes()).map(|(_, window)| window).collect::<Vec<_>>()
            })
            .collect();
        let mut searcher = Self {
            canaries,
            encoded_secrets: Vec::new(),
            windows: HashMap::new(),
            filter: vec![0; 1 << (FILTER_BITS - 6)],
        };
        for canary in 0..searcher.canaries.len() {
            for encoding in encodings(searcher.canaries[canary].secret()) {
                let index = searcher.encoded_secrets.len();
                for (secret_position, window) in
                    windows(encoding.text.as_bytes()).step_by(WINDOW_STEP)
                {
                    if !public.contains(&window) {
                        searcher.windows.entry(window).or_default().push((index, secret_position));
                        let (word, bit) = find_filter_slot(window);
                        searcher.filter[word] |= bit;
                    }
                }
                searcher.encoded_secrets.push(EncodedSecret { canary, encoding });
            }
        }
        searcher
    }

    /// Returns the number of secrets to search for.
    pub fn canary_count(&self) -> usize {
        self.canaries.len()
    }

    /// Returns the secrets that occur in a text: the longest fragment for each secret and encoding.
    pub fn find(&self, text: &[u8]) -> Vec<Leak> {
        let mut found: BTreeMap<(usize, &'static str), Leak> = BTreeMap::new();
        for (position, window) in windows(text) {
            let (word, bit) = find_filter_slot(window);
            if self.filter[word] & bit == 0 {
                continue;
            }
            for (encoded_secret, secret_position) in self.windows.get(&window).into_iter().flatten()
            {
                let EncodedSecret { canary, encoding } = &self.encoded_secrets[*encoded_secret];
                let (start, end) =
                    find_matching_range(text, position, encoding.text.as_bytes(), *secret_position);
                if end - start < encoding.min_length.min(encoding.text.len()) {
                    continue;
                }
                let Canary { kind, name, .. } = &self.canaries[*canary];
                let preceding_text =
                    String::from_utf8_lossy(&text[start.saturating_sub(60)..start]);
                let leak = Leak {
                    kind: *kind,
                    name: name.clone(),
                    encoding: encoding.name,
                    length: end - start,
                    preceding_text: preceding_text.into_owned(),
                };
                let longest = found.entry((*canary, encoding.name)).or_insert_with(|| leak.clone());
                if longest.length < leak.length {
                    *longest = leak;
                }
            }
        }
        found.into_values().collect()
    }
}

/// Returns all windows of a text, each with its position. A window is a number: its bytes are the
/// characters.
fn windows(text: &[u8]) -> impl Iterator<Item = (usize, u64)> {
    text.windows(WINDOW_LENGTH)
        .map(|characters| characters.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
        .enumerate()
}

/// Returns the place of a window in the filter: index and bit mask.
fn find_filter_slot(window: u64) -> (usize, u64) {
    let hash = window.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FILTER_BITS);
    (usize::try_from(hash >> 6).unwrap_or(0), 1 << (hash & 63))
}

/// Returns the range of the text that is equal to the secret around a window that both contain. The
/// window is at `position` in the text, and at `secret_position` in the secret.
fn find_matching_range(
    text: &[u8],
    position: usize,
    secret: &[u8],
    secret_position: usize,
) -> (usize, usize) {
    let count_equal = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| {
        pairs.take_while(|(one, other)| one == other).count()
    };
    let before =
        count_equal(&mut text[..position].iter().rev().zip(secret[..secret_position].iter().rev()));
    let after = count_equal(&mut text[position..].iter().zip(&secret[secret_position..]));
    (position - before, position + after)
}
