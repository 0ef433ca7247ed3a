//! One connection's session as a pure function: [`State::step`] takes an event, gives the next state and what is to be
//! done. Whoever holds the socket performs the actions, in order, and feeds no line while an answer is outstanding
//! ([`State::awaits_line`]): asked things come back as events.
//!
//! A state owns exactly what is true in it. There is nothing to reset: RSET moves to the state after EHLO, and whatever
//! the transaction had is gone with it.

mod answers;
mod commands;
mod stage;

use std::sync::Arc;

use crate::domain::address::{Domain, ForwardPath, ReversePath};
use crate::domain::arrival::Receipt;
use crate::domain::envelope::{Envelope, Route, Sender};
use crate::domain::office::TlsFacts;
use crate::domain::status::Refusal;

use super::command::Command;
use super::line::LineFault;
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
}

/// What has happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// The connection is there (and its TLS, where that comes first).
    Opened,
    /// A line, without its CRLF.
    Line(Result<&'a [u8], LineFault>),
    /// To [`Action::AskSender`].
    Sender(Result<Sender, Refusal>),
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
    /// Who is this?
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

/// Commands that were none, after which we close.
const MAX_FAULTS: u8 = 10;

/// Where a session stands.
#[derive(Debug, Default)]
pub struct State {
    stage: Stage,
    facts: Facts,
}

/// What is true of the connection, whatever the stage.
#[derive(Debug, Clone, Copy, Default)]
struct Facts {
    /// STARTTLS has been done.
    encrypted: bool,
    /// Asked to stop while an answer was outstanding.
    stopping: bool,
    /// Commands that were none since a message was last kept.
    faults: u8,
}

impl State {
    /// A connection of which nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
            Event::Line(line) if stage.awaits_line() => match line.map(Command::parse) {
                Ok(Ok(command)) => commands::obey(stage, command, settings, facts.encrypted),
                Ok(Err(fault)) => Turn::fault(stage, Reply::command_fault(&fault)),
                Err(fault) => Turn::fault(stage, Reply::line_fault(fault)),
            },
            Event::Sender(answer) => answers::sender(stage, answer, settings),
            Event::Recipient(answer) => answers::recipient(stage, answer),
            Event::Body(answer) => answers::body(stage, answer, settings),
            Event::Kept(answer) => {
                if answer.is_ok() {
                    facts.faults = 0;
                }
                answers::kept(stage, answer)
            }
            Event::Encrypted(_) if matches!(stage, Stage::Handshake) => {
                facts.encrypted = true;
                Turn::to(Stage::Fresh)
            }
            Event::TimedOut => Turn::close(Reply::timed_out(), held),
            Event::Stop => {
                facts.stopping = true;
                Turn::to(stage)
            }
            Event::Opened | Event::Line(_) | Event::Encrypted(_) => Turn::close(Reply::confused(), held),
        };
        if turn.is_fault {
            facts.faults = facts.faults.saturating_add(1);
            if facts.faults >= MAX_FAULTS {
                turn = Turn::close(Reply::too_many_faults(), held);
            }
        }
        if facts.stopping && turn.stage.awaits_line() {
            turn = turn.then_close(Reply::shutting_down());
        }
        (Self { stage: turn.stage, facts }, turn.actions)
    }
}

#[cfg(test)]
mod tests;
