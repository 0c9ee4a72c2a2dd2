//! The one place where secrets are written into a body.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, Serializer};

/// Written as it is.
pub(super) struct Exposed<'a>(pub(super) &'a SecretString);

impl Serialize for Exposed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::disallowed_methods, reason = "Palette keeps the key: this tells it")]
        let text = self.0.expose_secret();
        serializer.serialize_str(text)
    }
}
