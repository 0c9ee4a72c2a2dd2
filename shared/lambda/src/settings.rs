//! The members that every method's request has.

use gangway_model::{Method, Partition, ScopeWish, Settings};

use crate::{Members, json::Json, members::Given, partition};

/// A role cannot have more, even where its quota of ten is raised (C09).
const MOST_POLICIES: usize = 20;

impl Members {
    /// What every method asks. `opted_in` admits a method that Palette's newest documents withdraw here.
    pub fn settings(
        &mut self,
        deployed: Partition,
        method: Method,
        opted_in: bool,
    ) -> Option<Settings> {
        let name = self.required("name");
        let description = self.optional("description");
        self.partition(deployed, method, opted_in);
        let scope = self.scope();
        let policies = self.policy_arns("policyArns", MOST_POLICIES, deployed);
        let gateway = self.optional("privateCloudGateway");
        let profile = self.optional("permissionProfile").unwrap_or_default();
        Some(Settings {
            name: name?,
            description,
            partition: deployed,
            scope,
            policies,
            gateway,
            profile,
        })
    }

    /// Whose the account is to be: `"tenant"`, also where nothing is said, or `{"project": uid or name}`.
    pub fn scope(&mut self) -> ScopeWish {
        const RULE: &str = r#"scope must be "tenant" or {"project": "<uid or name>"}"#;
        match self.take("scope") {
            Given::Absent | Given::Spoiled => {}
            Given::Value(Json::String(text)) if *text == "tenant" => {}
            Given::Value(Json::String(_)) => self.malformed("scope", RULE.to_owned()),
            Given::Value(Json::Object(members)) => {
                let mut scope = Self::of(self.pointer("scope"), members);
                let project = scope.required("project");
                self.adopt(scope.into_faults());
                return project.map_or(ScopeWish::Tenant, ScopeWish::Project);
            }
            Given::Value(other) => self.malformed("scope", format!("{RULE}, not {}", other.kind())),
        }
        ScopeWish::Tenant
    }

    /// Refuses another partition than the deployment's, and a method that is not offered in the partition (C04).
    fn partition(&mut self, deployed: Partition, method: Method, opted_in: bool) {
        let asked = self.optional::<Partition>("partition").unwrap_or(deployed);
        if let Err(rule) = partition::served(asked, deployed, method, opted_in) {
            self.refused("partition", rule);
        }
    }
}
