//! Resource policies of event buses of EventBridge and of topics of SNS.

use serde_json::Value;

use super::policy::{Context, Document, DocumentKind, Outcome, PolicyQuery, evaluate_statements};

/// The resource policy of an event bus or a topic.
#[derive(Clone, Debug)]
pub(crate) struct ResourcePolicy {
    /// The ARN of the bus or topic.
    arn: String,
    document: Document,
}

impl ResourcePolicy {
    /// Parses the resource policy of the bus or topic with this ARN.
    pub(crate) fn new(arn: &str, policy: &Value) -> Self {
        let document = Document::parse(policy, DocumentKind::Resource)
            .expect("The resource policy is not valid.");
        Self { arn: arn.to_owned(), document }
    }

    /// Returns `true` if the sender may put this event on the bus. `sender` is the ARN of a role or
    /// user whose own policies allow `events:PutEvents` for every resource.
    pub(crate) fn is_event_allowed(&self, sender: &str, event: &Value) -> bool {
        let member = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
        let context = Context::default()
            .with("events:source", member("source"))
            .with("events:detail-type", member("detail-type"));
        self.is_action_allowed("events:PutEvents", sender, context)
    }

    /// Returns `true` if the sender may publish to the topic. `sender` is the ARN of a role or user
    /// whose own policies allow `sns:Publish` for every resource. `organization` is the id of the
    /// organization of the sender's account.
    pub(crate) fn is_message_allowed(&self, sender: &str, organization: Option<&str>) -> bool {
        let context = Context::default().with("aws:SecureTransport", "true");
        let context = match organization {
            Some(id) => context.with("aws:PrincipalOrgID", id),
            None => context,
        };
        self.is_action_allowed("sns:Publish", sender, context)
    }

    /// Returns `true` if this policy and the sender's own policies together allow an action.
    fn is_action_allowed(&self, action: &str, sender: &str, context: Context) -> bool {
        let account_of_arn = |arn: &str| arn.split(':').nth(4).unwrap_or_default().to_owned();
        let context = context
            .with("aws:PrincipalArn", sender)
            .with("aws:PrincipalAccount", account_of_arn(sender));
        let query = PolicyQuery { action, resource: &self.arn, context: &context };
        let applicable = self.document.statements.iter().filter(|statement| {
            statement.principals.as_ref().is_some_and(|principals| {
                principals.anyone || principals.aws.iter().any(|name| name == sender)
            })
        });
        let statements = applicable.map(|statement| ("policy", "resource", statement));
        match evaluate_statements(statements, query).outcome {
            Outcome::Allowed => true,
            Outcome::ExplicitDeny => false,
            // In the same account, the sender's own policies are enough.
            Outcome::ImplicitDeny => account_of_arn(sender) == account_of_arn(&self.arn),
        }
    }
}
