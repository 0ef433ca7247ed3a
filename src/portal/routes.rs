//! Which address leads to which handler.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path};
use axum::response::Redirect;
use axum::routing::{get, post};

use super::fault::Fault;
use super::state::PortalState;
use super::visitor::Visitor;
use super::{api, assets, download, guard, language, login, mailbox, reply, settings};

/// Octets of a small form or a JSON document.
const SMALL: usize = 64 << 10;

/// The citizens' pages and API. Needs the peer's address with each request where [`super::Login::Demo`] is to work:
/// serve it with `into_make_service_with_connect_info::<SocketAddr>()`.
pub fn router(state: PortalState) -> Router {
    let upload = || DefaultBodyLimit::disable(); // `form` counts for itself
    let pages = Router::new()
        .route("/", get(front))
        .route("/robots.txt", get(|| async { "User-agent: *\nDisallow: /\n" }))
        .route("/assets/{name}", get(assets::asset))
        .route("/language", post(language::switch))
        .route("/sign-in", get(login::form).post(login::sign_in))
        .route("/sign-out", post(login::sign_out))
        .route("/messages", get(mailbox::inbox))
        .route("/messages/{id}", get(mailbox::message))
        .route("/messages/{id}/html", get(download::html))
        .route("/messages/{id}/raw", get(download::raw))
        .route("/messages/{id}/attachments/{index}", get(download::attachment))
        .route("/messages/{id}/reply", get(to_form).post(reply::post).layer(upload()))
        .route("/pictures/{grant}/{index}", get(download::picture))
        .route("/replies/{id}/files/{index}", get(download::own_file))
        .route("/settings", get(settings::form).post(settings::save))
        .route("/settings/consent", post(settings::consent));
    let api = Router::new()
        .route("/openapi.json", get(api::openapi))
        .route("/v1/messages", get(api::messages::list))
        .route("/v1/messages/{id}", get(api::messages::one))
        .route("/v1/messages/{id}/raw", get(api::messages::raw))
        .route("/v1/messages/{id}/attachments/{index}", get(api::messages::attachment))
        .route("/v1/messages/{id}/reply", post(api::replies::post).layer(upload()))
        .route("/v1/replies/{id}", get(api::replies::one))
        .route("/v1/replies/{id}/files/{index}", get(api::replies::file))
        .route("/v1/conversations", get(api::conversations::list))
        .route("/v1/conversations/{id}", get(api::conversations::one))
        .route("/v1/account", get(api::account::show).patch(api::account::change));
    let routes = pages.nest("/api", api).fallback(|| async { Fault::not_found() }).layer(DefaultBodyLimit::max(SMALL));
    guard::around(routes, state)
}

async fn front(visitor: Visitor) -> Redirect {
    Redirect::to(if visitor.account.is_some() { "/messages" } else { "/sign-in" })
}

/// A reload of the page that a faulty form came back as.
async fn to_form(Path(id): Path<String>) -> Redirect {
    Redirect::to(&format!("/messages/{}#reply", super::cookie::percent(&id)))
}
