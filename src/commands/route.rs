//! `brevbro route test`: a message that does not exist, or one in a file, put to the rules that mail is put to.

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;

use super::cli::{Common, RouteTest};
use super::open::Opened;
use super::{Failure, print_json, print_lines};
use crate::app;
use crate::authentication::{Authenticator, Need, results};
use crate::clock::Clock;
use crate::domain::address::{Domain, ForwardPath, Mailbox, ReversePath};
use crate::domain::authentication::{Authentication, Spf, SpfIdentity, Verdict as Found};
use crate::domain::directory::Directory;
use crate::domain::envelope::{Claim, Defaults, Destination, Sender};
use crate::domain::office::{ClientCertificate, Login, Peer, TlsFacts};
use crate::domain::status::Refusal;
use crate::intake;
use crate::routing::recipient;
use crate::smtp::reply::Reply;
use crate::trust::message::{self, Message};
use crate::trust::sender::{Asked, Verdict, claimed};

/// What the rules said, up to the first no.
#[derive(Debug, Serialize)]
struct Report {
    rules: Vec<Asked>,
    sender: Said,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<Said>,
    /// The message in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Said>,
    /// What DNS and signatures say of it, as Authentication-Results.
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<String>,
}

/// An SMTP answer and why.
#[derive(Debug, Serialize)]
struct Said {
    /// `MAIL FROM`, `RCPT TO` or `DATA`.
    command: &'static str,
    accepted: bool,
    /// As on the wire, without line ends.
    answer: Vec<String>,
    /// For the admin: never said to a peer.
    reason: String,
}

impl Said {
    fn yes(command: &'static str, reply: &Reply, reason: String) -> Self {
        Self { command, accepted: true, answer: wire(reply), reason }
    }

    fn no(command: &'static str, refusal: &Refusal) -> Self {
        Self { command, accepted: false, answer: wire(&Reply::refused(refusal, true)), reason: refusal.cause.clone() }
    }
}

fn wire(reply: &Reply) -> Vec<String> {
    let mut octets = Vec::new();
    reply.write_to(&mut octets);
    String::from_utf8_lossy(&octets).lines().map(str::to_owned).collect()
}

/// Tells what would be answered. `Ok(false)`: it would be refused.
pub(super) async fn test(asked: &RouteTest, clock: &Clock) -> Result<bool, Failure> {
    let (from, to, peer) = (reverse(&asked.from)?, forward(&asked.to)?, peer(asked)?);
    let message = asked.message.as_deref().map(letter).transpose()?;
    let Common { config, json } = &asked.common;
    let opened = Opened::existing(config, clock).await?;
    let report = match app::authenticator(&opened.config) {
        Ok(authenticator) => {
            Test { opened: &opened, authenticator, peer, from, to, now: clock.now() }.run(message).await
        }
        Err(fault) => Err(Failure::new(config, &fault.key, fault.what, fault.remedy)),
    };
    opened.close().await;
    let report = report?;
    if *json {
        print_json(&report);
    } else {
        print_lines(&shown(&report));
    }
    let last = report.message.or(report.recipient);
    Ok(last.is_some_and(|answer| answer.accepted))
}

/// A message as it would come over the wire.
fn letter(file: &std::path::Path) -> Result<Bytes, Failure> {
    let octets = std::fs::read(file).map_err(|error| {
        Failure::of("--message", format!("{}: {error}", file.display()), "name a file with a message as it was sent")
    })?;
    // A file that was kept with the line ends of this system: signatures are over CRLF.
    if memchr::memmem::find(&octets, b"\r\n").is_some() {
        return Ok(octets.into());
    }
    let lines: Vec<&[u8]> = octets.split(|octet| *octet == b'\n').collect();
    Ok(lines.join(b"\r\n".as_slice()).into())
}

/// One question to the rules.
struct Test<'a> {
    opened: &'a Opened,
    authenticator: Authenticator,
    peer: Peer,
    from: ReversePath,
    to: ForwardPath,
    now: Timestamp,
}

