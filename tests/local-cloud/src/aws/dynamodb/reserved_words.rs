//! Reserved words, which an expression cannot use as attribute names.
use std::collections::BTreeSet;
use std::sync::LazyLock;

static WORDS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| include_str!("reserved_words.txt").lines().collect());

/// Returns `true` for a reserved word, in capital or small letters.
pub(super) fn is_reserved(name: &str) -> bool {
    WORDS.contains(name.to_ascii_uppercase().as_str())
}
