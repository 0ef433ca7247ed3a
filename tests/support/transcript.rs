//! Conversations as files: `testdata/smtp/*.txt`, whose form `testdata/smtp/README.md` tells. The player knows nothing of
//! the server: whatever has octets going in and out can be played to.

use std::path::Path;

/// Octets of one line, repeated as often as it says.
const LONGEST: usize = 64 << 20;

/// A conversation.
pub struct Transcript {
    pub name: String,
    pub why: String,
    pub steps: Vec<(usize, Step)>,
    /// So many records are there in the end that were not there before, where it says so.
    pub kept: Option<usize>,
    /// To the port where TLS comes first.
    pub implicit: bool,
}

/// One thing that happens in it.
#[derive(Debug)]
pub enum Step {
    /// The client sends these octets.
    Send(Vec<u8>),
    /// The server answers with this code, and its text has and lacks these words.
    Answer { code: String, has: Vec<String>, lacks: Vec<String> },
    /// The server says nothing for now.
    Nothing,
    /// The server has closed, and said nothing more.
    Closed,
    /// Both sides shake hands for TLS.
    Handshake,
    /// The client goes without a word, as one that is killed: in TLS too.
    Leave,
    /// The client sends no more, and still listens.
    End,
}

/// The server's side of a conversation, wherever it is.
pub trait Connection {
    fn send(&mut self, octets: &[u8]);
    /// What the server has said since; waits for it where there is something to wait for. Empty: it is closed, or
    /// nothing comes.
    fn receive(&mut self) -> Vec<u8>;
    /// Whether nothing has been said that was not received; over a network, after a short wait.
    fn is_quiet(&mut self) -> bool;
    /// Whether the server has closed; over a network, waits for it a while.
    fn is_closed(&mut self) -> bool;
    fn handshake(&mut self);
    fn leave(&mut self);
    fn end(&mut self);
}

impl Transcript {
    /// All of a folder, by name.
    pub fn all(folder: &Path) -> Vec<Self> {
        let files = std::fs::read_dir(folder).expect("the folder of transcripts");
        let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
        paths.sort();
        paths
            .iter()
            .map(|path| {
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                let text = std::fs::read_to_string(path).unwrap();
                Self::parse(&name, &text).unwrap_or_else(|fault| panic!("{name}.txt: {fault}"))
            })
            .collect()
    }

    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut why = String::new();
        let mut steps = Vec::new();
        let (mut kept, mut implicit) = (None, false);
        for (number, line) in (1..).zip(text.lines()) {
            let step = match line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")) {
                _ if line.starts_with('#') => {
                    if steps.is_empty() {
                        why.push_str(line.trim_start_matches('#').trim());
                        why.push(' ');
                    }
                    continue;
                }
                _ if line.is_empty() => continue,
                ("R", number) => {
                    kept = Some(number.parse().map_err(|_| format!("{line}: how many?"))?);
                    continue;
                }
                ("T", "implicit") => {
                    implicit = true;
                    continue;
                }
                ("S", "close") => Step::Closed,
                ("S", "nothing") => Step::Nothing,
                ("S", expected) => answer(expected).ok_or(format!("line {number}: no code"))?,
                ("T", "handshake") => Step::Handshake,
                ("T", "leave") => Step::Leave,
                ("T", "end") => Step::End,
                (sign, expected) if sign.starts_with("S*") => {
                    let times: usize = sign[2..].parse().map_err(|_| format!("line {number}: how many times?"))?;
                    for _ in 1..times {
                        steps.push((number, answer(expected).ok_or(format!("line {number}: no code"))?));
                    }
                    answer(expected).ok_or(format!("line {number}: no code"))?
                }
                (sign, octets) if sign.starts_with('C') => Step::Send(sent(&sign[1..], octets, number)?),
                _ => return Err(format!("line {number} is none: {line}")),
            };
            steps.push((number, step));
        }
        if why.is_empty() {
            Err("nothing says why".into())
        } else {
            Ok(Self { name: name.into(), why, steps, kept, implicit })
        }
    }

    /// The client speaks before it is greeted.
    pub fn speaks_first(&self) -> bool {
        !self.implicit && matches!(self.steps.first(), Some((_, Step::Send(_))))
    }

    /// It needs a network: what it is about does not happen in memory.
    pub fn needs_wire(&self) -> bool {
        let leaves = |(_, step): &(usize, Step)| matches!(step, Step::Leave | Step::End);
        self.implicit || self.speaks_first() || self.steps.iter().any(leaves)
    }

    /// Plays the client. What the server does otherwise is told with the line where it was expected.
    pub fn play(&self, connection: &mut impl Connection) -> Result<(), String> {
        let mut said = Vec::new();
        let mut to_send = Vec::new();
        for (number, step) in &self.steps {
            let wrong = |what: String| format!("{}.txt:{number}: {what}", self.name);
            // Whatever the client says in a row goes out in one piece, as a pipelining client would do.
            if let Step::Send(octets) = step {
                to_send.extend_from_slice(octets);
                continue;
            }
            if !to_send.is_empty() {
                connection.send(&std::mem::take(&mut to_send));
            }
            match step {
                Step::Send(_) => {}
                Step::Handshake => connection.handshake(),
                Step::Leave => connection.leave(),
                Step::End => connection.end(),
                Step::Nothing => {
                    if !said.is_empty() || !connection.is_quiet() {
                        said.append(&mut connection.receive());
                        return Err(wrong(format!("should say nothing, says {:?}", String::from_utf8_lossy(&said))));
                    }
                }
                Step::Closed => {
                    said.append(&mut connection.receive());
                    if !said.is_empty() || !connection.is_closed() {
                        return Err(wrong(format!("should close, says {:?}", String::from_utf8_lossy(&said))));
                    }
                }
                Step::Answer { code, has, lacks } => {
                    let (found, text) = next_answer(&mut said, connection).map_err(&wrong)?;
                    let missing = has.iter().find(|word| !text.contains(*word));
                    let extra = lacks.iter().find(|word| text.contains(*word));
                    if found != *code || missing.is_some() || extra.is_some() {
                        return Err(wrong(format!("should be {code} {has:?} without {lacks:?}, is {found} {text:?}")));
                    }
                }
            }
        }
        if said.is_empty() && connection.is_quiet() {
            Ok(())
        } else {
            Err(format!("{}: says more at the end", self.name))
        }
    }
}

