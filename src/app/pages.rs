//! The pages and figures, over HTTP.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::error;

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

pub(super) async fn bind_http(key: &str, address: SocketAddr) -> Result<(SocketAddr, TcpListener), CannotStart> {
    let bound = async {
        let socket = TcpListener::bind(address).await?;
        Ok((socket.local_addr()?, socket))
    };
    bound.await.map_err(|e| cannot_bind(key, address, &e))
}

pub(super) async fn serve_http(socket: TcpListener, pages: Router, stop: CancellationToken) {
    let pages = pages.into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(socket, pages).with_graceful_shutdown(stop.cancelled_owned()).await {
        error!(%error, "HTTP ended");
    }
}
