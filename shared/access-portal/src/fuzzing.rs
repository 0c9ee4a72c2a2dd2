//! Entry points for the fuzz targets.

/// Returns the error message for a response, or `None` if it contains credentials.
pub fn message(status: u16, is_json: bool, body: &[u8]) -> Option<String> {
    crate::response::parse(status, is_json, body).err().map(|error| error.to_string())
}
