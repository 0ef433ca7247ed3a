//! One connection's session as a pure function: [`State::step`] takes an event, gives the next state and what is to be
//! done. Whoever holds the socket performs the actions, in order, and feeds no line while an answer is outstanding
//! ([`State::awaits_line`]): asked things come back as events.
//!
//! A state owns exactly what is true in it. There is nothing to reset: RSET moves to the state after EHLO, and whatever
//! the transaction had is gone with it.

mod answers;
mod commands;
mod login;
mod stage;

use std::sync::Arc;

use crate::domain::address::{Domain, ForwardPath, ReversePath};
use crate::domain::arrival::Receipt;
use crate::domain::envelope::{Envelope, Route, Sender};
use crate::domain::office::{LoginDemand, TlsFacts};
use crate::domain::sasl::{Attempt, Step};
use crate::domain::status::{Class, Refusal};

use super::command::{Command, CommandFault};
use super::line::{LineFault, LineReader};
use super::reply::Reply;
use stage::{Stage, Turn};

/// What holds for every session of one listener.
#[derive(Debug, Clone)]
pub struct Settings {
    /// In the greeting.
    pub hostname: Domain,
    /// Octets of a message; an office may have a lower limit of its own.
    pub max_message: u64,
    /// Of one message.
    pub max_recipients: usize,
    /// Whether STARTTLS is offered. Not where TLS comes first.
    pub starttls: bool,
    /// Whether AUTH is offered, under TLS, and whether MAIL needs it.
    pub login: LoginDemand,
    /// What one connection may ask of us.
    pub limits: Limits,
}

/// What one connection may ask of us before it is closed; its client comes again on a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Commands in all. A transaction that has begun may go to its end.
    pub commands: u32,
    /// Commands since a message was last kept that bring none nearer: NOOP, RSET, HELP, VRFY, another EHLO, an empty
    /// chunk, MAIL and RCPT that are refused.
    pub junk: u32,
    /// Lines since a message was last kept that are no command, or one at the wrong time.
    pub faults: u32,
}

impl Default for Limits {
    /// As `config/brevbro.toml` explains.
    fn default() -> Self {
        Self { commands: 100_000, junk: 1000, faults: 10 }
    }
}

/// What has happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// The connection is there (and its TLS, where that comes first).
    Opened,
    /// The connection is there, and its client spoke before it was greeted.
    SpokeFirst,
    /// A line, without its CRLF.
    Line(Result<&'a [u8], LineFault>),
    /// To [`Action::AskSender`].
    Sender(Result<Sender, Refusal>),
    /// To [`Action::Login`].
    Login(Result<Step, Refusal>),
    /// To [`Action::AskRecipient`].
    Recipient(Result<Route, Refusal>),
    /// To [`Action::ReadData`] and [`Action::ReadChunk`]: the octets have been read to their true end. How many the
    /// body has so far, or why it cannot be kept ([`crate::smtp::body::BodyFault`], too large, no space).
    Body(Result<u64, Refusal>),
    /// To [`Action::Keep`].
    Kept(Result<Receipt, Refusal>),
    /// To [`Action::StartTls`]: the handshake is done.
    Encrypted(TlsFacts),
    /// The gateway is being stopped.
    Stop,
    /// Nothing came for too long.
    TimedOut,
}

/// What is to be done.
#[derive(Debug)]
pub enum Action {
    /// Send this.
    Reply(Reply),
    /// Send what is to be sent, throw away every octet that has been read and not used (RFC 3207 §4.2), handshake;
    /// then [`Event::Encrypted`]. A handshake that fails ends the connection.
    StartTls,
    /// Whose password is this? A login that is [`Step::Done`] holds for the connection.
    Login(Attempt),
    /// Who is this? A refusal of [`Class::LoginNeeded`] ends a login that was done.
    AskSender {
        /// The client's name, as it gave it.
        helo: String,
        /// MAIL's argument.
        path: ReversePath,
        /// As announced.
        size: Option<u64>,
    },
    /// Where does this lead?
    AskRecipient {
        /// As answered before.
        sender: Sender,
        /// MAIL's argument.
        from: ReversePath,
        /// RCPT's argument.
        path: ForwardPath,
    },
    /// Read the body with a new [`crate::smtp::body::DataReader`], to its true end whatever is wrong with it. Of more
    /// than [`State::body_limit`] octets, only the end matters.
    ReadData,
    /// Read so many octets with the body's [`crate::smtp::body::ChunkReader`].
    ReadChunk {
        /// Octets.
        size: u64,
        /// They are the body's last: the reader is to finish.
        last: bool,
        /// Otherwise throw them away; the answer says nothing then.
        keep: bool,
    },
    /// The body is whole: keep the message.
    Keep(Arc<Envelope>),
    /// Drop the body that has been read.
    Discard,
    /// Send what is to be sent and close.
    Close,
}

/// Where a session stands.
#[derive(Debug, Default)]
pub struct State {
    stage: Stage,
    facts: Facts,
}

/// What is true of the connection, whatever the stage.
#[derive(Debug, Clone, Copy, Default)]
struct Facts {
    tls: Encryption,
    /// AUTH has been done.
    logged_in: bool,
    /// Asked to stop while an answer was outstanding.
    stopping: bool,
    /// Commands in all.
    commands: u32,
    /// Of [`Limits::junk`], since a message was last kept.
    junk: u32,
    /// Of [`Limits::faults`], since a message was last kept.
    faults: u32,
}