/// `550 5.2.1 paper !secret` → code, words it has, words it lacks.
fn answer(text: &str) -> Option<Step> {
    let mut words = text.split_whitespace();
    let code = words.next().filter(|code| code.len() == 3 && code.bytes().all(|c| c.is_ascii_digit()))?;
    let (lacks, has): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('!'));
    let owned = |words: Vec<&str>| words.into_iter().map(|word| word.trim_start_matches('!').to_owned()).collect();
    Some(Step::Answer { code: code.into(), has: owned(has), lacks: owned(lacks) })
}

/// What follows `C`: nothing, or `<` for octets without CRLF; and `*N` for N times the same.
fn sent(sign: &str, text: &str, number: usize) -> Result<Vec<u8>, String> {
    let (raw, times) = sign.strip_prefix('<').map_or((false, sign), |times| (true, times));
    let times = match times.strip_prefix('*') {
        Some(times) => times.parse().map_err(|_| format!("line {number}: how many times?"))?,
        None if times.is_empty() => 1,
        None => return Err(format!("line {number}: C{sign} is no sign")),
    };
    let mut octets = Vec::new();
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'\\' => match rest.next() {
                Some(b'r') => b'\r',
                Some(b'n') => b'\n',
                Some(b't') => b'\t',
                Some(b'\\') => b'\\',
                Some(b'x') => {
                    let hex: Vec<u8> = rest.by_ref().take(2).collect();
                    let hex = String::from_utf8_lossy(&hex).into_owned();
                    u8::from_str_radix(&hex, 16).map_err(|_| format!("line {number}: \\x{hex}"))?
                }
                _ => return Err(format!("line {number}: unknown escape")),
            },
            octet => octet,
        });
    }
    if !raw {
        octets.extend_from_slice(b"\r\n");
    }
    // A slip of the pen, or of the fuzzer, is no line of a transcript.
    if octets.len().saturating_mul(times) > LONGEST {
        return Err(format!("line {number}: more than {LONGEST} octets"));
    }
    Ok(octets.repeat(times))
}

/// Takes one whole answer, however many lines: its code and its text. Strict about its form (RFC 5321 §4.2).
pub fn next_answer(said: &mut Vec<u8>, connection: &mut impl Connection) -> Result<(String, String), String> {
    let mut text = String::new();
    let mut code = None;
    loop {
        let Some(end) = said.windows(2).position(|pair| pair == b"\r\n") else {
            let more = connection.receive();
            if more.is_empty() {
                return Err(format!("no answer came, only {:?}", String::from_utf8_lossy(said)));
            }
            said.extend_from_slice(&more);
            continue;
        };
        let line: Vec<u8> = said.drain(..end + 2).collect();
        let line = String::from_utf8(line[..end].to_vec()).map_err(|_| "an answer that is not UTF-8")?;
        let (digits, rest) = line.split_at_checked(3).ok_or(format!("no answer: {line:?}"))?;
        if line.len() > 510 || line.contains(['\r', '\n']) || *code.get_or_insert(digits.to_owned()) != digits {
            return Err(format!("not one answer: {line:?}"));
        }
        text.push_str(rest.get(1..).unwrap_or_default());
        text.push('\n');
        match rest.chars().next() {
            Some('-') => {}
            Some(' ') => return Ok((digits.to_owned(), text)),
            _ => return Err(format!("no answer: {line:?}")),
        }
    }
}
