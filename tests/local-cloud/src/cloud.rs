//! A running local cloud.
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::aws::Aws;
use crate::call_log::CallLog;
use crate::clock::Clock;
use crate::faults::{Fault, Faults};
use crate::host::Host;
use crate::palette;
use crate::recorder::RequestRecorder;
use crate::server;
use crate::tls::TlsIdentity;

/// Value of the parameter `AllowPodIdentityChanges`: whether Gangway may change Pod Identity
/// associations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AssociationChanges {
    #[default]
    Allowed,
    /// The default of the templates.
    Denied,
}

/// Options of a local cloud.
#[derive(Debug, Clone, Copy, Default)]
pub struct CloudOptions {
    /// Use HTTPS with a private CA.
    pub tls: bool,
    /// Port; 0 selects a free one.
    pub port: u16,
    /// Palette's cluster runs in Palette's account instead of Gangway's.
    pub cluster_in_palette_account: bool,
    /// Whether Gangway may change the associations of the cluster.
    pub association_changes: AssociationChanges,
    /// The management account is a separate account, not Gangway's.
    pub separate_management_account: bool,
    /// From where it is reachable.
    pub host: Host,
    /// Rate limit of each function for Palette; `None` for the product's default.
    pub requests_per_second: Option<u16>,
}

/// State of a local cloud, shared by its listeners and by tests.
#[derive(Debug)]
pub struct CloudState {
    address: SocketAddr,
    host: Host,
    tls: Option<TlsIdentity>,
    clock: Arc<Clock>,
    calls: CallLog,
    faults: Faults,
    tap: RequestRecorder,
    aws: Aws,
    palette: palette::Palette,
}

impl CloudState {
    /// Returns the URL without trailing slash: `http://127.0.0.1:<port>`, or
    /// `https://localhost:<port>` with TLS, or with the configured host name.
    pub fn url(&self) -> String {
        let port = self.address.port();
        if self.tls.is_some() {
            format!("https://{}:{port}", self.host.tls_name())
        } else {
            format!("http://{}:{port}", self.host.http_name())
        }
    }

    /// Returns from where the cloud is reachable.
    pub const fn host(&self) -> Host {
        self.host
    }

    /// Returns the fake AWS.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Returns the fake Palette.
    pub fn palette(&self) -> &palette::Palette {
        &self.palette
    }

    /// Returns the call log.
    pub fn calls(&self) -> &CallLog {
        &self.calls
    }

    /// Returns the active faults.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Returns the request recorder.
    pub fn recorder(&self) -> &RequestRecorder {
        &self.tap
    }

    pub fn fault(&self, fault: Fault) {
        self.faults.add(fault);
    }

    /// Makes readers of a service see the present state for `time` by the cloud's clock.
    pub(crate) fn delay_reads(&self, service: &str, time: Duration) {
        let until = self.clock.now() + i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        match service {
            "palette" => self.palette.records().delay_reads(until),
            _ => self.aws.store().delay_reads(service, until),
        }
    }

    /// Returns the cloud's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Returns a shared reference to the clock.
    pub fn shared_clock(&self) -> Arc<Clock> {
        Arc::clone(&self.clock)
    }

    /// Returns the CA certificate if TLS is on.
    pub fn ca_pem(&self) -> Option<&str> {
        self.tls.as_ref().map(|identity| identity.certificate_pem.as_str())
    }
}

/// An additional HTTPS endpoint of a cloud. It stops when it is dropped.
#[derive(Debug)]
pub struct TlsEndpoint {
    /// `https://localhost:<port>`, without trailing slash.
    pub url: String,
    /// CA certificate, which only this endpoint uses.
    pub ca_pem: String,
    listening: JoinHandle<()>,
}

impl Drop for TlsEndpoint {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A running local cloud. It stops when it is dropped.
#[derive(Debug)]
pub struct LocalCloud {
    state: Arc<CloudState>,
    listening: JoinHandle<()>,
}

impl LocalCloud {
    /// Starts a cloud. Several clouds can run in one process.
    ///
    /// # Panics
    /// If the host has no free port.
    pub async fn start(options: CloudOptions) -> LocalCloud {
        let host = options.host;
        let listener =
            TcpListener::bind((host.bind_address(), options.port)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let clock = Arc::new(Clock::default());
        let state = Arc::new(CloudState {
            address,
            host,
            tls: options.tls.then(|| TlsIdentity::new(host)),
            aws: Aws::new(Arc::clone(&clock), u64::from(address.port())),
            palette: palette::Palette::default(),
            calls: CallLog::default(),
            faults: Faults::default(),
            tap: RequestRecorder::default(),
            clock,
        });
        let tls = state.tls.as_ref().map(|identity| Arc::clone(&identity.config));
        let listening = tokio::spawn(server::listen(listener, Arc::clone(&state), tls));
        LocalCloud { state, listening }
    }

    /// Starts an additional HTTPS endpoint with its own CA.
    ///
    /// # Panics
    /// If the host has no free port.
    pub async fn start_tls_endpoint(&self) -> TlsEndpoint {
        let host = self.host;
        let listener = TcpListener::bind((host.bind_address(), 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let url = format!("https://{}:{port}", host.tls_name());
        let identity = TlsIdentity::new(host);
        let tls = Some(Arc::clone(&identity.config));
        let listening = tokio::spawn(server::listen(listener, self.state(), tls));
        TlsEndpoint { url, ca_pem: identity.certificate_pem, listening }
    }

    /// Returns a shared reference to the state.
    pub fn state(&self) -> Arc<CloudState> {
        Arc::clone(&self.state)
    }
}

impl Deref for LocalCloud {
    type Target = CloudState;

    fn deref(&self) -> &CloudState {
        &self.state
    }
}

impl Drop for LocalCloud {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
