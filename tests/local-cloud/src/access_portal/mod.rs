//! Fake access portal: CAP of the Top Secret partition and SCAP of the Secret partition. It returns
//! credentials of a role to a client whose certificate it knows.

mod entitlement;
mod listener;
mod request;
mod responses;
#[cfg(test)]
mod tests;
mod tls;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use rustls::pki_types::CertificateDer;
use tokio::{net::TcpListener, task::JoinHandle};

pub use self::entitlement::{CredentialSource, Entitlement};
use crate::{
    certificates::{CertificateIssuer, CertificateSpec, IssuedCertificate},
    cloud::{CloudState, LocalCloud},
    host::Host,
};

/// The kind of an access portal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PortalKind {
    /// CAP, the portal of the partition `aws-iso` (Top Secret).
    Cap,
    /// SCAP, the portal of the partition `aws-iso-b` (Secret).
    Scap,
}

impl PortalKind {
    /// Returns the name of the portal as a service in the call log and in faults.
    pub const fn service(self) -> &'static str {
        match self {
            Self::Cap => "cap",
            Self::Scap => "scap",
        }
    }

    /// Returns the path of the URL that returns credentials.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Cap => "/api/v1/credentials",
            Self::Scap => "/gxCAP/getTemporaryCredentials",
        }
    }

    /// Returns the names of the query parameters for agency, account and role.
    pub const fn parameters(self) -> [&'static str; 3] {
        match self {
            Self::Cap => ["agency", "mission", "role"],
            Self::Scap => ["agency", "accountName", "roleName"],
        }
    }
}

/// Name of the only operation of a portal, in the call log and in faults.
pub const OPERATION: &str = "GetCredentials";

/// How the fake portal behaves. The real portals have no public documentation. The settings are the
/// variants that their clients describe.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent settings for tests")]
pub struct Behaviour {
    /// Whether the portal serves requests. If not, it returns 404 "API not enabled".
    pub enabled: bool,
    /// Whether the response contains the session token.
    pub returns_token: bool,
    /// Whether the response contains the expiration of the credentials.
    pub returns_expiration: bool,
    /// Lifetime of the credentials, in seconds.
    pub lifetime: u32,
    /// Whether the server sends its intermediate certificate in the TLS handshake. If not, the
    /// client must trust the intermediate certificate.
    pub sends_intermediate: bool,
    /// If set, every client with a valid certificate gets this response.
    pub fixed_response: Option<FixedResponse>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            enabled: true,
            returns_token: true,
            returns_expiration: true,
            lifetime: 3600,
            sends_intermediate: false,
            fixed_response: None,
        }
    }
}

/// An HTTP response that does not depend on the request.
#[derive(Clone, Debug)]
pub struct FixedResponse {
    pub status: u16,
    pub content_type: String,
    pub body: String,
}

/// The data of a portal that tests can change.
#[derive(Debug, Default)]
struct PortalRecords {
    behaviour: Behaviour,
    /// Client certificates that the portal accepts, each with its common name.
    known_certificates: Vec<(CertificateDer<'static>, String)>,
    entitlements: Vec<Entitlement>,
}

/// The state of a portal that all its connections share.
#[derive(Debug)]
struct PortalState {
    kind: PortalKind,
    host: Host,
    address: SocketAddr,
    /// A weak reference, because the cloud may be dropped before its portals.
    cloud: Weak<CloudState>,
    chain: CertificateIssuer,
    records: Mutex<PortalRecords>,
}

impl PortalState {
    /// Returns host name and port as a client sends them in the `Host` header.
    fn host_and_port(&self) -> String {
        format!("{}:{}", self.host.tls_name(), self.address.port())
    }

    fn records(&self) -> MutexGuard<'_, PortalRecords> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running access portal with its own CA. It stops when it is dropped.
#[derive(Debug)]
pub struct AccessPortal {
    state: Arc<PortalState>,
    listen_task: JoinHandle<()>,
}

impl AccessPortal {
    /// Starts an access portal on a free port.
    ///
    /// # Panics
    /// If the host has no free port.
    pub async fn start(cloud: &LocalCloud, kind: PortalKind) -> Self {
        let host = cloud.host();
        let listener =
            TcpListener::bind((host.bind_address(), 0)).await.expect("the host has a free port");
        let state = Arc::new(PortalState {
            kind,
            host,
            address: listener.local_addr().expect("a bound listener has an address"),
            cloud: Arc::downgrade(&cloud.state()),
            chain: CertificateIssuer::new(&format!("{} CA", kind.service().to_uppercase())),
            records: Mutex::default(),
        });
        let listen_task = tokio::spawn(listener::listen(listener, Arc::clone(&state)));
        Self { state, listen_task }
    }

    pub fn kind(&self) -> PortalKind {
        self.state.kind
    }

    /// Returns the URL that returns credentials, without query. Its host name is the one in the
    /// server certificate.
    pub fn url(&self) -> String {
        format!("https://{}{}", self.state.host_and_port(), self.state.kind.path())
    }

    /// Returns the CA certificates of the portal in PEM, intermediate and root. A registration
    /// sends them as `certificateAuthority`.
    pub fn ca_pem(&self) -> String {
        self.state.chain.pem()
    }

    /// Returns the CA that issues the server certificate and the client certificates.
    pub fn chain(&self) -> &CertificateIssuer {
        &self.state.chain
    }

    /// Issues a client certificate, which the portal then knows. A test may specify an invalid
    /// certificate, for example an expired one.
    pub fn issue(&self, spec: &CertificateSpec) -> IssuedCertificate {
        let issued = self.state.chain.issue(spec);
        self.state
            .records()
            .known_certificates
            .push((issued.der.clone(), spec.common_name.clone()));
        issued
    }

    /// Revokes a client certificate, so that the portal does not accept it any more.
    pub fn revoke(&self, issued: &IssuedCertificate) {
        self.state.records().known_certificates.retain(|(der, _name)| *der != issued.der);
    }

    pub fn add_entitlement(&self, entitlement: Entitlement) {
        self.state.records().entitlements.push(entitlement);
    }

    /// Removes all entitlements of the client with this common name.
    pub fn remove_entitlements(&self, name: &str) {
        self.state.records().entitlements.retain(|entitlement| entitlement.common_name != name);
    }

    /// Changes how the fake portal behaves.
    pub fn configure(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.state.records().behaviour);
    }
}

impl Drop for AccessPortal {
    fn drop(&mut self) {
        self.listen_task.abort();
    }
}
