//! Probe of a server: can it be reached, and is its certificate trusted?

use std::{error::Error, io, time::Duration};

use reqwest::{Client, Url};
use rustls::{AlertDescription, CertificateError};

use crate::deadline;

/// Timeout of a probe.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a TLS handshake failed.
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
    /// The server rejects the client's certificate, or demands one.
    #[error("it does not accept the client's certificate")]
    ClientCertificateRejected,
    #[error("the TLS handshake failed")]
    Other,
}

/// Why a probe failed.
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
    /// Determines the cause from an error of the HTTP client.
    pub fn from_http(error: &reqwest::Error) -> Self {
        match tls_failure(error) {
            Some(failure) => Self::Tls(failure),
            None if error.is_timeout() => Self::TimedOut,
            None => Self::ConnectionFailed,
        }
    }
}

/// Sends a GET request and ignores the response: succeeds if TCP and TLS succeed. Times out after 5 s.
pub async fn probe(client: &Client, url: Url) -> Result<(), ProbeError> {
    match deadline::timeout(PROBE_TIMEOUT, client.get(url).send()).await {
        Ok(Ok(_response)) => Ok(()),
        Ok(Err(error)) => Err(ProbeError::from_http(&error)),
        Err(_elapsed) => Err(ProbeError::TimedOut),
    }
}

/// Searches the chain of sources for a TLS error.
fn tls_failure(error: &(dyn Error + 'static)) -> Option<TlsFailure> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return Some(TlsFailure::from_rustls(tls));
        }
        // `io::Error::source` skips the error that it wraps.
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
        let client_rejected = matches!(
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
        if client_rejected { Self::ClientCertificateRejected } else { Self::Other }
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
