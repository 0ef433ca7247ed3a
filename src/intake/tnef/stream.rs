//! The stream of attributes that a TNEF file is (MS-OXTNEF §2.1.1).

/// The first four octets, little-endian.
pub(super) const SIGNATURE: [u8; 4] = [0x78, 0x9F, 0x3E, 0x22];
/// Signature and key.
const HEADER: usize = 6;
/// Level, id, length.
const HEAD: usize = 9;

/// Which attribute it is: type and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id(pub(super) u32);

macro_rules! ids {
    ($($name:ident = $id:literal),+ $(,)?) => {
        impl Id {
            $(pub(super) const $name: Self = Self($id);)+
            const ALL: &'static [Self] = &[$(Self::$name),+];
        }
    };
}

// MS-OXTNEF §2.1.2.1.
ids! {
    OWNER = 0x0006_0000,
    SENT_FOR = 0x0006_0001,
    DELEGATE = 0x0006_0002,
    ORIGINAL_CLASS = 0x0007_0006,
    DATE_START = 0x0003_0006,
    DATE_END = 0x0003_0007,
    AID_OWNER = 0x0005_0008,
    REQUEST_RESPONSE = 0x0004_0009,
    FROM = 0x0000_8000,
    SUBJECT = 0x0001_8004,
    DATE_SENT = 0x0003_8005,
    DATE_RECEIVED = 0x0003_8006,
    STATUS = 0x0006_8007,
    CLASS = 0x0007_8008,
    MESSAGE_ID = 0x0001_8009,
    PARENT_ID = 0x0001_800A,
    CONVERSATION_ID = 0x0001_800B,
    BODY = 0x0002_800C,
    PRIORITY = 0x0004_800D,
    ATTACH_DATA = 0x0006_800F,
    ATTACH_TITLE = 0x0001_8010,
    ATTACH_PICTURE = 0x0006_8011,
    ATTACH_CREATED = 0x0003_8012,
    ATTACH_MODIFIED = 0x0003_8013,
    DATE_MODIFIED = 0x0003_8020,
    ATTACH_TRANSPORT_NAME = 0x0006_9001,
    ATTACH_RENDERING = 0x0006_9002,
    MESSAGE_PROPERTIES = 0x0006_9003,
    RECIPIENTS = 0x0006_9004,
    ATTACH_PROPERTIES = 0x0006_9005,
    VERSION = 0x0008_9006,
    CODE_PAGE = 0x0006_9007,
}

/// One attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribute<'t> {
    pub(super) id: Id,
    pub(super) data: &'t [u8],
}

/// What is wrong with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// This attribute's checksum does not fit it.
    Checksum(Id),
    /// This attribute ends before its length.
    Short(Id),
    /// What stands there is no attribute.
    Noise,
}

/// The attributes of a stream, one after the other. A damaged one is given as far as it goes; behind it reading goes on
/// where the next attribute begins that is whole.
#[derive(Debug)]
pub(super) struct Attributes<'t> {
    octets: &'t [u8],
    at: usize,
    /// Octets that may still be looked at in search of a next attribute.
    effort: usize,
    pub(super) damage: Vec<Damage>,
}

/// Damages that are kept of one stream: a thousand say no more than ten.
const DAMAGES: usize = 10;

impl<'t> Attributes<'t> {
    /// `None`: it is no TNEF.
    pub(super) fn of(octets: &'t [u8]) -> Option<Self> {
        let effort = octets.len().saturating_mul(4);
        let begins = octets.starts_with(&SIGNATURE);
        begins.then(|| Self { octets, at: HEADER.min(octets.len()), effort, damage: Vec::new() })
    }

    fn note(&mut self, damage: Damage) {
        if self.damage.len() < DAMAGES {
            self.damage.push(damage);
        }
    }

    /// Where the next attribute stands that is whole and fits its checksum, or the end.
    fn resume(&mut self, from: usize) -> usize {
        let mut at = from;
        while self.effort > 0 {
            // Each attribute begins with its level: 1 or 2.
            let Some(rest) = self.octets.get(at..) else { break };
            let Some(step) = memchr::memchr2(1, 2, rest) else { break };
            self.effort = self.effort.saturating_sub(step + 1);
            at += step;
            if let Some(Head { data, sum, .. }) = Head::at(self.octets, at)
                && let Some(data) = data
            {
                self.effort = self.effort.saturating_sub(data.len());
                if sum == Some(checksum(data)) {
                    return at;
                }
            }
            at += 1;
        }
        self.octets.len()
    }

    /// Whether something stands there that can follow an attribute: another, or the end.
    fn continues(&self, at: usize) -> bool {
        at >= self.octets.len() || Head::at(self.octets, at).is_some()
    }
}

/// Level, id and length of an attribute, and what of it is there.
struct Head<'t> {
    id: Id,
    /// `None`: it would end behind the end.
    data: Option<&'t [u8]>,
    sum: Option<u16>,
}

impl<'t> Head<'t> {
    /// `None`: no attribute that is known begins so.
    fn at(octets: &'t [u8], at: usize) -> Option<Self> {
        let (head, rest) = octets.get(at..)?.split_at_checked(HEAD)?;
        let &[level, a, b, c, d, e, f, g, h] = head else { return None };
        let id = Id(u32::from_le_bytes([a, b, c, d]));
        if !matches!(level, 1 | 2) || !Id::ALL.contains(&id) {
            return None;
        }
        let length = usize::try_from(u32::from_le_bytes([e, f, g, h])).unwrap_or(usize::MAX);
        let Some((data, rest)) = rest.split_at_checked(length) else { return Some(Self { id, data: None, sum: None }) };
        let sum = rest.first_chunk().map(|sum| u16::from_le_bytes(*sum));
        Some(Self { id, data: Some(data), sum })
    }
}

impl<'t> Iterator for Attributes<'t> {
    type Item = Attribute<'t>;

    fn next(&mut self) -> Option<Attribute<'t>> {
        loop {
            let rest = self.octets.get(self.at..).filter(|rest| !rest.is_empty())?;
            let Some(Head { id, data, sum }) = Head::at(self.octets, self.at) else {
                // Zeros and line ends behind the last are harmless.
                if rest.iter().all(|octet| matches!(octet, 0 | b'\r' | b'\n')) {
                    return None;
                }
                self.note(Damage::Noise);
                self.at = self.resume(self.at + 1);
                continue;
            };
            let begin = self.at + HEAD;
            if let Some(data) = data {
                let end = begin + data.len() + 2;
                if sum == Some(checksum(data)) {
                    self.at = end;
                    return Some(Attribute { id, data });
                }
                if self.continues(end) {
                    self.note(if sum.is_some() { Damage::Checksum(id) } else { Damage::Short(id) });
                    self.at = end;
                    return Some(Attribute { id, data });
                }
            }
            // Its length is wrong, or the stream was cut.
            self.note(Damage::Short(id));
            let end = self.resume(begin);
            self.at = end;
            return Some(Attribute { id, data: self.octets.get(begin..end).unwrap_or_default() });
        }
    }
}

/// The sum of the octets (MS-OXTNEF §2.1.3).
pub(super) fn checksum(data: &[u8]) -> u16 {
    data.iter().fold(0_u16, |sum, octet| sum.wrapping_add(u16::from(*octet)))
}
