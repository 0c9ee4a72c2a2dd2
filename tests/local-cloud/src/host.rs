//! By which name a cloud is reached, and where it listens so that it is.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
};

/// What containers of Docker Desktop call the machine that they run on.
const DOCKER_DESKTOP: &str = "host.docker.internal";

/// Whose calls a cloud takes. Every part of it gives the same name: an address in an answer must be good for its reader.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Host {
    /// This machine's own.
    #[default]
    Loopback,
    /// Those that reach an address of this machine, such as that of Docker's bridge.
    Address(Ipv4Addr),
    /// Those of Docker Desktop's containers. It leads its name to loopback.
    DockerDesktop,
}

impl Host {
    /// Where to listen.
    pub const fn listens(self) -> IpAddr {
        IpAddr::V4(match self {
            Self::Loopback | Self::DockerDesktop => Ipv4Addr::LOCALHOST,
            Self::Address(address) => address,
        })
    }

    /// The name without TLS.
    pub fn plain(self) -> String {
        match self {
            Self::Loopback => Ipv4Addr::LOCALHOST.to_string(),
            Self::Address(_) | Self::DockerDesktop => self.certified(),
        }
    }

    /// The name that certificates are for.
    pub fn certified(self) -> String {
        match self {
            Self::Loopback => "localhost".to_owned(),
            Self::Address(address) => address.to_string(),
            Self::DockerDesktop => DOCKER_DESKTOP.to_owned(),
        }
    }
}

/// Why a name is not one of ours.
#[derive(Debug, thiserror::Error)]
#[error("the host is an IPv4 address of this machine, or {DOCKER_DESKTOP}")]
pub struct NoHost;

impl FromStr for Host {
    type Err = NoHost;

    fn from_str(text: &str) -> Result<Self, NoHost> {
        if text == DOCKER_DESKTOP {
            return Ok(Self::DockerDesktop);
        }
        match text.parse::<Ipv4Addr>() {
            Ok(Ipv4Addr::LOCALHOST) => Ok(Self::Loopback),
            Ok(address) => Ok(Self::Address(address)),
            Err(_not_an_address) => Err(NoHost),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.plain())
    }
}
