//! What a server answers (RFC 5321 §4.2): the one place that words and writes an SMTP answer, and reads one.
//!
//! Codes are never written beside a refusal: they follow from its class. Enhanced codes (RFC 2034) stand on every
//! answer but the greeting, EHLO's and 354.

mod reader;
mod sentence;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::command::CommandFault;
use super::line::LineFault;
use crate::domain::address::Domain;
use crate::domain::arrival::Receipt;
use crate::domain::reference::Reference;
use crate::domain::sasl::Mechanism;
use crate::domain::status::{Class, Occasion, Refusal};

pub use reader::{ReplyFault, ReplyReader, ServerReply};

/// class.subject.detail (RFC 3463).
pub type Enhanced = (u8, u8, u8);

/// A server's answer to one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    enhanced: Option<Enhanced>,
    /// Lines, with LF between them.
    text: Cow<'static, str>,
    /// What it refuses, for the event.
    refused: Option<Box<(Refusal, Occasion)>>,
}

/// Octets of a line of an answer, codes and CRLF included; RFC 5321 §4.5.3.1.5 allows 512.
const LINE: usize = 500;

impl Reply {
    fn new(code: u16, enhanced: Enhanced, text: impl Into<Cow<'static, str>>) -> Self {
        Self { code, enhanced: Some(enhanced), text: text.into(), refused: None }
    }

    fn bare(code: u16, text: impl Into<Cow<'static, str>>) -> Self {
        Self { code, enhanced: None, text: text.into(), refused: None }
    }

    /// The first thing said on a connection.
    #[must_use]
    pub fn greeting(hostname: &Domain) -> Self {
        Self::bare(220, format!("{} ESMTP Brevbro", hostname.wire()))
    }

    /// To HELO.
    #[must_use]
    pub fn helo(hostname: &Domain) -> Self {
        Self::bare(250, hostname.wire().to_owned())
    }

    /// To EHLO: what is offered, one keyword a line.
    #[must_use]
    pub fn ehlo(
        hostname: &Domain,
        max_message: u64,
        max_recipients: usize,
        starttls: bool,
        mechanisms: &[Mechanism],
    ) -> Self {
        let starttls = if starttls { "\nSTARTTLS" } else { "" };
        let names: String = mechanisms.iter().flat_map(|mechanism| [" ", mechanism.name()]).collect();
        let auth = if names.is_empty() { String::new() } else { format!("\nAUTH{names}") };
        Self::bare(
            250,
            format!(
                "{}\nPIPELINING\nSIZE {max_message}\n8BITMIME\nSMTPUTF8\nENHANCEDSTATUSCODES\nCHUNKING{starttls}{auth}\n\
                 LIMITS RCPTMAX={max_recipients}\nHELP",
                hostname.wire()
            ),
        )
    }

    /// To STARTTLS: the handshake may begin.
    #[must_use]
    pub fn ready_for_tls() -> Self {
        Self::new(220, (2, 0, 0), "Ready to start TLS")
    }

    /// To STARTTLS where it is not offered, or no more.
    #[must_use]
    pub fn no_starttls(encrypted: bool) -> Self {
        if encrypted {
            return Self::new(503, (5, 5, 1), "The connection is encrypted already");
        }
        Self::new(502, (5, 5, 1), "STARTTLS is not offered here")
    }

    /// To AUTH: go on. What the mechanism says, if anything, in base64.
    #[must_use]
    pub fn challenge(octets: &[u8]) -> Self {
        Self::bare(334, BASE64.encode(octets))
    }

    /// To the end of an AUTH exchange that proved whose password it is.
    #[must_use]
    pub fn logged_in() -> Self {
        Self::new(235, (2, 7, 0), "Logged in")
    }

    /// To `*`: the client has given the exchange up (RFC 4954 §4).
    #[must_use]
    pub fn login_cancelled() -> Self {
        Self::new(501, (5, 7, 0), "Login cancelled")
    }

    /// To AUTH in clear: whatever was said with it, others may have read.
    #[must_use]
    pub fn login_needs_tls() -> Self {
        Self::new(538, (5, 7, 11), "STARTTLS first: a login needs encryption")
    }

    /// To AUTH where it is not offered.
    #[must_use]
    pub fn no_login() -> Self {
        Self::new(502, (5, 5, 1), "AUTH is not offered here")
    }

    /// To AUTH after a login.
    #[must_use]
    pub fn logged_in_already() -> Self {
        Self::new(503, (5, 5, 1), "Logged in already")
    }

