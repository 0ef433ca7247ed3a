//! What systemd is told (`sd_notify(3)`): that we serve, read the configuration again, stop; in a line, how it goes; and,
//! where it keeps a watchdog, that we live. Without systemd none of it does anything.

use std::convert::Infallible;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{sleep, timeout};
use tracing::{error, warn};

use super::Running;

/// How often the line is written anew where there is no watchdog.
const STATUS: Duration = Duration::from_secs(30);

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!(%error, "systemd could not be told");
    }
}

/// From now on whoever connects is served.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The configuration is being read again; [`ready`] ends it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// Nobody is let in any more.
pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("finishing what is under way")]);
}

impl Running {
    /// How it goes, in a line.
    #[must_use]
    pub fn status(&self) -> String {
        let (listeners, open) = (self.listeners.handles().len(), self.listeners.open());
        let certificate = self.listeners.certificates().into_iter().map(|(_, end)| end).min();
        let ends = certificate.map(|end| format!("; certificate until {}", end.strftime("%Y-%m-%d")));
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        format!(
            "{listeners} listener{}, {open} connection{} open{}",
            plural(listeners),
            plural(open),
            ends.unwrap_or_default()
        )
    }

    /// Whether mail can come in: the one task that writes answers, and so does every loop that lets peers in. Waits as
    /// long as they take.
    async fn is_alive(&self) -> bool {
        for listener in self.listeners.handles() {
            // One that was retired meanwhile need not answer.
            if !listener.answers().await && !listener.is_retired() {
                return false;
            }
        }
        self.store.committer_answers().await
    }

    /// Feeds the watchdog, as long as the gateway really lives; and writes the line.
    pub async fn keep_told(&self) -> Infallible {
        let watchdog = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero());
        // What is asked may take as long as it likes, short of what the watchdog bears.
        let (pause, patience) = watchdog.map_or((STATUS, STATUS), |limit| (limit / 4, limit / 4 * 3));
        loop {
            sleep(pause).await;
            let status = self.status();
            match timeout(patience, self.is_alive()).await {
                Ok(true) if watchdog.is_some() => tell(&[NotifyState::Watchdog, NotifyState::Status(&status)]),
                Ok(true) => tell(&[NotifyState::Status(&status)]),
                Ok(false) | Err(_) => {
                    error!(status, "the gateway takes no mail: a listener or the store does not answer");
                }
            }
        }
    }
}
