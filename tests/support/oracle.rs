//! A second reading of RFC 5321 and RFC 3030, slow and with everything in sight at once: given all the octets that a
//! client sends on one connection, what must be answered, and which messages must be kept. It shares no code with
//! `brevbro::smtp`, and was written from the RFCs. It speaks the part of the grammar that [`super::fixture`] and the
//! generator in `tests/oracle.rs` need: no quoted local parts, no address literals, no STARTTLS.

use std::collections::BTreeSet;

use super::fixture;

/// What must come of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The code of every answer, in order, from the greeting on.
    pub codes: Vec<u16>,
    /// The octets of every message that gets its 250, in order.
    pub stored: Vec<Vec<u8>>,
}

/// What has been said and still holds.
#[derive(Default)]
struct Oracle {
    outcome: Outcome,
    /// `Some(true)` after EHLO, `Some(false)` after HELO.
    hello: Option<bool>,
    /// Whether MAIL named the office, and SMTPUTF8.
    mail: Option<(bool, bool)>,
    /// Where the accepted recipients lead.
    recipients: BTreeSet<String>,
    /// The chunks so far.
    chunks: Option<Vec<u8>>,
    faults: usize,
    closed: bool,
}

/// Reads a whole connection.
pub fn read(octets: &[u8]) -> Outcome {
    let mut oracle = Oracle::default();
    oracle.outcome.codes.push(220);
    let mut rest = octets;
    while !oracle.closed {
        // §2.3.8: a line ends with CRLF and with nothing else.
        let Some(end) = find(rest, b"\r\n") else { break };
        let (line, after) = (&rest[..end], &rest[end + 2..]);
        match oracle.line(line, after) {
            Some(consumed) => rest = &after[consumed..],
            None => break,
        }
    }
    oracle.outcome
}

fn find(octets: &[u8], what: &[u8]) -> Option<usize> {
    (0..octets.len()).find(|&at| octets[at..].starts_with(what))
}

/// §2.3.8: CR and LF stand together or not at all.
fn has_lone(octets: &[u8]) -> bool {
    String::from_utf8_lossy(octets).replace("\r\n", "").contains(['\r', '\n'])
}

