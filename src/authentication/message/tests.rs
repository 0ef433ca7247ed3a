use std::sync::LazyLock;

use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use proptest::prelude::*;

use super::super::dns::Answer;
use super::*;
use crate::domain::authentication::SpfIdentity;

fn written(algorithm: Algorithm, octets: usize, fields: &[&str]) -> dkim::Signature {
    let value = format!(
        "v=1; a=rsa-sha256; d=hel.example; s=r; h={}; bh=YWJj; b={}",
        fields.join(":"),
        "A".repeat(octets.div_ceil(3) * 4)
    );
    let mut signature = dkim::Signature::parse(value.as_bytes()).unwrap();
    signature.a = algorithm;
    signature.b.truncate(octets);
    signature
}

fn verdict(written: &dkim::Signature, result: &DkimResult) -> Verdict {
    judged(written, result, "trouble").unwrap().verdict
}

#[test]
fn what_holds_and_does_not_count() {
    let pass = DkimResult::Pass;
    assert_eq!(verdict(&written(Algorithm::RsaSha256, 256, &["from"]), &pass), Verdict::Pass);
    assert_eq!(verdict(&written(Algorithm::RsaSha256, 128, &["From"]), &pass), Verdict::Pass);
    assert_eq!(verdict(&written(Algorithm::Ed25519Sha256, 64, &["from"]), &pass), Verdict::Pass);
    // RFC 8301: rsa-sha1, and keys below 1024 bits.
    assert_eq!(verdict(&written(Algorithm::RsaSha1, 256, &["from"]), &pass), Verdict::Policy);
    assert_eq!(verdict(&written(Algorithm::RsaSha256, 96, &["from"]), &pass), Verdict::Policy);
    // RFC 6376 §5.4: From must be signed.
    assert_eq!(verdict(&written(Algorithm::RsaSha256, 256, &["to", "subject"]), &pass), Verdict::PermError);
    let mut of_version_2 = written(Algorithm::RsaSha256, 256, &["from"]);
    of_version_2.v = 2;
    assert_eq!(verdict(&of_version_2, &pass), Verdict::PermError);
}

#[test]
fn trouble_is_no_fault_of_the_signature() {
    let signature = written(Algorithm::RsaSha256, 256, &["from"]);
    let trouble = DkimResult::TempError(Error::Dns(DnsError::Resolver(String::new())));
    let found = judged(&signature, &trouble, "its server failed").unwrap();
    assert_eq!((found.verdict, found.reason.as_str()), (Verdict::TempError, "its server failed"));
}

#[test]
fn the_names_that_dmarc_looks_at() {
    let names = |domain: &str| -> Vec<String> {
        walk(&Domain::parse(domain).unwrap()).into_iter().map(|question| question.name.into()).collect()
    };
    assert_eq!(names("hel.example"), ["_dmarc.hel.example.", "_dmarc.example."]);
    // RFC 9989 §4.10: the domain itself, then seven labels and fewer.
    let long = names("a.b.c.d.e.f.g.h.i.example");
    assert_eq!(long.len(), 8);
    assert_eq!(long[..2], ["_dmarc.a.b.c.d.e.f.g.h.i.example.", "_dmarc.d.e.f.g.h.i.example."]);
}

#[test]
fn an_outline_asks_no_more_than_it_may() {
    let signature = "DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=r; h=from; bh=YWJj; b=YWJj\r\n";
    let header = signature.repeat(1000) + "From: <a@hel.example>\r\n\r\n";
    let outline = Outline::of(header.as_bytes());
    assert!(outline.is_signed());
    let names: Vec<_> = outline.questions().into_iter().map(|question| question.name).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    for empty in ["", "\r\n", "\r\n\r\n", ":", "From:\r\n\r\n", "no header"] {
        assert!(Outline::of(empty.as_bytes()).questions().is_empty(), "{empty:?}");
    }
}

static EVALUATOR: LazyLock<MessageAuthenticator> = LazyLock::new(|| {
    let nobody = ResolverConfig::from_parts(None, Vec::new(), Vec::new());
    MessageAuthenticator::new(nobody, ResolverOpts::default()).unwrap()
});

fn piece() -> impl Strategy<Value = String> {
    let tag = prop_oneof![
        "(v|a|b|bh|c|d|h|i|l|q|s|t|x|z|r|cv|atps|atpsh)=[ -~]{0,20}",
        Just("a=rsa-sha256; d=hel.example; s=r; h=from; bh=YWJj; b=YWJj; v=1".to_owned()),
        Just("i=1; cv=none; a=rsa-sha256; d=hel.example; s=r; b=YWJj".to_owned()),
    ];
    let name = prop_oneof![
        Just("DKIM-Signature"),
        Just("ARC-Seal"),
        Just("ARC-Message-Signature"),
        Just("ARC-Authentication-Results"),
        Just("DKIM2-Signature"),
        Just("From"),
        Just("to"),
    ];
    let tags = prop::collection::vec(tag, 0..5).prop_map(|tags| tags.join("; "));
    let field = (name, prop_oneof![tags, "\\PC{0,40}"]).prop_map(|(name, value)| format!("{name}: {value}\r\n"));
    prop_oneof![6 => field, 1 => "[ -~\r\n\t]{0,30}", 1 => Just("\r\n".to_owned())]
}

proptest! {
    /// Nothing that a message says stops the program, whatever DNS knows.
    #[test]
    fn any_message_can_be_looked_at(pieces in prop::collection::vec(piece(), 0..12), there in any::<bool>()) {
        let message = pieces.concat();
        let mut known = Known::default();
        if there {
            for question in Outline::of(message.as_bytes()).questions() {
                known.learn(question, Answer::Txt(vec![b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".to_vec()]));
            }
        }
        known.close("no DNS");
        let identity = SpfIdentity::Helo;
        let spf = Spf { verdict: Verdict::None, identity, domain: None, reason: String::new() };
        let step = step(&EVALUATOR, &known, message.as_bytes(), spf);
        let Step::Done(found) = step else { panic!("nothing may be asked any more") };
        prop_assert!(found.signatures.len() <= SIGNATURES);
        prop_assert!(found.signatures.iter().all(|signature| signature.verdict != Verdict::Pass));
    }
}
