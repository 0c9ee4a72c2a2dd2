//! Whose an account is to be in Palette.

use gangway_model::RequestedScope;

use gangway_aws::organizations::{OuId, OuPath};

/// Whose an account is to be, by the unit that it is in: the nearest that is named decides, and the tenant has the rest.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OuScopeMap(pub(crate) Vec<(OuId, RequestedScope)>);

impl OuScopeMap {
    /// Whether an account's units matter, so that they have to be looked up.
    pub fn needs_ou_path(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whose an account in these units is to be.
    pub fn scope_for(&self, lineage: &OuPath) -> &RequestedScope {
        let named =
            |unit: &OuId| self.0.iter().find(|(named, _)| named == unit).map(|(_, scope)| scope);
        lineage.iter().find_map(named).unwrap_or(&RequestedScope::Tenant)
    }

    /// Every scope that an account may come to be in, each once, the tenant first.
    pub fn all(&self) -> Vec<&RequestedScope> {
        let mut all = vec![&RequestedScope::Tenant];
        for (_, scope) in &self.0 {
            if !all.contains(&scope) {
                all.push(scope);
            }
        }
        all
    }

    /// Reads one of the list's entries: `ou-…=tenant`, `ou-…=project:<uid or name>`.
    pub(crate) fn entry(text: &str) -> Option<(OuId, RequestedScope)> {
        let (unit, scope) = text.split_once('=')?;
        let scope = match scope.trim().split_once(':') {
            None if scope.trim() == "tenant" => RequestedScope::Tenant,
            Some(("project", project)) => RequestedScope::Project(project.trim().parse().ok()?),
            Some(_) | None => return None,
        };
        Some((unit.trim().parse().ok()?, scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_unit_decides() {
        let entry = |text| OuScopeMap::entry(text).unwrap();
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
    fn entries_say_unit_and_scope() {
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
            assert_eq!(OuScopeMap::entry(text), None, "{text}");
        }
    }
}
