//! Where a session can stand, and one step's outcome.

use std::sync::Arc;

use super::{Action, Settings};
use crate::domain::address::{ForwardPath, ReversePath};
use crate::domain::envelope::{Envelope, Recipient, Route, Sender};
use crate::domain::sasl::{Exchange, Mechanism};
use crate::domain::status::{Class, Occasion, Refusal};
use crate::smtp::reply::Reply;

/// EHLO or HELO was said.
#[derive(Debug)]
pub struct Hello {
    /// The client's name, as it gave it.
    pub name: String,
    /// EHLO: the extensions hold.
    pub extended: bool,
}

/// MAIL was said.
#[derive(Debug)]
pub struct Opening {
    pub path: ReversePath,
    pub smtputf8: bool,
    pub size: Option<u64>,
}

/// MAIL was accepted.
#[derive(Debug)]
pub struct Opened {
    pub path: ReversePath,
    pub sender: Sender,
    pub smtputf8: bool,
}

/// A transaction, with or without recipients.
#[derive(Debug)]
pub enum Transaction {
    Open(Opened),
    Addressed(Box<Envelope>),
}

/// A message that is being read, of which some chunks may have come.
#[derive(Debug)]
pub struct Reading {
    pub hello: Hello,
    pub envelope: Box<Envelope>,
}

/// What the client's next words begin or continue.
#[derive(Debug)]
pub enum Awaited {
    First(Mechanism),
    Next(Box<Exchange>),
}

/// After which command, and waiting for what.
#[derive(Debug, Default)]
pub enum Stage {
    /// For EHLO. TLS leads back here.
    #[default]
    Fresh,
    /// For the handshake.
    Handshake,
    /// For MAIL.
    Ready(Hello),
    /// For the client's next words in an AUTH exchange.
    LoginAwaited(Hello, Awaited),
    /// For the answer what they come to.
    LoginAsked(Hello),
    /// For the answer who the sender is.
    SenderAsked(Hello, Opening),
    /// For the first RCPT that is accepted.
    Sender(Hello, Opened),
    /// For the answer where the recipient leads.
    RecipientAsked(Hello, Transaction, ForwardPath),
    /// For more recipients, or the body.
    Recipients(Hello, Box<Envelope>),
    /// For the body after DATA.
    Data(Reading),
    /// For a chunk's octets. `last`: they end the body.
    Chunk { reading: Reading, last: bool },
    /// For the next BDAT; so many octets have come.
    Chunks { reading: Reading, size: u64 },
    /// For the octets of a chunk that nobody wants; then this is answered, and the session stands where it stood.
    Refused { back: Box<Stage>, reply: Reply, fault: bool },
    /// For the receipt.
    Keeping { hello: Hello, envelope: Arc<Envelope> },
    /// For nothing.
    Closed,
}

impl Stage {
    /// No answer is outstanding.
    pub fn awaits_line(&self) -> bool {
        matches!(
            self,
            Self::Fresh
                | Self::Ready(_)
                | Self::LoginAwaited(..)
                | Self::Sender(..)
                | Self::Recipients(..)
                | Self::Chunks { .. }
        )
    }

    /// No transaction is open.
    pub fn is_between_messages(&self) -> bool {
        matches!(self, Self::Fresh | Self::Ready(_))
    }

    /// Octets of a body lie with whoever reads them.
    pub fn holds_body(&self) -> bool {
        match self {
            Self::Data(_) | Self::Chunk { .. } | Self::Chunks { .. } | Self::Keeping { .. } => true,
            Self::Refused { back, .. } => back.holds_body(),
            _ => false,
        }
    }

    /// Who sends, once that is known.
    pub fn sender(&self) -> Option<&Sender> {
        match self {
            Self::Sender(_, opened) | Self::RecipientAsked(_, Transaction::Open(opened), _) => Some(&opened.sender),
            Self::Recipients(_, envelope)
            | Self::RecipientAsked(_, Transaction::Addressed(envelope), _)
            | Self::Data(Reading { envelope, .. })
            | Self::Chunk { reading: Reading { envelope, .. }, .. }
            | Self::Chunks { reading: Reading { envelope, .. }, .. } => Some(&envelope.sender),
            Self::Keeping { envelope, .. } => Some(&envelope.sender),
            Self::Fresh
            | Self::Handshake
            | Self::Ready(_)
            | Self::LoginAwaited(..)
            | Self::LoginAsked(_)
            | Self::SenderAsked(..)
            | Self::Refused { .. }
            | Self::Closed => None,
        }
    }
}

impl Transaction {
    pub fn reverse_path(&self) -> &ReversePath {
        match self {
            Self::Open(opened) => &opened.path,
            Self::Addressed(envelope) => &envelope.reverse_path,
        }
    }

    pub fn sender(&self) -> &Sender {
        match self {
            Self::Open(opened) => &opened.sender,
            Self::Addressed(envelope) => &envelope.sender,
        }
    }

    pub fn smtputf8(&self) -> bool {
        match self {
            Self::Open(opened) => opened.smtputf8,
            Self::Addressed(envelope) => envelope.smtputf8,
        }
    }

