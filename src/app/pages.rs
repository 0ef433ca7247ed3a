//! The pages and figures, over HTTP.

use std::net::{SocketAddr, TcpListener};

use axum::Router;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

use super::inherited::Inherited;
use super::{CannotStart, cannot_bind};
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
    };
    portal::PortalState::new(settings, store.clone(), config.node.keys.clone(), clock.clone(), ids.clone())
}

/// One address of HTTP, and who serves it now. The socket outlives them: what the system holds for us between two of
/// them goes to the next.
pub(super) struct Site {
    /// Where it listens: the port that was given for 0.
    pub address: SocketAddr,
    socket: TcpListener,
    serving: CancellationToken,
}

impl Site {
    /// Binds, or takes what was handed to us. Nobody is served before [`Site::serve`].
    pub fn bind(key: &str, address: SocketAddr, inherited: &mut Inherited) -> Result<Self, CannotStart> {
        let mut bound = || {
            let socket = match inherited.take(key, address) {
                Some(socket) => socket,
                None => TcpListener::bind(address)?,
            };
            socket.set_nonblocking(true)?;
            Ok(Self { address: socket.local_addr()?, socket, serving: CancellationToken::new() })
        };
        bound().map_err(|e| cannot_bind(key, address, &e))
    }

    /// The socket once more, for another [`Site::serve`].
    ///
    /// # Errors
    /// When the system has no descriptor left.
    pub fn again(&self, key: &str) -> Result<tokio::net::TcpListener, CannotStart> {
        let socket = self.socket.try_clone().and_then(tokio::net::TcpListener::from_std);
        socket.map_err(|e| cannot_bind(key, self.address, &e))
    }

    /// Serves these pages from now on. Whoever served before finishes what it has begun.
    pub fn serve(
        &mut self,
        socket: tokio::net::TcpListener,
        pages: Router,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) {
        let before = std::mem::replace(&mut self.serving, stop.child_token());
        tasks.spawn(serve(socket, pages, self.serving.clone()));
        before.cancel();
    }
}

async fn serve(socket: tokio::net::TcpListener, pages: Router, stop: CancellationToken) {
    let pages = pages.into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(socket, pages).with_graceful_shutdown(stop.cancelled_owned()).await {
        error!(%error, "HTTP ended");
    }
}
