/// Parses a response of an access portal, for the fuzz targets. Returns the error message, or
/// `None` if the response contains credentials.
pub fn message(status: u16, is_json: bool, body: &[u8]) -> Option<String> {
    crate::response::parse(status, is_json, body).err().map(|error| error.to_string())
}