    /// To MAIL.
    #[must_use]
    pub fn sender_ok() -> Self {
        Self::new(250, (2, 1, 0), "Sender OK")
    }

    /// To RCPT.
    #[must_use]
    pub fn recipient_ok() -> Self {
        Self::new(250, (2, 1, 5), "Recipient OK")
    }

    /// To DATA: the body may come.
    #[must_use]
    pub fn start_data() -> Self {
        Self::bare(354, "End the message with <CRLF>.<CRLF>")
    }

    /// To a BDAT that is not the last.
    #[must_use]
    pub fn chunk_ok(total: u64) -> Self {
        Self::new(250, (2, 0, 0), format!("{total} octets so far"))
    }

    /// To the end of the body. The receipt is the proof that the message is durable; without one there is no 250.
    #[must_use]
    pub fn accepted(receipt: &Receipt) -> Self {
        let when = if receipt.is_repeated() { "Kept before" } else { "Kept" };
        Self::new(250, (2, 0, 0), format!("{when} as {}", receipt.arrival()))
    }

    /// A refusal, worded for the person who sent the message: in the language of the office, then in English.
    /// `utf8`: the client takes more than ASCII (SMTPUTF8, RFC 6531 §3.7.4.2).
    #[must_use]
    pub fn refused(refusal: &Refusal, utf8: bool) -> Self {
        let status = refusal.class.status();
        let refused = Some(Box::new((refusal.clone(), Occasion::default())));
        Self { refused, ..Self::new(status.code, status.enhanced, sentence::of(refusal, utf8)) }
    }

    /// Of a refusal: what it was said to.
    #[must_use]
    pub fn on(mut self, occasion: Occasion) -> Self {
        if let Some(refused) = &mut self.refused {
            refused.1 = occasion;
        }
        self
    }

    /// What it refuses, and to whom: each such answer is one event.
    #[must_use]
    pub fn refusal(&self) -> Option<(&Refusal, &Occasion)> {
        self.refused.as_deref().map(|(refusal, occasion)| (refusal, occasion))
    }

    /// With the reference of its event at the end, for a clerk to give to an admin.
    #[must_use]
    pub fn with_reference(mut self, reference: Reference) -> Self {
        self.text = format!("{} Reference: {reference}", self.text).into();
        self
    }

    /// To RSET.
    #[must_use]
    pub fn reset() -> Self {
        Self::new(250, (2, 0, 0), "Reset")
    }

    /// To NOOP.
    #[must_use]
    pub fn noop() -> Self {
        Self::new(250, (2, 0, 0), "OK")
    }

    /// To HELP.
    #[must_use]
    pub fn help() -> Self {
        Self::new(
            214,
            (2, 0, 0),
            "Brevbro takes mail from authorities for a citizen mailbox.\n\
             EHLO HELO MAIL RCPT DATA BDAT RSET NOOP HELP VRFY STARTTLS AUTH QUIT\n\
             Questions to the people behind it: write to <postmaster>",
        )
    }

    /// To VRFY: nobody learns from it who has an account.
    #[must_use]
    pub fn not_verified() -> Self {
        Self::new(252, (2, 0, 0), "Not verified; RCPT tells whether mail is taken")
    }

    /// To EXPN.
    #[must_use]
    pub fn not_implemented() -> Self {
        Self::new(502, (5, 5, 1), "Not implemented")
    }

    /// To QUIT.
    #[must_use]
    pub fn bye() -> Self {
        Self::new(221, (2, 0, 0), "Bye")
    }

    /// To a command at the wrong time: what should come first.
    #[must_use]
    pub fn bad_sequence(first: &'static str) -> Self {
        Self::new(503, (5, 5, 1), first)
    }

    /// To DATA or BDAT when no RCPT was accepted.
    #[must_use]
    pub fn no_recipients() -> Self {
        Self::new(554, (5, 5, 1), "No valid recipients")
    }

    /// To parameters after HELO, which offers none.
    #[must_use]
    pub fn parameters_need_ehlo() -> Self {
        Self::new(555, (5, 5, 4), "Parameters need EHLO")
    }

