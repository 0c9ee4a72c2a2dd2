//! `GET /v1/accounts`: a page of accounts.

use gangway_lambda::{ApiError, Request, Response};
use gangway_model::{RegistrationError, UpstreamError};
use gangway_registration::AppContext;
use serde_json::json;

use crate::view;

/// Palette's own largest page.
const MAX_LIMIT: u8 = 50;

/// `limit` accounts from `next` on; the answer's own `next` leads on, and is absent at the end.
pub(crate) async fn list_accounts(
    request: &Request,
    deployment: &AppContext,
) -> Result<Response, ApiError> {
    let mut fields = request.query_fields();
    let limit = fields
        .optional_with("limit", "must be a number from 1 to 50", parse_limit)
        .unwrap_or(MAX_LIMIT);
    let next = fields.optional_with("next", "must not be empty: leave it out", |next| {
        (!next.is_empty()).then(|| next.to_owned())
    });
    let scope = fields.query_scope();
    fields.finish(Some(()))?;
    let page = deployment
        .clients
        .palette
        .resolve_scope(&scope)
        .await?
        .list_page(limit, next.as_deref())
        .await;
    let page = page.map_err(|error| rejected(error, next.as_deref()))?;
    let accounts: Vec<_> = page.accounts.iter().map(view::to_json).collect();
    let mut answer = json!({ "accounts": accounts });
    if let (Some(next), Some(answer)) = (page.next, answer.as_object_mut()) {
        answer.extend([("next".to_owned(), next.into())]);
    }
    Ok(Response::Json(answer))
}

fn parse_limit(text: &str) -> Option<u8> {
    text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit))
}

/// What Palette has against a page that a caller named is the caller's to mend.
fn rejected(error: UpstreamError, next: Option<&str>) -> RegistrationError {
    match (error, next) {
        (UpstreamError::Rejected { .. }, Some(_)) => RegistrationError::unprocessable(
            "/next",
            "next must be that of the page before, as it was answered",
        ),
        (error, _) => error.into(),
    }
}
