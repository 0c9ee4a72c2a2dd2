//! Fake access portal: CAP of the Top Secret partition and SCAP of the Secret partition. It returns
//! credentials of a role to clients whose certificate it knows.

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

/// The two portals.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PortalKind {
    /// CAP, for partition aws-iso.
    Cap,
    /// SCAP, for partition aws-iso-b.
    Scap,
}

impl PortalKind {
    /// Returns the service name for the call log and for faults.
    pub const fn service(self) -> &'static str {
        match self {
            Self::Cap => "cap",
            Self::Scap => "scap",
        }
    }

    /// Returns the path of the credentials resource.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Cap => "/api/v1/credentials",
            Self::Scap => "/gxCAP/getTemporaryCredentials",
        }
    }

    /// Returns the names of the query parameters: agency, account and role.
    pub const fn parameters(self) -> [&'static str; 3] {
        match self {
            Self::Cap => ["agency", "mission", "role"],
            Self::Scap => ["agency", "accountName", "roleName"],
        }
    }
}

/// Operation name for the call log and for faults. A portal has only this operation.
pub const OPERATION: &str = "GetCredentials";

/// How the fake behaves. The portals have no public documentation; these are the variants that their
/// clients describe.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent settings for tests")]
pub struct Behaviour {
    /// `false` returns 404 "API not enabled".
    pub enabled: bool,
    /// Whether the response contains the session token.
    pub returns_token: bool,
    /// Whether the response contains the expiration.
    pub returns_expiration: bool,
    /// Lifetime of the credentials, in seconds.
    pub lifetime: u32,
    /// Whether the server sends its intermediate certificate in the TLS handshake. If not, the
    /// client must trust the intermediate itself.
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

/// A complete HTTP response.
#[derive(Clone, Debug)]
pub struct FixedResponse {
    pub status: u16,
    pub content_type: String,
    pub body: String,
}

/// The data of a portal.
#[derive(Debug, Default)]
struct PortalRecords {
    behaviour: Behaviour,
    /// Issued client certificates, with the common name of each.
    known_certificates: Vec<(CertificateDer<'static>, String)>,
    entitlements: Vec<Entitlement>,
}

/// The state that all connections share.
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
    /// Returns host and port as in the `Host` header.
    fn host_and_port(&self) -> String {
        format!("{}:{}", self.host.tls_name(), self.address.port())
    }

    fn records(&self) -> MutexGuard<'_, PortalRecords> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running portal with its own CA. It stops when it is dropped.
#[derive(Debug)]
pub struct AccessPortal {
    state: Arc<PortalState>,
    listening: JoinHandle<()>,
}

impl AccessPortal {
    /// Starts a portal on a free port.
    ///
    /// # Panics
    /// If the host has no free port.
    pub async fn start(cloud: &LocalCloud, kind: PortalKind) -> Self {
        let host = cloud.host();
        let listener = TcpListener::bind((host.bind_address(), 0)).await.expect("a free port");
        let state = Arc::new(PortalState {
            kind,
            host,
            address: listener.local_addr().expect("an address"),
            cloud: Arc::downgrade(&cloud.state()),
            chain: CertificateIssuer::new(&format!("{} CA", kind.service().to_uppercase())),
            records: Mutex::default(),
        });
        let listening = tokio::spawn(listener::listen(listener, Arc::clone(&state)));
        Self { state, listening }
    }

    pub fn kind(&self) -> PortalKind {
        self.state.kind
    }

    /// Returns the URL of the credentials resource without query. The host name is the one in the
    /// server certificate.
    pub fn url(&self) -> String {
        format!("https://{}{}", self.state.host_and_port(), self.state.kind.path())
    }

    /// Returns intermediate and root certificate in PEM: the `certificateAuthority` that a client
    /// needs.
    pub fn ca_pem(&self) -> String {
        self.state.chain.pem()
    }

    /// Returns the CA that issues the server certificate and the client certificates.
    pub fn chain(&self) -> &CertificateIssuer {
        &self.state.chain
    }

    /// Issues a client certificate and adds it to the known ones. The certificate may be invalid on
    /// purpose.
    pub fn issue(&self, spec: &CertificateSpec) -> IssuedCertificate {
        let issued = self.state.chain.issue(spec);
        self.state
            .records()
            .known_certificates
            .push((issued.der.clone(), spec.common_name.clone()));
        issued
    }

    /// Removes a certificate from the known ones.
    pub fn revoke(&self, issued: &IssuedCertificate) {
        self.state.records().known_certificates.retain(|(der, _name)| *der != issued.der);
    }

    pub fn add_entitlement(&self, entitlement: Entitlement) {
        self.state.records().entitlements.push(entitlement);
    }

    /// Removes all entitlements of a client.
    pub fn remove_entitlements(&self, name: &str) {
        self.state.records().entitlements.retain(|entitlement| entitlement.common_name != name);
    }

    /// Changes the behaviour of the fake.
    pub fn configure(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.state.records().behaviour);
    }
}

impl Drop for AccessPortal {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