/// What TLS there is, as far as it matters for what is offered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Encryption {
    #[default]
    Clear,
    /// Nothing that a login could be bound to: RFC 9266 §4.2 asks for more than TLS 1.2 alone gives.
    Tls12,
    Tls13,
}

impl Encryption {
    fn of(facts: &TlsFacts) -> Self {
        if facts.version == "TLSv1.3" { Self::Tls13 } else { Self::Tls12 }
    }
}

impl State {
    /// A connection of which nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A connection on which TLS came first.
    #[must_use]
    pub fn encrypted(facts: &TlsFacts) -> Self {
        Self { facts: Facts { tls: Encryption::of(facts), ..Facts::default() }, ..Self::default() }
    }

    /// Octets that the next line may have, CRLF included.
    #[must_use]
    pub fn line_limit(&self) -> usize {
        match self.stage {
            Stage::LoginAwaited(..) => LineReader::MAX_RESPONSE,
            _ => LineReader::MAX,
        }
    }

    /// Whether the next event may be a line: nothing is outstanding, and the connection is not to be closed.
    #[must_use]
    pub fn awaits_line(&self) -> bool {
        self.stage.awaits_line()
    }

    /// Whether [`Action::Close`] has been given.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Closed)
    }

    /// Octets that the body being read may have: the office's limit, where it is lower than the listener's.
    #[must_use]
    pub fn body_limit(&self, settings: &Settings) -> u64 {
        self.stage.sender().map_or(settings.max_message, |sender| stage::limit(sender, settings))
    }

    /// Takes an event. Any event in any state is safe: one that cannot be is a fault of ours, and closes.
    #[must_use]
    pub fn step(self, event: Event<'_>, settings: &Settings) -> (Self, Vec<Action>) {
        let Self { stage, mut facts } = self;
        if matches!(stage, Stage::Closed) {
            return (Self { stage, facts }, Vec::new());
        }
        let held = stage.holds_body();
        let mut turn = match event {
            Event::Opened if matches!(stage, Stage::Fresh) => {
                Turn::to(stage).reply(Reply::greeting(&settings.hostname))
            }
            Event::SpokeFirst if matches!(stage, Stage::Fresh) => Turn::close(Reply::spoke_first(), held),
            Event::Line(line) if matches!(stage, Stage::LoginAwaited(..)) => login::response(stage, line),
            Event::Line(line) if stage.awaits_line() => {
                facts.commands = facts.commands.saturating_add(1);
                line_turn(stage, line, settings, facts)
            }
            Event::Login(answer) => {
                facts.logged_in |= matches!((&stage, &answer), (Stage::LoginAsked(_), Ok(Step::Done(_))));
                login::answer(stage, answer)
            }
            Event::Sender(answer) => {
                facts.logged_in &= !matches!(&answer, Err(refusal) if refusal.class == Class::LoginNeeded);
                answers::sender(stage, answer, settings)
            }
            Event::Recipient(answer) => answers::recipient(stage, answer),
            Event::Body(answer) => answers::body(stage, answer, settings),
            Event::Kept(answer) => {
                if answer.is_ok() {
                    (facts.faults, facts.junk) = (0, 0);
                }
                answers::kept(stage, answer)
            }
            Event::Encrypted(tls) if matches!(stage, Stage::Handshake) => {
                facts.tls = Encryption::of(&tls);
                Turn::to(Stage::Fresh)
            }
            Event::TimedOut => Turn::close(Reply::timed_out(), held),
            Event::Stop => {
                facts.stopping = true;
                Turn::to(stage)
            }
            Event::Opened | Event::SpokeFirst | Event::Line(_) | Event::Encrypted(_) => {
                Turn::close(Reply::confused(), held)
            }
        };
        facts.faults = facts.faults.saturating_add(u32::from(turn.is_fault));
        facts.junk = facts.junk.saturating_add(u32::from(turn.is_junk));
        if turn.is_fault && facts.faults >= settings.limits.faults {
            turn = Turn::close(Reply::too_many_faults(), held);
        }
        if turn.is_junk && facts.junk >= settings.limits.junk && !turn.closes() {
            turn = Turn::close(Reply::too_many_commands(), held);
        }
        if facts.stopping && turn.stage.awaits_line() {
            turn = turn.then_close(Reply::shutting_down());
        }
        (Self { stage: turn.stage, facts }, turn.actions)
    }
}

/// What follows a line.
fn line_turn(stage: Stage, line: Result<&[u8], LineFault>, settings: &Settings, facts: Facts) -> Turn {
    let held = stage.holds_body();
    if facts.commands > settings.limits.commands && stage.is_between_messages() {
        return Turn::close(Reply::too_many_commands(), held);
    }
    match line.map(Command::parse) {
        Ok(Ok(command)) => commands::obey(stage, command, settings, facts),
        Ok(Err(fault @ CommandFault::Http)) => Turn::close(Reply::command_fault(&fault), held),
        Ok(Err(fault)) => Turn::fault(stage, Reply::command_fault(&fault)),
        Err(fault @ (LineFault::Tls | LineFault::Endless)) => Turn::close(Reply::line_fault(fault), held),
        Err(fault) => Turn::fault(stage, Reply::line_fault(fault)),
    }
}

#[cfg(test)]
mod tests;
