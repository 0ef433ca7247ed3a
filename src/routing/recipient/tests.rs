use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::TrustedOffice;
use crate::domain::address::Domain;
use crate::domain::directory::ServiceAddress;
use crate::domain::ids::{AccountId, OutboxId};
use crate::domain::language::{Language, Names};
use crate::domain::lookup::Lookup;
use crate::domain::office::{RelayRule, RelayTls, RelayTo, TlsDemand};
use crate::domain::opaque::Opaque;
use crate::domain::record::Kind;
use crate::domain::status::DueFault;
use crate::domain::tags::Said;

fn keys() -> Keys {
    Keys::derive(&[1; 32])
}

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn served() -> Served {
    Served {
        domains: vec![domain("konto.example"), domain("tili.example")],
        identity_domains: vec![(domain("hetu.konto.example"), Scheme::Hetu)],
    }
}

fn office(id: &str) -> Office {
    Office {
        id: id.parse().unwrap(),
        name: Names::default(),
        language: Language::Fi,
        senders: Vec::new(),
        trust: Vec::new(),
        networks: Vec::new(),
        certificates: Vec::new(),
        signing_certificates: Vec::new(),
        tls: TlsDemand::Required,
        replies_allowed: true,
        kind: Kind::Notice,
        reply_routes: Vec::new(),
        relay: RelayRule { to: RelayTo::Mx, tls: RelayTls::Verified },
        max_message: 1024,
    }
}

fn directory() -> Directory {
    let service = |address: &str, kind, replies_allowed| ServiceAddress {
        address: Mailbox::parse(address).unwrap(),
        office: "hel".parse().unwrap(),
        kind,
        replies_allowed,
        case_prefix: Some("HEL".to_owned()),
    };
    let services = vec![
        service("begaran.social@konto.example", Some(Kind::Request), Some(false)),
        service("a--b+c@konto.example", None, None),
    ];
    Directory::new(1, vec![office("hel"), office("esp")], services)
}

fn sender(id: &str) -> Sender {
    Sender::Office(TrustedOffice::attest(Arc::new(office(id)), Vec::new(), ""))
}

fn path(text: &str) -> ForwardPath {
    ForwardPath::Mailbox(Mailbox::parse(text).unwrap())
}

fn read_here(text: &str) -> Mapped {
    read(&served(), &keys(), &directory(), &path(text))
}

fn alias(text: &str) -> Lookup {
    Lookup::Alias(Mailbox::parse(text).unwrap())
}

fn found(state: AccountState, with: Option<&str>) -> Found {
    Found {
        account: Account {
            id: "anna".parse().unwrap(),
            name: "Anna".to_owned(),
            state,
            language: Language::Sv,
            notices: vec![Mailbox::parse("anna@mail.example").unwrap()],
        },
        office: with.map(|id| id.parse().unwrap()),
    }
}

fn decided(id: &str, mapped: &Mapped, found: Option<&Found>) -> Result<Destination, Class> {
    decide(&sender(id), mapped, found, &keys()).map(|r| r.destination().clone()).map_err(|refusal| {
        assert_eq!(refusal.language, Language::Fi);
        assert!(!refusal.cause.contains('@'));
        refusal.class
    })
}

fn active() -> Found {
    found(AccountState::Active, None)
}

/// The defaults with which a proven office reaches the citizen at this address.
fn defaults(address: &str) -> Defaults {
    match decided("hel", &read_here(address), Some(&active())) {
        Ok(Destination::Citizen(to)) => {
            assert_eq!(to.account, "anna".parse::<AccountId>().unwrap());
            to.defaults
        }
        other => panic!("{address}: {other:?}"),
    }
}

