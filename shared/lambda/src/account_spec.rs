//! Reads the fields that a registration request has with every authentication method.

use gangway_model::{
    AccountName, AccountSpec, AuthMethod, Check, Partition, Region, RequestedScope, UidOrName,
};

use crate::{
    Fields,
    fields::{Field, is_safe_to_echo},
    json::Json,
    logs,
    route::SCOPE_IN_PATH,
};

/// Largest number of managed policies that IAM can attach to one role. The default quota is ten;
/// AWS raises it up to this number on request.
const MAX_POLICIES: usize = 20;

/// Largest number of ids in `waivedChecks`. Gangway has fewer checks than this.
const MAX_WAIVED_CHECKS: usize = 100;

/// Rule for a project in an event that is not in the parameter `EventProjects`.
const EVENT_PROJECT_RULE: &str = "must be one of EventProjects of Gangway's template, written as there: add it to that parameter, or send the request over HTTP";

impl Fields {
    /// Reads the fields that describe the account, for a deployment in the partition `deployed`.
    /// `is_opted_in` allows a method that Palette's documents no longer list for this partition.
    pub fn account_spec(
        &mut self,
        deployed: Partition,
        method: AuthMethod,
        is_opted_in: bool,
    ) -> Option<AccountSpec> {
        let name = self.required::<AccountName>("name");
        self.account_name = name.as_ref().map(ToString::to_string);
        let description = self.optional("description");
        self.partition(deployed, method, is_opted_in);
        let scope = self.scope();
        let policies = self.policy_arns("policyArns", MAX_POLICIES, deployed);
        let gateway = self.optional("privateCloudGateway");
        let profile = self.optional("permissionProfile").unwrap_or_default();
        let region = self.region("region", deployed);
        let waived_checks = self.waived_checks();
        Some(AccountSpec {
            name: name?,
            description,
            partition: deployed,
            scope,
            policies,
            gateway,
            profile,
            region,
            waived_checks,
            incoming_secret: None,
        })
    }

    /// Reads an optional Region. Records an error if the Region is in another partition than
    /// `deployed`, the partition that this deployment serves.
    pub fn region(&mut self, name: &'static str, deployed: Partition) -> Option<Region> {
        let region = self.optional::<Region>(name)?;
        if region.partition() != deployed {
            self.reject(
                name,
                format_args!(
                    "must be a region of partition {deployed}, which this deployment serves"
                ),
            );
        }
        Some(region)
    }

