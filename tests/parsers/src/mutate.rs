//! Offspring of an input: always the same for the same seed.

/// Dice.
#[derive(Clone, Debug)]
pub struct Dice(u64);

/// What parsers trip over, and the word that must not come back.
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
    crate::PLANTED,
];

impl Dice {
    /// With this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 to below `sides`; 0 where there are none.
    pub fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0).checked_rem(sides).unwrap_or(0)
    }
}

/// One child, changed in one to four places.
pub fn child(parent: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut child = parent.to_vec();
    for _ in 0..=dice.throw(4) {
        let at = dice.throw(child.len() + 1);
        let end = (at + 1 + dice.throw(24)).min(child.len());
        match dice.throw(8) {
            0 => child.truncate(at),
            1 => drop(child.drain(at..end)),
            2 => child.splice(at..at, WORDS[dice.throw(WORDS.len())].bytes()).for_each(drop),
            3 => child.splice(at..end, WORDS[dice.throw(WORDS.len())].bytes()).for_each(drop),
            4 => {
                let part = child[at..end].repeat(1 + dice.throw(5));
                child.splice(at..at, part).for_each(drop);
            }
            5 => {
                let from = dice.throw(other.len() + 1);
                let to = (from + dice.throw(60)).min(other.len());
                child.splice(at..end, other[from..to].iter().copied()).for_each(drop);
            }
            6 => {
                let deep = "[".repeat(dice.throw(300));
                child.splice(at..at, deep.bytes()).for_each(drop);
            }
            _ => {
                if let Some(byte) = child.get_mut(at) {
                    *byte ^= 1 << dice.throw(8);
                }
            }
        }
    }
    child
}
