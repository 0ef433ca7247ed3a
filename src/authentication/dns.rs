//! Questions to DNS: one answer each, checked by DNSSEC, remembered as long as it may be, and typed so that trouble
//! can never be taken for a no.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::dnssec::{Proof, TrustAnchors, Verifier};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{LowerName, Name, RData, RecordType};
use hickory_resolver::proto::serialize::txt::trust_anchor::{Entry, Parser};
use hickory_resolver::system_conf::read_system_conf;
use tracing::debug;

use super::presence::Presence;

/// However long a record says it holds: a change at an office is seen within the hour.
const LONGEST: Duration = Duration::from_hours(1);
/// That there is no such record holds at most so long: an office that adds one tries again soon.
const LONGEST_NO: Duration = Duration::from_mins(5);
/// Where a no does not say how long it holds (RFC 2308 §5 would not keep it at all; a burst of mail would ask anew).
const NO: Duration = Duration::from_secs(10);
/// How long trouble is believed by those who need no proof; who needs one asks anew.
const TROUBLE: Duration = Duration::from_secs(30);

/// Whom to ask, and how far to trust the answer.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name servers; none: the system's.
    pub nameservers: Vec<SocketAddr>,
    /// Whether answers are checked by DNSSEC: a forged one is [`Answer::Trouble`].
    pub dnssec: bool,
    /// Keys, as DNSKEY records, that are trusted beside those of the root.
    pub trust_anchors: Option<PathBuf>,
    /// How long one server is waited for, once.
    pub timeout: Duration,
    /// Answers that are remembered.
    pub cache: usize,
}

/// Why no resolver can be made.
#[derive(Debug, thiserror::Error)]
pub enum SettingsFault {
    /// The system's configuration cannot be read, or means nothing.
    #[error("the resolver cannot be set up: {0}")]
    Resolver(#[from] NetError),
    /// The file of trust anchors.
    #[error("{file}: {why}")]
    TrustAnchors {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// A type of record that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Txt,
    Mx,
    A,
    Aaaa,
    Ptr,
    Tlsa,
}

impl Kind {
    fn record_type(self) -> RecordType {
        match self {
            Self::Txt => RecordType::TXT,
            Self::Mx => RecordType::MX,
            Self::A => RecordType::A,
            Self::Aaaa => RecordType::AAAA,
            Self::Ptr => RecordType::PTR,
            Self::Tlsa => RecordType::TLSA,
        }
    }
}

/// What is asked: a type, and a name in lower case that ends in a dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Question {
    pub kind: Kind,
    pub name: Box<str>,
}

impl Question {
    pub fn new(kind: Kind, name: &str) -> Self {
        let dot = if name.ends_with('.') { "" } else { "." };
        Self { kind, name: format!("{}{dot}", name.to_ascii_lowercase()).into() }
    }

    /// Who has this IP address.
    pub fn reverse(ip: IpAddr) -> Self {
        Self::new(Kind::Ptr, &Name::from(ip).to_ascii())
    }
}

/// What DNS says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// Each record with its strings joined.
    Txt(Vec<Vec<u8>>),
    /// Preference and host.
    Mx(Vec<(u16, Box<str>)>),
    A(Vec<Ipv4Addr>),
    Aaaa(Vec<Ipv6Addr>),
    Ptr(Vec<Box<str>>),
    /// How many TLSA records, and whether DNSSEC proves them.
    Tlsa(usize, bool),
    /// There is none; whether there is the name.
    Nothing {
        named: bool,
    },
    /// The name can be none in DNS (RFC 1035 §2.3.4).
    NoName,
    /// It could not be found out, in words.
    Trouble(&'static str),
}

impl Answer {
    pub fn is_trouble(&self) -> bool {
        matches!(self, Self::Trouble(_))
    }
}

/// The resolver with its memory.
#[derive(Clone)]
pub(super) struct Dns {
    resolver: TokioResolver,
    memory: Arc<Mutex<HashMap<Question, (Answer, Instant)>>>,
    size: usize,
    pub presence: Presence,
}

impl Dns {
    pub fn new(settings: &Settings) -> Result<Self, SettingsFault> {
        let (config, mut options) = servers(&settings.nameservers)?;
        options.timeout = settings.timeout;
        options.attempts = 2;
        options.use_hosts_file = ResolveHosts::Never;
        // The memory here keeps what may be kept, also what is not there.
        options.cache_size = 0;
        options.validate = settings.dnssec;
        let build = |options: ResolverOpts| {
            TokioResolver::builder_with_config(config.clone(), TokioRuntimeProvider::default()).with_options(options)
        };
        let mut plain = options.clone();
        plain.validate = false;
        plain.attempts = 0;
        let presence = Presence::new(build(plain).build()?, settings.dnssec);
        let mut builder = build(options);
        if settings.dnssec {
            builder = builder.with_trust_anchor(Arc::new(trust_anchors(settings.trust_anchors.as_deref())?));
        }
        Ok(Self { resolver: builder.build()?, memory: Arc::default(), size: settings.cache, presence })
    }

    /// What is remembered, be it trouble.
    pub fn remembered(&self, question: &Question) -> Option<Answer> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.get(question).filter(|(_, until)| *until > Instant::now()).map(|(answer, _)| answer.clone())
    }

    /// Remembers that there was no answer in time.
    pub fn unanswered(&self, question: &Question) {
        self.remember(question, &Answer::Trouble("its server does not answer"), Instant::now() + TROUBLE);
    }

