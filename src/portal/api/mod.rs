//! `/api/v1`: the mailbox for programs. JSON; faults are problem documents; lists are paged by `?before=&limit=` and say
//! in `next` what to give as `before`, `null` at the end.

pub(super) mod account;
pub(super) mod conversations;
pub(super) mod messages;
pub(super) mod replies;
mod schema;

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoParams, Modify, OpenApi, ToSchema};

use super::fault::Fault;
use super::visitor::SESSION;

/// How much of a list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// Only what is older than this: the `next` of the page before.
    before: Option<String>,
    /// How many, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
}

impl Paging {
    fn read<T: std::str::FromStr>(&self) -> Result<(Option<T>, u32), Fault> {
        let before = self.before.as_deref().map(str::parse).transpose().map_err(|_| Fault::unreadable())?;
        match self.limit.unwrap_or(50) {
            limit @ 1..=100 => Ok((before, limit)),
            _ => Err(Fault::unreadable()),
        }
    }
}

/// A part of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct List<T> {
    /// Newest first.
    items: Vec<T>,
    /// What to give as `before` for what is older; `null`: there is none.
    next: Option<String>,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Brevbro: the citizen's mailbox",
        description = "Messages from authorities, and the answers to them. Everything is of the account that the token or session speaks for.",
    ),
    paths(
        messages::list, messages::one, messages::raw, messages::attachment,
        replies::post, replies::one, replies::file,
        conversations::list, conversations::one,
        account::show, account::change,
    ),
    modifiers(&Security),
    security(("token" = []), ("session" = [])),
)]
struct Document;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let schemes = &mut document.components.get_or_insert_default().security_schemes;
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        schemes.insert("token".to_owned(), SecurityScheme::Http(bearer).into());
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description(SESSION, "Reads only."));
        schemes.insert("session".to_owned(), SecurityScheme::ApiKey(cookie).into());
    }
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| Document::openapi().to_json().unwrap_or_default());

/// `GET /api/openapi.json`.
pub(super) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=3600")], DOCUMENT.as_str())
}
