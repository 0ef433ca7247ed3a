//! SPF (RFC 7208): one identity, mail-auth's evaluation, and what it leaves to its caller.

use mail_auth::spf::verify::SpfParameters;
use mail_auth::{MessageAuthenticator, Parameters, SpfResult};

use super::at_once;
use super::dns::Question;
use super::known::{Known, Reading};
use crate::domain::address::{Domain, ReversePath};
use crate::domain::authentication::{Spf, SpfIdentity, Verdict};
use crate::domain::office::Peer;

/// Names that may be asked about for nothing (RFC 7208 §4.6.4).
const VOID: usize = 2;

/// Which name is asked about, and with what.
pub(super) struct Asked<'a> {
    pub peer: &'a Peer,
    pub path: &'a ReversePath,
    /// Our own name.
    pub host: &'a Domain,
}

/// A verdict, or the question whose answer it lacks.
pub(super) enum Step {
    Ask(Question),
    Done(Spf),
}

impl Asked<'_> {
    fn identity(&self) -> (SpfIdentity, Option<Domain>) {
        match self.path {
            ReversePath::Mailbox(mailbox) => (SpfIdentity::MailFrom, Some(mailbox.domain.clone())),
            ReversePath::Null => (SpfIdentity::Helo, Domain::parse(&self.peer.helo).ok()),
        }
    }

    fn found(&self, verdict: Verdict, reason: impl Into<String>) -> Spf {
        let (identity, domain) = self.identity();
        Spf { verdict, identity, domain, reason: reason.into() }
    }

    /// Evaluates with what is known.
    pub fn step(&self, authenticator: &MessageAuthenticator, known: &Known) -> Step {
        let Some(domain) = self.identity().1.filter(|domain| !domain.is_literal()) else {
            return Step::Done(self.found(Verdict::None, "no domain to ask about"));
        };
        let (ip, helo, host) = (self.peer.ip.to_canonical(), self.peer.helo.as_str(), self.host.wire());
        let sender = match self.path {
            ReversePath::Mailbox(mailbox) => mailbox.wire(),
            ReversePath::Null => String::new(),
        };
        let asked = match self.path {
            ReversePath::Mailbox(_) => SpfParameters::mail_from(ip, helo, host, &sender),
            ReversePath::Null => SpfParameters::helo(ip, domain.wire(), host),
        };
        known.begin();
        let cache = known.as_cache(Reading::Spf);
        let Some(output) = at_once(authenticator.check_host(Parameters::new(asked).with_cache(&cache))) else {
            return Step::Done(self.found(Verdict::TempError, "it could not be evaluated"));
        };
        let result = output.result();
        if let Some(first) = known.missed().into_iter().next() {
            // Of a no that stands, only its explanation is left to ask, which nobody reads.
            let explanation = result == SpfResult::Fail && first.kind == super::dns::Kind::Txt;
            if !explanation {
                return Step::Ask(first);
            }
        }
        let trouble = || known.trouble().unwrap_or("DNS has no answer");
        if known.is_fatal() {
            return Step::Done(self.found(Verdict::TempError, trouble()));
        }
        if known.void() > VOID {
            return Step::Done(self.found(Verdict::PermError, "its record asks for too many names that do not exist"));
        }
        Step::Done(match result {
            SpfResult::Pass => self.found(Verdict::Pass, format!("{ip} may send")),
            SpfResult::Fail => self.found(Verdict::Fail, format!("{ip} may not send")),
            SpfResult::SoftFail => self.found(Verdict::SoftFail, format!("{ip} should not send")),
            SpfResult::Neutral => self.found(Verdict::Neutral, "its record says neither yes nor no"),
            SpfResult::None => self.found(Verdict::None, "it publishes no SPF record"),
            SpfResult::TempError => self.found(Verdict::TempError, trouble()),
            SpfResult::PermError => self.found(Verdict::PermError, "its SPF record cannot be read, or asks too much"),
        })
    }
}