impl Test<'_> {
    async fn run(&self, bytes: Option<Bytes>) -> Result<Report, Failure> {
        let directory = self.opened.store.directory().await.map_err(|error| self.opened.failed(&error))?;
        let (sender, mut rules) = claimed(&directory, &self.peer, &self.from, self.now);
        let mut sender = match sender {
            Ok(sender) => sender,
            Err(refusal) => {
                let sender = Said::no(MAIL, &refusal);
                return Ok(Report { rules, sender, recipient: None, message: None, results: None });
            }
        };
        let mut spf = None;
        if matches!(sender, Sender::Claimed(_)) || bytes.is_some() {
            let found = self.authenticator.spf(&self.peer, &self.from, Need::Proof).await;
            if let Sender::Claimed(claim) = sender {
                rules.push(of_spf(&claim, &found));
                sender = Sender::Claimed(claim.with_spf(found.clone()));
            }
            spf = Some(found);
        }
        let who = match &sender {
            Sender::Office(trusted) => format!("office {}", trusted.office().id),
            Sender::Claimed(claim) => format!("says to be office {}, which the message must prove", claim.office().id),
            Sender::Stranger => "no proven office: may write to the postmaster, and report on mail of ours".to_owned(),
        };
        let recipient = self.recipient(&directory, &sender).await?;
        let mut report = Report {
            rules,
            sender: Said::yes(MAIL, &Reply::sender_ok(), who),
            recipient: Some(recipient),
            message: None,
            results: None,
        };
        if let (Some(bytes), Some(spf)) = (bytes, spf)
            && report.recipient.as_ref().is_some_and(|answer| answer.accepted)
        {
            let found = self.authenticator.message(bytes.clone(), spf, Need::Proof).await;
            report.results = Some(results::header(&self.opened.config.node.name, &found));
            let proved = self.judge(&sender, &found, &bytes, &mut report.rules);
            report.message = Some(match proved {
                Ok(proved) => {
                    let mut answer = self.recipient(&directory, &proved).await?;
                    answer.command = DATA;
                    // Only what is durable is answered by 250.
                    if answer.accepted {
                        answer.answer.clear();
                    }
                    answer
                }
                Err(refusal) => Said::no(DATA, &refusal),
            });
        }
        Ok(report)
    }

    async fn recipient(&self, directory: &Directory, sender: &Sender) -> Result<Said, Failure> {
        let keys = &self.opened.config.node.keys;
        let mapped = recipient::read(&self.opened.config.mail.served, keys, directory, &self.to);
        if matches!((sender, &self.from), (Sender::Stranger, ReversePath::Null))
            && let Some(route) = recipient::answers(directory, keys, &mapped)
        {
            let reason = format!("{}: {}", mapped.form(), destination(route.destination()));
            return Ok(Said::yes(RCPT, &Reply::recipient_ok(), reason));
        }
        let may_ask = match sender {
            Sender::Office(_) => true,
            Sender::Claimed(claim) => claim.is_vouched(),
            // For a stranger the store is not asked: the time would tell.
            Sender::Stranger => false,
        };
        let found = match mapped.question().filter(|_| may_ask) {
            Some(question) => self.opened.store.find(&question).await.map_err(|error| self.opened.failed(&error))?,
            None => None,
        };
        Ok(match recipient::decide(sender, &mapped, found.as_ref(), keys) {
            Ok(route) => {
                let reason = format!("{}: {}", mapped.form(), destination(route.destination()));
                Said::yes(RCPT, &Reply::recipient_ok(), reason)
            }
            Err(refusal) => Said::no(RCPT, &refusal),
        })
    }

    /// Whose the message is, after the body.
    fn judge(
        &self,
        sender: &Sender,
        found: &Authentication,
        bytes: &[u8],
        rules: &mut Vec<Asked>,
    ) -> Result<Sender, Refusal> {
        let limits = intake::Limits::default();
        let glance = intake::glance(bytes, &limits);
        let claim = match sender {
            Sender::Claimed(claim) => claim,
            Sender::Office(trusted) => return message::author(trusted, &glance.from).map(|_| sender.clone()),
            Sender::Stranger => return Ok(Sender::Stranger),
        };
        let stated = intake::stated(bytes, &limits);
        let message = Message {
            from: &glance.from,
            addressed: &stated.addressed,
            date: glance.date,
            fields: &stated.fields,
            authentication: found,
            recipients: &[&self.to],
        };
        let (proved, asked) = message::proved(claim, &self.peer, &message, self.now);
        rules.extend(asked);
        proved.map(|proved| Sender::Office(proved.office))
    }
}

/// What SPF says, among the rules: whether RCPT tells the truth.
fn of_spf(claim: &Claim, spf: &Spf) -> Asked {
    let verdict = match spf.verdict {
        Found::Pass => Verdict::Proved,
        Found::TempError => Verdict::Later,
        _ => Verdict::NotProved,
    };
    let whose = if spf.identity == SpfIdentity::MailFrom { "MAIL FROM" } else { "HELO" };
    let detail = format!("spf={} of {whose}: {}", spf.verdict.word(), spf.reason);
    Asked { office: claim.office().id.clone(), rule: "spf".to_owned(), verdict, detail }
}

