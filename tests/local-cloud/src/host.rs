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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_known_by_its_name_and_listens_where_that_leads() {
        let rows = [
            ("127.0.0.1", Some(("127.0.0.1", "localhost", "127.0.0.1"))),
            ("172.17.0.1", Some(("172.17.0.1", "172.17.0.1", "172.17.0.1"))),
            (DOCKER_DESKTOP, Some((DOCKER_DESKTOP, DOCKER_DESKTOP, "127.0.0.1"))),
            ("example.com", None),
            ("", None),
        ];
        for (text, expected) in rows {
            let read = text.parse::<Host>().ok();
            let told = read.map(|it| (it.plain(), it.certified(), it.listens().to_string()));
            let told = told.as_ref().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str()));
            assert_eq!(told, expected, "{text}");
        }
    }
}
