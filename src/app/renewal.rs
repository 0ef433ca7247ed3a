//! Certificates that renew themselves, in the gateway: where challenges are answered, and who takes a new certificate
//! into use.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{error, warn};

use super::inherited::Inherited;
use super::listeners::Listeners;
use super::pages::{Site, challenges};
use super::{CannotStart, Current, Running};
use crate::acme::{self, Turn};
use crate::clock::Clock;
use crate::config::{Acme, Config};
use crate::domain::event::What;
use crate::store::Store;

/// What `[acme]` keeps going; what is dropped of it ends.
#[derive(Default)]
pub(super) struct Renewal {
    /// Where challenges are answered, beside the portal, as the configuration has it.
    site: Option<(SocketAddr, DropGuard)>,
    task: Option<DropGuard>,
}

impl Renewal {
    /// The address for challenges, where it is another than now.
    pub fn bind(&self, config: &Config, inherited: &mut Inherited) -> Result<Option<Site>, CannotStart> {
        let wanted = config.acme.as_ref().and_then(|acme| acme.address);
        match wanted {
            Some(address) if self.site.as_ref().is_none_or(|(now, _)| *now != address) => {
                Site::bind("acme.address", address, inherited).map(Some)
            }
            _ => Ok(None),
        }
    }
}

impl Running {
    /// Begins to renew as the configuration in use says; what was begun before ends. A try that failed is made again
    /// at once.
    pub(super) fn renew(&self, current: &mut Current, site: Option<Site>) {
        current.renewal.task = None;
        let Some(acme) = &current.config.acme else {
            current.renewal.site = None;
            return;
        };
        match (acme.address, site) {
            (Some(address), Some(mut site)) => {
                let stop = self.stop.child_token();
                site.serve(challenges(self.answers.clone()), &self.tasks, &stop);
                current.renewal.site = Some((address, stop.drop_guard()));
            }
            (Some(_), None) => {}
            (None, _) => current.renewal.site = None,
        }
        let wanted = |listener: &crate::config::Listener| listener.tls.files().is_some_and(|files| files.acme);
        if !current.config.listeners.iter().any(wanted) {
            return;
        }
        let renewer = Renewer {
            current: self.current.clone(),
            listeners: self.listeners.clone(),
            store: self.store.clone(),
            clock: self.clock.clone(),
        };
        let (turns, told) = mpsc::channel(1);
        let (answers, clock, ids) = (self.answers.clone(), self.clock.clone(), self.ids.clone());
        let keep_new = acme::keep_new(settings(acme), answers, clock, ids, turns);
        let stop = self.stop.child_token();
        self.tasks.spawn(renewer.run(keep_new, told, stop.clone()));
        current.renewal.task = Some(stop.drop_guard());
    }
}

fn settings(from: &Acme) -> acme::Settings {
    acme::Settings {
        directory: from.directory.clone(),
        contact: from.contact.clone(),
        names: from.names.clone(),
        external_account: from.external_account.as_ref().map(|account| (account.id.clone(), account.key.clone())),
        ca_file: from.ca_file.clone(),
        folder: from.folder.clone(),
        certificate: from.folder.join(Acme::CERTIFICATE),
    }
}

/// Who takes new certificates into use.
struct Renewer {
    current: Arc<Mutex<Current>>,
    listeners: Listeners,
    store: Store,
    clock: Clock,
}

impl Renewer {
    async fn run(self, keep_new: impl Future<Output = ()>, mut told: mpsc::Receiver<Turn>, stop: CancellationToken) {
        let follow = async {
            while let Some(turn) = told.recv().await {
                self.take(turn).await;
            }
        };
        tokio::select! {
            () = keep_new => {}
            () = follow => {}
            () = stop.cancelled() => {}
        }
    }

    async fn take(&self, turn: Turn) {
        let detail = match turn {
            Turn::Renewed(until) => {
                let current = self.current.lock().await;
                if let Err(fault) = self.listeners.show_given(&current.config, &current.inbound, &self.clock) {
                    error!(%fault, "the new certificate cannot be shown; the old one stays");
                }
                format!("certificate=renewed until={until}")
            }
            Turn::Failed(_) => "certificate=not-renewed".to_owned(),
        };
        if let Err(error) = self.store.note(What::Admin, "certificate", &detail).await {
            warn!(%error, "the renewal could not be noted");
        }
    }
}
