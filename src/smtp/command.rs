//! A line → a [`Command`]: the grammar of RFC 5321 §4.1 and of the parameters that we offer, and nothing beside it.
//! Spaces at a line's end are the one thing forgiven (§4.1.1).

mod path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::domain::address::{ForwardPath, ReversePath};
use crate::domain::sasl::{Mechanism, Response};

pub use path::PathFault;

/// What a client may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// EHLO, with the client's name as it gave it.
    Ehlo(String),
    /// HELO, the same.
    Helo(String),
    /// MAIL.
    Mail(Mail),
    /// RCPT.
    Rcpt(Rcpt),
    /// DATA.
    Data,
    /// BDAT (RFC 3030).
    Bdat {
        /// Octets that follow the line.
        size: u64,
        /// They are the message's last.
        last: bool,
    },
    /// STARTTLS (RFC 3207).
    StartTls,
    /// AUTH (RFC 4954).
    Auth {
        /// In which way.
        mechanism: Mechanism,
        /// What the client says with the command itself.
        initial: Option<Response>,
    },
    /// RSET.
    Rset,
    /// NOOP; what it says beside is nothing to us.
    Noop,
    /// HELP, with or without a subject.
    Help,
    /// VRFY of somebody.
    Vrfy,
    /// EXPN of a list.
    Expn,
    /// QUIT.
    Quit,
}

/// MAIL and its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// From whom.
    pub path: ReversePath,
    /// SIZE, in octets (RFC 1870); a number too large for 64 bits is [`u64::MAX`].
    pub size: Option<u64>,
    /// BODY=8BITMIME (RFC 6152).
    pub eight_bit: bool,
    /// SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
    /// AUTH=, in xtext: who submitted it first, as the client says (RFC 4954 §5). Nothing is made of it.
    pub submitter: Option<String>,
    /// It has parameters, which only EHLO allows.
    pub extended: bool,
}

/// RCPT; it has no parameters that we offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rcpt {
    /// To whom.
    pub path: ForwardPath,
    /// The path is written in more than ASCII, which only SMTPUTF8 allows.
    pub utf8: bool,
}

/// Why a line is no command of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandFault {
    /// No such command.
    #[error("unknown command")]
    Unknown,
    /// Control characters, or octets that are not UTF-8.
    #[error("control characters or broken UTF-8")]
    NotText,
    /// The command is known and its form is another, namely this.
    #[error("the form is {0}")]
    Form(&'static str),
    /// MAIL's path.
    #[error("sender: {0}")]
    Sender(PathFault),
    /// RCPT's path.
    #[error("recipient: {0}")]
    Recipient(PathFault),
    /// A parameter with a value that it cannot have.
    #[error("{0} cannot have this value")]
    Value(&'static str),
    /// A parameter stands twice.
    #[error("{0} is given twice")]
    Repeated(&'static str),
    /// A parameter that we do not offer: its keyword.
    #[error("the parameter {0} is not offered")]
    Parameter(String),
    /// An address in more than ASCII, and no SMTPUTF8 (RFC 6531 §3.5).
    #[error("an address in more than ASCII without SMTPUTF8")]
    Smtputf8Needed,
    /// AUTH in a way that we do not take.
    #[error("no such mechanism here")]
    Mechanism,
    /// What should be base64 in AUTH is not (RFC 4954 §4).
    #[error("this is not base64")]
    Base64,
    /// A request of HTTP: a browser was made to write here. The connection is to be closed, for what it posts may read
    /// like commands.
    #[error("this is SMTP, not HTTP")]
    Http,
    /// A BDAT of which nobody can say where its octets end.
    #[error("the chunk's size cannot be read")]
    ChunkSize,
}

impl Command {
    /// Reads a line without its CRLF.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(line: &[u8]) -> Result<Self, CommandFault> {
        let verb_is = |verb: &[u8]| line.get(..verb.len()).is_some_and(|start| start.eq_ignore_ascii_case(verb));
        if HTTP.iter().any(|method| line.strip_prefix(*method).is_some_and(|rest| rest.starts_with(b" "))) {
            return Err(CommandFault::Http);
        }
        let text = match std::str::from_utf8(line).map(|text| text.trim_end_matches([' ', '\t'])) {
            Ok(text) if !text.chars().any(char::is_control) => text,
            _ if verb_is(b"BDAT ") => return Err(CommandFault::ChunkSize),
            _ => return Err(CommandFault::NotText),
        };
        let (verb, argument) = match text.split_once(' ') {
            Some((verb, argument)) => (verb, Some(argument)),
            None => (text, None),
        };
        let Some((_, form, read)) = VERBS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(verb)) else {
            return Err(CommandFault::Unknown);
        };
        read(argument).unwrap_or(Err(CommandFault::Form(form)))
    }
}

