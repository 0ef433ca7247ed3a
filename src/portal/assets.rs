//! The style sheet and the icon, compiled in. The style sheet's address changes with its content, so that browsers may
//! keep it for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::fault::Fault;

const STYLE: &str = include_str!("pages/style.css");
const ICON: &str = include_str!("pages/icon.svg");

static STYLE_NAME: LazyLock<String> = LazyLock::new(|| {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, STYLE.as_bytes());
    let hash = crate::domain::base32::encode(&digest.as_ref()[..10]);
    format!("style-{hash}.css")
});

/// Where the style sheet is.
pub(super) static STYLE_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/{}", *STYLE_NAME));

/// Serves one of them.
pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Fault> {
    let (kind, text, keep) = match name.as_str() {
        name if name == *STYLE_NAME => ("text/css; charset=utf-8", STYLE, "public, max-age=31536000, immutable"),
        "icon.svg" => ("image/svg+xml", ICON, "public, max-age=86400"),
        _ => return Err(Fault::not_found()),
    };
    let fields = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
    ];
    Ok((fields, text).into_response())
}