#[test]
fn aliases() {
    for (address, asked) in [
        ("anna.virtanen@konto.example", "anna.virtanen@konto.example"),
        ("Anna.VIRTANEN@Konto.Example", "anna.virtanen@konto.example"),
        ("anna@tili.example", "anna@tili.example"),
        ("anna+decision@konto.example", "anna@konto.example"),
        ("anna--decision@konto.example", "anna@konto.example"),
        ("anna--beslut--ejsvar@konto.example", "anna@konto.example"),
        ("anna--maria@konto.example", "anna--maria@konto.example"),
        ("anna--maria--beslut@konto.example", "anna--maria@konto.example"),
        ("anna--maria+beslut@konto.example", "anna--maria@konto.example"),
        ("anna--beslut--maria@konto.example", "anna--beslut--maria@konto.example"),
        ("anna+whatever@konto.example", "anna@konto.example"),
        ("anna+whatever--beslut+x@konto.example", "anna@konto.example"),
        ("ÅSA@konto.example", "åsa@konto.example"),
        ("\"anna maria\"@konto.example", "\"anna maria\"@konto.example"),
        ("\"a\\\\\\\"b\"@konto.example", "\"a\\\\\\\"b\"@konto.example"),
        ("re-gistry@konto.example", "re-gistry@konto.example"),
        ("postmaster+x@konto.example", "postmaster@konto.example"),
        // Only on the domain of identity codes is it one.
        ("131052-308T@konto.example", "131052-308t@konto.example"),
        // Twelve letters are a name; with a digit, a name that the store may still know.
        ("mariakoskela@konto.example", "mariakoskela@konto.example"),
        ("mattivirta42@konto.example", "mattivirta42@konto.example"),
    ] {
        assert_eq!(read_here(address).question(), Some(alias(asked)), "{address}");
    }
}

#[test]
fn opaque_aliases() {
    for address in [
        "k7m2-xq4d-9tfa@konto.example",
        "K7M2XQ4D9TFA@konto.example",
        "k7m2xq4d-9tfa@tili.example",
        "k7m2-xq4d-9tfa--beslut@konto.example",
        "k7m2-xq4d-9tfa+beslut@konto.example",
        "begaran.social+K7M2-xq4d-9tfa@konto.example",
        "begaran.social--k7m2xq4d9tfa@konto.example",
    ] {
        assert_eq!(read_here(address).question(), Some(Lookup::Opaque("k7m2xq4d9tfa".to_owned())), "{address}");
    }
    let mistyped = read_here("k7m2-xq4d-9tfb@konto.example");
    assert_eq!(decided("hel", &mistyped, None), Err(Class::CheckCharacters));
    // A name of that form which somebody has goes to who has it.
    assert!(decided("hel", &mistyped, Some(&active())).is_ok());
    assert_eq!(decided("hel", &read_here("k7m2-xq4d-9tfa@konto.example"), None), Err(Class::NoSuchMailbox));
}

#[test]
fn identity_codes() {
    let code = |text: &str| Some(Lookup::Identity(text.parse().unwrap()));
    for (address, asked) in [
        ("131052-308T@hetu.konto.example", code("hetu:131052-308T")),
        ("131052-308t+beslut@hetu.konto.example", code("hetu:131052-308T")),
        ("131052-308T--request-2026-12-31--noreply@hetu.konto.example", code("hetu:131052-308T")),
        ("131052-308T+zzz@hetu.konto.example", code("hetu:131052-308T")),
        ("131052+308T@hetu.konto.example", code("hetu:131052+308T")),
        ("131052+308T+beslut@hetu.konto.example", code("hetu:131052+308T")),
        ("begaran.social+131052-308T@konto.example", code("hetu:131052-308T")),
        ("begaran.social+131052+308T+beslut@konto.example", code("hetu:131052+308T")),
    ] {
        assert_eq!(read_here(address).question(), asked, "{address}");
    }
    for (address, class) in [
        ("131052-308U@hetu.konto.example", Class::CheckCharacters),
        ("131052-308U+beslut@hetu.konto.example", Class::CheckCharacters),
        ("begaran.social+131052-308U@konto.example", Class::CheckCharacters),
        ("anna@hetu.konto.example", Class::NoSuchMailbox),
        ("k7m2-xq4d-9tfa@hetu.konto.example", Class::NoSuchMailbox),
    ] {
        let mapped = read_here(address);
        assert_eq!((mapped.question(), decided("hel", &mapped, None)), (None, Err(class)), "{address}");
    }
    // No domain of identity codes: none is taken as a tag either.
    let plain = Served { identity_domains: Vec::new(), ..served() };
    let mapped = read(&plain, &keys(), &directory(), &path("begaran.social+131052-308T@konto.example"));
    assert_eq!(mapped.question(), Some(alias("131052-308t@konto.example")));
}

