//! One message to one address: the hosts in order, until one has decided.

use std::sync::Arc;

use hickory_resolver::TokioResolver;
use tokio::time::{Instant, timeout_at};

use crate::clock::Ids;
use crate::domain::office::{RelayRule, RelayTls};
use crate::domain::outcome::Outcome;
use crate::domain::reply::Composed;
use crate::domain::status::Status;
use crate::relay::answer::{self, Struck};
use crate::relay::connection::Connection;
use crate::relay::fault::{Fault, Phase};
use crate::relay::pool::{Pool, Slot};
use crate::relay::send;
use crate::relay::settings::Settings;
use crate::relay::target::{self, Target};
use crate::relay::tls::{Tls, TlsFault};
use crate::smtp::reply::ServerReply;

/// Carries messages to the servers of offices, and of citizens' own mail.
#[derive(Clone)]
pub struct Relay(Arc<Inner>);

struct Inner {
    settings: Settings,
    resolver: TokioResolver,
    ids: Ids,
    tls: Tls,
    pool: Pool,
}

impl Relay {
    /// A relay with no connection yet. `ids` orders MX hosts of one preference.
    ///
    /// # Errors
    /// A certificate or key file that cannot be used, or a system without certificate authorities.
    pub fn new(settings: Settings, resolver: TokioResolver, ids: Ids) -> Result<Self, TlsFault> {
        let (tls, pool) = (Tls::new(&settings)?, Pool::new(settings.limits.clone()));
        Ok(Self(Arc::new(Inner { settings, resolver, ids, tls, pool })))
    }

    /// Closes connections that have been idle for too long. To be called now and then.
    pub fn sweep(&self) {
        self.0.pool.sweep(false);
    }

    /// Closes every connection that no delivery holds.
    pub fn close(&self) {
        self.0.pool.sweep(true);
    }

    /// Sends the message as the rule says. A host that does not answer, or says 4xx, leaves it to the next; a yes, a 5xx
    /// about the message, or a loss after its end decides.
    pub async fn deliver(&self, message: &Composed, rule: &RelayRule) -> Outcome {
        let not_yet = match rule.tls {
            RelayTls::Verified | RelayTls::Unverified | RelayTls::Clear => None,
            RelayTls::MtaSts => Some("MTA-STS"),
            RelayTls::Dane => Some("DANE"),
        };
        if let Some(what) = not_yet {
            let detail = format!("{what} is demanded, which this version cannot check: nothing was sent");
            return Outcome::Deferred { status: Some(Status { code: 451, enhanced: (4, 7, 5) }), detail };
        }
        let inner = &*self.0;
        let deadline = Instant::now() + inner.settings.timeouts.whole;
        let find = target::find(&rule.to, &message.to.domain, &inner.resolver, &inner.settings, &inner.ids);
        let targets = match timeout_at(deadline, find).await {
            Ok(Ok(targets)) => targets,
            Ok(Err(outcome)) => return outcome,
            Err(_) => return Outcome::Deferred { status: None, detail: "DNS: no answer in time".to_owned() },
        };
        let struck = Struck::of(message);
        let (mut status, mut details) = (None, Vec::new());
        for target in targets {
            let host = target.to_string();
            match inner.deliver_to(target, rule.tls, message, deadline).await {
                Ok(Taken { tls, answer }) => {
                    let over = tls.map_or(host.clone(), |version| format!("{host} over {version}"));
                    return Outcome::Sent { detail: answer::detail(&over, Phase::Message, &answer, &struck) };
                }
                Err(fault) => match fault.outcome(&host, &struck) {
                    Outcome::Deferred { status: new, detail } => {
                        status = status.or(new);
                        details.push(detail);
                    }
                    decided => return decided,
                },
            }
        }
        Outcome::Deferred { status, detail: details.join("; ") }
    }
}

/// The server has the message.
struct Taken {
    /// The version of TLS under which it went.
    tls: Option<&'static str>,
    answer: ServerReply,
}

impl Inner {
    async fn deliver_to(
        &self,
        target: Target,
        rule: RelayTls,
        message: &Composed,
        deadline: Instant,
    ) -> Result<Taken, Fault> {
        let Ok(Some(slot)) = timeout_at(deadline, self.pool.slot((target.clone(), rule))).await else {
            let cause = "every connection that one host may have is in use".to_owned();
            return Err(Fault::Lost { phase: Phase::Connect, cause });
        };
        if let Some(used) = slot.idle(deadline).await {
            match self.send_on(used, message, &slot).await {
                Err(fault) if fault.is_stale_connection() => {}
                decided => return decided,
            }
        }
        if let Some(cause) = slot.down() {
            return Err(Fault::Lost { phase: Phase::Connect, cause });
        }
        match Connection::open(&target, rule, &self.tls, &self.settings, deadline).await {
            Ok(new) => self.send_on(new, message, &slot).await,
            Err(fault) => {
                if let Fault::Lost { phase: Phase::Connect, cause } = &fault {
                    slot.set_down(cause.clone());
                }
                Err(fault)
            }
        }
    }

    async fn send_on(&self, mut on: Connection, message: &Composed, slot: &Slot) -> Result<Taken, Fault> {
        let tls = on.tls_version();
        let result = send::send(&mut on, message, &self.settings.timeouts).await;
        match &result {
            // It has had enough of us: the next message needs a new one as well.
            Err(fault) if fault.is_stale_connection() => on.quit(),
            // Of a message that does not fit nothing was said.
            Ok(_) | Err(Fault::Unfit { .. }) => slot.keep(on),
            Err(_) if on.half_way => slot.keep(on),
            Err(Fault::Answered { .. }) => on.quit(),
            Err(_) => {}
        }
        result.map(|answer| Taken { tls, answer })
    }
}
