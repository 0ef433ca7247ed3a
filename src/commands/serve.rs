//! `brevbro serve`: the gateway, until it is asked to stop.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::Failure;
use crate::app;
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::trace;

/// Serves until SIGTERM or SIGINT; then drains, and says 0. A second signal ends it at once: the promise holds then
/// too, since what was not acknowledged is sent again.
pub async fn run(config: Config, clock: Clock) -> ExitCode {
    trace::begin(&config.logging);
    let ids = Ids::system(clock.clone());
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return Failure::of("system", "signals cannot be waited for", "look at the system's limits").told();
    };
    let running = match Box::pin(app::start(&config, clock, ids)).await {
        Ok(running) => running,
        Err(fault) => return Failure::new(&config.file, &fault.key, fault.what, fault.remedy).told(),
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    info!("stopping: finishing what is under way");
    tokio::select! {
        () = running.stop() => info!("stopped"),
        _ = terminate.recv() => info!("stopped at once"),
        _ = interrupt.recv() => info!("stopped at once"),
    }
    ExitCode::SUCCESS
}
