//! Mutations of an input, deterministic for a seed.

/// A deterministic random number generator (xorshift).
#[derive(Clone, Debug)]
pub struct Rng(u64);

/// Fragments that often break parsers, and the canary.
const WORDS: [&str; 26] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "-1",
    "1e999",
    "18446744073709551616",
    "0.1",
    "\u{0}",
    "\u{202e}",
    "é",
    "\r\n",
    "*",
    "?",
    "${",
    "-----BEGIN CERTIFICATE-----",
    "%2F",
    crate::CANARY,
];

impl Rng {
    /// Creates a generator with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns a number below `bound`, or 0 if `bound` is 0.
    pub fn gen_range(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0).checked_rem(bound).unwrap_or(0)
    }
}

/// Returns a copy of `parent` with one to five random changes; `other` supplies fragments.
pub fn mutate(parent: &[u8], other: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut mutated = parent.to_vec();
    for _ in 0..=rng.gen_range(4) {
        let at = rng.gen_range(mutated.len() + 1);
        let end = (at + 1 + rng.gen_range(24)).min(mutated.len());
        match rng.gen_range(8) {
            0 => mutated.truncate(at),
            1 => drop(mutated.drain(at..end)),
            2 => mutated.splice(at..at, WORDS[rng.gen_range(WORDS.len())].bytes()).for_each(drop),
            3 => mutated.splice(at..end, WORDS[rng.gen_range(WORDS.len())].bytes()).for_each(drop),
            4 => {
                let part = mutated[at..end].repeat(1 + rng.gen_range(5));
                mutated.splice(at..at, part).for_each(drop);
            }
            5 => {
                let from = rng.gen_range(other.len() + 1);
                let to = (from + rng.gen_range(60)).min(other.len());
                mutated.splice(at..end, other[from..to].iter().copied()).for_each(drop);
            }
            6 => {
                let deep = "[".repeat(rng.gen_range(300));
                mutated.splice(at..at, deep.bytes()).for_each(drop);
            }
            _ => {
                if let Some(byte) = mutated.get_mut(at) {
                    *byte ^= 1 << rng.gen_range(8);
                }
            }
        }
    }
    mutated
}
