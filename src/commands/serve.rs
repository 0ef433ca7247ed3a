//! `brevbro serve`: the gateway, until it is asked to stop.

use std::path::Path;
use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, info, warn};

use super::Failure;
use crate::app::control::{self, Reloaded};
use crate::app::{self, Inherited, Running, service};
use crate::clock::{Clock, Ids};
use crate::config::{Config, Fault};
use crate::domain::event::What;
use crate::trace::{self, Level};

/// What we are told from outside.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// SIGTERM or SIGINT.
    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Serves until SIGTERM or SIGINT; then drains, and says 0. A second signal ends it at once: the promise holds then
/// too, since what was not acknowledged is sent again. SIGHUP and `brevbro reload` read the configuration again.
pub async fn run(config: Config, clock: Clock) -> ExitCode {
    let level = trace::begin(&config.logging);
    let ids = Ids::system(clock.clone());
    let Ok(mut signals) = Signals::new() else {
        return Failure::of("system", "signals cannot be waited for", "look at the system's limits").told();
    };
    let running = match Box::pin(app::start(&config, Inherited::of_process(), clock, ids)).await {
        Ok(running) => running,
        Err(fault) => return Failure::new(&config.file, &fault.key, fault.what, fault.remedy).told(),
    };
    let mut asks = control::listen(&config.node.data);
    service::ready(&running.status());
    loop {
        let ask = tokio::select! {
            never = running.keep_told() => match never {},
            _ = signals.terminate.recv() => break,
            _ = signals.interrupt.recv() => break,
            _ = signals.hangup.recv() => None,
            Some(ask) = asks.recv() => Some(ask),
        };
        service::reloading();
        let reloaded = reload(&running, &config.file, &level).await;
        let refused = if reloaded.taken { "" } else { "; the last configuration was refused" };
        service::ready(&format!("{}{refused}", running.status()));
        if let Some(ask) = ask {
            // Whoever asked may have gone; the log has it too.
            let _ = ask.send(reloaded);
        }
    }
    drop(asks);
    service::stopping();
    info!("stopping: finishing what is under way");
    tokio::select! {
        () = running.stop() => info!("stopped"),
        () = signals.stop() => info!("stopped at once"),
    }
    ExitCode::SUCCESS
}

/// Takes the file as it is now, or refuses it, with every fault in the log and an event either way.
async fn reload(running: &Running, file: &Path, level: &Level) -> Reloaded {
    let path = file.to_owned();
    let loaded = tokio::task::spawn_blocking(move || Config::load(&path)).await.unwrap_or_else(|broken| {
        Err(vec![Fault::new(&file.display().to_string(), "", broken.to_string(), "look at the log")])
    });
    let done = match loaded {
        Err(faults) => Err(faults),
        Ok(config) => {
            let logging = config.logging;
            let fault = |f: app::CannotStart| Fault::new(&file.display().to_string(), &f.key, f.what, f.remedy);
            let done = Box::pin(running.reload(config)).await;
            done.inspect(|_| level.set(logging.level)).map_err(|faults| faults.into_iter().map(fault).collect())
        }
    };
    let mut reloaded = Reloaded { file: file.display().to_string(), ..Reloaded::default() };
    let detail = match done {
        Ok(difference) => {
            let shown = |addresses: &[std::net::SocketAddr]| addresses.iter().map(ToString::to_string).collect();
            reloaded.taken = true;
            reloaded.added = shown(&difference.added);
            reloaded.removed = shown(&difference.removed);
            "reload=taken".to_owned()
        }
        Err(faults) => {
            for Fault { file, line, key, sentence, remedy, .. } in &faults {
                error!(%file, line, key, sentence, remedy, "the new configuration is faulty");
            }
            error!(faults = faults.len(), "the new configuration was refused; the old one stays");
            reloaded.faults = faults;
            format!("reload=refused faults={}", reloaded.faults.len())
        }
    };
    note(running, detail);
    reloaded
}

/// An event, without waiting for the database.
fn note(running: &Running, detail: String) {
    let store = running.store.clone();
    tokio::spawn(async move {
        if let Err(error) = store.note(What::Admin, "configuration", &detail).await {
            warn!(%error, "the reload could not be noted");
        }
    });
}
