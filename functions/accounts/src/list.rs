//! `GET /v1/accounts`: a page of accounts.

use deployment::Deployment;
use domain::{Failure, PortError};
use lambda::{Rejection, Reply, Request};
use serde_json::json;

use crate::{scoped, view};

/// Palette's own largest page.
const LONGEST: u8 = 50;

/// `limit` accounts from `next` on; the answer's own `next` leads on, and is absent at the end.
pub(crate) async fn page(request: &Request, deployment: &Deployment) -> Result<Reply, Rejection> {
    let limit = match request.query("limit").map(str::parse::<u8>) {
        None => LONGEST,
        Some(Ok(limit @ 1..=LONGEST)) => limit,
        Some(_) => {
            let rule = "limit must be a number from 1 to 50";
            return Err(Failure::malformed("/limit", rule).into());
        }
    };
    let next = request.query("next");
    if next == Some("") {
        return Err(Failure::malformed("/next", "next must not be empty: leave it out").into());
    }
    let page = scoped(request, deployment).await?.page(limit, next).await;
    let page = page.map_err(|error| refused(error, next))?;
    let accounts: Vec<_> = page.accounts.iter().map(view::json).collect();
    let mut answer = json!({ "accounts": accounts });
    if let (Some(next), Some(answer)) = (page.next, answer.as_object_mut()) {
        answer.extend([("next".to_owned(), next.into())]);
    }
    Ok(Reply::Json(answer))
}

/// What Palette has against a page that a caller named is the caller's to mend.
fn refused(error: PortError, next: Option<&str>) -> Failure {
    match (error, next) {
        (PortError::Refused { .. }, Some(_)) => {
            Failure::refused("/next", "next must be that of the page before, as it was answered")
        }
        (error, _) => error.into(),
    }
}
