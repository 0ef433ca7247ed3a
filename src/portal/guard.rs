//! What stands around every page: header fields that keep a browser from doing harm, the cross-site check, limits of
//! time, and a net for panics.

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::{RequestBodyDeadlineLayer, RequestBodyTimeoutLayer};

use super::state::PortalState;
use super::{fault, visitor};

/// Between two pieces of an upload.
const UPLOAD_IDLE: Duration = Duration::from_secs(30);
/// A whole upload: 25 MiB over a poor mobile connection.
const UPLOAD_WHOLE: Duration = Duration::from_mins(10);

/// Pages are ours alone: no script, nothing from elsewhere, in nobody's frame.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// Puts all of it around these routes.
pub fn around(routes: Router<PortalState>, state: PortalState) -> Router {
    let mut csrf = CsrfLayer::new();
    // Behind a proxy that rewrites Host, the public address is still ours.
    if let Ok(trusting) = csrf.clone().add_trusted_origin(&state.settings.public_url) {
        csrf = trusting;
    }
    routes
        .layer(RequestBodyTimeoutLayer::new(UPLOAD_IDLE))
        .layer(RequestBodyDeadlineLayer::new(UPLOAD_WHOLE))
        .layer(csrf)
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(state.clone(), visitor::recognise))
        .layer(middleware::from_fn_with_state(state.clone(), fault::dress))
        .layer(middleware::from_fn_with_state(state.clone(), headers))
        .with_state(state)
}

/// Header fields for every answer; a handler that has set one of them knows better.
async fn headers(State(state): State<PortalState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let fields = response.headers_mut();
    let mut set = |name: HeaderName, value: HeaderValue| {
        fields.entry(name).or_insert(value);
    };
    set(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    set(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    set(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    set(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    set(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    );
    set(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    set(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    if state.settings.is_secure() {
        set(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000"));
    }
    response
}
