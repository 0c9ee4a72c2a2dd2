//! An access portal: CAP of the Top Secret partition, SCAP of the Secret one. It gives keys of a role's session to whoever
//! shows a certificate that it knows.

mod entitlement;
mod listener;
mod page;
mod request;
#[cfg(test)]
mod tests;
mod tls;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use rustls::pki_types::CertificateDer;
use tokio::{net::TcpListener, task::JoinHandle};

pub use self::entitlement::{Entitlement, Holder};
use crate::{
    certificates::{CertificateSpec, Chain, Issued},
    cloud::{Cloud, Parts},
    host::Host,
};

/// Which portal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// C2S, partition aws-iso.
    Cap,
    /// SC2S, partition aws-iso-b.
    Scap,
}

impl Kind {
    /// As the log of calls and the faults name it; its one operation is `GetCredentials`.
    pub const fn service(self) -> &'static str {
        match self {
            Self::Cap => "cap",
            Self::Scap => "scap",
        }
    }

    /// Where its credentials are.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Cap => "/api/v1/credentials",
            Self::Scap => "/gxCAP/getTemporaryCredentials",
        }
    }

    /// The names of its parameters: agency, account, role.
    pub const fn parameters(self) -> [&'static str; 3] {
        match self {
            Self::Cap => ["agency", "mission", "role"],
            Self::Scap => ["agency", "accountName", "roleName"],
        }
    }
}

/// The name of a portal's one operation, for faults and the log of calls.
pub const OPERATION: &str = "GetCredentials";

/// How a portal behaves. No document of it is public: these are the ways that its clients tell of.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "switches that tests turn one by one")]
pub struct Behaviour {
    /// Whether the service is on; else it answers 404 "API not enabled".
    pub enabled: bool,
    /// Whether an answer has the session token.
    pub tells_token: bool,
    /// Whether an answer says when the keys expire.
    pub tells_expiration: bool,
    /// How long the keys are good for, in seconds.
    pub lifetime: u32,
    /// Whether the server shows its intermediate in the handshake. If not, the caller has to bring it.
    pub shows_intermediate: bool,
    /// What every caller with a good certificate gets, in place of the truth.
    pub instead: Option<Instead>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            enabled: true,
            tells_token: true,
            tells_expiration: true,
            lifetime: 3600,
            shows_intermediate: false,
            instead: None,
        }
    }
}

/// An answer of any kind.
#[derive(Clone, Debug)]
pub struct Instead {
    /// HTTP status.
    pub status: u16,
    /// `content-type`
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// What it knows.
#[derive(Debug, Default)]
struct PortalRecords {
    behaviour: Behaviour,
    /// Certificates that it or its CA certificate issued, with the name of whom each is for.
    known: Vec<(CertificateDer<'static>, String)>,
    entitlements: Vec<Entitlement>,
}

/// What its connections share.
#[derive(Debug)]
struct PortalState {
    kind: Kind,
    host: Host,
    address: SocketAddr,
    /// Not its owner: a cloud may end before its portals.
    cloud: Weak<Parts>,
    chain: Chain,
    records: Mutex<PortalRecords>,
}

impl PortalState {
    /// Host and port, as a request names them.
    fn host_and_port(&self) -> String {
        format!("{}:{}", self.host.certified(), self.address.port())
    }

    fn records(&self) -> MutexGuard<'_, PortalRecords> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A portal that listens on loopback, with TLS and a CA certificate of its own. It ends when dropped.
#[derive(Debug)]
pub struct Portal {
    desk: Arc<PortalState>,
    listening: JoinHandle<()>,
}

impl Portal {
    /// Opens one.
    ///
    /// # Panics
    /// Where the host has no free port.
    pub async fn open(cloud: &Cloud, kind: Kind) -> Self {
        let host = cloud.host();
        let listener = TcpListener::bind((host.listens(), 0)).await.expect("a free port");
        let desk = Arc::new(PortalState {
            kind,
            host,
            address: listener.local_addr().expect("an address"),
            cloud: Arc::downgrade(&cloud.parts()),
            chain: Chain::new(&format!("{} Authority", kind.service().to_uppercase())),
            records: Mutex::default(),
        });
        let listening = tokio::spawn(listener::listen(listener, Arc::clone(&desk)));
        Self { desk, listening }
    }

    /// Which one.
    pub fn kind(&self) -> Kind {
        self.desk.kind
    }

    /// Its credentials resource, without a query. It is reached by the name that its certificate is for: `localhost`, where it
    /// has no other.
    pub fn url(&self) -> String {
        format!("https://{}{}", self.desk.host_and_port(), self.desk.kind.path())
    }

    /// PEM of the intermediate and the root: the `certificateAuthority` that a caller needs.
    pub fn ca_pem(&self) -> String {
        self.desk.chain.pem()
    }

    /// Its CA certificate, which signs the portal's own certificate and those of its clients.
    pub fn chain(&self) -> &Chain {
        &self.desk.chain
    }

    /// A certificate that the portal knows for the one that its name tells. What is wrong with it is found when it is shown.
    pub fn issue(&self, wish: &CertificateSpec) -> Issued {
        let issued = self.desk.chain.issue(wish);
        self.desk.records().known.push((issued.der.clone(), wish.name.clone()));
        issued
    }

    /// A certificate is withdrawn.
    pub fn revoke(&self, issued: &Issued) {
        self.desk.records().known.retain(|(der, _name)| *der != issued.der);
    }

    /// Lets somebody have keys.
    pub fn entitle(&self, entitlement: Entitlement) {
        self.desk.records().entitlements.push(entitlement);
    }

    /// Withdraws everything that somebody was let have.
    pub fn disentitle(&self, name: &str) {
        self.desk.records().entitlements.retain(|one| one.name != name);
    }

    /// Changes how it behaves.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.desk.records().behaviour);
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
