//! Generates ids and secret keys in AWS's formats.
use super::store::Store;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LETTERS_AND_DIGITS: &[u8; 62] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Store {
    /// Returns a new id with a prefix such as `AKIA` or `AROA`. The account id is encoded after the
    /// prefix, as in all ids that AWS has issued since 2019.
    pub(crate) fn generate_id(&mut self, prefix: &str, account: &str) -> String {
        let random = self.random_bytes();
        let account_number: u64 = account.parse().unwrap_or(0);
        let head =
            (0x8000_0000_0000 | (account_number << 7) | u64::from(random[0] & 0x7f)).to_be_bytes();
        let bytes: Vec<u8> =
            head.iter().skip(2).chain(random.iter().skip(1).take(4)).copied().collect();
        let mut bits =
            bytes.iter().flat_map(|byte| (0..8).rev().map(move |shift| byte >> shift & 1));
        let mut id = prefix.to_owned();
        for _ in 0..16 {
            let five_bits = bits.by_ref().take(5).fold(0_u8, |value, bit| value << 1 | bit);
            id.push(char::from(BASE32[usize::from(five_bits)]));
        }
        if prefix.starts_with("AK") || prefix.starts_with("AS") { id } else { id + "Q" }
    }

    /// Returns a new random text of letters and digits, with this length.
    pub(crate) fn generate_alphanumeric(&mut self, length: usize) -> String {
        let mut text = String::new();
        while text.len() < length {
            let random = self.random_bytes();
            text.extend(random.iter().map(|byte| {
                char::from(LETTERS_AND_DIGITS[usize::from(*byte) % LETTERS_AND_DIGITS.len()])
            }));
        }
        text.truncate(length);
        text
    }

    /// Returns a new id: the prefix, and `length` random lower-case letters and digits.
    pub(crate) fn generate_lower_case_id(&mut self, prefix: &str, length: usize) -> String {
        format!("{prefix}{}", self.generate_alphanumeric(length).to_ascii_lowercase())
    }

    /// Returns a new secret access key of 40 characters.
    pub(crate) fn generate_secret_key(&mut self) -> String {
        format!(
            "{}/{}+{}",
            self.generate_alphanumeric(13),
            self.generate_alphanumeric(12),
            self.generate_alphanumeric(13)
        )
    }
}
