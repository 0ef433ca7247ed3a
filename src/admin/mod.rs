//! The mail admins' side, over HTTP: counts, what became of a message, what waits to be sent. The same as pages under
//! `/admin/`.
//!
//! Promises: only ids, hashes, codes and hosts are shown, never an address, a subject or content; nothing can be changed
//! here. Leaves out: changing anything (the `brevbro` command), and the accounts of admins: a token is who has it.

mod api;
mod login;
mod pages;

use axum::Router;
use axum::routing::{get, post};

use crate::portal::{self, PortalState};

/// `/api/v1/admin/…` with an admin's bearer token, and the pages. To be merged with [`portal::router`].
pub fn router(state: PortalState) -> Router {
    let routes = Router::new()
        .route("/api/v1/admin/stats", get(api::stats))
        .route("/api/v1/admin/trace/{id}", get(api::trace))
        .route("/api/v1/admin/queue", get(api::queue))
        .route("/api/v1/admin/queue/{id}", get(api::item))
        .route("/api/v1/admin/openapi.json", get(api::openapi))
        .route("/admin/", get(pages::overview))
        .route("/admin/queue", get(pages::queue))
        .route("/admin/trace", get(pages::trace))
        .route("/admin/sign-in", get(login::form).post(login::sign_in))
        .route("/admin/sign-out", post(login::sign_out));
    portal::around(routes, state)
}