/// The methods of RFC 9110 §9, 5789, and the beginning of HTTP/2 (RFC 9113 §3.4), as they are written: in capitals.
const HTTP: [&[u8]; 10] =
    [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH", b"PRI"];

/// `None`: the form is not the command's.
type Read = Option<Result<Command, CommandFault>>;

type Verb = (&'static str, &'static str, fn(Option<&str>) -> Read);

/// Every verb, the form that we tell to whoever missed it, and how its argument is read.
const VERBS: [Verb; 14] = [
    ("EHLO", "EHLO name", |argument| hello(argument).map(|name| Ok(Command::Ehlo(name)))),
    ("HELO", "HELO name", |argument| hello(argument).map(|name| Ok(Command::Helo(name)))),
    ("MAIL", "MAIL FROM:<address> [SIZE=octets] [BODY=7BIT|8BITMIME] [SMTPUTF8] [AUTH=address]", mail),
    ("RCPT", "RCPT TO:<address>", rcpt),
    ("DATA", "DATA", |argument| alone(argument, Command::Data)),
    ("BDAT", "BDAT octets [LAST]", |argument| Some(bdat(argument).ok_or(CommandFault::ChunkSize))),
    ("STARTTLS", "STARTTLS", |argument| alone(argument, Command::StartTls)),
    ("AUTH", "AUTH mechanism [initial-response]", auth),
    ("RSET", "RSET", |argument| alone(argument, Command::Rset)),
    ("NOOP", "NOOP [anything]", |_| Some(Ok(Command::Noop))),
    ("HELP", "HELP [command]", |_| Some(Ok(Command::Help))),
    ("VRFY", "VRFY name", |argument| argument.map(|_| Ok(Command::Vrfy))),
    ("EXPN", "EXPN list", |argument| argument.map(|_| Ok(Command::Expn))),
    ("QUIT", "QUIT", |argument| alone(argument, Command::Quit)),
];

fn alone(argument: Option<&str>, command: Command) -> Read {
    argument.is_none().then_some(Ok(command))
}

/// A name or an address literal (RFC 5321 §4.1.1.1). What it claims is not checked (§4.1.4), and a name with `_`, as
/// many a desktop has, passes; but it goes into header fields and logs, so its characters are few.
fn hello(argument: Option<&str>) -> Option<String> {
    let name = argument.filter(|name| (1..=255).contains(&name.len()))?;
    let inner = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|inner| !inner.is_empty());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let good = match inner {
        Some(literal) => literal.chars().all(|c| plain(c) || c == ':'),
        None => name.chars().all(plain),
    };
    good.then(|| name.to_owned())
}

/// `FROM:` and a path, then parameters.
fn mail(argument: Option<&str>) -> Read {
    let rest = path::after_keyword(argument?, "FROM:")?;
    Some(path::split(rest).map_err(CommandFault::Sender).and_then(|(path, parameters)| {
        let mut mail = Mail {
            path: path::reverse(path).map_err(CommandFault::Sender)?,
            size: None,
            eight_bit: false,
            smtputf8: false,
            submitter: None,
            extended: !parameters.is_empty(),
        };
        let mut seen: [bool; 4] = [false; 4];
        let mut once = |index: usize, name| {
            if std::mem::replace(&mut seen[index], true) { Err(CommandFault::Repeated(name)) } else { Ok(()) }
        };
        for parameter in each_parameter(parameters)? {
            let (keyword, value) = parameter?;
            if keyword.eq_ignore_ascii_case("SIZE") {
                once(0, "SIZE")?;
                mail.size = Some(value.and_then(saturating).ok_or(CommandFault::Value("SIZE"))?);
            } else if keyword.eq_ignore_ascii_case("BODY") {
                once(1, "BODY")?;
                mail.eight_bit = match value {
                    Some(value) if value.eq_ignore_ascii_case("8BITMIME") => true,
                    Some(value) if value.eq_ignore_ascii_case("7BIT") => false,
                    _ => return Err(CommandFault::Value("BODY")),
                };
            } else if keyword.eq_ignore_ascii_case("SMTPUTF8") {
                once(2, "SMTPUTF8")?;
                if value.is_some() {
                    return Err(CommandFault::Value("SMTPUTF8"));
                }
                mail.smtputf8 = true;
            } else if keyword.eq_ignore_ascii_case("AUTH") {
                once(3, "AUTH")?;
                let submitter = value.filter(|value| is_xtext(value)).ok_or(CommandFault::Value("AUTH"))?;
                mail.submitter = Some(submitter.to_owned());
            } else {
                return Err(CommandFault::Parameter(keyword.to_ascii_uppercase()));
            }
        }
        if mail.smtputf8 || path.is_ascii() { Ok(Command::Mail(mail)) } else { Err(CommandFault::Smtputf8Needed) }
    }))
}

