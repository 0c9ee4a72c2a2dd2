//! The context of one EKS call: caller, permissions, paging.
use super::state::{Association, StoredCluster};
use crate::aws::body::Body;
use crate::aws::caller::Caller;
use crate::aws::error::AwsError;
use crate::aws::form::Form;
use crate::aws::store::Store;

/// One authenticated call.
pub(super) struct EksCall<'a> {
    pub(super) store: &'a mut Store,
    pub(super) caller: &'a Caller,
    pub(super) body: Body<'a>,
    pub(super) query: &'a str,
    pub(super) operation: &'static str,
}

pub(super) fn invalid_parameter(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidParameterException", message)
}

pub(super) fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::new(404, "ResourceNotFoundException", message)
}

impl EksCall<'_> {
    /// Returns the key under which a cluster of the caller's region is stored.
    fn cluster_key(&self, cluster: &str) -> (String, String) {
        (self.caller.region.clone(), cluster.to_owned())
    }

    /// Returns `arn:…:eks:<region>:<account>:<rest>`.
    pub(super) fn arn(&self, rest: &str) -> String {
        let Caller { account_key, region, .. } = self.caller;
        format!("arn:{}:eks:{region}:{}:{rest}", account_key.0, account_key.1)
    }

    /// Returns an error unless the caller may do this to the resource.
    pub(super) fn authorize(&self, resource: &str) -> Result<(), AwsError> {
        let action = format!("eks:{}", self.operation);
        let context = self.store.context(self.caller);
        self.store.authorize(self.caller, &action, resource, resource, &context)
    }

    /// Authorizes the call and returns the cluster.
    pub(super) fn authorized_cluster(&self, name: &str) -> Result<&StoredCluster, AwsError> {
        self.authorize(&self.arn(&format!("cluster/{name}")))?;
        self.find_cluster(name)
    }

    /// Returns the cluster of a call that is already authorized.
    pub(super) fn find_cluster(&self, name: &str) -> Result<&StoredCluster, AwsError> {
        let account = self.store.account(&self.caller.account_key);
        let found = account.and_then(|account| account.clusters.get(&self.cluster_key(name)));
        found.ok_or_else(|| not_found(format!("No cluster found for name: {name}.")))
    }

    pub(super) fn find_cluster_mut(&mut self, name: &str) -> Result<&mut StoredCluster, AwsError> {
        let key = self.cluster_key(name);
        let found = self.store.account_mut(&self.caller.account_key).clusters.get_mut(&key);
        found.ok_or_else(|| not_found(format!("No cluster found for name: {name}.")))
    }

    /// Reads an association. A recent change may still be hidden from this reader.
    pub(super) fn read_association(
        &mut self,
        cluster: &str,
        id: &str,
    ) -> Result<Association, AwsError> {
        self.authorize(&self.arn(&format!("podidentityassociation/{cluster}/{id}")))?;
        let found = self.find_cluster_mut(cluster)?.associations.get_mut(id);
        let visible = found.and_then(Association::visible_state);
        visible.ok_or_else(|| {
            not_found(format!("The association specified does not exist. Association Id: {id}"))
        })
    }

    pub(super) fn query_parameter(&self, name: &str) -> Option<String> {
        Form::parse(self.query.as_bytes()).get(name).map(str::to_owned)
    }

    /// Returns one page by `maxResults` and `nextToken`, and the token of the next page.
    pub(super) fn page<T>(&self, all: Vec<T>) -> Result<(Vec<T>, Option<String>), AwsError> {
        let size = match self.query_parameter("maxResults") {
            None => 100,
            Some(text) => {
                let size = text.parse().ok().filter(|size| (1..=100).contains(size));
                size.ok_or_else(|| invalid_parameter("maxResults must be between 1 and 100"))?
            }
        };
        let from = match self.query_parameter("nextToken") {
            None => 0,
            Some(token) => token
                .strip_prefix("next-")
                .and_then(|from| usize::from_str_radix(from, 16).ok())
                .ok_or_else(|| invalid_parameter("nextToken is not valid"))?,
        };
        let next = from + size;
        let token = (all.len() > next).then(|| format!("next-{next:08x}"));
        Ok((all.into_iter().skip(from).take(size).collect(), token))
    }
}
