//! What DNS and signatures say of a message: facts in the words of RFC 8601, found by `authentication`, judged by
//! `trust`.

use jiff::Timestamp;

use super::address::Domain;

/// How a check ended (RFC 8601 §2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// SPF's `~all`: probably not.
    SoftFail,
    /// The domain says neither yes nor no.
    Neutral,
    /// There was nothing to check.
    #[default]
    None,
    /// It holds in itself, and we do not count it: a part of the body unsigned, a weak key or algorithm.
    Policy,
    /// It could not be found out now: DNS did not answer, or its answer was forged (DNSSEC). Another time it may be.
    TempError,
    /// What was published or written cannot be read.
    PermError,
}

impl Verdict {
    /// The word in Authentication-Results.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::Neutral => "neutral",
            Self::None => "none",
            Self::Policy => "policy",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

/// Which name SPF was asked about (RFC 7208 §2.3, §2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpfIdentity {
    /// The domain of MAIL FROM.
    MailFrom,
    /// EHLO's name.
    Helo,
}

/// Whether the peer may send for a domain (RFC 7208).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spf {
    /// What came of it.
    pub verdict: Verdict,
    /// Which name was asked about.
    pub identity: SpfIdentity,
    /// That name; none, where EHLO gave none that has the form of one.
    pub domain: Option<Domain>,
    /// Why, for an admin; holds no address of a person.
    pub reason: String,
}

/// One DKIM signature (RFC 6376, RFC 8463).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// What came of it. [`Verdict::Pass`] only for a signature over From and the whole body, with a sound key.
    pub verdict: Verdict,
    /// `d=`.
    pub domain: Domain,
    /// `s=`.
    pub selector: String,
    /// `a=`.
    pub algorithm: String,
    /// `h=`: names of the fields that it covers, in lower case, as often as they stand there.
    pub fields: Vec<String>,
    /// `t=`.
    pub signed: Option<Timestamp>,
    /// `x=`.
    pub expires: Option<Timestamp>,
    /// SHA-256 of `b=`, decoded: the same message, however it was carried here, has the same.
    pub fingerprint: [u8; 32],
    /// Why, for an admin.
    pub reason: String,
}

/// Whether From's domain is behind the message (RFC 9989).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dmarc {
    /// What came of it.
    pub verdict: Verdict,
    /// From's domain.
    pub domain: Domain,
    /// `p=`, or `sp=`, as it applies to that domain: `none`, `quarantine`, `reject`; nothing where none is published.
    pub policy: Option<&'static str>,
    /// By SPF.
    pub by_spf: bool,
    /// By a DKIM signature that passes.
    pub by_dkim: bool,
    /// Why, for an admin.
    pub reason: String,
}

/// Everything that was found out about one message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Authentication {
    /// Of MAIL FROM, else of EHLO's name.
    pub spf: Option<Spf>,
    /// In the order of the message, at most as many as are checked.
    pub signatures: Vec<Signature>,
    /// Of From's domain, where From names one.
    pub dmarc: Option<Dmarc>,
    /// The seal of who forwarded it (RFC 8617): a hint for an admin, and no proof.
    pub arc: Verdict,
}

impl Authentication {
    /// Fingerprints of the signatures that hold.
    pub fn holding(&self) -> impl Iterator<Item = [u8; 32]> {
        let holds = |signature: &&Signature| signature.verdict == Verdict::Pass;
        self.signatures.iter().filter(holds).map(|signature| signature.fingerprint)
    }
}
