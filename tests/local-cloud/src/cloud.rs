//! A cloud that runs: its address, its parts, and its end.
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::aws::Aws;
use crate::calls::Calls;
use crate::clock::Clock;
use crate::faults::{Fault, Faults};
use crate::host::Host;
use crate::palette;
use crate::server;
use crate::tap::Tap;
use crate::tls::Authority;

/// Whether Gangway may change which roles EKS gives to Palette's pods (`AllowPodIdentityChanges`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Associations {
    /// It may.
    #[default]
    Changeable,
    /// It may not, as the templates propose.
    Fixed,
}

/// How to start.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Serve HTTPS with a certificate of a private CA certificate, rather than HTTP.
    pub tls: bool,
    /// The port; 0 takes any free one.
    pub port: u16,
    /// Palette's cluster is in Palette's own account, not in Gangway's.
    pub cluster_elsewhere: bool,
    /// Whether Gangway may change the associations of that cluster.
    pub associations: Associations,
    /// The organization's management account is another one than Gangway's.
    pub managed_elsewhere: bool,
    /// Who reaches it.
    pub host: Host,
    /// How often a second each function asks Palette, where not as often as it would by itself.
    pub pace: Option<u16>,
}

/// What a cloud is made of. Calls are served by it, tests set it up and look at it.
#[derive(Debug)]
pub struct Parts {
    address: SocketAddr,
    host: Host,
    authority: Option<Authority>,
    clock: Arc<Clock>,
    calls: Calls,
    faults: Faults,
    tap: Tap,
    aws: Aws,
    palette: palette::State,
}

impl Parts {
    /// Where it listens: `http://127.0.0.1:<port>`, `https://localhost:<port>` with TLS, or under its other name. No slash at
    /// the end.
    pub fn url(&self) -> String {
        let port = self.address.port();
        if self.authority.is_some() {
            format!("https://{}:{port}", self.host.certified())
        } else {
            format!("http://{}:{port}", self.host.plain())
        }
    }

    /// By which name it and all that belongs to it is reached.
    pub const fn host(&self) -> Host {
        self.host
    }

    /// AWS: accounts, users, roles, policies, secrets.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Palette: tenants, projects, accounts.
    pub fn palette(&self) -> &palette::State {
        &self.palette
    }

    /// The log of calls.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// The faults in force.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What callers send, word for word.
    pub fn tap(&self) -> &Tap {
        &self.tap
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.faults.add(fault);
    }

    /// From now on, and for so long by the cloud's clock, readers of a service see what there is now.
    pub(crate) fn delay_reads(&self, service: &str, time: Duration) {
        let until = self.clock.now() + i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        match service {
            "palette" => self.palette.records().delay_reads(until),
            _ => self.aws.store().delay_reads(service, until),
        }
    }

    /// The cloud's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The cloud's clock, for those who outlive the call.
    pub fn shared_clock(&self) -> Arc<Clock> {
        Arc::clone(&self.clock)
    }

    /// The certificate of the private CA certificate, where TLS is on.
    pub fn ca_pem(&self) -> Option<&str> {
        self.authority.as_ref().map(|authority| authority.certificate_pem.as_str())
    }
}

/// An address of a cloud besides its first, always with TLS.
#[derive(Debug)]
pub struct Door {
    /// `https://localhost:<port>`, without a slash at the end.
    pub url: String,
    /// The certificate of its CA certificate, which signs for nothing else.
    pub ca_pem: String,
    listening: JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A cloud of its own. It ends when dropped.
#[derive(Debug)]
pub struct Cloud {
    parts: Arc<Parts>,
    listening: JoinHandle<()>,
}

impl Cloud {
    /// Starts one. Any number may run in a process; none knows of another.
    ///
    /// # Panics
    /// Where the host has no free port.
    pub async fn start(options: Options) -> Cloud {
        let host = options.host;
        let listener =
            TcpListener::bind((host.listens(), options.port)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let clock = Arc::new(Clock::default());
        let parts = Arc::new(Parts {
            address,
            host,
            authority: options.tls.then(|| Authority::new(host)),
            aws: Aws::new(Arc::clone(&clock), u64::from(address.port())),
            palette: palette::State::default(),
            calls: Calls::default(),
            faults: Faults::default(),
            tap: Tap::default(),
            clock,
        });
        let tls = parts.authority.as_ref().map(|authority| Arc::clone(&authority.config));
        let listening = tokio::spawn(server::listen(listener, Arc::clone(&parts), tls));
        Cloud { parts, listening }
    }

    /// Another way in, with a private CA certificate of its own: the same AWS and Palette behind it. It ends when dropped.
    ///
    /// # Panics
    /// Where the host has no free port.
    pub async fn door(&self) -> Door {
        let host = self.host;
        let listener = TcpListener::bind((host.listens(), 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let url = format!("https://{}:{port}", host.certified());
        let authority = Authority::new(host);
        let tls = Some(Arc::clone(&authority.config));
        let listening = tokio::spawn(server::listen(listener, self.parts(), tls));
        Door { url, ca_pem: authority.certificate_pem, listening }
    }

    /// Its parts, to be kept by somebody who outlives the call.
    pub fn parts(&self) -> Arc<Parts> {
        Arc::clone(&self.parts)
    }
}

impl Deref for Cloud {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
