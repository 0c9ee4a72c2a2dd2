//! Checks whether a server can be reached, and whether its certificate is trusted.

use std::{error::Error, io, time::Duration};

use reqwest::{Client, Url};
use rustls::{AlertDescription, CertificateError};

use crate::deadline;

const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Reason why a TLS handshake failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TlsFailure {
    #[error("its certificate is not signed by a trusted CA certificate (UnknownIssuer)")]
    UnknownIssuer,
    #[error("its certificate is not valid at this time")]
    ExpiredOrNotYetValid,
    #[error("its certificate is for another host name")]
    HostnameMismatch,
    #[error("its certificate is not valid for TLS")]
    InvalidCertificate,
    /// The server does not accept the client certificate, or requires one that the client does not
    /// have.
    #[error("it does not accept the client's certificate")]
    ClientCertificateRejected,
    #[error("the TLS handshake failed")]
    Other,
}

/// Reason why [`probe`] failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProbeError {
    #[error(transparent)]
    Tls(#[from] TlsFailure),
    #[error("it did not answer in time")]
    TimedOut,
    #[error("no connection could be made")]
    ConnectionFailed,
}

impl ProbeError {
    /// Returns the reason for an error of the HTTP client.
    pub fn from_http(error: &reqwest::Error) -> Self {
        match find_tls_failure(error) {
            Some(failure) => Self::Tls(failure),
            None if error.is_timeout() => Self::TimedOut,
            None => Self::ConnectionFailed,
        }
    }
}

/// Sends a GET request and ignores the response. Succeeds if the connection (TCP and TLS) succeeds
/// and the server responds within 5 s.
pub async fn probe(client: &Client, url: Url) -> Result<(), ProbeError> {
    match deadline::timeout(PROBE_TIMEOUT, client.get(url).send()).await {
        Ok(Ok(_response)) => Ok(()),
        Ok(Err(error)) => Err(ProbeError::from_http(&error)),
        Err(_elapsed) => Err(ProbeError::TimedOut),
    }
}

/// Searches an error and its sources for a TLS error, and returns the reason of that error.
fn find_tls_failure(error: &(dyn Error + 'static)) -> Option<TlsFailure> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return Some(TlsFailure::from_rustls(tls));
        }
        // `io::Error::source` does not return the error inside the `io::Error`; `get_ref` does.
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    None
}

impl TlsFailure {
    fn from_rustls(error: &rustls::Error) -> Self {
        if let rustls::Error::InvalidCertificate(error) = error {
            return Self::from_certificate_error(error);
        }
        let is_client_rejected = matches!(
            error,
            rustls::Error::AlertReceived(
                AlertDescription::CertificateRequired
                    | AlertDescription::NoCertificate
                    | AlertDescription::BadCertificate
                    | AlertDescription::UnsupportedCertificate
                    | AlertDescription::CertificateRevoked
                    | AlertDescription::CertificateExpired
                    | AlertDescription::CertificateUnknown
                    | AlertDescription::UnknownCA
                    | AlertDescription::AccessDenied
                    | AlertDescription::DecryptError
                    | AlertDescription::HandshakeFailure
            )
        );
        if is_client_rejected { Self::ClientCertificateRejected } else { Self::Other }
    }

    fn from_certificate_error(error: &CertificateError) -> Self {
        let (expired, other_name) = (
            matches!(
                error,
                CertificateError::Expired
                    | CertificateError::ExpiredContext { .. }
                    | CertificateError::NotValidYet
                    | CertificateError::NotValidYetContext { .. }
            ),
            matches!(
                error,
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
            ),
        );
        if *error == CertificateError::UnknownIssuer {
            Self::UnknownIssuer
        } else if expired {
            Self::ExpiredOrNotYetValid
        } else if other_name {
            Self::HostnameMismatch
        } else {
            Self::InvalidCertificate
        }
    }
}