const MAIL: &str = "MAIL FROM";
const RCPT: &str = "RCPT TO";
const DATA: &str = "DATA";

fn destination(destination: &Destination) -> String {
    match destination {
        Destination::Citizen(to) => {
            let thread = to.conversation.map(|id| format!(", conversation {id}")).unwrap_or_default();
            format!("account {}{thread}, {}", to.account, terms(&to.defaults))
        }
        Destination::CitizenBySubject(defaults) => format!("whom the subject names, {}", terms(defaults)),
        Destination::Report(item) => format!("a report on outbox item {item}"),
        Destination::Answer(id, _) => {
            format!("an automatic answer to what was sent in conversation {id}; nothing else")
        }
        Destination::Postmaster => "kept for the postmaster".to_owned(),
        Destination::Undecided => "decided after the body, once the message has proved the office".to_owned(),
    }
}

fn terms(defaults: &Defaults) -> String {
    let kind = defaults.tags.kind.unwrap_or(defaults.kind).word();
    let due = defaults.tags.due.map(|date| format!(" due {date}")).unwrap_or_default();
    let replies = if defaults.reply_allowed && !defaults.tags.no_reply { "allowed" } else { "off" };
    format!("kind {kind}{due}, replies {replies}")
}

fn shown(report: &Report) -> Vec<String> {
    let rule = |rule: &Asked| {
        let verdict = match rule.verdict {
            Verdict::Proved => "yes",
            Verdict::NotProved => "no",
            Verdict::Later => "later",
        };
        format!("{verdict:<5}  {}: {} ({})", rule.office, rule.rule, rule.detail)
    };
    let mut lines: Vec<String> = report.rules.iter().map(rule).collect();
    let answers = [Some(&report.sender), report.recipient.as_ref(), report.message.as_ref()];
    for answer in answers.into_iter().flatten() {
        lines.extend([String::new(), format!("{}: {}", answer.command, answer.reason)]);
        lines.extend(answer.answer.iter().map(|line| format!("    {line}")));
    }
    if let Some(results) = &report.results {
        lines.push(String::new());
        lines.extend(results.lines().map(str::to_owned));
    }
    lines
}

fn reverse(text: &str) -> Result<ReversePath, Failure> {
    match text.trim_start_matches('<').trim_end_matches('>') {
        "" => Ok(ReversePath::Null),
        text => Mailbox::parse(text)
            .map(ReversePath::Mailbox)
            .map_err(|fault| Failure::of("--from", fault.to_string(), "write it like registry@hel.example, or <>")),
    }
}

fn forward(text: &str) -> Result<ForwardPath, Failure> {
    let text = text.trim_start_matches('<').trim_end_matches('>');
    if text.eq_ignore_ascii_case("postmaster") {
        return Ok(ForwardPath::Postmaster);
    }
    Mailbox::parse(text)
        .map(ForwardPath::Mailbox)
        .map_err(|fault| Failure::of("--to", fault.to_string(), "write it like anna.virtanen@konto.example"))
}

fn peer(asked: &RouteTest) -> Result<Peer, Failure> {
    let remedy = "write the 64 digits that `openssl x509 -noout -fingerprint -sha256 -in FILE` prints";
    let sha256 = match &asked.tls_certificate_sha256 {
        Some(text) => Some(
            crate::config::offices::fingerprint(text)
                .ok_or_else(|| Failure::of("--tls-certificate-sha256", "this is not a fingerprint", remedy))?,
        ),
        None => None,
    };
    let names = match &asked.tls_certificate_name {
        Some(name) => vec![Domain::parse(name).map_err(|fault| {
            Failure::of("--tls-certificate-name", fault.to_string(), "write it like relay.hel.example")
        })?],
        None => Vec::new(),
    };
    let shown = sha256.is_some() || !names.is_empty();
    let certificate =
        shown.then(|| ClientCertificate { sha256: sha256.unwrap_or_default(), names, expires: Timestamp::MAX });
    let tls = TlsFacts { version: "TLSv1.3".to_owned(), cipher: "TLS_AES_256_GCM_SHA384".to_owned(), certificate };
    let login = asked.login.clone().map(|office| Login { office, label: "route.test".to_owned() });
    Ok(Peer { ip: asked.ip, helo: "route.test".to_owned(), tls: (!asked.clear).then_some(tls), login })
}
