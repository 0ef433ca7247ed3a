//! `brevbro route test`: a message that does not exist, put to the rules that mail is put to.

use jiff::Timestamp;
use serde::Serialize;

use super::cli::{Common, RouteTest};
use super::open::Opened;
use super::{Failure, print_json, print_lines};
use crate::clock::Clock;
use crate::domain::address::{Domain, ForwardPath, Mailbox, ReversePath};
use crate::domain::envelope::{Defaults, Destination, Sender};
use crate::domain::office::{ClientCertificate, Login, Peer, TlsFacts};
use crate::domain::status::Refusal;
use crate::routing::recipient;
use crate::smtp::reply::Reply;
use crate::trust::sender::{Asked, Verdict, claimed};

/// What the rules said, up to the first no.
#[derive(Debug, Serialize)]
struct Report {
    rules: Vec<Asked>,
    sender: Said,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<Said>,
}

/// An SMTP answer and why.
#[derive(Debug, Serialize)]
struct Said {
    /// `MAIL FROM` or `RCPT TO`.
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
    let Common { config, json } = &asked.common;
    let opened = Opened::existing(config, clock).await?;
    let report = ask(&opened, &peer, &from, &to, clock.now()).await;
    opened.close().await;
    let report = report?;
    if *json {
        print_json(&report);
    } else {
        print_lines(&shown(&report));
    }
    Ok(report.recipient.is_some_and(|answer| answer.accepted))
}

async fn ask(
    opened: &Opened,
    peer: &Peer,
    from: &ReversePath,
    to: &ForwardPath,
    now: Timestamp,
) -> Result<Report, Failure> {
    let failed = |error| opened.failed(&error);
    let directory = opened.store.directory().await.map_err(failed)?;
    let (sender, rules) = claimed(&directory, peer, from, now);
    let sender = match sender {
        Ok(sender) => sender,
        Err(refusal) => return Ok(Report { rules, sender: Said::no(MAIL, &refusal), recipient: None }),
    };
    let keys = &opened.config.node.keys;
    let mapped = recipient::read(&opened.config.mail.served, keys, &directory, to);
    let found = match (&sender, mapped.question()) {
        (Sender::Office(_), Some(question)) => opened.store.find(&question).await.map_err(failed)?,
        // For a stranger the store is not asked: the time would tell.
        _ => None,
    };
    let answer = match recipient::decide(&sender, &mapped, found.as_ref(), keys) {
        Ok(route) => {
            let reason = format!("{}: {}", mapped.form(), destination(route.destination()));
            Said::yes(RCPT, &Reply::recipient_ok(), reason)
        }
        Err(refusal) => Said::no(RCPT, &refusal),
    };
    let who = match &sender {
        Sender::Office(trusted) => format!("office {}", trusted.office().id),
        Sender::Claimed(claim) => format!("says to be office {}, which the message must prove", claim.office().id),
        Sender::Stranger => "no proven office: may write to the postmaster, and report on mail of ours".to_owned(),
    };
    Ok(Report { rules, sender: Said::yes(MAIL, &Reply::sender_ok(), who), recipient: Some(answer) })
}

const MAIL: &str = "MAIL FROM";
const RCPT: &str = "RCPT TO";

fn destination(destination: &Destination) -> String {
    match destination {
        Destination::Citizen(to) => {
            let thread = to.conversation.map(|id| format!(", conversation {id}")).unwrap_or_default();
            format!("account {}{thread}, {}", to.account, terms(&to.defaults))
        }
        Destination::CitizenBySubject(defaults) => format!("whom the subject names, {}", terms(defaults)),
        Destination::Report(item) => format!("a report on outbox item {item}"),
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
    for answer in [Some(&report.sender), report.recipient.as_ref()].into_iter().flatten() {
        lines.extend([String::new(), format!("{}: {}", answer.command, answer.reason)]);
        lines.extend(answer.answer.iter().map(|line| format!("    {line}")));
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
