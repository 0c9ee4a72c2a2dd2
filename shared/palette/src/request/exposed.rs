//! Writes secrets into a request body. No other module does this.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, Serializer};

/// A secret that is serialized in plain text.
pub(super) struct ExposedSecret<'a>(pub(super) &'a SecretString);

impl Serialize for ExposedSecret<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::disallowed_methods, reason = "Palette stores the credential")]
        let text = self.0.expose_secret();
        serializer.serialize_str(text)
    }
}