    /// Reads the ids of the checks that the request waives. Records an error for each check that
    /// this deployment does not let requests waive (parameter `WaivableChecks`).
    fn waived_checks(&mut self) -> Vec<&'static Check> {
        const NAME: &str = "waivedChecks";
        let items = match self.take(NAME) {
            Field::Missing | Field::Invalid => return Vec::new(),
            Field::Present(Json::List(items)) => items,
            Field::Present(other) => {
                let kind = other.kind();
                self.malformed(NAME, format_args!("must be a list of check ids, not {kind}"));
                return Vec::new();
            }
        };
        let waivable = self.waivable_checks.clone();
        if items.len() > MAX_WAIVED_CHECKS {
            let count = items.len();
            self.malformed(
                NAME,
                format_args!("must name at most {MAX_WAIVED_CHECKS} checks, not {count}"),
            );
            return Vec::new();
        }
        let mut waived = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let (pointer, subject) = (format!("{NAME}/{index}"), format!("item {index} of {NAME}"));
            let Json::String(id) = item else {
                let kind = item.kind();
                self.add_malformed(&pointer, format!("{subject} must be a string, not {kind}"));
                continue;
            };
            if let Some(check) = waivable.iter().find(|check| check.id == id.as_str()) {
                waived.push(*check);
            } else {
                let rule = waivable_rule(&waivable);
                self.add_unprocessable(&pointer, format!("{subject} {rule}"));
            }
        }
        // The order of the ids has no meaning. Sorted ids compare equal with those of the same
        // request sent before.
        waived.sort_unstable_by_key(|check: &&Check| check.id);
        waived.dedup();
        waived
    }

    /// Returns the scope of the request. An HTTP request has its scope in the path, and a field
    /// `scope` is an error. An event has the field `scope`: `"tenant"` (the default) or
    /// `{"project": "<uid or name>"}`.
    pub fn scope(&mut self) -> RequestedScope {
        if let Some(scope) = self.path_scope.take() {
            self.forbid("scope", SCOPE_IN_PATH);
            return scope;
        }
        let scope = match self.take("scope") {
            Field::Missing | Field::Invalid => RequestedScope::Tenant,
            Field::Present(value) => self.parse_scope("scope", "scope", value),
        };
        log_scope(&scope);
        scope
    }

    /// Parses a scope. `place` is the JSON pointer of `value` below this object, and `subject` is
    /// the first part of each error message.
    fn parse_scope(&mut self, place: &str, subject: &str, value: Json) -> RequestedScope {
        const RULE: &str = r#"must be "tenant" or {"project": "<uid or name>"}"#;
        match value {
            Json::String(text) if *text == "tenant" => {}
            Json::Object(members) => {
                let mut object = Self::new(self.pointer(place), members);
                let project = object.required::<UidOrName>("project");
                if let (Some(allowed), Some(project)) = (&self.event_projects, &project)
                    && !allowed.contains(project)
                {
                    object.reject("project", EVENT_PROJECT_RULE);
                }
                self.extend_errors(object.into_errors());
                return project.map_or(RequestedScope::Tenant, RequestedScope::Project);
            }
            Json::String(_) => self.add_malformed(place, format!("{subject} {RULE}")),
            other @ (Json::Null | Json::Boolean(_) | Json::Number | Json::List(_)) => {
                let kind = other.kind();
                self.add_malformed(place, format!("{subject} {RULE}, not {kind}"));
            }
        }
        RequestedScope::Tenant
    }

    /// Reads a list of scopes from the field `scopes`. Each item is `"tenant"` or
    /// `{"project": "<uid or name>"}`. Returns `None` if the field was left out.
    pub fn scopes(&mut self) -> Option<Vec<RequestedScope>> {
        const NAME: &str = "scopes";
        let items = match self.take(NAME) {
            Field::Missing | Field::Invalid => return None,
            Field::Present(Json::List(items)) => items,
            Field::Present(other) => {
                self.malformed(
                    NAME,
                    format_args!("must be a list of scopes, not {}", other.kind()),
                );
                return None;
            }
        };
        let mut scopes = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let (place, subject) = (format!("{NAME}/{index}"), format!("item {index} of {NAME}"));
            scopes.push(self.parse_scope(&place, &subject, item));
        }
        Some(scopes)
    }

    /// Reads the optional field `partition`. Records an error if the partition is not `deployed`,
    /// which this deployment serves, or if Palette does not offer `method` in the partition.
    /// `is_opted_in` allows a method that Palette's documents no longer list for the partition.
    pub fn partition(&mut self, deployed: Partition, method: AuthMethod, is_opted_in: bool) {
        let requested = self.optional::<Partition>("partition").unwrap_or(deployed);
        let is_offered = |method: &AuthMethod| method.is_supported_in(requested, is_opted_in);
        if !is_offered(&method) {
            let offered = AuthMethod::ALL.into_iter().filter(is_offered).map(AuthMethod::id);
            let offered: Vec<_> = offered.collect();
            let offered = offered.join(", ");
            self.add_unprocessable(
                "partition",
                format!("{method} is not offered in partition {requested}: use one of {offered}"),
            );
        } else if requested != deployed {
            self.reject(
                "partition",
                format_args!(
                    "must be {deployed}, which this deployment serves: send the request to the deployment for {requested}"
                ),
            );
        }
    }
}

/// Returns the rule for an item of `waivedChecks`: the ids of the checks that a request may waive.
fn waivable_rule(waivable: &[&'static Check]) -> String {
    let ids: Vec<_> = waivable.iter().map(|check| check.id).collect();
    if ids.is_empty() {
        return "must be left out: this deployment lets requests waive no check (parameter WaivableChecks)".to_owned();
    }
    format!(
        "must be a check that this deployment lets requests waive (parameter WaivableChecks): {}",
        ids.join(", ")
    )
}

/// Adds the scope to the log line of the invocation. Adds nothing if the name of the project may be
/// a secret.
pub(crate) fn log_scope(scope: &RequestedScope) {
    let text = match scope {
        RequestedScope::Tenant => "tenant".to_owned(),
        RequestedScope::Project(project) => {
            let project = project.to_string();
            let is_uid = project.len() == 24 && project.bytes().all(|it| it.is_ascii_hexdigit());
            if !is_uid && !is_safe_to_echo(&project) {
                return;
            }
            format!("project/{project}")
        }
    };
    logs::update_fields(|fields| fields.scope = Some(text));
}