impl Oracle {
    /// Obeys one line. How many of the octets behind it were its body; `None`: they end before the body does.
    fn line(&mut self, line: &[u8], after: &[u8]) -> Option<usize> {
        if line.len() > 1022 || line.contains(&b'\r') || line.contains(&b'\n') || line.contains(&0) {
            self.fault(500);
            return Some(0);
        }
        let text = String::from_utf8_lossy(line).into_owned();
        let text = text.trim_end_matches([' ', '\t']);
        if text.contains('\u{fffd}') || text.contains(char::is_control) {
            // Of a chunk whose size cannot be read, nobody knows where it ends.
            self.fault(if text.to_uppercase().starts_with("BDAT ") { 421 } else { 500 });
            return Some(0);
        }
        let (verb, argument) = text.split_once(' ').map_or((text, None), |(verb, argument)| (verb, Some(argument)));
        match (verb.to_uppercase().as_str(), argument) {
            ("EHLO" | "HELO", Some(name)) if name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)) => {
                self.forget();
                self.hello = Some(verb.eq_ignore_ascii_case("EHLO"));
                self.say(250);
            }
            ("MAIL", Some(argument)) => self.mail(argument),
            ("RCPT", Some(argument)) => self.rcpt(argument),
            ("DATA", None) => match self.readiness() {
                Ok(()) if self.chunks.is_none() => {
                    self.say(354);
                    return self.data(after);
                }
                Ok(()) => self.fault(503),
                Err(code) => self.fault(code),
            },
            ("BDAT", argument) => return self.bdat(argument.unwrap_or_default(), after),
            ("RSET", None) => {
                self.forget();
                self.say(250);
            }
            ("NOOP", _) => self.say(250),
            ("HELP", _) => self.say(214),
            ("VRFY", Some(_)) => self.say(252),
            ("EXPN", Some(_)) => self.fault(502),
            ("QUIT", None) => {
                self.say(221);
                self.closed = true;
            }
            ("EHLO" | "HELO" | "MAIL" | "RCPT" | "DATA" | "RSET" | "VRFY" | "EXPN" | "QUIT", _) => self.fault(501),
            _ => self.fault(500),
        }
        Some(0)
    }

    fn say(&mut self, code: u16) {
        self.outcome.codes.push(code);
    }

    /// The tenth time, without a message kept between, the connection ends.
    fn fault(&mut self, code: u16) {
        self.faults += 1;
        self.closed = self.faults == 10 || code == 421;
        self.say(if self.closed { 421 } else { code });
    }

    fn forget(&mut self) {
        self.mail = None;
        self.recipients.clear();
        self.chunks = None;
    }

    /// §4.1.1.2.
    fn mail(&mut self, argument: &str) {
        let Some((path, parameters)) = path_of(argument, "FROM:") else { return self.fault(501) };
        if !path.is_empty() && !is_address(&path) {
            return self.fault(501);
        }
        let (mut utf8, mut size) = (false, 0.0);
        let mut names = Vec::new();
        for parameter in &parameters {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let name = name.to_uppercase();
            match (name.as_str(), value.to_uppercase().as_str()) {
                _ if !is_parameter(parameter) => return self.fault(501),
                _ if names.contains(&name) => return self.fault(501),
                ("SMTPUTF8", "") if !parameter.contains('=') => utf8 = true,
                ("BODY", "7BIT" | "8BITMIME") => {}
                ("SIZE", digits) if !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()) => {
                    size = digits.parse::<f64>().unwrap();
                }
                ("SMTPUTF8" | "BODY" | "SIZE" | "", _) => return self.fault(501),
                _ => return self.fault(555),
            }
            names.push(name);
        }
        match (self.hello, self.mail) {
            _ if !path.is_ascii() && !utf8 => self.fault(553),
            (None, _) | (_, Some(_)) => self.fault(503),
            (Some(false), None) if !parameters.is_empty() => self.fault(555),
            // RFC 1870 §6.1; a float is too coarse near the limit, and the generator stays away from it.
            (Some(_), None) if size > 1_048_576.0 => self.say(552),
            (Some(_), None) => {
                self.mail = Some((path.to_lowercase().ends_with("@hel.example"), utf8));
                self.say(250);
            }
        }
    }

    /// §4.1.1.3, and the fixture's people.
    fn rcpt(&mut self, argument: &str) {
        let Some((path, parameters)) = path_of(argument, "TO:") else { return self.fault(501) };
        let path = path.to_lowercase();
        if path != "postmaster" && !is_address(&path) {
            return self.fault(501);
        }
        if let Some(first) = parameters.first() {
            return self.fault(if is_parameter(first) { 555 } else { 501 });
        }
        let Some((office, utf8)) = self.mail.filter(|_| self.chunks.is_none()) else { return self.fault(503) };
        if !path.is_ascii() && !utf8 {
            return self.fault(553);
        }
        if self.recipients.len() == 5 {
            return self.say(452);
        }
        let local =
            path.strip_suffix("@konto.example").unwrap_or(if path == "postmaster" { &path } else { "elsewhere" });
        let (name, tag) = local.split_once('+').unwrap_or((local, ""));
        match name {
            "postmaster" => {
                self.recipients.insert("postmaster".into());
                self.say(250);
            }
            _ if !office => self.say(550),
            "anna" => {
                self.recipients.insert(format!("anna+{tag}"));
                self.say(250);
            }
            _ => self.say(550),
        }
    }

    /// §3.3: a body needs a sender and a recipient.
    fn readiness(&self) -> Result<(), u16> {
        match self.mail {
            None => Err(503),
            Some(_) if self.recipients.is_empty() => Err(554),
            Some(_) => Ok(()),
        }
    }

    /// §4.1.1.4 and §4.5.2: lines up to the one that is a single dot; a dot before other characters goes.
    fn data(&mut self, after: &[u8]) -> Option<usize> {
        let (mut body, mut at) = (Vec::new(), 0);
        let mut lone = false;
        loop {
            let line = &after[at..at + find(&after[at..], b"\r\n")?];
            at += line.len() + 2;
            if line == b"." {
                break;
            }
            lone |= has_lone(line);
            body.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
            body.extend_from_slice(b"\r\n");
        }
        self.end(body, lone);
        Some(at)
    }

    /// RFC 3030 §2: so many octets follow, whatever is answered.
    fn bdat(&mut self, argument: &str, after: &[u8]) -> Option<usize> {
        let words: Vec<&str> = argument.split(' ').collect();
        let last = words.len() == 2 && words[1].eq_ignore_ascii_case("LAST");
        let digits = words[0].chars().all(|c| c.is_ascii_digit()) && !words[0].is_empty();
        let Some(size) = words[0].parse::<usize>().ok().filter(|_| digits && (last || words.len() == 1)) else {
            self.fault(421);
            return Some(0);
        };
        // The tenth fault does not wait for its octets, nor does anybody else.
        let chunk = after.get(..size)?;
        match self.readiness() {
            Ok(()) if self.hello == Some(true) => {}
            Ok(()) => {
                self.fault(503);
                return Some(size);
            }
            Err(code) => {
                self.fault(code);
                return Some(size);
            }
        }
        let mut body = self.chunks.take().unwrap_or_default();
        body.extend_from_slice(chunk);
        // A CR at the end may be half of a CRLF, unless nothing follows.
        let settled = if last { &body[..] } else { body.strip_suffix(b"\r").unwrap_or(&body) };
        if body.len() > 1_048_576 {
            self.forget();
            self.say(552);
        } else if last || has_lone(settled) {
            let lone = has_lone(settled);
            self.end(body, lone);
        } else {
            self.chunks = Some(body);
            self.say(250);
        }
        Some(size)
    }

    /// The body is whole.
    fn end(&mut self, body: Vec<u8>, lone: bool) {
        let office = self.mail.is_some_and(|(office, _)| office);
        self.forget();
        if lone {
            self.say(554);
        } else if office && !fixture::author_is_of_office(&body) {
            self.say(550);
        } else {
            self.say(250);
            self.faults = 0;
            self.outcome.stored.push(body);
        }
    }
}

