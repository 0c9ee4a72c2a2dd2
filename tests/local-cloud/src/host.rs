//! Host names and bind addresses of a cloud.

use std::{
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
};

/// Host name of the machine in Docker Desktop's containers.
const DOCKER_DESKTOP: &str = "host.docker.internal";

/// From where a cloud is reachable. All its parts use the same host name.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Host {
    /// The listener accepts connections of this machine only.
    #[default]
    Loopback,
    /// From callers that reach an address of this machine, such as the Docker bridge.
    Address(Ipv4Addr),
    /// From Docker Desktop containers, which forward the name to loopback.
    DockerDesktop,
}

impl Host {
    /// Returns the address to listen on.
    pub const fn bind_address(self) -> IpAddr {
        IpAddr::V4(match self {
            Self::Loopback | Self::DockerDesktop => Ipv4Addr::LOCALHOST,
            Self::Address(address) => address,
        })
    }

    /// Returns the host name without TLS.
    pub fn http_name(self) -> String {
        match self {
            Self::Loopback => Ipv4Addr::LOCALHOST.to_string(),
            Self::Address(_) | Self::DockerDesktop => self.tls_name(),
        }
    }

    /// Returns the host name in certificates.
    pub fn tls_name(self) -> String {
        match self {
            Self::Loopback => "localhost".to_owned(),
            Self::Address(address) => address.to_string(),
            Self::DockerDesktop => DOCKER_DESKTOP.to_owned(),
        }
    }
}

/// The host is not one that the local cloud can listen on.
#[derive(Debug, thiserror::Error)]
#[error("the host is an IPv4 address of this machine, or {DOCKER_DESKTOP}")]
pub struct InvalidHost;

impl FromStr for Host {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        if text == DOCKER_DESKTOP {
            return Ok(Self::DockerDesktop);
        }
        match text.parse::<Ipv4Addr>() {
            Ok(Ipv4Addr::LOCALHOST) => Ok(Self::Loopback),
            Ok(address) => Ok(Self::Address(address)),
            Err(_not_an_address) => Err(InvalidHost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_and_bind_addresses() {
        let rows = [
            ("127.0.0.1", Some(("127.0.0.1", "localhost", "127.0.0.1"))),
            ("172.17.0.1", Some(("172.17.0.1", "172.17.0.1", "172.17.0.1"))),
            (DOCKER_DESKTOP, Some((DOCKER_DESKTOP, DOCKER_DESKTOP, "127.0.0.1"))),
            ("example.com", None),
            ("", None),
        ];
        for (text, expected) in rows {
            let host = text.parse::<Host>().ok();
            let names =
                host.map(|it| (it.http_name(), it.tls_name(), it.bind_address().to_string()));
            let names = names.as_ref().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str()));
            assert_eq!(names, expected, "{text}");
        }
    }
}
