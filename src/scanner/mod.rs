//! What may not reach a citizen: malware, by an admin's clamd, and attachments that a policy does not want, by their
//! names, their content and, of archives, their lists.
//!
//! - [`Scanner`] asks clamd (INSTREAM) about each part of a message as it is decoded; several clamds stand in for each
//!   other.
//! - [`policy`] says whether a part is wanted. Pure, as are [`kind`], which knows programs by their first octets, and
//!   [`archive`], which reads lists and unpacks nothing.
//!
//! Leaves out: what a message's parts are (`intake`), and the answer to the sender (`inbound`).

pub mod archive;
mod figures;
pub mod kind;
pub mod lists;
pub mod name;
pub mod policy;
mod server;
mod session;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tracing::warn;

pub use self::figures::Figures;
pub use self::policy::Policy;
use self::server::Server;
pub use self::session::{Fault, Reply, version};
use crate::domain::endpoint::Endpoint;

/// Parts of one message that are looked at at a time: a message of a thousand does not take every connection.
const PARALLEL: usize = 4;

/// How clamd is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// In the order of preference: the next is asked where one does not answer. One at least.
    pub clamd: Vec<Endpoint>,
    /// One clamd is waited for so long, for one part; a message so long times the number of clamds.
    pub time_limit: Duration,
    /// Open at once, over all messages.
    pub connections: usize,
    /// The largest part that is sent, in octets: clamd's `StreamMaxLength`, or less.
    pub max_stream: u64,
    /// Whether a larger one counts as clean.
    pub pass_larger: bool,
}

/// One part of a message, decoded.
#[derive(Debug, Clone)]
pub struct Part {
    /// `1.2`; for the admin.
    pub number: String,
    /// For the sender.
    pub name: String,
    /// What it is.
    pub octets: Bytes,
    /// Whether its size is nobody's fault: what is larger than clamd takes is passed over, since its parts are scanned
    /// one by one.
    pub as_whole: bool,
}

/// What came of it. A message is clean where nothing else is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was found.
    Clean,
    /// Malware.
    Found {
        /// The part's number, for the admin.
        number: String,
        /// Its name, for the sender.
        name: String,
        /// The signature's name, in printable ASCII.
        signature: String,
    },
    /// A part that clamd does not look at whole.
    TooLarge {
        /// The part's number, for the admin.
        number: String,
        /// Its name, for the sender.
        name: String,
        /// In octets.
        size: u64,
        /// The most that is sent, in octets, where it is more than that; else clamd has found it to be too much.
        limit: Option<u64>,
    },
}

/// No clamd has answered; why, for the admin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Away(pub String);

/// Asks clamd. Cheap to clone; all clones share the connections and know the same of each clamd.
#[derive(Clone)]
pub struct Scanner(Arc<Inner>);

struct Inner {
    settings: Settings,
    servers: Vec<Arc<Server>>,
    slots: Semaphore,
    figures: Figures,
}

impl Scanner {
    /// Asks as the settings say, and counts into the figures. Connects to nobody yet.
    #[must_use]
    pub fn new(settings: Settings, figures: Figures) -> Self {
        let servers = settings.clamd.iter().cloned().map(|endpoint| Arc::new(Server::new(endpoint))).collect();
        let slots = Semaphore::new(settings.connections);
        Self(Arc::new(Inner { settings, servers, slots, figures }))
    }

    /// Shows this scanner's clamds, and no others, in the figures.
    pub fn show(&self) {
        self.0.figures.show(self.0.servers.clone());
    }

    /// Looks at parts as they come, several at a time, until there are no more or something is found; then it takes no
    /// more of them. Ends within the time limit, times the number of clamds, and waits no longer for parts.
    ///
    /// # Errors
    /// No clamd has answered for some part: nothing is known of the message.
    pub async fn scan(&self, mut parts: mpsc::Receiver<Part>) -> Result<Verdict, Away> {
        let servers = u32::try_from(self.0.servers.len()).unwrap_or(u32::MAX);
        let deadline = Instant::now() + self.0.settings.time_limit.saturating_mul(servers);
        // Dropped with everything that is under way where something is found.
        let mut under_way = JoinSet::new();
        let mut more = true;
        loop {
            tokio::select! {
                part = timeout_at(deadline, parts.recv()), if more && under_way.len() < PARALLEL => match part {
                    Ok(Some(part)) => {
                        let scanner = self.clone();
                        under_way.spawn(async move { scanner.look(part, deadline).await });
                    }
                    Ok(None) => more = false,
                    Err(_) => return Err(self.away("the message's time is over")),
                },
                Some(done) = under_way.join_next() => match done {
                    Ok(Ok(Verdict::Clean)) => {}
                    Ok(Ok(verdict)) => return Ok(verdict),
                    Ok(Err(away)) => return Err(away),
                    Err(error) => return Err(self.away(&format!("a scan was broken off: {error}"))),
                },
                else => return Ok(Verdict::Clean),
            }
        }
    }

    /// One part: by the first clamd that answers.
    async fn look(&self, part: Part, deadline: Instant) -> Result<Verdict, Away> {
        let Part { number, name, octets, as_whole } = part;
        let passes = as_whole || self.0.settings.pass_larger;
        let (size, most) = (octets.len() as u64, self.0.settings.max_stream);
        if size > most {
            return Ok(if passes {
                Verdict::Clean
            } else {
                Verdict::TooLarge { number, name, size, limit: Some(most) }
            });
        }
        let Ok(Ok(_slot)) = timeout_at(deadline, self.0.slots.acquire()).await else {
            return Err(self.away("every connection was busy for the whole time limit"));
        };
        let mut why = Vec::new();
        for server in &self.0.servers {
            let now = Instant::now();
            if let Some(fault) = server.down(now) {
                why.push(format!("{}: {fault}", server.endpoint));
                continue;
            }
            let until = deadline.min(now + self.0.settings.time_limit);
            let reply = timeout_at(until, session::scan(&server.endpoint, &octets)).await;
            match reply.unwrap_or(Err(Fault::Silent)) {
                Ok(reply) => {
                    server.answered();
                    self.0.figures.scanned();
                    return Ok(match reply {
                        Reply::Clean => Verdict::Clean,
                        Reply::Found(signature) => {
                            self.0.figures.found();
                            Verdict::Found { number, name, signature }
                        }
                        Reply::TooLarge if passes => Verdict::Clean,
                        Reply::TooLarge => {
                            warn!(clamd = %server.endpoint, size, part = number, "more than clamd's limits let it look at");
                            Verdict::TooLarge { number, name, size, limit: None }
                        }
                    });
                }
                Err(fault) => {
                    self.0.figures.failed();
                    warn!(clamd = %server.endpoint, %fault, part = number, "clamd does not answer");
                    why.push(format!("{}: {fault}", server.endpoint));
                    server.failed(Instant::now(), fault.to_string());
                }
            }
        }
        Err(Away(why.join("; ")))
    }

    fn away(&self, why: &str) -> Away {
        self.0.figures.failed();
        Away(why.to_owned())
    }
}