#[test]
fn tags_and_defaults() {
    let plain = defaults("anna@konto.example");
    assert_eq!((plain.kind, plain.reply_allowed, &plain.case_prefix), (Kind::Notice, true, &None));
    assert_eq!(plain.tags, Tags::default());
    let asked = defaults("anna+request-2026-12-31+noreply+zzz@konto.example");
    assert_eq!(asked.tags.kind, Some(Kind::Request));
    assert_eq!(asked.tags.due, Some(jiff::civil::date(2026, 12, 31)));
    assert_eq!((asked.reply_allowed, asked.tags.citizen), (false, None));
    for address in ["anna+request-2026-02-30", "anna--request-soon", "nobody+request-x", "begaran.social+request-x"] {
        let mapped = read_here(&format!("{address}@konto.example"));
        let refused = decided("hel", &mapped, Some(&active())).unwrap_err();
        assert!(matches!(refused, Class::DueDate { fault: DueFault::Unreadable, .. }), "{address}: {refused:?}");
    }
    let refused =
        |address: &str| decided("hel", &read_here(&format!("{address}@konto.example")), Some(&active())).unwrap_err();
    assert_eq!(
        refused("anna+beslut+begaran"),
        Class::TagsConflict { first: Said::Kind(Kind::Decision), second: Said::Kind(Kind::Request) }
    );
    assert_eq!(
        refused("anna+paatos-2026-12-31"),
        Class::DueDate { read: "2026-12-31".into(), fault: DueFault::NoRequest }
    );
}

#[test]
fn accounts_in_each_state() {
    let mapped = read_here("anna@konto.example");
    for (state, expected) in [(AccountState::Waiting, "waits for consent"), (AccountState::Closed, "closed")] {
        let refusal = decide(&sender("hel"), &mapped, Some(&found(state, None)), &keys()).unwrap_err();
        assert_eq!(refusal.class, Class::AccountNotInUse);
        assert!(refusal.cause.contains(expected));
    }
    assert_eq!(decided("hel", &mapped, None), Err(Class::NoSuchMailbox));
    let Ok(Destination::Citizen(to)) = decided("hel", &mapped, Some(&active())) else { panic!() };
    assert_eq!((to.language, to.notices.len(), to.conversation), (Language::Sv, 1, None));
}

#[test]
fn conversations() {
    let id = ConversationId::new(1_700_000_000_000, [9; 10]);
    let local = token::conversation(&keys(), id, &"hel".parse().unwrap());
    let state = |state| found(state, Some("hel"));
    for address in [&*local, &local.to_uppercase(), &format!("{local}+beslut"), &format!("{local}--noreply")] {
        let mapped = read_here(&format!("{address}@konto.example"));
        assert_eq!(mapped.question(), Some(Lookup::Conversation(id)), "{address}");
        let Ok(Destination::Citizen(to)) = decided("hel", &mapped, Some(&state(AccountState::Active))) else {
            panic!("{address}")
        };
        assert_eq!(to.conversation, Some(id));
    }
    let mapped = read_here(&format!("{local}@tili.example"));
    let refused = |id, found: Option<&Found>| decided(id, &mapped, found).unwrap_err();
    assert_eq!(refused("esp", Some(&state(AccountState::Active))), Class::NotYourConversation);
    assert_eq!(refused("esp", None), Class::CheckCharacters);
    assert_eq!(refused("hel", Some(&found(AccountState::Active, Some("esp")))), Class::CheckCharacters);
    assert_eq!(refused("hel", Some(&active())), Class::CheckCharacters, "the store must say with whom");
    assert_eq!(refused("hel", None), Class::NoSuchMailbox);
    assert_eq!(refused("hel", Some(&state(AccountState::Closed))), Class::AccountNotInUse);

    // One character wrong: in the id, in the signature, or past the alphabet.
    for at in 3..local.len() {
        for wrong in ['0', 'u', 'q'].into_iter().filter(|c| !local[at..].starts_with(*c)) {
            let mistyped = format!("{}{wrong}{}@konto.example", &local[..at], &local[at + 1..]);
            let found = state(AccountState::Active);
            assert_eq!(decided("hel", &read_here(&mistyped), Some(&found)), Err(Class::CheckCharacters), "{mistyped}");
            assert_eq!(decided("hel", &read_here(&mistyped), None), Err(Class::CheckCharacters), "{mistyped}");
        }
    }
    // Only where our own addresses live.
    assert_eq!(decided("hel", &read_here(&format!("{local}@hetu.konto.example")), None), Err(Class::NoSuchMailbox));
}

