//! Registers the account of a stack. If the name or scope has changed, registers a new account, so
//! that CloudFormation deletes the old one.

use gangway_aws::state_table::WriteOutcome;
use gangway_lambda::{AccountOperation, OutcomeEvent, SqsMessage};
use gangway_model::{AccountId, Operation, RegistrationError, RequestedScope, UpsertOutcome};

use crate::{
    ResourceHandler,
    handler::{RequestError, RequestResult, check_type},
    properties::WantedAccount,
    record::{OwnedAccount, ResourceRecord},
    request::StackRequest,
    response::Answer,
};

const SCOPE_RULE: &str = "must be left out, or be the scope that OuScopeMap gives the AWS account, or a project of EventProjects: add the project to that parameter of Gangway's stack, or leave the property out";

impl ResourceHandler {
    /// Registers the account that the properties describe.
    pub(crate) async fn register(
        &self,
        request: &StackRequest,
        message: &SqsMessage,
        record: &mut ResourceRecord<'_>,
    ) -> Result<RequestResult, RequestError> {
        check_type(request)?;
        let app = &self.app;
        let stack_account = request.stack.account();
        let limits = &app.config.request_limits;
        let wanted =
            WantedAccount::parse(&request.properties, limits, self.partition(), stack_account)?;
        let scope = self.resolve_account_scope(stack_account, wanted.scope.as_ref()).await?;
        let mut account = wanted.account;
        account.scope = scope;
        let accounts = app.clients.palette.resolve_scope(&account.scope).await?;
        let (scope, name) = (accounts.scope().to_string(), account.name.to_string());
        let operation = Operation::Register;
        let checked = (account, wanted.role);
        let preflight =
            app.check_role(checked, &operation, &accounts, message.function_account).await?;
        if let Some(existing) = &preflight.existing.by_name {
            let is_owned = record.state.owns(existing.uid.as_str(), &scope, &name)
                && existing.aws_account() == Some(stack_account);
            if !is_owned {
                return Err(RegistrationError::Conflict(format!(
                    "/ResourceProperties/Name: Palette has an account {name} already, {}, which this resource has not registered: remove it, or choose another name",
                    existing.uid
                ))
                .into());
            }
        } else if preflight.report.is_ready() {
            // The intent is written before the account is created, so that the resource owns the
            // account even if the function ends before it records the registration.
            record.state.record_intent(&scope, &name);
            if record.write().await? == WriteOutcome::Conflict {
                return Err(RequestError::Claimed);
            }
        }
        let receipt = match app.register(preflight, &operation, &accounts).await {
            Ok(receipt) => receipt,
            Err(error) => {
                if is_certainly_not_created(&error) {
                    record.state.forget_intent(&scope, &name);
                }
                return Err(error.into());
            }
        };
        let uid = receipt.uid.to_string();
        record.state.record_registration(OwnedAccount { uid: uid.clone(), scope, name });
        let mut events = vec![OutcomeEvent::registered(&receipt, AccountOperation::Register)];
        // CloudFormation never received the answer of an update, so it does not know the account.
        let known = [Some(uid.as_str()), request.physical_id.as_deref()];
        for unknown in record.state.accounts_unknown_to_stack(known) {
            events.extend(self.remove_account(request, record, &unknown).await?);
        }
        let outcome = match receipt.outcome {
            UpsertOutcome::Created => "created",
            UpsertOutcome::Updated => "updated",
            UpsertOutcome::Unchanged => "unchanged",
        };
        Ok(RequestResult { answer: Answer::registered(&receipt), events, outcome })
    }

    /// Returns the scope for an AWS account: `wanted` if the settings allow it, otherwise the scope
    /// of the account's OU.
    async fn resolve_account_scope(
        &self,
        account: AccountId,
        wanted: Option<&RequestedScope>,
    ) -> Result<RequestedScope, RegistrationError> {
        let vending = &self.config.vending;
        let of_ou = if vending.ou_scope_map.needs_ou_path() {
            let organization = vending.organizations(&self.app.clients.aws).await?;
            let Some(found) = organization.describe_account(account).await? else {
                return Err(RegistrationError::unprocessable(
                    "",
                    format!(
                        "the organization has no account {account}, so that its OU does not tell its scope: deploy the stack in an account of the organization"
                    ),
                ));
            };
            vending.ou_scope_map.scope_for(&organization.ou_path(&found).await?).clone()
        } else {
            RequestedScope::Tenant
        };
        match wanted {
            None => Ok(of_ou),
            Some(wanted) if *wanted == of_ou => Ok(of_ou),
            Some(RequestedScope::Project(project))
                if self.app.config.request_limits.allows_project(project) =>
            {
                Ok(RequestedScope::Project(project.clone()))
            }
            Some(_) => {
                Err(RegistrationError::unprocessable("/scope", format!("scope {SCOPE_RULE}")))
            }
        }
    }
}

/// Returns `true` if the error shows that no account was created.
fn is_certainly_not_created(error: &RegistrationError) -> bool {
    match error {
        RegistrationError::Invalid(_)
        | RegistrationError::ChecksFailed(_)
        | RegistrationError::Conflict(_)
        | RegistrationError::NotFound(_) => true,
        RegistrationError::ConcurrentModification(_) => false,
        RegistrationError::Upstream(error) => {
            matches!(error, gangway_model::UpstreamError::Rejected { .. })
        }
    }
}
