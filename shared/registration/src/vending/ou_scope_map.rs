//! Maps OUs to scopes of Palette.

use gangway_model::RequestedScope;

use gangway_aws::organizations::{OuId, OuPath};

/// Maps the OU of an account to a scope of Palette. If several OUs of the account have an entry,
/// the entry of the lowest OU applies. Without an entry, the scope is the tenant.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OuScopeMap(pub(crate) Vec<(OuId, RequestedScope)>);

impl OuScopeMap {
    /// Returns `true` if the map needs the OU path of an account, so that the caller must read it.
    pub fn needs_ou_path(&self) -> bool {
        !self.0.is_empty()
    }

    /// Returns the scope of an account in these OUs.
    pub fn scope_for(&self, ou_path: &OuPath) -> &RequestedScope {
        let entry_of = |ou: &OuId| self.0.iter().find(|(id, _)| id == ou).map(|(_, scope)| scope);
        ou_path.iter().find_map(entry_of).unwrap_or(&RequestedScope::Tenant)
    }

    /// Returns the tenant, and then each other scope in the map once.
    pub fn all(&self) -> Vec<&RequestedScope> {
        let mut all = vec![&RequestedScope::Tenant];
        for (_, scope) in &self.0 {
            if !all.contains(&scope) {
                all.push(scope);
            }
        }
        all
    }

    /// Parses one entry: `ou-…=tenant` or `ou-…=project:<uid or name>`.
    pub(crate) fn parse_entry(text: &str) -> Option<(OuId, RequestedScope)> {
        let (ou, scope) = text.split_once('=')?;
        let scope = match scope.trim().split_once(':') {
            None if scope.trim() == "tenant" => RequestedScope::Tenant,
            Some(("project", project)) => RequestedScope::Project(project.trim().parse().ok()?),
            Some(_) | None => return None,
        };
        Some((ou.trim().parse().ok()?, scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_of_the_lowest_ou_applies() {
        let entry = |text| OuScopeMap::parse_entry(text).unwrap();
        let scopes = OuScopeMap(vec![
            entry("r-abcd = tenant"),
            entry("ou-abcd-workload=project:Workloads"),
            entry("ou-abcd-prodprod=project:5f0c1a2b3c4d5e6f70818293"),
            entry("ou-abcd-lablabla=project:Workloads"),
        ]);
        let project = |name: &str| RequestedScope::Project(name.parse().unwrap());
        for (path, expected) in [
            ("o-x/r-abcd/ou-abcd-workload/1/", project("Workloads")),
            (
                "o-x/r-abcd/ou-abcd-workload/ou-abcd-prodprod/1/",
                project("5f0c1a2b3c4d5e6f70818293"),
            ),
            ("o-x/r-abcd/ou-abcd-workload/ou-abcd-nothing0/1/", project("Workloads")),
            ("o-x/r-abcd/1/", RequestedScope::Tenant),
        ] {
            assert_eq!(*scopes.scope_for(&OuPath::from_path(path).unwrap()), expected, "{path}");
        }
        assert_eq!(scopes.all().len(), 3);
        assert_eq!(*OuScopeMap::default().scope_for(&OuPath::default()), RequestedScope::Tenant);
    }

    #[test]
    fn an_entry_without_ou_or_scope_is_invalid() {
        for text in [
            "",
            "ou-abcd-workload",
            "ou-abcd-workload=",
            "ou-abcd-workload=Workloads",
            "ou-abcd-workload=project",
            "ou-abcd-workload=project:",
            "workload=tenant",
            "ou-abcd-workload=tenant:x",
        ] {
            assert_eq!(OuScopeMap::parse_entry(text), None, "{text}");
        }
    }
}
