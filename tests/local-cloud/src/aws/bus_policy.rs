//! The resource policies of event buses and topics.

use serde_json::Value;

use super::policy::{Context, Document, DocumentKind, Outcome, PolicyQuery, evaluate_statements};

/// An event bus or a topic with a resource policy.
#[derive(Clone, Debug)]
pub(crate) struct ResourcePolicy {
    arn: String,
    document: Document,
}

impl ResourcePolicy {
    /// Parses the policy of the bus or topic with this ARN.
    pub(crate) fn new(arn: &str, policy: &Value) -> Self {
        let document = Document::parse(policy, DocumentKind::Resource).expect("a resource policy");
        Self { arn: arn.to_owned(), document }
    }

    /// Returns `true` if a role or user whose own policies allow `events:PutEvents` for every resource may
    /// put this event on the bus.
    pub(crate) fn allows(&self, sender: &str, event: &Value) -> bool {
        let member = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
        let context = Context::default()
            .with("events:source", member("source"))
            .with("events:detail-type", member("detail-type"));
        self.allows_action("events:PutEvents", sender, context)
    }

    /// Returns `true` if a role or user whose own policies allow `sns:Publish` for every resource may publish
    /// to the topic. `organization` is that of its account.
    pub(crate) fn allows_message(&self, sender: &str, organization: Option<&str>) -> bool {
        let context = Context::default().with("aws:SecureTransport", "true");
        let context = match organization {
            Some(id) => context.with("aws:PrincipalOrgID", id),
            None => context,
        };
        self.allows_action("sns:Publish", sender, context)
    }

    fn allows_action(&self, action: &str, sender: &str, context: Context) -> bool {
        let account = |arn: &str| arn.split(':').nth(4).unwrap_or_default().to_owned();
        let context =
            context.with("aws:PrincipalArn", sender).with("aws:PrincipalAccount", account(sender));
        let query = PolicyQuery { action, resource: &self.arn, context: &context };
        let applicable = self.document.statements.iter().filter(|statement| {
            statement.principals.as_ref().is_some_and(|principals| {
                principals.anyone || principals.aws.iter().any(|name| name == sender)
            })
        });
        let all = applicable.map(|statement| ("policy", "resource", statement));
        match evaluate_statements(all, query).outcome {
            Outcome::Allowed => true,
            Outcome::ExplicitDeny => false,
            // In the same account the sender's own policy is enough.
            Outcome::ImplicitDeny => account(sender) == account(&self.arn),
        }
    }
}
