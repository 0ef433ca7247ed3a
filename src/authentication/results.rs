//! Authentication-Results (RFC 8601).

use crate::domain::address::Domain;
use crate::domain::authentication::{Authentication, Dmarc, Signature, Spf, SpfIdentity, Verdict};

/// Octets of a line before it is folded (RFC 5322 §2.1.1 recommends 78).
const LINE: usize = 78;

/// The field with its CRLF, folded; `host` is the authserv-id. Of addresses it has the domain alone: which person
/// writes, From says.
#[must_use]
pub fn header(host: &Domain, found: &Authentication) -> String {
    let mut results = Vec::new();
    results.extend(found.spf.as_ref().map(spf));
    results.extend(found.signatures.iter().map(dkim));
    results.extend(found.dmarc.as_ref().map(dmarc));
    if found.arc != Verdict::None {
        results.push(vec![format!("arc={}", found.arc.word())]);
    }
    let mut field = format!("Authentication-Results: {};", host.wire());
    if results.is_empty() {
        field.push_str(" none\r\n");
        return field;
    }
    let last = results.len() - 1;
    for (at, mut result) in results.into_iter().enumerate() {
        if let Some(end) = result.last_mut().filter(|_| at < last) {
            end.push(';');
        }
        write(&mut field, &result);
    }
    field + "\r\n"
}

/// Each result begins a line.
fn write(field: &mut String, words: &[String]) {
    let mut line = LINE;
    for word in words {
        if line + 1 + word.len() > LINE {
            field.push_str("\r\n\t");
            line = 8;
        } else {
            field.push(' ');
            line += 1;
        }
        field.push_str(word);
        line += word.len();
    }
}

fn spf(spf: &Spf) -> Vec<String> {
    let property = match spf.identity {
        SpfIdentity::MailFrom => "smtp.mailfrom",
        SpfIdentity::Helo => "smtp.helo",
    };
    let domain = spf.domain.as_ref().map(|domain| format!("{property}={}", value(domain.wire())));
    [format!("spf={}", spf.verdict.word()), comment(&spf.reason)].into_iter().chain(domain).collect()
}

fn dkim(signature: &Signature) -> Vec<String> {
    vec![
        format!("dkim={}", signature.verdict.word()),
        comment(&signature.reason),
        format!("header.d={}", value(signature.domain.wire())),
        format!("header.s={}", value(&signature.selector)),
        format!("header.a={}", value(&signature.algorithm)),
    ]
}

fn dmarc(dmarc: &Dmarc) -> Vec<String> {
    let mut words = vec![format!("dmarc={}", dmarc.verdict.word())];
    let policy = dmarc.policy.map(|policy| format!("p={policy}; ")).unwrap_or_default();
    words.push(comment(&format!("{policy}{}", dmarc.reason)));
    words.push(format!("header.from={}", value(dmarc.domain.wire())));
    words
}

/// A token as it is, whatever else as a quoted string (RFC 2045 §5.1); what neither can hold becomes `?`.
fn value(text: &str) -> String {
    let token = |c: char| c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?=".contains(c);
    if !text.is_empty() && text.chars().all(token) {
        return text.to_owned();
    }
    let quoted = text.chars().flat_map(|c| match c {
        '"' | '\\' => vec!['\\', c],
        ' '..='~' => vec![c],
        _ => vec!['?'],
    });
    format!("\"{}\"", quoted.collect::<String>())
}

/// A comment (RFC 5322 §3.2.2).
fn comment(text: &str) -> String {
    let words = text.chars().flat_map(|c| match c {
        '(' | ')' | '\\' => vec!['\\', c],
        ' '..='~' => vec![c],
        _ => vec!['?'],
    });
    format!("({})", words.collect::<String>())
}

#[cfg(test)]
mod tests;
