//! Generates ids, keys and tokens in AWS's formats.
use super::store::Store;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Store {
    /// Returns an id such as `AKIA…` or `AROA…`. The account id is encoded behind the prefix, as in
    /// all ids since 2019.
    pub(crate) fn generate_id(&mut self, prefix: &str, account: &str) -> String {
        let drawn = self.random_bytes();
        let number: u64 = account.parse().unwrap_or(0);
        let head = (0x8000_0000_0000 | (number << 7) | u64::from(drawn[0] & 0x7f)).to_be_bytes();
        let bytes: Vec<u8> =
            head.iter().skip(2).chain(drawn.iter().skip(1).take(4)).copied().collect();
        let mut bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1));
        let mut id = prefix.to_owned();
        for _ in 0..16 {
            let five = bits.by_ref().take(5).fold(0_u8, |all, bit| all << 1 | bit);
            id.push(char::from(BASE32[usize::from(five)]));
        }
        if prefix.starts_with("AK") || prefix.starts_with("AS") { id } else { id + "Q" }
    }

    /// Returns random letters and digits.
    pub(crate) fn generate_alphanumeric(&mut self, length: usize) -> String {
        let mut text = String::new();
        while text.len() < length {
            let more = self.random_bytes();
            text.extend(
                more.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])),
            );
        }
        text.truncate(length);
        text
    }

    /// Returns a prefix followed by random lower-case letters and digits.
    pub(crate) fn generate_lower_case_id(&mut self, prefix: &str, length: usize) -> String {
        format!("{prefix}{}", self.generate_alphanumeric(length).to_ascii_lowercase())
    }

    /// Returns a secret access key of 40 characters.
    pub(crate) fn generate_secret_key(&mut self) -> String {
        format!(
            "{}/{}+{}",
            self.generate_alphanumeric(13),
            self.generate_alphanumeric(12),
            self.generate_alphanumeric(13)
        )
    }
}