    /// Asks.
    pub async fn ask(&self, question: &Question) -> Answer {
        if let Some(answer) = self.remembered(question).filter(|answer| !answer.is_trouble()) {
            return answer;
        }
        let Ok(name) = Name::from_str_relaxed(&*question.name) else { return Answer::NoName };
        let (resolver, kind) = (self.resolver.clone(), question.kind);
        // A task of its own: the validator panics at some answers (NSEC3 of a root), and an answer that comes too late
        // for who asked is there for the next.
        let asked = tokio::spawn(async move { resolver.lookup(name, kind.record_type()).await });
        let (answer, holds) = match asked.await {
            Ok(Ok(found)) => (records(kind, &found), Some(found.valid_until())),
            Ok(Err(error)) => negative(&error),
            Err(_) => (Answer::Trouble("its answer cannot be read"), None),
        };
        if !answer.is_trouble() {
            self.presence.answered();
        }
        let now = Instant::now();
        self.remember(question, &answer, holds.unwrap_or(now + TROUBLE).min(now + LONGEST));
        answer
    }

    fn remember(&self, question: &Question, answer: &Answer, until: Instant) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.len() >= self.size {
            let now = Instant::now();
            memory.retain(|_, (_, until)| *until > now);
            if memory.len() >= self.size {
                memory.clear();
            }
        }
        memory.insert(question.clone(), (answer.clone(), until));
    }
}

fn servers(nameservers: &[SocketAddr]) -> Result<(ResolverConfig, ResolverOpts), NetError> {
    if nameservers.is_empty() {
        return read_system_conf();
    }
    let servers = nameservers.iter().map(|server| {
        // TCP too: signed answers often do not fit into a datagram.
        let mut named = NameServerConfig::udp_and_tcp(server.ip());
        named.connections.iter_mut().for_each(|connection| connection.port = server.port());
        named
    });
    Ok((ResolverConfig::from_parts(None, Vec::new(), servers.collect()), ResolverOpts::default()))
}

/// The root's keys, and those of the file.
fn trust_anchors(file: Option<&std::path::Path>) -> Result<TrustAnchors, SettingsFault> {
    let mut anchors = TrustAnchors::default();
    let Some(file) = file else { return Ok(anchors) };
    let fault = |why: String| SettingsFault::TrustAnchors { file: file.to_owned(), why };
    let text = std::fs::read_to_string(file).map_err(|error| fault(error.to_string()))?;
    let entries = Parser::new(&text).parse().map_err(|error| fault(error.to_string()))?;
    for entry in entries {
        let Entry::DNSKEY(record) = entry else { continue };
        let key = record.data().key().map_err(|error| fault(error.to_string()))?;
        anchors.insert_with_name(&*key, LowerName::from(record.name()));
    }
    Ok(anchors)
}

/// The records of the type that was asked for: an answer holds aliases and signatures too.
fn records(kind: Kind, found: &Lookup) -> Answer {
    let answers = || found.answers().iter();
    if answers().any(|record| record.proof == Proof::Bogus) {
        return Answer::Trouble("its answer is forged, by DNSSEC");
    }
    let host = |name: &Name| name.to_lowercase().to_ascii().into_boxed_str();
    let answer = match kind {
        Kind::Txt => Answer::Txt(of(found, |data| match data {
            RData::TXT(txt) => Some(txt.txt_data.concat()),
            _ => None,
        })),
        Kind::Mx => Answer::Mx(of(found, |data| match data {
            RData::MX(mx) => Some((mx.preference, host(&mx.exchange))),
            _ => None,
        })),
        Kind::A => Answer::A(of(found, |data| match data {
            RData::A(a) => Some(a.0),
            _ => None,
        })),
        Kind::Aaaa => Answer::Aaaa(of(found, |data| match data {
            RData::AAAA(aaaa) => Some(aaaa.0),
            _ => None,
        })),
        Kind::Ptr => Answer::Ptr(of(found, |data| match data {
            // Without the dot at its end, with which mail-auth finds a name unlike itself.
            RData::PTR(ptr) => Some(host(&ptr.0).trim_end_matches('.').into()),
            _ => None,
        })),
        Kind::Tlsa => {
            let tlsa = || answers().filter(|record| record.record_type() == RecordType::TLSA);
            Answer::Tlsa(tlsa().count(), tlsa().all(|record| record.proof == Proof::Secure))
        }
    };
    let empty = answers().all(|record| record.record_type() != kind.record_type());
    if empty { Answer::Nothing { named: true } } else { answer }
}

fn of<T>(found: &Lookup, read: impl Fn(&RData) -> Option<T>) -> Vec<T> {
    found.answers().iter().filter_map(|record| read(&record.data)).collect()
}

/// What an error means, and until when it does.
fn negative(error: &NetError) -> (Answer, Option<Instant>) {
    let no = |code: ResponseCode, ttl: Option<u32>| {
        let holds = ttl.map_or(NO, |ttl| Duration::from_secs(ttl.into()).min(LONGEST_NO));
        match code {
            ResponseCode::NXDomain => (Answer::Nothing { named: false }, Some(Instant::now() + holds)),
            ResponseCode::NoError => (Answer::Nothing { named: true }, Some(Instant::now() + holds)),
            _ => (Answer::Trouble("its server failed"), None),
        }
    };
    let trouble = |words| (Answer::Trouble(words), None);
    debug!(%error, "DNS has no answer");
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => no(none.response_code, none.negative_ttl),
        // There is none, in a zone that is provably not signed. Of anything else there is no proof.
        NetError::Dns(DnsError::Nsec { response, proof: Proof::Insecure | Proof::Secure, .. }) => {
            no(response.response_code, response.negative_ttl())
        }
        NetError::Dns(DnsError::Nsec { .. } | DnsError::DnssecBogus) => trouble("its answer is forged, by DNSSEC"),
        NetError::Dns(_) => trouble("its server failed"),
        NetError::Timeout => trouble("its server does not answer"),
        _ => trouble("its server cannot be reached"),
    }
}
