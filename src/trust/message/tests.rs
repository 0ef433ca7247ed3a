use super::*;
use crate::domain::authentication::{Dmarc, Spf, SpfIdentity, Verdict as Found};
use crate::domain::language::{Language, Names};
use crate::domain::office::{RelayRule, RelayTls, RelayTo, SenderRule, TlsDemand, TrustRule};
use crate::domain::record::Kind;

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn office(rules: &[&[Proof]]) -> Arc<Office> {
    Arc::new(Office {
        id: "hel".parse().unwrap(),
        name: Names::default(),
        language: Language::Sv,
        senders: vec![SenderRule::Domain(domain("hel.example"))],
        trust: rules.iter().map(|rule| TrustRule(rule.to_vec())).collect(),
        networks: vec!["192.0.2.0/24".parse().unwrap()],
        certificates: Vec::new(),
        signing_certificates: Vec::new(),
        tls: TlsDemand::Optional,
        replies_allowed: true,
        kind: Kind::Message,
        reply_routes: Vec::new(),
        relay: RelayRule { to: RelayTo::Mx, tls: RelayTls::Verified },
        max_message: 1024,
    })
}

fn claim(rules: &[&[Proof]], spf: Found) -> Claim {
    Claim::new(office(rules), Vec::new()).with_spf(Spf {
        verdict: spf,
        identity: SpfIdentity::MailFrom,
        domain: Some(domain("hel.example")),
        reason: String::new(),
    })
}

fn signature(d: &str, verdict: Found) -> Signature {
    Signature {
        verdict,
        domain: domain(d),
        selector: "s".to_owned(),
        algorithm: "rsa-sha256".to_owned(),
        fields: ["from", "to", "cc", "subject", "date", "message-id"].map(str::to_owned).to_vec(),
        signed: Some(NOW - SignedDuration::from_mins(5)),
        expires: None,
        fingerprint: [7; 32],
        reason: String::new(),
    }
}

fn dmarc_of(d: &str, verdict: Found) -> Dmarc {
    let (by_spf, by_dkim) = (false, verdict == Found::Pass);
    Dmarc { verdict, domain: domain(d), policy: Some("reject"), by_spf, by_dkim, reason: String::new() }
}

/// A message as it comes from the office, to be changed by each test.
struct Case {
    from: Vec<Person>,
    addressed: Vec<Person>,
    fields: Vec<String>,
    authentication: Authentication,
    to: Vec<ForwardPath>,
    ip: &'static str,
}

fn person(address: &str) -> Person {
    Person { name: None, address: address.to_owned() }
}

fn to(address: &str) -> ForwardPath {
    ForwardPath::Mailbox(Mailbox::parse(address).unwrap())
}

impl Case {
    fn new() -> Self {
        Self {
            from: vec![person("clerk@hel.example")],
            addressed: vec![person("anna@konto.example")],
            fields: ["from", "to", "subject", "date", "message-id", "received"].map(str::to_owned).to_vec(),
            authentication: Authentication {
                signatures: vec![signature("hel.example", Found::Pass)],
                dmarc: Some(dmarc_of("hel.example", Found::Pass)),
                ..Authentication::default()
            },
            to: vec![to("Anna@konto.example")],
            ip: "203.0.113.9",
        }
    }

    fn judged(&self, claim: &Claim) -> Result<Option<[u8; 32]>, &'static str> {
        let recipients: Vec<_> = self.to.iter().collect();
        let message = Message {
            from: &self.from,
            addressed: &self.addressed,
            date: None,
            fields: &self.fields,
            authentication: &self.authentication,
            recipients: &recipients,
        };
        let peer = Peer { ip: self.ip.parse().unwrap(), helo: "x".to_owned(), tls: None, login: None };
        proved(claim, &peer, &message, NOW).0.map(|p| p.by_signature_alone).map_err(|refusal| refusal.class.key())
    }
}

const DMARC: &[Proof] = &[Proof::Dmarc];

fn dkim_rule(d: &str) -> Vec<Proof> {
    vec![Proof::Dkim(domain(d))]
}

#[test]
fn a_vouched_peer_needs_no_more_than_its_rule() {
    let mut case = Case::new();
    assert_eq!(case.judged(&claim(&[DMARC], Found::Pass)), Ok(None));
    // To a citizen whom the fields do not name: Bcc.
    case.to = vec![to("kalle@konto.example")];
    assert_eq!(case.judged(&claim(&[DMARC], Found::Pass)), Ok(None));
    case.authentication.dmarc = Some(dmarc_of("hel.example", Found::Fail));
    assert_eq!(case.judged(&claim(&[DMARC], Found::Pass)), Err("dmarc"));
    assert_eq!(case.judged(&claim(&[DMARC, &dkim_rule("hel.example")], Found::Pass)), Ok(None));
}

