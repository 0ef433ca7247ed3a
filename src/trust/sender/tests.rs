use proptest::prelude::*;

use super::*;
use crate::domain::address::Domain;
use crate::domain::language::{Language, Names};
use crate::domain::office::{ClientCertificate, RelayRule, RelayTls, RelayTo, TlsFacts};
use crate::domain::record::Kind;
use crate::domain::record::Person;
use crate::trust::message::author;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn office(id: &str, senders: &[&str]) -> Office {
    let rule = |text: &&str| match Mailbox::parse(text) {
        Ok(mailbox) => SenderRule::Mailbox(mailbox),
        Err(_) => SenderRule::Domain(Domain::parse(text).unwrap()),
    };
    Office {
        id: id.parse().unwrap(),
        name: Names::default(),
        language: Language::Sv,
        senders: senders.iter().map(rule).collect(),
        trust: vec![TrustRule(vec![Proof::Network])],
        networks: vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
        certificates: Vec::new(),
        signing_certificates: Vec::new(),
        tls: TlsDemand::Optional,
        replies_allowed: true,
        kind: Kind::Message,
        reply_routes: Vec::new(),
        relay: RelayRule { to: RelayTo::Mx, tls: RelayTls::Verified },
        max_message: 1024,
    }
}

fn peer(ip: &str) -> Peer {
    Peer { ip: ip.parse().unwrap(), helo: "mail.hel.example".to_owned(), tls: None, login: None }
}

fn with_certificate(mut peer: Peer, sha256: u8, names: &[&str]) -> Peer {
    let names = names.iter().map(|n| Domain::parse(n).unwrap()).collect();
    peer.tls = Some(TlsFacts {
        version: "TLSv1.3".to_owned(),
        cipher: String::new(),
        certificate: Some(ClientCertificate { sha256: [sha256; 32], names, expires: Timestamp::MAX }),
    });
    peer
}

fn path(text: &str) -> ReversePath {
    ReversePath::Mailbox(Mailbox::parse(text).unwrap())
}

/// The proved office's id, "stranger", or the refusal's key.
fn who(offices: Vec<Office>, peer: &Peer, from: &ReversePath) -> (String, Vec<(String, Verdict)>) {
    let (sender, asked) = claimed(&Directory::new(1, offices, Vec::new()), peer, from, NOW);
    let name = match sender {
        Ok(Sender::Office(trusted)) => trusted.office().id.to_string(),
        Ok(Sender::Claimed(claim)) => format!("claims {}", claim.office().id),
        Ok(Sender::Stranger) => "stranger".to_owned(),
        Err(refusal) => refusal.class.key().to_owned(),
    };
    (name, asked.into_iter().map(|a| (format!("{} {}", a.office, a.rule), a.verdict)).collect())
}

#[test]
fn a_network_proves() {
    use Verdict::{NotProved, Proved};
    let hel = || vec![office("hel", &["hel.example", "one@other.example"])];
    let says = |first, second| vec![("hel senders".to_owned(), first), ("hel network".to_owned(), second)];
    for (ip, from, expected, asked) in [
        ("192.0.2.7", "clerk@hel.example", "hel", says(Proved, Proved)),
        ("192.0.2.7", "Clerk@HEL.example", "hel", says(Proved, Proved)),
        ("::ffff:192.0.2.7", "clerk@hel.example", "hel", says(Proved, Proved)),
        ("2001:db8::1", "One@other.example", "hel", says(Proved, Proved)),
        ("198.51.100.1", "clerk@hel.example", "stranger", says(Proved, NotProved)),
        ("192.0.2.7", "two@other.example", "stranger", vec![("hel senders".to_owned(), NotProved)]),
        ("192.0.2.7", "clerk@sub.hel.example", "stranger", vec![("hel senders".to_owned(), NotProved)]),
        ("198.51.100.1", "x@elsewhere.example", "stranger", vec![]),
    ] {
        assert_eq!(who(hel(), &peer(ip), &path(from)), (expected.to_owned(), asked), "{ip} {from}");
    }
}

#[test]
fn the_null_path_proves_nobody() {
    let hel = vec![office("hel", &["hel.example"])];
    assert_eq!(who(hel, &peer("192.0.2.7"), &ReversePath::Null), ("stranger".to_owned(), vec![]));
}

#[test]
fn a_certificate_proves() {
    let mut hel = office("hel", &["hel.example"]);
    hel.trust = vec![TrustRule(vec![Proof::ClientCertificate])];
    hel.certificates =
        vec![CertificateRule::Sha256([7; 32], None), CertificateRule::Name(Domain::parse("mx.hel.example").unwrap())];
    for (sha256, names, expected) in [
        (7, &[][..], "hel"),
        (8, &["mx.hel.example"][..], "hel"),
        (8, &["a.mx.hel.example", "hel.example"][..], "stranger"),
        (8, &[][..], "stranger"),
    ] {
        let peer = with_certificate(peer("203.0.113.1"), sha256, names);
        assert_eq!(who(vec![hel.clone()], &peer, &path("a@hel.example")).0, expected, "{sha256} {names:?}");
    }
    assert_eq!(who(vec![hel], &peer("203.0.113.1"), &path("a@hel.example")).0, "stranger");
}