    /// To a line that is none.
    #[must_use]
    pub fn line_fault(fault: LineFault) -> Self {
        match fault {
            LineFault::LineEnds => Self::new(500, (5, 5, 2), "Lone CR or LF in a command; CRLF ends a line"),
            LineFault::Nul => Self::new(500, (5, 5, 2), "NUL in a command"),
            LineFault::TooLong => Self::new(500, (5, 5, 6), "Line too long"),
            LineFault::Endless => Self::new(421, (4, 7, 0), "A line without end, closing"),
            LineFault::Tls => Self::new(554, (5, 5, 1), "A command is awaited here, not TLS; closing"),
        }
    }

    /// To a line that is no command of ours.
    #[must_use]
    pub fn command_fault(fault: &CommandFault) -> Self {
        let (code, enhanced) = match fault {
            CommandFault::Unknown => (500, (5, 5, 1)),
            CommandFault::NotText => (500, (5, 5, 2)),
            CommandFault::Form(_) | CommandFault::Value(_) | CommandFault::Repeated(_) => (501, (5, 5, 4)),
            CommandFault::Sender(_) => (501, (5, 1, 7)),
            CommandFault::Recipient(_) => (501, (5, 1, 3)),
            CommandFault::Parameter(_) => (555, (5, 5, 4)),
            CommandFault::Smtputf8Needed => (553, (5, 6, 7)),
            CommandFault::Mechanism => (504, (5, 5, 4)),
            CommandFault::Base64 => (501, (5, 5, 2)),
            CommandFault::Http => (554, (5, 5, 1)),
            CommandFault::ChunkSize => (421, (4, 5, 4)),
        };
        let mut text = fault.to_string();
        if let Some(first) = text.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self::new(code, enhanced, text)
    }

    /// In place of the greeting, to a client that does not wait for it (RFC 5321 §3.1).
    #[must_use]
    pub fn spoke_first() -> Self {
        Self::new(554, (5, 5, 1), "The server speaks first; closing")
    }

    /// Said before closing, when a connection has asked for more than its share.
    #[must_use]
    pub fn too_many_commands() -> Self {
        Self::new(421, (4, 7, 0), "Too many commands on one connection, come again on a new one")
    }

    /// Said before closing, when too many commands were none.
    #[must_use]
    pub fn too_many_faults() -> Self {
        Self::new(421, (4, 7, 0), "Too many errors, closing")
    }

    /// Said before closing, when nothing came for too long.
    #[must_use]
    pub fn timed_out() -> Self {
        Self::new(421, (4, 4, 2), "Nothing came for too long, closing")
    }

    /// Said before closing, when the gateway is being stopped.
    #[must_use]
    pub fn shutting_down() -> Self {
        let refusal = Refusal::new(Class::ShuttingDown, String::new());
        // Said to whoever is connected, mail or no mail: not worth an event each.
        Self { refused: None, ..Self::refused(&refusal, false) }
    }

    /// Said before closing, when the connection and its session no longer agree: a fault of ours.
    #[must_use]
    pub fn confused() -> Self {
        Self::new(421, (4, 3, 0), "Internal error, closing")
    }

    /// The basic code.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.code
    }

    /// The enhanced code.
    #[must_use]
    pub fn enhanced(&self) -> Option<Enhanced> {
        self.enhanced
    }

    /// The text, line by line, before it is folded for the wire.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.split('\n')
    }

    /// Appends the answer as it goes onto the wire. Long lines are folded between words.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let code = self.code.to_string();
        let enhanced = self.enhanced.map(|(class, subject, detail)| format!("{class}.{subject}.{detail} "));
        let enhanced = enhanced.unwrap_or_default();
        let room = LINE - "250-\r\n".len() - enhanced.len();
        let mut lines = self.lines().flat_map(|line| Fold { rest: Some(line), room }).peekable();
        while let Some(line) = lines.next() {
            out.extend_from_slice(code.as_bytes());
            out.push(if lines.peek().is_some() { b'-' } else { b' ' });
            out.extend_from_slice(enhanced.as_bytes());
            out.extend_from_slice(line.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// Pieces of at most `room` octets, cut at spaces, or within a word that is longer.
struct Fold<'a> {
    rest: Option<&'a str>,
    room: usize,
}

impl<'a> Iterator for Fold<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest.take()?;
        if rest.len() <= self.room {
            return Some(rest);
        }
        let start = &rest[..rest.floor_char_boundary(self.room)];
        let (line, after) = match start.rfind(' ') {
            Some(space) if space > 0 => (&rest[..space], &rest[space + 1..]),
            _ => (start, &rest[start.len()..]),
        };
        self.rest = Some(after);
        Some(line)
    }
}

#[cfg(test)]
mod tests;
