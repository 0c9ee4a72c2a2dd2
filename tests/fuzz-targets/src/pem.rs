//! Certificates and keys in PEM.

use std::str::FromStr;

use gangway_certificates::{CaChain, ClientCertificate, PrivateKey};
use secrecy::SecretString;

use crate::assert_no_leak;

/// Parses the input as certificates and as a private key. Checks that accepted certificates can be
/// written and parsed again.
pub(crate) fn parse_pem(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match CaChain::from_str(&text) {
        Ok(chain) => {
            let again = CaChain::from_str(chain.pem()).expect("what we wrote");
            assert_eq!(again.pem(), chain.pem());
        }
        Err(fault) => assert_no_leak(&fault.to_string()),
    }
    match ClientCertificate::from_str(&text) {
        Ok(client) => {
            let again = ClientCertificate::from_str(client.pem()).expect("what we wrote");
            assert_eq!(again.pem(), client.pem());
        }
        Err(fault) => assert_no_leak(&fault.to_string()),
    }
    if let Err(fault) = PrivateKey::try_from(SecretString::from(text.as_ref())) {
        assert_no_leak(&fault.to_string());
        assert_no_leak(&format!("{fault:?}"));
    }
}
