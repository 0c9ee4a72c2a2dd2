//! Result of reading an object in a customer's account or cluster.

use gangway_model::UpstreamError;

/// The result of a read call: the object is present, is absent, or cannot be read.
#[derive(Clone, Debug)]
pub enum Observed<T> {
    Present(T),
    Absent,
    Inaccessible(Inaccessible),
}

/// Reason why an object cannot be read.
#[derive(Clone, Debug)]
pub struct Inaccessible {
    pub reason: String,
    /// The change that would let Gangway read the object.
    pub remedy: String,
    /// `true` if the service responded that access is denied; `false` if the object cannot be read
    /// for another reason.
    pub is_denied: bool,
}

impl<T> Observed<T> {
    /// Converts the result of a read call. `action` is the IAM action that permits the call.
    ///
    /// # Errors
    ///
    /// Returns an error that may be temporary, such as throttling or a timeout, because it says
    /// nothing about the object.
    pub fn from_result(
        result: Result<T, UpstreamError>,
        action: &str,
    ) -> Result<Self, UpstreamError> {
        match result {
            Ok(value) => Ok(Self::Present(value)),
            Err(UpstreamError::NotFound { .. }) => Ok(Self::Absent),
            Err(UpstreamError::Rejected { service, reason }) => {
                Ok(Self::Inaccessible(Inaccessible {
                    remedy: format!("{reason}; validate again, or ask {service} yourself"),
                    reason: UpstreamError::Rejected { service, reason }.to_string(),
                    is_denied: false,
                }))
            }
            Err(error) if error.is_refusal() => Ok(Self::Inaccessible(Inaccessible {
                reason: error.to_string(),
                remedy: format!("allow {action} to the role that Gangway inspects with"),
                is_denied: true,
            })),
            Err(error) => Err(error),
        }
    }

    /// Applies `convert` to the object if the object is present.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Present(value) => Observed::Present(convert(value)),
            Self::Absent => Observed::Absent,
            Self::Inaccessible(inaccessible) => Observed::Inaccessible(inaccessible),
        }
    }

    pub const fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Inaccessible(_) => None,
        }
    }

    pub const fn inaccessible(&self) -> Option<&Inaccessible> {
        match self {
            Self::Inaccessible(inaccessible) => Some(inaccessible),
            Self::Present(_) | Self::Absent => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permanent_errors_become_observations_with_their_own_remedy() {
        let service = "Amazon EKS";
        let reason = || "eks:DescribeCluster was answered incompletely: no cluster".to_owned();
        for (error, is_denied, remedy) in [
            (UpstreamError::Rejected { service, reason: reason() }, false, "incompletely"),
            (UpstreamError::AccessDenied { service, reason: reason() }, true, "allow eks:Describe"),
        ] {
            let seen = Observed::<()>::from_result(Err(error), "eks:DescribeCluster").unwrap();
            let inaccessible = seen.inaccessible().unwrap();
            assert_eq!(inaccessible.is_denied, is_denied);
            assert!(inaccessible.remedy.contains(remedy), "{}", inaccessible.remedy);
        }
        let resource = "such cluster";
        let absent = UpstreamError::NotFound { service, resource };
        let absent = Observed::<()>::from_result(Err(absent), "eks:DescribeCluster");
        assert!(matches!(absent, Ok(Observed::Absent)));
        let timeout = UpstreamError::TimedOut { service };
        assert!(Observed::<()>::from_result(Err(timeout), "eks:DescribeCluster").is_err());
    }
}