#[test]
fn one_rule_must_hold_whole() {
    use Proof::{ClientCertificate as Certificate, Dkim, Dmarc, Login, Network};
    let dkim = || Dkim(Domain::parse("hel.example").unwrap());
    for (rules, expected, verdict) in [
        (vec![], "stranger", Verdict::NotProved),
        (vec![vec![]], "stranger", Verdict::NotProved),
        (vec![vec![Network, Dmarc]], "claims hel", Verdict::Later),
        (vec![vec![Certificate, Dmarc]], "stranger", Verdict::NotProved),
        (vec![vec![Network, Certificate]], "stranger", Verdict::NotProved),
        (vec![vec![dkim()]], "claims hel", Verdict::Later),
        (vec![vec![Login], vec![Network]], "hel", Verdict::Proved),
    ] {
        let mut hel = office("hel", &["hel.example"]);
        hel.trust = rules.iter().cloned().map(TrustRule).collect();
        let (name, asked) = who(vec![hel], &peer("192.0.2.7"), &path("a@hel.example"));
        assert_eq!((&*name, asked.last().unwrap().1), (expected, verdict), "{rules:?}");
        assert_eq!(asked.len(), 1 + rules.len().max(1), "{rules:?}");
    }
}

#[test]
fn proofs_of_all_rules_that_hold() {
    let mut hel = office("hel", &["hel.example"]);
    hel.certificates = vec![CertificateRule::Sha256([7; 32], None)];
    hel.trust = vec![
        TrustRule(vec![Proof::Network]),
        TrustRule(vec![Proof::Dmarc]),
        TrustRule(vec![Proof::Network, Proof::ClientCertificate]),
    ];
    let peer = with_certificate(peer("192.0.2.7"), 7, &[]);
    let (sender, _) = claimed(&Directory::new(1, vec![hel], Vec::new()), &peer, &path("a@hel.example"), NOW);
    let Ok(Sender::Office(trusted)) = sender else { panic!("{sender:?}") };
    assert_eq!(trusted.proofs(), [Proof::Network, Proof::ClientCertificate]);
}

#[test]
fn tls_is_asked_of_who_is_proved() {
    let mut hel = office("hel", &["hel.example"]);
    hel.tls = TlsDemand::Required;
    let hel = || vec![hel.clone()];
    let from = path("a@hel.example");
    assert_eq!(who(hel(), &peer("192.0.2.7"), &from).0, "tls-needed");
    assert_eq!(who(hel(), &with_certificate(peer("192.0.2.7"), 1, &[]), &from).0, "hel");
    // To others not even that an office is enrolled is said.
    assert_eq!(who(hel(), &peer("203.0.113.1"), &from).0, "stranger");
    let (refused, _) = claimed(&Directory::new(1, hel(), Vec::new()), &peer("192.0.2.7"), &from, NOW);
    assert_eq!(refused.unwrap_err().language, Language::Sv);
}

#[test]
fn of_several_offices_the_nearest_that_is_proved() {
    let domain = office("domain", &["hel.example"]);
    let address = office("address", &["A@hel.example"]);
    let mut elsewhere = address.clone();
    elsewhere.networks = vec!["198.51.100.0/24".parse().unwrap()];
    let from = path("a@hel.example");
    let here = peer("192.0.2.7");
    assert_eq!(who(vec![domain.clone(), address], &here, &from).0, "address");
    assert_eq!(who(vec![domain.clone(), elsewhere], &here, &from).0, "domain");
    assert_eq!(who(vec![domain.clone(), office("other", &["hel.example"])], &here, &from).0, "domain");
}

#[test]
fn the_author_is_of_the_office() {
    let hel = office("hel", &["hel.example"]);
    let trusted = TrustedOffice::attest(Arc::new(hel), vec![Proof::Network], "");
    let person = |address: &str| Person { name: None, address: address.to_owned() };
    assert_eq!(author(&trusted, &[person(" Clerk@hel.example")]).unwrap().wire(), "Clerk@hel.example");
    for from in [
        vec![],
        vec![person("a@hel.example"), person("a@hel.example")],
        vec![person("a@hel.example"), person("")],
        vec![person("")],
        vec![person("hel.example")],
        vec![person("a@other.example")],
        vec![person("a@hel.example.evil.example")],
        vec![person("a@hel.example, b@other.example")],
        vec![person("\"a@hel.example\"@other.example")],
    ] {
        let refusal = author(&trusted, &from).unwrap_err();
        assert_eq!((refusal.class, refusal.language), (Class::AuthorNotOfOffice, Language::Sv), "{from:?}");
        assert!(!refusal.cause.contains(".example"), "{}", refusal.cause);
    }
}

proptest! {
    #[test]
    fn any_author_is_judged(address in "\\PC{0,40}") {
        let trusted = TrustedOffice::attest(Arc::new(office("hel", &["hel.example"])), Vec::new(), "");
        if let Ok(author) = author(&trusted, &[Person { name: None, address }]) {
            prop_assert_eq!(author.domain.wire(), "hel.example");
        }
    }
}
