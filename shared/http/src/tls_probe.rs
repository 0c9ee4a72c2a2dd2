//! Whether a server can be reached and trusted, and if not, whose fault that is.

use std::{error::Error, io, time::Duration};

use reqwest::{Client, Url};
use rustls::{AlertDescription, CertificateError};

use crate::deadline;

/// How long reaching a server may take (C05).
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a handshake came to nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TlsFailure {
    /// None of the trusted authorities signed the server's certificate.
    #[error("its certificate is signed by none of the trusted authorities (UnknownIssuer)")]
    UnknownIssuer,
    /// The server's certificate has ended, or has not begun.
    #[error("its certificate is not valid at this time")]
    ExpiredOrNotYetValid,
    /// The server's certificate is for another name.
    #[error("its certificate is for another host name")]
    HostnameMismatch,
    /// The server's certificate is wrong in another way.
    #[error("its certificate is not one that TLS takes")]
    InvalidCertificate,
    /// The server does not take the client's certificate, or wants one.
    #[error("it does not take the client's certificate")]
    ClientCertificateRejected,
    /// All else.
    #[error("TLS could not be agreed on")]
    Other,
}

/// Why a server was not reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProbeError {
    /// It answered, and TLS failed.
    #[error(transparent)]
    Tls(#[from] TlsFailure),
    /// It did not answer in time.
    #[error("it did not answer in time")]
    TimedOut,
    /// No connection.
    #[error("no connection can be made")]
    ConnectionFailed,
}

impl ProbeError {
    /// What stood behind an error of the HTTP client.
    pub fn from_http(error: &reqwest::Error) -> Self {
        match refusal(error) {
            Some(refusal) => Self::Tls(refusal),
            None if error.is_timeout() => Self::TimedOut,
            None => Self::ConnectionFailed,
        }
    }
}

/// Reaches a server and lets it answer whatever it likes.
pub async fn probe(client: &Client, url: Url) -> Result<(), ProbeError> {
    match deadline::timeout(PROBE_TIMEOUT, client.get(url).send()).await {
        Ok(Ok(_whatever)) => Ok(()),
        Ok(Err(error)) => Err(ProbeError::from_http(&error)),
        Err(_elapsed) => Err(ProbeError::TimedOut),
    }
}

/// What TLS said, wherever in the chain of causes it stands.
fn refusal(error: &(dyn Error + 'static)) -> Option<TlsFailure> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return Some(TlsFailure::of(tls));
        }
        // An I/O error's own source is that of what it wraps.
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    None
}

impl TlsFailure {
    fn of(error: &rustls::Error) -> Self {
        if let rustls::Error::InvalidCertificate(fault) = error {
            return Self::of_certificate(fault);
        }
        let refused = matches!(
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
        if refused { Self::ClientCertificateRejected } else { Self::Other }
    }

    fn of_certificate(fault: &CertificateError) -> Self {
        let (not_now, other_name) = (
            matches!(
                fault,
                CertificateError::Expired
                    | CertificateError::ExpiredContext { .. }
                    | CertificateError::NotValidYet
                    | CertificateError::NotValidYetContext { .. }
            ),
            matches!(
                fault,
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
            ),
        );
        if *fault == CertificateError::UnknownIssuer {
            Self::UnknownIssuer
        } else if not_now {
            Self::ExpiredOrNotYetValid
        } else if other_name {
            Self::HostnameMismatch
        } else {
            Self::InvalidCertificate
        }
    }
}
