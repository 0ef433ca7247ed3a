//! The little world in which transcripts and oracle run, in memory as over TCP; `testdata/smtp/README.md` has it in words.

use std::sync::Arc;

use brevbro::domain::address::{Domain, ForwardPath, Mailbox, ReversePath};
use brevbro::domain::envelope::{Defaults, Destination, Route, Sender, ToCitizen};
use brevbro::domain::language::{Language, Names};
use brevbro::domain::office::{
    LoginDemand, Office, Proof, RelayRule, RelayTls, RelayTo, ReplyRoute, SenderRule, TlsDemand, TrustRule,
    TrustedOffice,
};
use brevbro::domain::record::{Kind, Tags};
use brevbro::domain::status::{Class, Refusal};
use brevbro::smtp::session::{Limits, Settings};

pub const MAX_MESSAGE: u64 = 1 << 20;
pub const MAX_RECIPIENTS: usize = 5;

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

pub fn settings() -> Settings {
    Settings {
        hostname: domain("mail.konto.example"),
        max_message: MAX_MESSAGE,
        max_recipients: MAX_RECIPIENTS,
        starttls: true,
        login: LoginDemand::Off,
        limits: Limits::default(),
    }
}

fn office() -> Arc<Office> {
    Arc::new(Office {
        id: "hel-social".parse().unwrap(),
        name: Names { en: Some("Helsinki Social Services".into()), ..Names::default() },
        language: Language::Sv,
        senders: vec![SenderRule::Domain(domain("hel.example"))],
        trust: vec![TrustRule(vec![Proof::Network])],
        networks: vec!["127.0.0.0/8".parse().unwrap()],
        certificates: Vec::new(),
        signing_certificates: Vec::new(),
        tls: TlsDemand::Optional,
        replies_allowed: true,
        kind: Kind::Message,
        reply_routes: vec![ReplyRoute::Sender],
        relay: RelayRule { to: RelayTo::Mx, tls: RelayTls::Verified },
        max_message: MAX_MESSAGE,
    })
}

/// Whoever says to be of hel.example is: the tests' network is the office's.
pub fn sender(path: &ReversePath) -> Sender {
    match path {
        ReversePath::Mailbox(mailbox) if mailbox.domain.wire() == "hel.example" => {
            Sender::Office(TrustedOffice::attest(office(), vec![Proof::Network], ""))
        }
        _ => Sender::Stranger,
    }
}

/// Where a recipient leads.
pub fn route(sender: &Sender, path: &ForwardPath) -> Result<Route, Refusal> {
    let refusal = |class| Err(Refusal::new(class, "fixture"));
    let address = match path {
        ForwardPath::Postmaster => "postmaster@konto.example".to_owned(),
        ForwardPath::Mailbox(mailbox) => mailbox.folded(),
    };
    let (local, domain) = address.rsplit_once('@').unwrap();
    let (base, tag) = local.split_once('+').map_or((local, None), |(base, tag)| (base, Some(tag.to_owned())));
    match (base, sender) {
        ("postmaster", _) if domain == "konto.example" => Ok(Route::decided(Destination::Postmaster)),
        (_, Sender::Stranger) => refusal(Class::NotAnOffice),
        ("anna", Sender::Office(_)) if domain == "konto.example" => {
            Ok(Route::decided(Destination::Citizen(ToCitizen {
                account: "anna".parse().unwrap(),
                notices: vec![Mailbox::parse("anna@mail.example").unwrap()],
                language: Language::Sv,
                conversation: None,
                // In the fixture, a tag is told apart by standing here: two tags, two routes.
                defaults: Defaults {
                    kind: Kind::Message,
                    reply_allowed: true,
                    case_prefix: tag,
                    tags: Tags::default(),
                },
            })))
        }
        ("kalle", Sender::Office(_)) if domain == "konto.example" => refusal(Class::AccountNotInUse),
        _ => refusal(Class::NoSuchMailbox),
    }
}

/// Whether the message's From field is the office's: a coarse reading, enough for the messages in these tests.
pub fn author_is_of_office(message: &[u8]) -> bool {
    let text = String::from_utf8_lossy(message);
    let header = text.split("\r\n\r\n").next().unwrap_or_default();
    let mut from = header.split("\r\n").filter(|line| line.to_ascii_lowercase().starts_with("from:"));
    from.next().is_some_and(|line| line.contains("@hel.example")) && from.next().is_none()
}
