//! An admin's session: a token is shown once at the door, and a cookie for these pages alone stands for it after.

use std::time::Duration;

use askama::Template;
use axum::extract::{Form, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::portal::fault::Fault;
use crate::portal::{Frame, PortalState, Visitor, cookie_value, page};
use crate::store::Principal;

const COOKIE: &str = "brevbro_admin";
const LIFE: Duration = Duration::from_hours(8);

/// An admin who is signed in to the pages.
#[derive(Debug)]
pub(super) struct SignedIn(());

impl FromRequestParts<PortalState> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &PortalState) -> Result<Self, Response> {
        if let Some(secret) = cookie_value(&parts.headers, COOKIE) {
            let whose = state.store.session(secret).await.map_err(|error| Fault::from(error).into_response())?;
            if whose == Some(Principal::Admin) {
                return Ok(Self(()));
            }
        }
        if parts.method == Method::GET {
            return Err(Redirect::to("/admin/sign-in").into_response());
        }
        Err(Fault::sign_in().into_response())
    }
}

#[derive(Template)]
#[template(path = "admin_sign_in.html")]
struct SignInPage {
    frame: Frame,
    wrong: bool,
}

fn sign_in_page(state: &PortalState, visitor: &Visitor, wrong: bool) -> Result<Response, Fault> {
    let frame = Frame::plain(state.words(visitor.language), "/admin/sign-in");
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page(status, &SignInPage { frame, wrong })
}

pub(super) async fn form(State(state): State<PortalState>, visitor: Visitor) -> Result<Response, Fault> {
    sign_in_page(&state, &visitor, false)
}

#[derive(Deserialize)]
pub(super) struct Shown {
    token: String,
}

pub(super) async fn sign_in(
    State(state): State<PortalState>,
    visitor: Visitor,
    Form(shown): Form<Shown>,
) -> Result<Response, Fault> {
    if state.store.token(shown.token.trim()).await? != Some(Principal::Admin) {
        return sign_in_page(&state, &visitor, true);
    }
    let secret = state.store.create_session(Principal::Admin, LIFE).await?;
    tracing::info!("an admin signed in");
    Ok(with_cookie(&state, "/admin/", &secret, ""))
}

pub(super) async fn sign_out(State(state): State<PortalState>, parts: Parts) -> Result<Response, Fault> {
    if let Some(secret) = cookie_value(&parts.headers, COOKIE) {
        state.store.end_session(secret).await?;
    }
    Ok(with_cookie(&state, "/admin/sign-in", "", "; Max-Age=0"))
}

fn with_cookie(state: &PortalState, to: &str, secret: &str, age: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    let secure = if state.settings.is_secure() { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={secret}; Path=/admin; HttpOnly; SameSite=Strict{secure}{age}");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
