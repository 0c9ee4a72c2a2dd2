//! Handles `GET …/accounts`.

use gangway_aws::state_table::StateTable;
use gangway_checks::ScopedClient;
use gangway_lambda::{ApiError, Request, Response};
use gangway_model::{RegistrationError, UpstreamError};
use gangway_registration::AppContext;
use serde_json::json;
use tokio::join;

use crate::{
    readiness::{self, ReadinessQuery},
    view,
};

/// Largest page size of Palette's API.
const MAX_LIMIT: u8 = 50;

/// The query parameters of a list of accounts.
pub(crate) struct ListQuery {
    limit: u8,
    next: Option<String>,
    /// Selects accounts by their readiness and expirations, as the watch knows them.
    readiness: Option<ReadinessQuery>,
}

impl ListQuery {
    /// Parses the query parameters. Returns every error at once.
    pub(crate) fn parse(request: &Request) -> Result<Self, ApiError> {
        let mut fields = request.query_fields();
        let limit = fields
            .optional_with("limit", "must be a number from 1 to 50", parse_limit)
            .unwrap_or(MAX_LIMIT);
        // `Request` joins the values of a repeated parameter with commas, so a comma means that
        // `next` was sent more than once.
        let next_rule = "must be the member next of the page before, sent once: leave it out for the first page";
        let next = fields.optional_with("next", next_rule, |next| {
            (!next.is_empty() && !next.contains(',')).then(|| next.to_owned())
        });
        let readiness = ReadinessQuery::parse(&mut fields);
        fields.finish(Some(Self { limit, next, readiness }))
    }
}

/// Lists up to `limit` accounts, beginning at the cursor `next`. The response has a cursor `next`,
/// too, unless the page is the last page.
pub(crate) async fn list_accounts(
    query: &ListQuery,
    palette_accounts: &ScopedClient<'_>,
    context: &AppContext,
    states: Option<&StateTable>,
) -> Result<Response, ApiError> {
    let next = query.next.as_deref();
    let scope = palette_accounts.scope();
    if let Some(selection) = &query.readiness {
        return readiness::list_by_readiness(selection, (query.limit, next), scope, states).await;
    }
    let page = palette_accounts.list_page(query.limit, next).await;
    let mut page = page.map_err(|error| to_page_error(error, next))?;
    let uids: Vec<_> = page.accounts.iter().map(|account| account.uid.clone()).collect();
    let (completed, known) = join!(
        context.clients.secrets.complete(&mut page.accounts),
        readiness::load_all_readiness(&uids, scope, states),
    );
    completed?;
    let accounts = page.accounts.iter().zip(known);
    let accounts: Vec<_> =
        accounts.map(|(account, readiness)| view::to_json(account, readiness.as_ref())).collect();
    let mut body = json!({ "accounts": accounts });
    if let (Some(next), Some(members)) = (page.next, body.as_object_mut()) {
        members.extend([("next".to_owned(), next.into())]);
    }
    Ok(Response::Json(body))
}

fn parse_limit(text: &str) -> Option<u8> {
    text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit))
}

/// Converts the error of a request for a page. If Palette refuses the cursor `next` of the caller,
/// the error says that `next` is invalid.
fn to_page_error(error: UpstreamError, next: Option<&str>) -> RegistrationError {
    match (error, next) {
        (error, Some(_)) if error.is_rejected() => RegistrationError::unprocessable(
            "/next",
            "next must be the value that the response to the page before returned",
        ),
        (error, _) => error.into(),
    }
}
