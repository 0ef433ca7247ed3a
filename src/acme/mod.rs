//! Certificates that renew themselves (ACME, RFC 8555): account, order, proof by HTTP-01, and when to begin again.
//!
//! Promises: a certificate in use is replaced only by a whole one that fits its key; what fails leaves it where it is,
//! is told, and is tried again with growing waits; keys never leave the folder, which only its owner reads.
//! Leaves out: who answers HTTP ([`Answers`] says what), and who shows the certificate.

mod answers;
mod file;
mod interim;
mod order;
mod when;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::clock::{Clock, Ids};
use crate::domain::address::{Domain, Mailbox};

pub use answers::Answers;
pub use interim::interim;

/// An order takes seconds where all is well; an authority that does not answer is given up.
const ORDER: Duration = Duration::from_mins(5);
/// The clock of the system may be set: no sleep is longer.
const LONGEST_SLEEP: Duration = Duration::from_hours(1);

/// What to get, and from whom.
#[derive(Clone)]
pub struct Settings {
    /// The URL of the authority's directory.
    pub directory: String,
    /// Addresses of admins.
    pub contact: Vec<Mailbox>,
    /// Whom the certificate is for, one at least.
    pub names: Vec<Domain>,
    /// As whom the authority knows us beforehand (RFC 8555 §7.3.4): the key's id, and the key.
    pub external_account: Option<(String, Vec<u8>)>,
    /// The root of the authority's own server; `None`: the system's.
    pub ca_file: Option<PathBuf>,
    /// Where the account lies.
    pub folder: PathBuf,
    /// Where certificate and key lie, in one file.
    pub certificate: PathBuf,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// There is a new certificate in the file, good until then.
    Renewed(Timestamp),
    /// None was given, and why; the one before stays.
    Failed(String),
}

/// Why no certificate was given.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}")]
    Authority(#[from] instant_acme::Error),
    #[error("{file}: {error}", file = .0.display(), error = .1)]
    File(PathBuf, std::io::Error),
    #[error("the authority looked for our answer and did not find it: {0}")]
    Proof(String),
    #[error("the authority offers no HTTP-01 for {0}")]
    NoHttp(String),
    #[error("what the authority gave cannot be used: {0}")]
    Unusable(&'static str),
    #[error("the authority did not get done within {} minutes", ORDER.as_secs() / 60)]
    Late,
}

/// Keeps the certificate new, until it is dropped: looks when it ends, gets another in time, tells each [`Turn`].
pub async fn keep_new(settings: Settings, answers: Answers, clock: Clock, ids: Ids, turns: mpsc::Sender<Turn>) {
    let chance = u64::from_le_bytes(ids.bytes());
    let mut failures = 0;
    loop {
        let due = match file::read(&settings.certificate) {
            Some(held) if held.is_for(&settings.names) => when::renewal(held.begins, held.ends, chance),
            _ => Timestamp::MIN,
        };
        let now = clock.now();
        if due > now {
            let left = Duration::try_from(due.duration_since(now)).unwrap_or(LONGEST_SLEEP);
            sleep(left.min(LONGEST_SLEEP)).await;
            continue;
        }
        let got = timeout(ORDER, Box::pin(order::get(&settings, &answers))).await.unwrap_or(Err(Fault::Late));
        let turn = match got.and_then(|pem| file::write(&settings, &pem)) {
            Ok(held) => {
                failures = 0;
                info!(until = %held.ends, "the authority gave a new certificate");
                Turn::Renewed(held.ends)
            }
            Err(fault) => {
                let again = when::again(failures, chance);
                failures += 1;
                warn!(%fault, failures, ?again, "no certificate was given; the one before stays");
                if turns.send(Turn::Failed(fault.to_string())).await.is_err() {
                    return;
                }
                sleep(again).await;
                continue;
            }
        };
        if turns.send(turn).await.is_err() {
            return;
        }
    }
}