/// `FROM:<path> parameters` → the path without its route, and the parameters.
fn path_of(argument: &str, keyword: &str) -> Option<(String, Vec<String>)> {
    let rest = argument.get(keyword.len()..).filter(|_| argument.to_uppercase().starts_with(keyword))?;
    let (path, parameters) = rest.strip_prefix('<')?.split_once('>')?;
    let path = match path.split_once(':').filter(|_| path.starts_with('@')) {
        Some((route, path)) => {
            let hops = route.split(',').all(|hop| hop.starts_with('@') && is_address(&format!("x{hop}")));
            if hops { path } else { return None }
        }
        None => path,
    };
    let parameters = match parameters.strip_prefix(' ') {
        Some(list) => list.split(' ').map(str::to_owned).collect(),
        None if parameters.is_empty() => Vec::new(),
        None => return None,
    };
    Some((path.to_owned(), parameters))
}

/// `esmtp-param` (§4.1.2).
fn is_parameter(text: &str) -> bool {
    let (keyword, value) = text.split_once('=').unwrap_or((text, "x"));
    keyword.starts_with(|c: char| c.is_ascii_alphanumeric())
        && keyword.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !value.is_empty()
        && !value.contains('=')
}

/// §4.1.2, without quotes and literals.
fn is_address(path: &str) -> bool {
    let Some((local, domain)) = path.rsplit_once('@') else { return false };
    let dotted = |text: &str, good: fn(char) -> bool| text.split('.').all(|a| !a.is_empty() && a.chars().all(good));
    dotted(local, |c| c.is_alphanumeric() || "+-_=".contains(c)) && dotted(domain, |c| c.is_alphanumeric() || c == '-')
}
