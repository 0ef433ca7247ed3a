//! A server without sockets: the machine, its readers, and the fixture's answers. What a listener does, in small.

use std::collections::VecDeque;

use brevbro::domain::arrival::Receipt;
use brevbro::domain::envelope::{Envelope, Sender};
use brevbro::domain::ids::ArrivalId;
use brevbro::domain::office::TlsFacts;
use brevbro::domain::status::{Class, Refusal};
use brevbro::intake;
use brevbro::smtp::body::{BodyFault, ChunkReader, DataReader};
use brevbro::smtp::line::LineReader;
use brevbro::smtp::session::{Action, Event, Settings, State};
use bytes::{Buf, BytesMut};

use super::fixture;
use super::transcript::Connection;

/// What the next octets are.
enum Reading {
    Lines,
    Data(DataReader),
    Chunk { last: bool, keep: bool, left: u64 },
    Handshake,
    Nothing,
}

pub struct Memory {
    settings: Settings,
    state: State,
    input: BytesMut,
    lines: LineReader,
    reading: Reading,
    chunks: ChunkReader,
    body: Vec<u8>,
    output: Vec<u8>,
    cut: usize,
    /// The messages that got their 250, in order.
    pub stored: Vec<Vec<u8>>,
}

impl Memory {
    /// A server that reads what it is sent in pieces of so many octets.
    pub fn new(cut: usize) -> Self {
        let mut memory = Self {
            settings: fixture::settings(),
            state: State::new(),
            input: BytesMut::new(),
            lines: LineReader::default(),
            reading: Reading::Lines,
            chunks: ChunkReader::default(),
            body: Vec::new(),
            output: Vec::new(),
            cut,
            stored: Vec::new(),
        };
        memory.happen(Event::Opened);
        memory
    }

    fn happen(&mut self, event: Event<'_>) {
        let (state, actions) = std::mem::take(&mut self.state).step(event, &self.settings);
        self.state = state;
        let mut actions = VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            if let Some(answer) = self.perform(action) {
                let (state, more) = std::mem::take(&mut self.state).step(answer, &self.settings);
                self.state = state;
                actions.extend(more);
            }
        }
    }

    fn perform(&mut self, action: Action) -> Option<Event<'static>> {
        match action {
            Action::Reply(reply) => reply.write_to(&mut self.output),
            Action::StartTls => {
                self.input.clear();
                self.lines = LineReader::default();
                self.reading = Reading::Handshake;
            }
            // The fixture has no passwords, and offers no login.
            Action::Login(_) => return Some(Event::Login(Err(Refusal::new(Class::LoginFailed, "fixture")))),
            Action::AskSender { path, .. } => return Some(Event::Sender(Ok(fixture::sender(&path)))),
            Action::AskRecipient { sender, path, .. } => return Some(Event::Recipient(fixture::route(&sender, &path))),
            Action::ReadData => self.reading = Reading::Data(DataReader::default()),
            Action::ReadChunk { size, last, keep } => {
                self.chunks.begin(if keep { size } else { 0 });
                self.reading = Reading::Chunk { last, keep, left: size };
            }
            Action::Keep(envelope) => return Some(Event::Kept(self.keep(&envelope))),
            Action::Discard => self.drop_body(),
            Action::Close => self.reading = Reading::Nothing,
        }
        None
    }

    fn keep(&mut self, envelope: &Envelope) -> Result<Receipt, Refusal> {
        if matches!(envelope.sender, Sender::Office(_)) && !fixture::author_is_of_office(&self.body) {
            return Err(Refusal::new(Class::AuthorNotOfOffice, "fixture"));
        }
        let glance = intake::glance(&self.body, &intake::Limits::default());
        if let Some(why) = glance.too_complex {
            return Err(Refusal::new(Class::TooComplex, why));
        }
        if glance.hops > 100 {
            return Err(Refusal::new(Class::Loop, "fixture"));
        }
        self.stored.push(std::mem::take(&mut self.body));
        self.drop_body();
        let id = ArrivalId::new(i64::try_from(self.stored.len()).unwrap(), [0; 10]);
        Ok(Receipt::issued(id, false))
    }

    fn drop_body(&mut self) {
        self.body.clear();
        self.chunks = ChunkReader::default();
    }

    fn size(&self, fault: Option<BodyFault>) -> Result<u64, Refusal> {
        fault.map_or(Ok(self.body.len() as u64), |fault| Err(fault.into()))
    }

    /// Goes on until more input is needed.
    fn go_on(&mut self) {
        loop {
            match std::mem::replace(&mut self.reading, Reading::Lines) {
                Reading::Lines => match self.lines.next_within(&mut self.input, self.state.line_limit()) {
                    Some(line) => self.happen(Event::Line(line.as_deref().map_err(|fault| *fault))),
                    None => return,
                },
                Reading::Data(mut reader) => {
                    let progress = reader.read(&self.input, &mut self.body);
                    self.input.advance(progress.consumed);
                    if !progress.ended {
                        self.reading = Reading::Data(reader);
                        return;
                    }
                    let size = self.size(reader.fault());
                    self.happen(Event::Body(size));
                }
                Reading::Chunk { last, keep: true, .. } => {
                    let progress = self.chunks.read(&self.input, &mut self.body);
                    self.input.advance(progress.consumed);
                    if !progress.ended {
                        self.reading = Reading::Chunk { last, keep: true, left: 0 };
                        return;
                    }
                    if last {
                        self.chunks.finish();
                    }
                    let size = self.size(self.chunks.fault());
                    self.happen(Event::Body(size));
                }
                Reading::Chunk { last, keep: false, left } => {
                    let taken = usize::try_from(left).unwrap_or(usize::MAX).min(self.input.len());
                    self.input.advance(taken);
                    let left = left - taken as u64;
                    if left > 0 {
                        self.reading = Reading::Chunk { last, keep: false, left };
                        return;
                    }
                    self.happen(Event::Body(Ok(0)));
                }
                stop @ (Reading::Handshake | Reading::Nothing) => {
                    self.reading = stop;
                    return;
                }
            }
        }
    }
}

impl Connection for Memory {
    fn send(&mut self, octets: &[u8]) {
        for piece in octets.chunks(self.cut) {
            if matches!(self.reading, Reading::Nothing) {
                return;
            }
            self.input.extend_from_slice(piece);
            self.go_on();
        }
    }

    fn receive(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    fn is_quiet(&mut self) -> bool {
        self.output.is_empty()
    }

    fn is_closed(&mut self) -> bool {
        self.state.is_closed()
    }

    fn leave(&mut self) {
        self.reading = Reading::Nothing;
    }

    fn end(&mut self) {
        self.reading = Reading::Nothing;
    }

    fn handshake(&mut self) {
        assert!(matches!(self.reading, Reading::Handshake), "a handshake that nobody awaits");
        // What still came in clear is no part of TLS; over a network the handshake would fail of it.
        self.input.clear();
        self.reading = Reading::Lines;
        let facts = TlsFacts { version: "TLSv1.3".into(), cipher: "TLS_AES_256_GCM_SHA384".into(), certificate: None };
        self.happen(Event::Encrypted(facts));
    }
}
