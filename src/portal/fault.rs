//! What a person or a program is told when something cannot be done: a page in the portal, `application/problem+json`
//! (RFC 9457) under `/api/`. A handler says what is wrong; [`dress`] turns it into the one or the other, and so it does
//! with whatever the framework itself refuses.

use askama::Template;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;

use super::language;
use super::state::PortalState;
use super::view::Frame;
use super::visitor::Visitor;
use super::words::Words;
use crate::store::StoreError;

/// Why something cannot be done. Its words stand in `portal.ftl`: `fault-<code>` and `fault-<code>-remedy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The status of the answer.
    pub status: StatusCode,
    /// A stable word: `not-found`.
    pub code: &'static str,
    /// What is wrong with which field of a form.
    pub fields: Vec<FieldFault>,
}

/// What is wrong with a field of a form, in words for whoever filled it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldFault {
    /// The field's name.
    pub field: &'static str,
    /// What is wrong and what helps.
    pub detail: String,
}

impl Fault {
    const fn new(status: StatusCode, code: &'static str) -> Self {
        Self { status, code, fields: Vec::new() }
    }

    /// There is nothing here, or nothing that this person may see: the two are never told apart.
    #[must_use]
    pub const fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found")
    }

    /// Nobody is signed in, or the token is not good.
    #[must_use]
    pub const fn sign_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "sign-in")
    }

    /// Signed in, and still not allowed.
    #[must_use]
    pub const fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden")
    }

    /// The request changes something and comes with a cookie, where a bearer token is asked for.
    #[must_use]
    pub const fn token_needed() -> Self {
        Self::new(StatusCode::FORBIDDEN, "token-needed")
    }

    /// The office takes no answer to this message.
    #[must_use]
    pub const fn reply_off() -> Self {
        Self::new(StatusCode::CONFLICT, "reply-off")
    }

    /// The key has been used for something else.
    #[must_use]
    pub const fn key_reused() -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused")
    }

    /// More octets than are taken.
    #[must_use]
    pub const fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large")
    }

    /// Content of a form that is not taken here.
    #[must_use]
    pub const fn media_type() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type")
    }

    /// The request cannot be read.
    #[must_use]
    pub const fn unreadable() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable")
    }

    /// The request can be read, and what stands in these fields will not do.
    #[must_use]
    pub const fn fields(fields: Vec<FieldFault>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, code: "fields", fields }
    }

    /// Too much to do just now.
    #[must_use]
    pub const fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy")
    }

    /// Something of ours is broken; `what` is for the log and holds no content.
    #[must_use]
    pub fn internal(what: &str) -> Self {
        tracing::error!(what, "the portal could not answer");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }

    /// For a status that the framework has chosen.
    fn of(status: StatusCode) -> Self {
        let code = match status {
            StatusCode::NOT_FOUND => "not-found",
            StatusCode::UNAUTHORIZED => "sign-in",
            StatusCode::FORBIDDEN => "forbidden",
            StatusCode::METHOD_NOT_ALLOWED => "method",
            StatusCode::PAYLOAD_TOO_LARGE => "too-large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "media-type",
            StatusCode::REQUEST_TIMEOUT => "timeout",
            StatusCode::SERVICE_UNAVAILABLE => "busy",
            status if status.is_client_error() => "unreadable",
            _ => "internal",
        };
        Self::new(status, code)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store did not answer the portal");
        if error.is_away() || error.is_full() {
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable")
        } else {
            Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
        }
    }
}

impl IntoResponse for Fault {
    /// The bare status; [`dress`] gives it a body.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The body of a fault under `/api/` (RFC 9457).
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// `urn:brevbro:problem:<code>`.
    #[serde(rename = "type")]
    #[schema(example = "urn:brevbro:problem:not-found")]
    pub kind: String,
    /// What is wrong, in the language asked for.
    pub title: String,
    /// The status of the answer.
    #[schema(example = 404)]
    pub status: u16,
    /// What helps.
    pub detail: String,
    /// Which fields are wrong, when it is those.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldFault>,
}

impl Problem {
    fn new(fault: Fault, words: &Words) -> Self {
        Self {
            kind: format!("urn:brevbro:problem:{}", fault.code),
            title: words.t(&format!("fault-{}", fault.code)),
            status: fault.status.as_u16(),
            detail: words.t(&format!("fault-{}-remedy", fault.code)),
            errors: fault.fields,
        }
    }
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    frame: Frame,
    title: String,
    remedy: String,
    sign_in: bool,
}

/// Gives every refusal its body: a page, or a problem document under `/api/`.
pub(super) async fn dress(State(state): State<PortalState>, request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/");
    let language = language::of_request(request.headers());
    let mut response = next.run(request).await;
    let visitor = response.extensions_mut().remove::<Visitor>().unwrap_or(Visitor { language, ..Visitor::default() });
    let status = response.status();
    let fault = match response.extensions_mut().remove::<Fault>() {
        Some(fault) => fault,
        None if is_bare(&response) && (status.is_client_error() || status.is_server_error()) => Fault::of(status),
        None => return response,
    };
    let words = state.words(visitor.language);
    let mut dressed = if api {
        let mut answer = (status, Json(Problem::new(fault, &words))).into_response();
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        answer
    } else {
        let page = FaultPage {
            title: words.t(&format!("fault-{}", fault.code)),
            remedy: words.t(&format!("fault-{}-remedy", fault.code)),
            sign_in: visitor.account.is_none(),
            frame: Frame::new(words, &visitor, "/"),
        };
        (
            status,
            page.render()
                .map_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response(), |p| Html(p).into_response()),
        )
            .into_response()
    };
    if status == StatusCode::SERVICE_UNAVAILABLE {
        dressed.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    }
    if let Some(allow) = response.headers_mut().remove(header::ALLOW) {
        dressed.headers_mut().insert(header::ALLOW, allow);
    }
    dressed
}

/// Whether nobody has given the answer a body for people or programs: the framework's own are plain text or nothing.
fn is_bare(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}
