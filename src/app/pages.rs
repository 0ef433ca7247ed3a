//! The pages and figures, over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, any_service, get};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

use super::inherited::Inherited;
use super::{CannotStart, cannot_bind};
use crate::acme::Answers;
use crate::clock::{Clock, Ids};
use crate::config::{Config, Login};
use crate::portal;
use crate::store::Store;

pub(super) fn portal_state(
    config: &Config,
    store: &Store,
    clock: &Clock,
    ids: &Ids,
    listen: SocketAddr,
) -> portal::PortalState {
    let from = &config.portal;
    let settings = portal::Settings {
        public_url: from.url.clone(),
        listen,
        login: match from.login {
            Login::Demo => portal::Login::Demo,
            Login::None => portal::Login::Off,
        },
        time_zone: from.time_zone.clone(),
        limits: portal::Limits {
            reply_files: from.max_files,
            reply_octets: from.max_reply,
            ..portal::Limits::default()
        },
        served: config.mail.served.clone(),
    };
    portal::PortalState::new(settings, store.clone(), config.node.keys.clone(), clock.clone(), ids.clone())
}

/// What an authority asks, to see whether our names are ours (RFC 8555 §8.3).
pub(super) fn challenges(answers: Answers) -> Router {
    let answer = |State(answers): State<Answers>, Path(token): Path<String>| async move {
        match answers.get(&token) {
            Some(answer) => ([(CONTENT_TYPE, "application/octet-stream")], answer).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        }
    };
    Router::new().route("/.well-known/acme-challenge/{token}", get(answer)).with_state(answers)
}

/// One address of HTTP, and what is served there now: it may change between two requests of one connection.
pub(super) struct Site {
    /// Where it listens: the port that was given for 0.
    pub address: SocketAddr,
    socket: Option<TcpListener>,
    pages: Arc<ArcSwap<MethodRouter>>,
}

impl Site {
    /// Binds, or takes what was handed to us. Nobody is served before [`Site::serve`].
    pub fn bind(key: &str, address: SocketAddr, inherited: &mut Inherited) -> Result<Self, CannotStart> {
        let mut bound = || {
            let socket = match inherited.take(key, address) {
                Some(socket) => socket,
                None => std::net::TcpListener::bind(address)?,
            };
            socket.set_nonblocking(true)?;
            let socket = TcpListener::from_std(socket)?;
            let pages = Arc::new(ArcSwap::from_pointee(any_service(Router::new())));
            Ok(Self { address: socket.local_addr()?, socket: Some(socket), pages })
        };
        bound().map_err(|e| cannot_bind(key, address, &e))
    }

    /// From now on these pages are served. What has been asked is answered by those before.
    pub fn replace(&self, pages: Router) {
        self.pages.store(Arc::new(any_service(pages)));
    }

    /// Serves until `stop`; then what has been begun is finished. Once.
    pub fn serve(&mut self, pages: Router, tasks: &TaskTracker, stop: &CancellationToken) {
        self.replace(pages);
        if let Some(socket) = self.socket.take() {
            tasks.spawn(serve(socket, self.pages.clone(), stop.clone()));
        }
    }
}

async fn serve(socket: TcpListener, pages: Arc<ArcSwap<MethodRouter>>, stop: CancellationToken) {
    let now = Router::new().fallback(move |request: Request| {
        let pages = MethodRouter::clone(&pages.load());
        pages.call(request, ())
    });
    let now = now.into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(socket, now).with_graceful_shutdown(stop.cancelled_owned()).await {
        error!(%error, "HTTP ended");
    }
}
