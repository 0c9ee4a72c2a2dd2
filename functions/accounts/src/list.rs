//! `GET /v1/accounts`: a page of accounts.

use gangway_lambda::{ApiError, Query, Request, Response};
use gangway_model::{RegistrationError, UpstreamError};
use gangway_registration::AppContext;
use serde_json::json;

use crate::view;

/// Palette's own largest page.
const LONGEST: u8 = 50;

/// `limit` accounts from `next` on; the answer's own `next` leads on, and is absent at the end.
pub(crate) async fn page(request: &Request, deployment: &AppContext) -> Result<Response, ApiError> {
    let mut query = Query::new(request);
    let limit =
        query.parse_with("limit", "must be a number from 1 to 50", limit).unwrap_or(LONGEST);
    let next = query.parse_with("next", "must not be empty: leave it out", |next| {
        (!next.is_empty()).then(|| next.to_owned())
    });
    let scope = query.scope();
    query.finish()?;
    let page = deployment
        .clients
        .palette
        .resolve_scope(&scope)
        .await?
        .list_page(limit, next.as_deref())
        .await;
    let page = page.map_err(|error| refused(error, next.as_deref()))?;
    let accounts: Vec<_> = page.accounts.iter().map(view::json).collect();
    let mut answer = json!({ "accounts": accounts });
    if let (Some(next), Some(answer)) = (page.next, answer.as_object_mut()) {
        answer.extend([("next".to_owned(), next.into())]);
    }
    Ok(Response::Json(answer))
}

fn limit(text: &str) -> Option<u8> {
    text.parse().ok().filter(|limit| (1..=LONGEST).contains(limit))
}

/// What Palette has against a page that a caller named is the caller's to mend.
fn refused(error: UpstreamError, next: Option<&str>) -> RegistrationError {
    match (error, next) {
        (UpstreamError::Rejected { .. }, Some(_)) => RegistrationError::unprocessable(
            "/next",
            "next must be that of the page before, as it was answered",
        ),
        (error, _) => error.into(),
    }
}
