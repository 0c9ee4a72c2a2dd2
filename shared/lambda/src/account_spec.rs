//! The members that every method's request has.

use gangway_model::{AccountSpec, AuthMethod, Partition, RequestedScope};

use crate::{JsonFields, fields::Field, json::Json, partition};

/// A role cannot have more, even where its quota of ten is raised (C09).
const MAX_POLICIES: usize = 20;

impl JsonFields {
    /// What every method asks. `opted_in` admits a method that Palette's newest documents withdraw here.
    pub fn account_spec(
        &mut self,
        deployed: Partition,
        method: AuthMethod,
        opted_in: bool,
    ) -> Option<AccountSpec> {
        let name = self.required("name");
        let description = self.optional("description");
        self.partition(deployed, method, opted_in);
        let scope = self.scope();
        let policies = self.policy_arns("policyArns", MAX_POLICIES, deployed);
        let gateway = self.optional("privateCloudGateway");
        let profile = self.optional("permissionProfile").unwrap_or_default();
        Some(AccountSpec {
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
    pub fn scope(&mut self) -> RequestedScope {
        const RULE: &str = r#"scope must be "tenant" or {"project": "<uid or name>"}"#;
        match self.take("scope") {
            Field::Missing | Field::Invalid => {}
            Field::Present(Json::String(text)) if *text == "tenant" => {}
            Field::Present(Json::String(_)) => self.malformed("scope", RULE.to_owned()),
            Field::Present(Json::Object(members)) => {
                let mut scope = Self::of(self.pointer("scope"), members);
                let project = scope.required("project");
                self.extend_errors(scope.into_errors());
                return project.map_or(RequestedScope::Tenant, RequestedScope::Project);
            }
            Field::Present(other) => {
                self.malformed("scope", format!("{RULE}, not {}", other.kind()))
            }
        }
        RequestedScope::Tenant
    }

    /// Refuses another partition than the deployment's, and a method that is not offered in the partition (C04).
    fn partition(&mut self, deployed: Partition, method: AuthMethod, opted_in: bool) {
        let asked = self.optional::<Partition>("partition").unwrap_or(deployed);
        if let Err(rule) = partition::served_partition(asked, deployed, method, opted_in) {
            self.unprocessable("partition", rule);
        }
    }
}
