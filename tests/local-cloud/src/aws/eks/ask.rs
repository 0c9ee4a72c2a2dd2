//! A call under way: whose it is, what it may, which page it wants.
use super::state::{Association, Cluster};
use crate::aws::body::Body;
use crate::aws::caller::Caller;
use crate::aws::form::Form;
use crate::aws::refusal::Refusal;
use crate::aws::store::Store;

/// A call that somebody proven makes.
pub(super) struct Ask<'a> {
    pub(super) store: &'a mut Store,
    pub(super) caller: &'a Caller,
    pub(super) body: Body<'a>,
    pub(super) query: &'a str,
    pub(super) operation: &'static str,
}

pub(super) fn parameter(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidParameterException", message)
}

pub(super) fn not_found(message: impl Into<String>) -> Refusal {
    Refusal::new(404, "ResourceNotFoundException", message)
}

impl Ask<'_> {
    /// Where clusters of the caller are: its own account, in the region that it signed for.
    fn key(&self, cluster: &str) -> (String, String) {
        (self.caller.region.clone(), cluster.to_owned())
    }

    /// `arn:…:eks:<region>:<account>:<rest>`
    pub(super) fn arn(&self, rest: &str) -> String {
        let Caller { home, region, .. } = self.caller;
        format!("arn:{}:eks:{region}:{}:{rest}", home.0, home.1)
    }

    /// Lets the caller do this to a resource, or refuses.
    pub(super) fn allow(&self, resource: &str) -> Result<(), Refusal> {
        let action = format!("eks:{}", self.operation);
        let context = self.store.context(self.caller);
        self.store.authorize(self.caller, &action, resource, resource, &context)
    }

    /// The cluster of that name, once the caller may ask for it.
    pub(super) fn cluster(&self, name: &str) -> Result<&Cluster, Refusal> {
        self.allow(&self.arn(&format!("cluster/{name}")))?;
        self.found(name)
    }

    /// The same, where leave was asked for already.
    pub(super) fn found(&self, name: &str) -> Result<&Cluster, Refusal> {
        let account = self.store.account(&self.caller.home);
        let found = account.and_then(|account| account.clusters.get(&self.key(name)));
        found.ok_or_else(|| not_found(format!("No cluster found for name: {name}.")))
    }

    pub(super) fn found_mut(&mut self, name: &str) -> Result<&mut Cluster, Refusal> {
        let key = self.key(name);
        let found = self.store.account_mut(&self.caller.home).clusters.get_mut(&key);
        found.ok_or_else(|| not_found(format!("No cluster found for name: {name}.")))
    }

    /// An association as this reader sees it: what was changed a moment ago may still look as before.
    pub(super) fn seen(&mut self, cluster: &str, id: &str) -> Result<Association, Refusal> {
        self.allow(&self.arn(&format!("podidentityassociation/{cluster}/{id}")))?;
        let found = self.found_mut(cluster)?.associations.get_mut(id);
        let seen = found.and_then(Association::look);
        seen.ok_or_else(|| {
            not_found(format!("The association specified does not exist. Association Id: {id}"))
        })
    }

    /// A parameter of the query.
    pub(super) fn asked(&self, name: &str) -> Option<String> {
        Form::read(self.query.as_bytes()).get(name).map(str::to_owned)
    }

    /// One page by `maxResults` and `nextToken`; the token of the next page.
    pub(super) fn page<T>(&self, all: Vec<T>) -> Result<(Vec<T>, Option<String>), Refusal> {
        let size = match self.asked("maxResults") {
            None => 100,
            Some(text) => {
                let size = text.parse().ok().filter(|size| (1..=100).contains(size));
                size.ok_or_else(|| parameter("maxResults must be between 1 and 100"))?
            }
        };
        let from = match self.asked("nextToken") {
            None => 0,
            Some(token) => token
                .strip_prefix("next-")
                .and_then(|from| usize::from_str_radix(from, 16).ok())
                .ok_or_else(|| parameter("nextToken is not valid"))?,
        };
        let next = from + size;
        let token = (all.len() > next).then(|| format!("next-{next:08x}"));
        Ok((all.into_iter().skip(from).take(size).collect(), token))
    }
}
