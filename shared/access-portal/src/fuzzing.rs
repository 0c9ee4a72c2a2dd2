//! What is made of a portal's answers, for tests that put any answer there is to it.

/// What is told of an answer that has no keys.
pub fn told(status: u16, is_json: bool, body: &[u8]) -> Option<String> {
    crate::response::judge(status, is_json, body).err().map(|fault| fault.to_string())
}