/// RFC 3461 §4: printable ASCII, in which `+3D` stands for what may not be written.
fn is_xtext(value: &str) -> bool {
    let upper_hex = |c: &u8| matches!(c, b'0'..=b'9' | b'A'..=b'F');
    let is_escape = |rest: &str| rest.len() >= 2 && rest.as_bytes()[..2].iter().all(upper_hex);
    value.bytes().all(|c| (0x21..0x7f).contains(&c)) && value.split('+').skip(1).all(is_escape)
}

/// A mechanism, and what the client says with it; `=` for nothing (RFC 4954 §4).
fn auth(argument: Option<&str>) -> Read {
    let (name, initial) = match argument?.split_once(' ') {
        Some((name, initial)) => (name, Some(initial)),
        None => (argument?, None),
    };
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
    if !(1..=20).contains(&name.len()) || !name.bytes().all(plain) {
        return None;
    }
    let read = || {
        let mechanism = Mechanism::named(name).ok_or(CommandFault::Mechanism)?;
        let initial = match initial {
            Some("=") => Some(Response(Vec::new())),
            Some(initial) => Some(response(initial.as_bytes())?),
            None => None,
        };
        Ok(Command::Auth { mechanism, initial })
    };
    Some(read())
}

/// A line of an AUTH exchange, without its CRLF.
///
/// # Errors
/// [`CommandFault::Base64`].
pub fn response(line: &[u8]) -> Result<Response, CommandFault> {
    BASE64.decode(line).map(Response).map_err(|_| CommandFault::Base64)
}

/// `TO:` and a path.
fn rcpt(argument: Option<&str>) -> Read {
    let rest = path::after_keyword(argument?, "TO:")?;
    Some(path::split(rest).map_err(CommandFault::Recipient).and_then(|(path, parameters)| {
        let rcpt = Rcpt { path: path::forward(path).map_err(CommandFault::Recipient)?, utf8: !path.is_ascii() };
        match each_parameter(parameters)?.next() {
            None => Ok(Command::Rcpt(rcpt)),
            Some(parameter) => Err(CommandFault::Parameter(parameter?.0.to_ascii_uppercase())),
        }
    }))
}

type Parameter<'a> = (&'a str, Option<&'a str>);

/// `esmtp-param` of RFC 5321 §4.1.2, each after one space.
fn each_parameter(text: &str) -> Result<impl Iterator<Item = Result<Parameter<'_>, CommandFault>>, CommandFault> {
    const FORM: CommandFault = CommandFault::Form("<address> [KEYWORD[=value]]...");
    let list = match text.strip_prefix(' ') {
        Some(list) => Some(list),
        None if text.is_empty() => None,
        None => return Err(FORM),
    };
    Ok(list.into_iter().flat_map(|list| list.split(' ')).map(|parameter| {
        let (keyword, value) = match parameter.split_once('=') {
            Some((keyword, value)) => (keyword, Some(value)),
            None => (parameter, None),
        };
        let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
        let good = !keyword.starts_with('-') && !keyword.is_empty() && keyword.bytes().all(plain);
        if good && value.is_none_or(|v| !v.is_empty() && !v.contains('=')) { Ok((keyword, value)) } else { Err(FORM) }
    }))
}

/// A number of octets. RFC 1870 §3 allows 20 digits, more than 64 bits hold: what is too large stays too large.
fn saturating(digits: &str) -> Option<u64> {
    let decimal = !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit());
    decimal.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// `octets [LAST]`. Unlike a size that is merely announced, this one must be exact.
fn bdat(argument: Option<&str>) -> Option<Command> {
    let (digits, last) = match argument?.split_once(' ') {
        Some((digits, word)) if word.eq_ignore_ascii_case("LAST") => (digits, true),
        Some(_) => return None,
        None => (argument?, false),
    };
    let size = saturating(digits).filter(|size| *size < u64::MAX)?;
    Some(Command::Bdat { size, last })
}

#[cfg(test)]
mod tests;