    /// Back to where the next RCPT is awaited.
    pub fn stage(self, hello: Hello) -> Stage {
        match self {
            Self::Open(opened) => Stage::Sender(hello, opened),
            Self::Addressed(envelope) => Stage::Recipients(hello, envelope),
        }
    }

    /// With one recipient more. One that leads where another leads already adds nothing: nobody gets a message twice.
    pub fn with(self, path: ForwardPath, route: Route) -> Box<Envelope> {
        match self {
            Self::Open(Opened { path: reverse_path, sender, smtputf8 }) => Box::new(Envelope {
                reverse_path,
                sender,
                smtputf8,
                first: Recipient { path, route },
                rest: Vec::new(),
            }),
            Self::Addressed(mut envelope) => {
                if envelope.recipients().all(|recipient| recipient.route != route) {
                    envelope.rest.push(Recipient { path, route });
                }
                envelope
            }
        }
    }
}

/// Octets that this sender's message may have.
pub fn limit(sender: &Sender, settings: &Settings) -> u64 {
    match sender {
        Sender::Office(trusted) => trusted.office().max_message.min(settings.max_message),
        Sender::Claimed(claim) => claim.office().max_message.min(settings.max_message),
        Sender::Stranger => settings.max_message,
    }
}

/// The refusal of so many octets, if they are too many.
pub fn too_large(size: u64, sender: &Sender, settings: &Settings) -> Option<Refusal> {
    let limit = limit(sender, settings);
    let size_known = (size < u64::MAX).then_some(size);
    (size > limit).then(|| Refusal::new(Class::TooLarge { size: size_known, limit }, "over the limit of size"))
}

/// A refusal in the sender's language: a stranger's is English.
fn refused(refusal: Refusal, sender: &Sender, smtputf8: bool, occasion: Occasion) -> Reply {
    let (refusal, office) = match sender {
        Sender::Office(trusted) => (refusal.in_language(sender.language()), Some(trusted.office().id.clone())),
        Sender::Claimed(_) => (refusal.in_language(sender.language()), None),
        Sender::Stranger => (refusal, None),
    };
    Reply::refused(&refusal, smtputf8).on(Occasion { office, ..occasion })
}

/// MAIL is refused; `sender`, where it is known who that is.
pub fn refused_sender(refusal: Refusal, opening: Opening, sender: Option<&Sender>) -> Reply {
    let occasion = Occasion { step: "mail", from: Some(opening.path), ..Occasion::default() };
    match sender {
        Some(sender) => refused(refusal, sender, opening.smtputf8, occasion),
        None => Reply::refused(&refusal, opening.smtputf8).on(occasion),
    }
}

/// RCPT is refused.
pub fn refused_recipient(refusal: Refusal, transaction: &Transaction, path: ForwardPath) -> Reply {
    let from = Some(transaction.reverse_path().clone());
    let occasion = Occasion { step: "rcpt", from, to: Some(path), ..Occasion::default() };
    refused(refusal, transaction.sender(), transaction.smtputf8(), occasion)
}

/// The message is refused.
pub fn refused_message(refusal: Refusal, envelope: &Envelope) -> Reply {
    let (from, to) = (Some(envelope.reverse_path.clone()), Some(envelope.first.path.clone()));
    let occasion = Occasion { step: "body", from, to, ..Occasion::default() };
    refused(refusal, &envelope.sender, envelope.smtputf8, occasion)
}

/// What one step comes to.
#[derive(Debug)]
pub struct Turn {
    pub stage: Stage,
    pub actions: Vec<Action>,
    /// The command was none, or came at the wrong time.
    pub is_fault: bool,
    /// The command brings no message nearer.
    pub is_junk: bool,
}

impl Turn {
    pub fn to(stage: Stage) -> Self {
        Self { stage, actions: Vec::new(), is_fault: false, is_junk: false }
    }

    pub fn fault(stage: Stage, reply: Reply) -> Self {
        Self { is_fault: true, ..Self::to(stage).reply(reply) }
    }

    pub fn junk(self) -> Self {
        Self { is_junk: true, ..self }
    }

    pub fn closes(&self) -> bool {
        matches!(self.stage, Stage::Closed)
    }

    pub fn close(reply: Reply, holds_body: bool) -> Self {
        let turn = Self::to(Stage::Closed);
        let turn = if holds_body { turn.act(Action::Discard) } else { turn };
        turn.act(Action::Reply(reply)).act(Action::Close)
    }

    pub fn act(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// Says this; an answer of 421 also closes (RFC 5321 §3.8).
    pub fn reply(mut self, reply: Reply) -> Self {
        if reply.code() == 421 {
            return self.then_close(reply);
        }
        self.actions.push(Action::Reply(reply));
        self
    }

    /// After all else, says this and closes.
    pub fn then_close(mut self, reply: Reply) -> Self {
        if self.stage.holds_body() {
            self.actions.push(Action::Discard);
        }
        self.actions.push(Action::Reply(reply));
        self.actions.push(Action::Close);
        self.stage = Stage::Closed;
        self
    }
}
