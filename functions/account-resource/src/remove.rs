//! Removes the accounts that the resource of a stack has registered.

use gangway_aws::resource_table::unreadable;
use gangway_lambda::{AccountOperation, EventAccount, OutcomeEvent};
use gangway_model::{RegistrationError, Scope, Uid, UpstreamError, stores::CloudAccountStore as _};
use gangway_registration::DeleteOutcome;

use crate::{
    ResourceHandler,
    handler::{RequestError, RequestResult},
    record::{Intent, OwnedAccount, Removal, ResourceRecord},
    request::StackRequest,
    response::Answer,
};

impl ResourceHandler {
    /// Removes the accounts that a delete request is about. A resource that was never registered
    /// has no accounts.
    pub(crate) async fn remove(
        &self,
        request: &StackRequest,
        record: &mut ResourceRecord<'_>,
    ) -> Result<RequestResult, RequestError> {
        let physical_id = request.physical_id.as_deref().unwrap_or_default();
        let events = match record.state.accounts_to_remove(physical_id) {
            Removal::Nothing => Vec::new(),
            Removal::One(uid) => {
                let owned = record.state.accounts.iter().find(|account| account.uid == uid);
                match owned.cloned() {
                    Some(owned) => {
                        self.remove_account(request, record, &owned).await?.into_iter().collect()
                    }
                    None => Vec::new(),
                }
            }
            Removal::All => self.remove_all(request, record).await?,
        };
        let outcome = if events.is_empty() { "absent" } else { "removed" };
        Ok(RequestResult { answer: Answer::removed(request), events, outcome })
    }

    /// Removes every account of the resource.
    pub(crate) async fn remove_all(
        &self,
        request: &StackRequest,
        record: &mut ResourceRecord<'_>,
    ) -> Result<Vec<OutcomeEvent>, RegistrationError> {
        let mut events = Vec::new();
        for intent in record.state.intents.clone() {
            if let Some(account) = self.find_account_of_intent(request, &intent).await? {
                record.state.record_registration(account);
            } else {
                record.state.forget_intent(&intent.scope, &intent.name);
            }
        }
        for account in record.state.accounts.clone() {
            events.extend(self.remove_account(request, record, &account).await?);
        }
        Ok(events)
    }

    /// Returns the account of an intent, if an interrupted request created the account.
    async fn find_account_of_intent(
        &self,
        request: &StackRequest,
        intent: &Intent,
    ) -> Result<Option<OwnedAccount>, RegistrationError> {
        let accounts = self.app.clients.palette.in_scope(parse_scope(&intent.scope)?);
        let name = intent.name.parse().map_err(|_invalid| unreadable())?;
        let found = accounts.find_by_name(&name).await?;
        let found = found.filter(|it| it.aws_account() == Some(request.stack.account()));
        Ok(found.map(|account| OwnedAccount {
            uid: account.uid.to_string(),
            scope: intent.scope.clone(),
            name: intent.name.clone(),
        }))
    }

    /// Removes one account from Palette, unless somebody has changed it to another AWS account.
    pub(crate) async fn remove_account(
        &self,
        request: &StackRequest,
        record: &mut ResourceRecord<'_>,
        owned: &OwnedAccount,
    ) -> Result<Option<OutcomeEvent>, RegistrationError> {
        let accounts = self.app.clients.palette.in_scope(parse_scope(&owned.scope)?);
        let uid: Uid = owned.uid.parse().map_err(|_invalid| unreadable())?;
        let is_other_aws_account = match accounts.get(&uid).await {
            Ok(account) => account.aws_account() != Some(request.stack.account()),
            Err(UpstreamError::NotFound { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        if is_other_aws_account {
            record.state.record_removal(&owned.uid);
            return Ok(None);
        }
        let outcome = self.app.delete_account(&uid, &accounts).await?;
        record.state.record_removal(&owned.uid);
        Ok(match outcome {
            DeleteOutcome::Deleted { account: Some(account) } => {
                Some(OutcomeEvent::removed(EventAccount::from(&*account), AccountOperation::Delete))
            }
            DeleteOutcome::Deleted { account: None } | DeleteOutcome::NotFound => {
                let account = EventAccount {
                    name: Some(owned.name.clone()),
                    uid: Some(owned.uid.clone()),
                    account: Some(request.stack.account()),
                    ..EventAccount::default()
                };
                Some(OutcomeEvent::absent(
                    account.with_scope(accounts.scope()),
                    AccountOperation::Delete,
                ))
            }
        })
    }
}

fn parse_scope(text: &str) -> Result<Scope, UpstreamError> {
    text.parse().map_err(|_invalid| unreadable())
}
