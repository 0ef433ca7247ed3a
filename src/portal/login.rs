//! Signing in and out. So far as a test citizen alone; see [`Login::Demo`].

use std::time::Duration;

use axum::extract::{Form, FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::cookie::{self, Keep};
use super::fault::Fault;
use super::state::PortalState;
use super::view::{Frame, SignInPage, TestCitizen, page};
use super::visitor::{SESSION, Visitor, direct_peer};
use crate::domain::account::AccountState;
use crate::domain::ids::AccountId;
use crate::domain::language::Language;
use crate::store::{self, Principal};

/// A session ends by itself after a working day.
const LIFE: Duration = Duration::from_hours(8);
/// Test citizens on the page.
const SHOWN: u32 = 200;

/// Whether this request may sign in as a test citizen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demo(bool);

impl FromRequestParts<PortalState> for Demo {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &PortalState) -> Result<Self, Fault> {
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        Ok(Self(state.settings.allows_demo(direct_peer(parts), host)))
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    next: Option<String>,
}

/// The page on which one signs in.
pub(super) async fn form(
    State(state): State<PortalState>,
    demo: Demo,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let next = cookie::local_path(wanted.next.as_deref());
    let words = state.words(visitor.language);
    let accounts = if demo.0 { state.store.accounts(SHOWN).await? } else { Vec::new() };
    let own_name = |language| match language {
        Language::Sv => "Svenska",
        Language::Fi => "Suomi",
        Language::En => "English",
    };
    let citizens = accounts
        .into_iter()
        .filter(|account| account.state != AccountState::Closed && account.id != store::postmaster())
        .map(|account| TestCitizen {
            id: account.id.to_string(),
            state: (account.state == AccountState::Waiting).then(|| words.t("account-waiting")),
            language: own_name(account.language),
            name: account.name,
        });
    let shown = SignInPage {
        demo: demo.0,
        citizens: citizens.collect(),
        next: next.to_owned(),
        frame: Frame::new(words, &visitor, "/sign-in"),
    };
    page(StatusCode::OK, &shown)
}

#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    account: String,
    next: Option<String>,
}

/// Signs in as the test citizen chosen.
pub(super) async fn sign_in(
    State(state): State<PortalState>,
    demo: Demo,
    headers: HeaderMap,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Fault> {
    if !demo.0 {
        return Err(Fault::forbidden());
    }
    let id: AccountId = chosen.account.parse().map_err(|_| Fault::not_found())?;
    let account = state.store.account(&id).await?.filter(|account| account.state != AccountState::Closed);
    let account = account.ok_or_else(Fault::not_found)?;
    // A new secret with every login, and the old one dead: nobody can plant a session.
    if let Some(old) = cookie::value(&headers, SESSION) {
        state.store.end_session(old).await?;
    }
    let secret = state.store.create_session(Principal::Citizen(account.id), LIFE).await?;
    tracing::info!("a test citizen signed in");
    let next = match cookie::local_path(chosen.next.as_deref()) {
        "/" => "/messages",
        next => next,
    };
    Ok(with_cookie(&state, Redirect::to(next).into_response(), &secret, Keep::Session))
}

/// Signs out: the session is dead, not just forgotten.
pub(super) async fn sign_out(State(state): State<PortalState>, headers: HeaderMap) -> Result<Response, Fault> {
    if let Some(secret) = cookie::value(&headers, SESSION) {
        state.store.end_session(secret).await?;
    }
    Ok(with_cookie(&state, Redirect::to("/sign-in").into_response(), "", Keep::Gone))
}

fn with_cookie(state: &PortalState, mut response: Response, secret: &str, keep: Keep) -> Response {
    if let Some(cookie) = cookie::set(SESSION, secret, keep, state.settings.is_secure()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