#[test]
fn return_paths() {
    let id = OutboxId::new(5, [3; 10]);
    let local = token::return_path(&keys(), id);
    let mapped = read_here(&format!("{local}@konto.example"));
    assert_eq!(mapped.question(), None);
    assert_eq!(decided("hel", &mapped, None), Ok(Destination::Report(id)));
    let report = decide(&Sender::Stranger, &mapped, None, &keys()).unwrap();
    assert_eq!(report.destination(), &Destination::Report(id));
    let forged = token::return_path(&Keys::derive(&[2; 32]), id);
    for address in [format!("{forged}@konto.example"), format!("{local}@elsewhere.example")] {
        let refusal = decide(&Sender::Stranger, &read_here(&address), None, &keys()).unwrap_err();
        assert_eq!(refusal.class, Class::NotAnOffice, "{address}");
    }
}

#[test]
fn the_postmaster_takes_mail_from_all() {
    let mapped = [
        read(&served(), &keys(), &directory(), &ForwardPath::Postmaster),
        read_here("PostMaster@konto.example"),
        read_here("postmaster@tili.example"),
        read_here("postmaster@hetu.konto.example"),
        read_here("\"postmaster\"@konto.example"),
    ];
    for mapped in mapped {
        for sender in [Sender::Stranger, sender("hel")] {
            let route = decide(&sender, &mapped, None, &keys()).unwrap();
            assert_eq!(route.destination(), &Destination::Postmaster);
        }
    }
    let foreign = read_here("postmaster@elsewhere.example");
    assert_eq!(decide(&Sender::Stranger, &foreign, None, &keys()).unwrap_err().class, Class::NotAnOffice);
}

#[test]
fn foreign_domains_are_nobodys() {
    for address in ["anna@elsewhere.example", "anna@sub.konto.example", "anna@[192.0.2.1]", "anna@[IPv6:::1]"] {
        let mapped = read_here(address);
        assert_eq!((mapped.question(), decided("hel", &mapped, None)), (None, Err(Class::NoSuchMailbox)), "{address}");
    }
}

#[test]
fn service_addresses() {
    for (address, asked) in [
        ("begaran.social+anna.virtanen@konto.example", "anna.virtanen@konto.example"),
        ("BEGARAN.social+Anna+beslut@konto.example", "anna@konto.example"),
        ("begaran.social+beslut+anna@konto.example", "anna@konto.example"),
        ("begaran.social--anna@konto.example", "anna@konto.example"),
        ("a--b+c+anna@konto.example", "anna@konto.example"),
        // Two words that are no tags name nobody: no alias holds a plus.
        ("begaran.social+anna+bertil@konto.example", "anna+bertil@konto.example"),
        // Not a service address on this domain.
        ("begaran.social+anna@tili.example", "begaran.social@tili.example"),
    ] {
        assert_eq!(read_here(address).question(), Some(alias(asked)), "{address}");
    }
    let with = defaults("begaran.social+anna@konto.example");
    assert_eq!((with.kind, with.reply_allowed, with.case_prefix.as_deref()), (Kind::Request, false, Some("HEL")));
    assert_eq!(with.tags, Tags::default());
    let without = defaults("a--b+c+anna@konto.example");
    assert_eq!((without.kind, without.reply_allowed), (Kind::Notice, true), "the office's own");

    for address in ["begaran.social@konto.example", "begaran.social+anna@konto.example"] {
        let mapped = read_here(address);
        assert_eq!(decided("esp", &mapped, Some(&active())), Err(Class::NoSuchMailbox), "{address}");
    }
}

