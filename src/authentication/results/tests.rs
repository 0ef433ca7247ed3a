use proptest::prelude::*;

use super::*;

fn domain(name: &str) -> Domain {
    Domain::parse(name).unwrap()
}

fn signature(verdict: Verdict, selector: &str, reason: &str) -> Signature {
    Signature {
        verdict,
        domain: domain("hel.example"),
        selector: selector.to_owned(),
        algorithm: "rsa-sha256".to_owned(),
        fields: Vec::new(),
        signed: None,
        expires: None,
        fingerprint: [0; 32],
        reason: reason.to_owned(),
    }
}

fn everything() -> Authentication {
    let identity = SpfIdentity::MailFrom;
    Authentication {
        spf: Some(Spf {
            verdict: Verdict::Pass,
            identity,
            domain: Some(domain("hel.example")),
            reason: "192.0.2.1 may send".to_owned(),
        }),
        signatures: vec![
            signature(Verdict::Pass, "r", "it holds"),
            signature(Verdict::Policy, "r", "l=: a part (of it)"),
        ],
        dmarc: Some(Dmarc {
            verdict: Verdict::Pass,
            domain: domain("hel.example"),
            policy: Some("reject"),
            by_spf: true,
            by_dkim: true,
            reason: "by SPF and DKIM".to_owned(),
        }),
        arc: Verdict::Fail,
    }
}

#[test]
fn a_field_of_everything() {
    let field = header(&domain("mail1.konto.example"), &everything());
    let expected = "Authentication-Results: mail1.konto.example;\r\n\
        \tspf=pass (192.0.2.1 may send) smtp.mailfrom=hel.example;\r\n\
        \tdkim=pass (it holds) header.d=hel.example header.s=r\r\n\theader.a=rsa-sha256;\r\n\
        \tdkim=policy (l=: a part \\(of it\\)) header.d=hel.example header.s=r\r\n\theader.a=rsa-sha256;\r\n\
        \tdmarc=pass (p=reject; by SPF and DKIM) header.from=hel.example;\r\n\
        \tarc=fail\r\n";
    assert_eq!(field, expected);
}

#[test]
fn a_field_of_nothing() {
    let field = header(&domain("mail1.konto.example"), &Authentication::default());
    assert_eq!(field, "Authentication-Results: mail1.konto.example; none\r\n");
}

proptest! {
    /// Whatever a signature says of itself, the field stays one field, of short lines of ASCII, and its comments and
    /// quotes end where they should.
    #[test]
    fn nothing_breaks_out(selector in ".{0,80}", reason in ".{0,200}") {
        let mut found = everything();
        found.signatures = vec![signature(Verdict::Fail, &selector, &reason)];
        let field = header(&domain("mail1.konto.example"), &found);
        prop_assert!(field.is_ascii() && field.ends_with("\r\n"));
        for (at, line) in field.trim_end().split("\r\n").enumerate() {
            prop_assert!(!line.contains(['\r', '\n']) && line.len() < 998, "{line:?}");
            prop_assert_eq!(line.starts_with('\t'), at > 0, "{:?}", line);
        }
        let (mut depth, mut quoted, mut results) = (0, false, 0);
        let mut octets = field.bytes();
        while let Some(octet) = octets.next() {
            match octet {
                b'\\' => drop(octets.next()),
                b'"' if depth == 0 => quoted = !quoted,
                b'(' if !quoted => depth += 1,
                b')' if !quoted => depth -= 1,
                b';' if !quoted && depth == 0 => results += 1,
                _ => {}
            }
        }
        prop_assert_eq!((depth, quoted, results), (0, false, 4));
    }
}
