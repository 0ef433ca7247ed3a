//! Who asks, and in which language to answer: found out once per request, by session cookie or bearer token.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::cookie;
use super::fault::Fault;
use super::language;
use super::state::PortalState;
use crate::domain::account::{Account, AccountState};
use crate::domain::language::Language;
use crate::store::Principal;

/// The cookie of a session.
pub(super) const SESSION: &str = "brevbro_session";

/// Who asks.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// Whose mailbox, when signed in.
    pub account: Option<Account>,
    /// Whether the bearer token is an admin's.
    pub admin: bool,
    /// Whether a bearer token says so, and not a cookie.
    pub by_token: bool,
    /// Of the answer: the account's, else the cookie's, else the browser's.
    pub language: Language,
}

/// Finds out who asks, and leaves it with the request and the answer.
pub(super) async fn recognise(State(state): State<PortalState>, mut request: Request, next: Next) -> Response {
    // The same for all, or with a right of their own in the path.
    if ["/assets/", "/pictures/"].into_iter().any(|start| request.uri().path().starts_with(start)) {
        return next.run(request).await;
    }
    let visitor = match visitor(&state, request.headers()).await {
        Ok(visitor) => visitor,
        Err(fault) => return fault.into_response(),
    };
    request.extensions_mut().insert(visitor.clone());
    let mut response = next.run(request).await;
    // For whoever words a fault further out.
    response.extensions_mut().insert(visitor);
    response
}

async fn visitor(state: &PortalState, headers: &HeaderMap) -> Result<Visitor, Fault> {
    let mut visitor = Visitor { language: language::of_request(headers), ..Visitor::default() };
    let account = if let Some(token) = bearer(headers) {
        visitor.by_token = true;
        match state.store.token(token).await? {
            Some(Principal::Citizen(id)) => state.store.account(&id).await?,
            Some(Principal::Admin) => {
                visitor.admin = true;
                None
            }
            None => None,
        }
    } else if let Some(secret) = cookie::value(headers, SESSION) {
        match state.store.session(secret).await? {
            Some(Principal::Citizen(id)) => state.store.account(&id).await?,
            Some(Principal::Admin) | None => None,
        }
    } else {
        None
    };
    if let Some(account) = account.filter(|account| account.state != AccountState::Closed) {
        visitor.language = account.language;
        visitor.account = Some(account);
    }
    Ok(visitor)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A citizen who is signed in: pages ask for one. Whoever is not is led to sign in, and back.
#[derive(Debug, Clone)]
pub(super) struct Citizen {
    /// Whose mailbox.
    pub account: Account,
    /// As the request has it.
    pub visitor: Visitor,
}

impl<S: Send + Sync> FromRequestParts<S> for Citizen {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let visitor = parts.extensions.get::<Visitor>().cloned().unwrap_or_default();
        match visitor.account.clone() {
            Some(account) => Ok(Self { account, visitor }),
            None if matches!(parts.method, Method::GET | Method::HEAD) => {
                Err(Redirect::to(&sign_in_path(&parts.uri)).into_response())
            }
            None => Err(Fault::sign_in().into_response()),
        }
    }
}

fn sign_in_path(wanted: &Uri) -> String {
    let wanted = wanted.path_and_query().map_or("/", |p| p.as_str());
    if wanted == "/" || wanted == "/messages" {
        return "/sign-in".to_owned();
    }
    format!("/sign-in?next={}", super::cookie::percent(wanted))
}

/// Whoever calls the API for a mailbox: by bearer token, or, to read alone, by session cookie.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// Whose mailbox.
    pub account: Account,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let visitor = parts.extensions.get::<Visitor>().cloned().unwrap_or_default();
        if visitor.admin {
            return Err(Fault::forbidden());
        }
        let account = visitor.account.ok_or_else(Fault::sign_in)?;
        if !visitor.by_token && !matches!(parts.method, Method::GET | Method::HEAD) {
            return Err(Fault::token_needed());
        }
        Ok(Self { account })
    }
}

/// An admin, by bearer token.
#[derive(Debug, Clone, Copy)]
pub struct Admin(());

impl<S: Send + Sync> FromRequestParts<S> for Admin {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        match parts.extensions.get::<Visitor>() {
            Some(visitor) if visitor.admin => Ok(Self(())),
            Some(visitor) if visitor.account.is_some() => Err(Fault::forbidden()),
            _ => Err(Fault::sign_in()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// The other end of the connection, when nothing stands between.
pub(super) fn direct_peer(parts: &Parts) -> Option<std::net::IpAddr> {
    // Behind a proxy every peer is the proxy.
    let forwarded = ["forwarded", "x-forwarded-for", "x-forwarded-host", "via"];
    if forwarded.into_iter().any(|name| parts.headers.contains_key(name)) {
        return None;
    }
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip())
}
