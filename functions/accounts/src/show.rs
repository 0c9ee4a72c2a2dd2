//! Handles `GET …/accounts/{uid}`.

use gangway_aws::state_table::StateTable;
use gangway_checks::ScopedClient;
use gangway_lambda::{ApiError, Response};
use gangway_model::Uid;
use gangway_registration::{AppContext, load_account};
use tokio::join;

use crate::{readiness, rotation, view};

/// Returns one account, with its readiness and its rotation.
pub(crate) async fn get_account(
    uid: &Uid,
    palette_accounts: &ScopedClient<'_>,
    context: &AppContext,
    states: Option<&StateTable>,
) -> Result<Response, ApiError> {
    let (account, readiness) = join!(
        load_account(uid, palette_accounts),
        readiness::load_readiness(uid, palette_accounts.scope(), states),
    );
    let mut account = account?;
    context.clients.secrets.complete(std::slice::from_mut(&mut account)).await?;
    let rotation = rotation::load_rotation(&account, context).await;
    let mut shown = view::to_json(&account, readiness.as_ref());
    if let (Some(rotation), Some(members)) = (rotation, shown.as_object_mut()) {
        members.insert("rotation".to_owned(), rotation);
    }
    Ok(Response::Json(shown))
}
