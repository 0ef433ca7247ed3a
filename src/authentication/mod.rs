//! What DNS and signatures say of a message: SPF, DKIM, DMARC, ARC. Finds facts and judges nothing: which of them prove
//! an office, `trust` decides.
//!
//! Promises: no check takes longer than its limit of time and of queries; trouble with DNS is a
//! [`Verdict::TempError`], never a pass and never a final no; nothing that a message says can stop the program.
//! Leaves out: the rules of offices, and whatever is told to the sender.
//!
//! A check is a pure function of the message and of what DNS has said so far (`known`). What it lacks is asked (`dns`),
//! and it runs anew.
//!
//! [`Verdict::TempError`]: crate::domain::authentication::Verdict::TempError

mod dns;
mod known;
mod message;
mod presence;
pub mod published;
pub mod results;
mod spf;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mail_auth::MessageAuthenticator;
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};

pub use self::dns::{Settings, SettingsFault};

use self::dns::{Answer, Dns, Question};
use self::known::Known;
use crate::domain::address::{Domain, ReversePath};
use crate::domain::authentication::{Authentication, Spf};
use crate::domain::office::Peer;

/// How long a check may take that decides whether the message is taken (RFC 7208 §4.6.4 gives SPF so long).
const PROOF: Duration = Duration::from_secs(20);
/// And one that the admin reads afterwards.
const EVIDENCE: Duration = Duration::from_secs(1);
/// Questions of one check. SPF may need a hundred: ten look-ups, of hosts with ten addresses each.
const QUESTIONS: usize = 128;
/// Above this many octets a message is hashed on a thread of its own, so that it holds up nobody's session.
const ASIDE: usize = 256 * 1024;

/// How much depends on the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Whether the message is taken: DNS is given all of its time.
    Proof,
    /// Only what the admin reads afterwards: DNS that does not answer at once is not waited for.
    Evidence,
}

/// Asks DNS about senders. Clones share one memory.
#[derive(Clone)]
pub struct Authenticator {
    /// Evaluates; it has no name server to ask.
    evaluator: Arc<MessageAuthenticator>,
    dns: Dns,
    host: Domain,
}

impl Authenticator {
    /// For the gateway of this name. Within a runtime of tokio it looks at once whether a server answers.
    ///
    /// # Errors
    /// When the system's name servers or the trust anchors cannot be read.
    pub fn new(settings: &Settings, host: Domain) -> Result<Self, SettingsFault> {
        let nobody = ResolverConfig::from_parts(None, Vec::new(), Vec::new());
        let evaluator = MessageAuthenticator::new(nobody, ResolverOpts::default())?;
        Ok(Self { evaluator: Arc::new(evaluator), dns: Dns::new(settings)?, host })
    }

    /// Whether the peer may send for the domain of MAIL FROM; for the null path, for EHLO's name (RFC 7208 §2.4).
    pub async fn spf(&self, peer: &Peer, path: &ReversePath, need: Need) -> Spf {
        let asked = spf::Asked { peer, path, host: &self.host };
        let mut inquiry = self.inquiry(Known::of_peer(peer.ip.to_canonical()), need);
        loop {
            match asked.step(&self.evaluator, &inquiry.known) {
                spf::Step::Done(spf) => return spf,
                spf::Step::Ask(question) => inquiry.ask(vec![question]).await,
            }
        }
    }

    /// Everything about the message. `spf` is the answer to [`Authenticator::spf`].
    pub async fn message(&self, message: Bytes, spf: Spf, need: Need) -> Authentication {
        let outline = message::Outline::of(&message);
        let mut inquiry = self.inquiry(Known::default(), need);
        inquiry.ask(outline.questions()).await;
        let aside = message.len() > ASIDE && outline.is_signed();
        loop {
            let evaluator = self.evaluator.clone();
            let (known, bytes, given) = (std::mem::take(&mut inquiry.known), message.clone(), spf.clone());
            let evaluate = move || {
                let step = message::step(&evaluator, &known, &bytes, given);
                (known, step)
            };
            let step = if aside {
                match tokio::task::spawn_blocking(evaluate).await {
                    Ok((known, step)) => {
                        inquiry.known = known;
                        step
                    }
                    // It was stopped with the runtime.
                    Err(_) => return Authentication { spf: Some(spf), ..Authentication::default() },
                }
            } else {
                let (known, step) = evaluate();
                inquiry.known = known;
                step
            };
            match step {
                message::Step::Done(found) => return found,
                message::Step::Ask(questions) => inquiry.ask(questions).await,
            }
        }
    }

    fn inquiry(&self, mut known: Known, need: Need) -> Inquiry<'_> {
        if need == Need::Evidence && !self.dns.presence.is_there() {
            known.close("no DNS server answers");
        }
        let time = if need == Need::Proof { PROOF } else { EVIDENCE };
        Inquiry { dns: &self.dns, known, need, until: Instant::now() + time }
    }
}

/// One check's questions, and how long it may go on with them.
struct Inquiry<'d> {
    dns: &'d Dns,
    known: Known,
    need: Need,
    until: Instant,
}

impl Inquiry<'_> {
    /// Learns the answers to all of these at once; or, when time or questions run out, that there will be none.
    async fn ask(&mut self, questions: Vec<Question>) {
        if self.known.is_closed() {
            return;
        }
        let mut open = Vec::new();
        for question in questions.into_iter().filter(|question| !self.known.knows(question)).collect::<Vec<_>>() {
            match self.dns.remembered(&question).filter(|answer| self.need == Need::Evidence || !answer.is_trouble()) {
                Some(answer) => self.known.learn(question, answer),
                None => open.push(question),
            }
        }
        if self.known.len() + open.len() > QUESTIONS {
            return self.known.close("it asks too much of DNS");
        }
        if open.is_empty() {
            return;
        }
        let answers = all(open.iter().map(|question| self.dns.ask(question)));
        let Ok(answers) = tokio::time::timeout_at(self.until.into(), answers).await else {
            self.dns.presence.silent();
            for question in &open {
                self.dns.unanswered(question);
            }
            return self.known.close("DNS did not answer in time");
        };
        if answers.iter().all(Answer::is_trouble) {
            self.dns.presence.silent();
        }
        open.into_iter().zip(answers).for_each(|(question, answer)| self.known.learn(question, answer));
    }
}

/// Waits for all of them, side by side.
async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut ready = true;
        for (future, output) in &mut waiting {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(value) => *output = Some(value),
                    Poll::Pending => ready = false,
                }
            }
        }
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, output)| output).collect()
}

/// The output of what waits for nothing: mail-auth never does, since all that it asks has an answer in [`Known`].
fn at_once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