#[test]
fn a_subject_names_the_citizen() {
    let to = path("begaran.social+beslut@konto.example");
    let mapped = read(&served(), &keys(), &directory(), &to);
    assert_eq!(mapped.question(), None);
    let Ok(Destination::CitizenBySubject(defaults)) = decided("hel", &mapped, None) else { panic!() };
    assert_eq!((defaults.kind, defaults.tags.kind), (Kind::Request, Some(Kind::Decision)));

    let named = |citizen: Option<&str>| {
        by_subject(&served(), &to, &defaults, &Tags { citizen: citizen.map(str::to_owned), ..Tags::default() })
    };
    for (citizen, asked) in [
        ("Anna.Virtanen", Some(alias("anna.virtanen@konto.example"))),
        ("anna@tili.example", Some(alias("anna@tili.example"))),
        ("k7m2-xq4d-9tfa", Some(Lookup::Opaque("k7m2xq4d9tfa".to_owned()))),
        ("131052-308T", Some(Lookup::Identity("hetu:131052-308T".parse().unwrap()))),
        ("131052-308T@hetu.konto.example", Some(Lookup::Identity("hetu:131052-308T".parse().unwrap()))),
    ] {
        let mapped = named(Some(citizen)).unwrap();
        assert_eq!(mapped.question(), asked, "{citizen}");
        let Ok(Destination::Citizen(to)) = decided("hel", &mapped, Some(&active())) else { panic!("{citizen}") };
        assert_eq!(to.defaults, defaults);
    }
    for (citizen, class) in [
        ("131052-308U", Class::CheckCharacters),
        ("k7m2-xq4d-9tfb", Class::CheckCharacters),
        ("anna@elsewhere.example", Class::NoSuchMailbox),
        ("@", Class::NoSuchMailbox),
        ("anna", Class::NoSuchMailbox),
    ] {
        assert_eq!(decided("hel", &named(Some(citizen)).unwrap(), None), Err(class), "{citizen}");
    }
    assert_eq!(named(None).unwrap_err().class, Class::CitizenNotNamed);
}

/// Addresses that exist, that could, and that cannot, here and elsewhere.
fn any_address() -> impl Strategy<Value = ForwardPath> {
    let token = token::conversation(&keys(), ConversationId::new(1, [1; 10]), &"hel".parse().unwrap());
    let local = prop_oneof![
        Just("anna".to_owned()),
        Just("begaran.social".to_owned()),
        Just(token),
        Just("131052-308T".to_owned()),
        "[0-9]{6}[-+A]00[0-9][0-9A-Y]",
        any::<[u8; 10]>().prop_map(|chance| Opaque::generate(chance).shown()),
        "[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}",
        "(re|b)-[0-9a-z]{42}",
        "[!-~åÄ]{1,30}",
        "\"[ -~]{0,20}\"",
    ];
    let tag = prop_oneof![Just(String::new()), "(\\+|--)(anna|beslut|request-2026-1|k7m2-xq4d-9tfa|[a-z+-]{0,9})"];
    let at = prop_oneof![
        Just("konto.example"),
        Just("tili.example"),
        Just("hetu.konto.example"),
        Just("elsewhere.example"),
        Just("[192.0.2.1]"),
    ];
    (local, tag, at).prop_filter_map("an address", |(local, tag, at)| {
        Mailbox::parse(&format!("{local}{tag}@{at}")).ok().map(ForwardPath::Mailbox)
    })
}

proptest! {
    #[test]
    fn a_stranger_is_told_one_thing(to in any_address(), exists: bool) {
        let is_postmaster =
            matches!(&to, ForwardPath::Mailbox(m) if m.local.as_str().eq_ignore_ascii_case("postmaster"));
        prop_assume!(!is_postmaster);
        let mapped = read(&served(), &keys(), &directory(), &to);
        let found = exists.then(|| found(AccountState::Active, Some("hel")));
        let constant = Refusal::new(Class::NotAnOffice, "the sender is no proven office");
        prop_assert_eq!(decide(&Sender::Stranger, &mapped, found.as_ref(), &keys()), Err(constant));
    }

    #[test]
    fn an_office_gets_in_only_by_the_store(to in any_address()) {
        let mapped = read(&served(), &keys(), &directory(), &to);
        let here = matches!(&to, ForwardPath::Mailbox(m)
            if m.domain.wire().ends_with("konto.example") || m.domain.wire() == "tili.example");
        match decide(&sender("hel"), &mapped, None, &keys()).map(|r| r.destination().clone()) {
            Ok(Destination::CitizenBySubject(_) | Destination::Postmaster) => prop_assert!(here),
            Ok(other) => prop_assert!(false, "{:?}", other),
            Err(refusal) => prop_assert!(!refusal.class.is_transient()),
        }
        prop_assert!(here || mapped.question().is_none());
    }

    #[test]
    fn any_subject_is_read(citizen in "\\PC{0,40}") {
        let to = path("begaran.social@konto.example");
        let Ok(Destination::CitizenBySubject(defaults)) = decided("hel", &read_here("begaran.social@konto.example"), None)
            else { panic!() };
        let _ = by_subject(&served(), &to, &defaults, &Tags { citizen: Some(citizen), ..Tags::default() });
    }
}