#[test]
fn the_refusal_names_what_to_mend() {
    let mut case = Case::new();
    case.authentication = Authentication {
        spf: claim(&[], Found::Fail).spf().cloned(),
        dmarc: Some(dmarc_of("hel.example", Found::Fail)),
        ..Authentication::default()
    };
    assert_eq!(case.judged(&claim(&[DMARC], Found::Fail)), Err("spf"));
    assert_eq!(case.judged(&claim(&[&dkim_rule("hel.example")], Found::Fail)), Err("dkim"));
    case.authentication.signatures = vec![signature("hel.example", Found::Policy)];
    assert_eq!(case.judged(&claim(&[DMARC], Found::Fail)), Err("dmarc"));
    case.authentication.dmarc = Some(dmarc_of("hel.example", Found::TempError));
    assert_eq!(case.judged(&claim(&[DMARC], Found::Fail)), Err("dns"));
}

#[test]
fn a_rule_must_hold_whole() {
    let both: &[Proof] = &[Proof::Network, Proof::Dmarc];
    let mut case = Case::new();
    assert_eq!(case.judged(&claim(&[both], Found::Pass)), Err("dmarc"), "from another network");
    case.ip = "192.0.2.7";
    assert_eq!(case.judged(&claim(&[both], Found::None)), Ok(None), "the network vouches");
    assert_eq!(case.judged(&claim(&[&dkim_rule("other.example")], Found::Pass)), Err("dkim"));
}

#[test]
fn only_the_author_that_was_proved_is_shown() {
    for from in [
        vec![],
        vec![person("clerk@hel.example"), person("chief@hel.example")],
        vec![person("clerk@he1.example")],
        vec![person("clerk@sub.hel.example")],
        vec![person("clerk@xn--hl-8ja.example")],
        vec![person("=?utf-8?q?clerk=40hel.example?=")],
        vec![person("")],
    ] {
        let case = Case { from: from.clone(), ..Case::new() };
        assert_eq!(case.judged(&claim(&[DMARC], Found::Pass)), Err("author-not-of-office"), "{}", from.len());
    }
    // DMARC of another domain than From's says nothing.
    let mut case = Case::new();
    case.authentication.dmarc = Some(dmarc_of("konto.example", Found::Pass));
    assert_eq!(case.judged(&claim(&[DMARC], Found::Pass)), Err("dmarc"));
}

#[test]
fn a_signature_alone_serves_whom_it_names() {
    let elsewhere = claim(&[DMARC], Found::Fail);
    let mut case = Case::new();
    assert_eq!(case.judged(&elsewhere), Ok(Some([7; 32])));
    case.to.push(to("kalle@konto.example"));
    assert_eq!(case.judged(&elsewhere), Err("replay"));
    case.addressed.push(person("kalle@konto.example"));
    assert_eq!(case.judged(&elsewhere), Ok(Some([7; 32])));
}

#[test]
fn a_signature_alone_covers_what_is_shown() {
    let elsewhere = claim(&[DMARC], Found::None);
    let with = |change: &dyn Fn(&mut Case)| {
        let mut case = Case::new();
        change(&mut case);
        case.judged(&elsewhere)
    };
    let signature = |case: &mut Case, change: &dyn Fn(&mut Signature)| change(&mut case.authentication.signatures[0]);
    for field in ["subject", "to", "date", "message-id"] {
        let unsigned = |case: &mut Case| signature(case, &|s| s.fields.retain(|f| f != field));
        assert_eq!(with(&unsigned), Err("replay"), "{field} unsigned");
    }
    for field in ["subject", "content-type", "from"] {
        assert_eq!(with(&|case| case.fields.extend([field.to_owned(), field.to_owned()])), Err("replay"), "{field}");
    }
    assert_eq!(with(&|case| case.fields.push("cc".to_owned())), Ok(Some([7; 32])), "signed, and there");
    assert_eq!(with(&|case| case.fields.push("to".to_owned())), Err("replay"), "a second To on top");
    for field in ["mime-version", "content-disposition", "references", "in-reply-to", "content-language"] {
        assert_eq!(with(&|case| case.fields.push(field.to_owned())), Err("replay"), "{field}: there, and unsigned");
    }
    let old = |case: &mut Case| signature(case, &|s| s.signed = Some(NOW - SignedDuration::from_hours(24 * 8)));
    assert_eq!(with(&old), Err("replay"));
    assert_eq!(with(&|case| signature(case, &|s| s.signed = None)), Err("replay"));
    assert_eq!(with(&|case| signature(case, &|s| s.domain = domain("other.example"))), Err("replay"));
}

#[test]
fn a_name_that_looks_like_an_address_is_not_shown() {
    let named = |name: &str| Person { name: Some(name.to_owned()), address: "clerk@hel.example".to_owned() };
    assert_eq!(name(&named("Maija Meikäläinen")), Some("Maija Meikäläinen"));
    for other in ["police@poliisi.example", "registry＠poliisi.example", "a﹫b"] {
        assert_eq!(name(&named(other)), None, "{other}");
    }
}
