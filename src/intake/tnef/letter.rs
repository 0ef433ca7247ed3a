//! The message that the attributes of one stream make.

use jiff::Timestamp;
use jiff::civil::date;

use super::property::{Name, Properties, number32};
use super::stream::{Attribute, Attributes, Damage, Id};
use crate::intake::codepage;

/// Attachments of one message; more are not read.
const FILES: usize = 500;
/// Rows of a table of recipients.
const RECIPIENTS: usize = 500;

/// Names of properties (MS-OXPROPS §2).
pub(super) mod names {
    use crate::intake::tnef::property::Name;

    macro_rules! names {
        ($($name:ident = $id:literal),+ $(,)?) => {$(pub(in crate::intake::tnef) const $name: Name = Name::Id($id);)+};
    }
    names! {
        CLASS = 0x001A, SUBJECT = 0x0037, SUBMITTED = 0x0039, NORMALIZED_SUBJECT = 0x0E1D, DELIVERED = 0x0E06,
        FOR_NAME = 0x0042, FOR_TYPE = 0x0064, FOR_ADDRESS = 0x0065, FOR_SMTP = 0x5D02,
        SENDER_NAME = 0x0C1A, SENDER_TYPE = 0x0C1E, SENDER_ADDRESS = 0x0C1F, SENDER_SMTP = 0x5D01,
        START = 0x0060, END = 0x0061, BODY = 0x1000, RTF = 0x1009, HTML = 0x1013, MESSAGE_ID = 0x1035,
        INTERNET_PAGE = 0x3FDE, MESSAGE_PAGE = 0x3FFD,
        DISPLAY_NAME = 0x3001, ADDRESS_TYPE = 0x3002, ADDRESS = 0x3003, SMTP_ADDRESS = 0x39FE, RECIPIENT_TYPE = 0x0C15,
        ATTACH_DATA = 0x3701, ATTACH_ENCODING = 0x3702, ATTACH_EXTENSION = 0x3703, ATTACH_FILENAME = 0x3704,
        ATTACH_METHOD = 0x3705, ATTACH_LONG_FILENAME = 0x3707, ATTACH_PATH = 0x3708, ATTACH_LONG_PATH = 0x370D,
        ATTACH_TYPE = 0x370E, ATTACH_CONTENT_ID = 0x3712, ATTACH_LOCATION = 0x3713,
    }
}

/// A message, as its parts stand in the octets.
#[derive(Debug, Default)]
pub(super) struct Letter<'t> {
    pub(super) properties: Properties<'t>,
    pub(super) files: Vec<File<'t>>,
    pub(super) recipients: Vec<Recipient>,
    /// From attributes, for those who write no properties.
    class: Option<&'t [u8]>,
    subject: Option<&'t [u8]>,
    body: Option<&'t [u8]>,
    from: Option<&'t [u8]>,
    id: Option<&'t [u8]>,
    sent: Option<Timestamp>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    page: u32,
    /// What was wrong, in words.
    pub(super) damage: Vec<String>,
}

/// An attachment, as it stands in the octets.
#[derive(Debug, Default)]
pub(super) struct File<'t> {
    pub(super) properties: Properties<'t>,
    pub(super) data: Option<&'t [u8]>,
    /// How an object looks: a Windows metafile.
    pub(super) picture: Option<&'t [u8]>,
    title: Option<&'t [u8]>,
    transport: Option<&'t [u8]>,
    page: u32,
}

/// Somebody, as the property lists say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) name: Option<String>,
    /// Of SMTP; addresses of Exchange's own lead nowhere from outside.
    pub(super) address: Option<String>,
}

/// Somebody to whom the message went; blind copies are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recipient {
    pub(super) who: Who,
    pub(super) copy: bool,
}

impl<'t> Letter<'t> {
    /// Reads a stream; `None`: it is no TNEF.
    pub(super) fn of(octets: &'t [u8]) -> Option<Self> {
        let mut attributes = Attributes::of(octets)?;
        let mut letter = Self { page: codepage::WESTERN, ..Self::default() };
        let mut page = None;
        let mut rows = None;
        for attribute in attributes.by_ref() {
            match attribute.id {
                Id::CODE_PAGE => page = number32(&mut &*attribute.data).filter(|page| *page > 0),
                Id::RECIPIENTS => rows = Some(attribute.data),
                _ => letter.take(attribute),
            }
        }
        letter.damage.extend(attributes.damage.into_iter().map(said));
        if octets.len() < 8 || attributes_are_none(&letter, page, rows) {
            letter.damage.push("nothing in it".to_owned());
        }
        let of_properties = |name| letter.properties.number(name).and_then(|page| u32::try_from(page).ok());
        let page = page.or_else(|| of_properties(names::MESSAGE_PAGE)).or_else(|| of_properties(names::INTERNET_PAGE));
        letter.page = page.unwrap_or(codepage::WESTERN);
        letter.properties.set_page(letter.page);
        for file in &mut letter.files {
            file.page = letter.page;
            file.properties.set_page(letter.page);
        }
        if let Some(rows) = rows {
            letter.read_recipients(rows);
        }
        Some(letter)
    }

    fn take(&mut self, Attribute { id, data }: Attribute<'t>) {
        match id {
            Id::CLASS => self.class = Some(data),
            Id::SUBJECT => self.subject = Some(data),
            Id::BODY => self.body = Some(data),
            Id::FROM => self.from = Some(data),
            Id::MESSAGE_ID => self.id = Some(data),
            Id::DATE_SENT => self.sent = moment(data),
            Id::DATE_START => self.start = moment(data),
            Id::DATE_END => self.end = moment(data),
            Id::MESSAGE_PROPERTIES => {
                let properties = self.read_properties(data);
                self.properties.append(properties);
            }
            Id::ATTACH_RENDERING => self.begin_file(),
            Id::ATTACH_DATA
            | Id::ATTACH_TITLE
            | Id::ATTACH_PICTURE
            | Id::ATTACH_TRANSPORT_NAME
            | Id::ATTACH_PROPERTIES => self.take_of_file(id, data),
            _ => {}
        }
    }

    fn begin_file(&mut self) {
        if self.files.len() < FILES {
            self.files.push(File::default());
        } else if self.files.len() == FILES {
            self.damage.push(format!("more than {FILES} attachments"));
            self.files.push(File::default());
        }
    }

    fn take_of_file(&mut self, id: Id, data: &'t [u8]) {
        // What begins a file may have been lost.
        let begins = match (self.files.last(), id) {
            (None, _) => true,
            (Some(file), Id::ATTACH_DATA) => file.data.is_some(),
            (Some(file), Id::ATTACH_TITLE) => file.title.is_some(),
            _ => false,
        };
        if begins {
            self.begin_file();
        }
        let properties = if id == Id::ATTACH_PROPERTIES { self.read_properties(data) } else { Properties::default() };
        let Some(file) = self.files.last_mut() else { return };
        match id {
            Id::ATTACH_DATA => file.data = Some(data),
            Id::ATTACH_TITLE => file.title = Some(data),
            Id::ATTACH_PICTURE => file.picture = Some(data),
            Id::ATTACH_TRANSPORT_NAME => file.transport = Some(data),
            _ => file.properties.append(properties),
        }
    }

    fn read_properties(&mut self, mut data: &'t [u8]) -> Properties<'t> {
        let (properties, whole) = Properties::read(&mut data, codepage::WESTERN);
        if !whole && self.damage.len() < 10 {
            self.damage.push("properties cut short".to_owned());
        }
        properties
    }

    fn read_recipients(&mut self, mut data: &'t [u8]) {
        let count = number32(&mut data).unwrap_or(0);
        for _ in 0..count {
            if self.recipients.len() >= RECIPIENTS || data.is_empty() {
                break;
            }
            let (row, whole) = Properties::read(&mut data, self.page);
            let kind = row.number(names::RECIPIENT_TYPE);
            let who = Who::of(&row, [names::DISPLAY_NAME, names::ADDRESS_TYPE, names::ADDRESS, names::SMTP_ADDRESS]);
            // The flags above say how often it was sent (MS-OXOMSG §2.2.3.1).
            if let Some(who) = who
                && let Some(kind @ (1 | 2)) = kind.map(|kind| kind & 0xF)
            {
                self.recipients.push(Recipient { who, copy: kind == 2 });
            }
            if !whole {
                break;
            }
        }
    }

    fn ansi(&self, octets: Option<&[u8]>) -> Option<String> {
        let text = codepage::decode(self.page, octets?).trim_end_matches('\0').to_owned();
        (!text.trim().is_empty()).then_some(text)
    }

    fn ansi_line(&self, octets: Option<&[u8]>) -> Option<String> {
        let text = self.ansi(octets)?;
        text.split('\0').next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
    }

    /// `IPM.Note`, in lower case.
    pub(super) fn class(&self) -> String {
        let class = self.properties.line(names::CLASS).or_else(|| self.ansi_line(self.class));
        let class = class.unwrap_or_default().to_ascii_lowercase();
        // The names of Microsoft Mail (MS-OXTNEF §2.1.3.2.1).
        match &*class {
            "ipm.microsoft schedule.mtgreq" => "ipm.schedule.meeting.request".to_owned(),
            "ipm.microsoft schedule.mtgcncl" => "ipm.schedule.meeting.canceled".to_owned(),
            "ipm.microsoft schedule.mtgrespp" => "ipm.schedule.meeting.resp.pos".to_owned(),
            "ipm.microsoft schedule.mtgrespn" => "ipm.schedule.meeting.resp.neg".to_owned(),
            "ipm.microsoft schedule.mtgrespa" => "ipm.schedule.meeting.resp.tent".to_owned(),
            _ => class,
        }
    }

    pub(super) fn subject(&self) -> Option<String> {
        let of = |name| self.properties.line(name);
        of(names::SUBJECT).or_else(|| self.ansi_line(self.subject)).or_else(|| of(names::NORMALIZED_SUBJECT))
    }

    /// The plain text.
    pub(super) fn text(&self) -> Option<String> {
        self.properties.text(names::BODY).or_else(|| self.ansi(self.body))
    }

    /// The HTML that stands there as such, UTF-8 or something like it.
    pub(super) fn html(&self) -> Option<Vec<u8>> {
        if let Some(html) = self.properties.text(names::HTML) {
            return Some(html.into_bytes());
        }
        let octets = self.properties.binary(names::HTML)?;
        let octets = &octets[..octets.len() - octets.iter().rev().take_while(|octet| **octet == 0).count()];
        if octets.trim_ascii().is_empty() {
            return None;
        }
        let page = self.properties.number(names::INTERNET_PAGE).and_then(|page| u32::try_from(page).ok());
        let utf8 = match page {
            Some(codepage::UTF_8) => true,
            // Nothing is said, or ASCII, where it cannot be true.
            None | Some(0 | 20127) => std::str::from_utf8(octets).is_ok(),
            Some(_) => false,
        };
        let page = page.filter(|page| *page > 0).unwrap_or(self.page);
        Some(if utf8 { octets.to_vec() } else { codepage::decode(page, octets).into_owned().into_bytes() })
    }

    /// Compressed RTF.
    pub(super) fn rtf(&self) -> Option<&'t [u8]> {
        self.properties.binary(names::RTF).filter(|octets| !octets.is_empty())
    }

    /// Who wrote it, or for whom it was written.
    pub(super) fn from(&self) -> Option<Who> {
        use names::{FOR_ADDRESS, FOR_NAME, FOR_SMTP, FOR_TYPE, SENDER_ADDRESS, SENDER_NAME, SENDER_SMTP, SENDER_TYPE};
        Who::of(&self.properties, [FOR_NAME, FOR_TYPE, FOR_ADDRESS, FOR_SMTP])
            .or_else(|| Who::of(&self.properties, [SENDER_NAME, SENDER_TYPE, SENDER_ADDRESS, SENDER_SMTP]))
            .or_else(|| self.triple())
    }

    /// attFrom: a name and `SMTP:address` behind four lengths (MS-OXTNEF §2.1.3.3.1).
    fn triple(&self) -> Option<Who> {
        let (head, rest) = self.from?.split_first_chunk::<8>()?;
        let &[_, _, _, _, a, b, c, d] = head;
        let (name, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes([a, b])))?;
        let address = rest.get(..usize::from(u16::from_le_bytes([c, d])))?;
        let address = self.ansi_line(Some(address)).and_then(|said| {
            let (kind, address) = said.split_once(':')?;
            kind.eq_ignore_ascii_case("smtp").then(|| address.to_owned())
        });
        let name = self.ansi_line(Some(name));
        (name.is_some() || address.is_some()).then_some(Who { name, address })
    }

    pub(super) fn sent(&self) -> Option<Timestamp> {
        let of = |name| self.properties.time(name);
        of(names::SUBMITTED).or(self.sent).or_else(|| of(names::DELIVERED))
    }

    /// Start and end, of a meeting.
    pub(super) fn times(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.properties.time(names::START).or(self.start), self.properties.time(names::END).or(self.end))
    }

    pub(super) fn message_id(&self) -> Option<String> {
        self.properties.line(names::MESSAGE_ID).filter(|id| id.contains('@'))
    }
}

/// Whether a stream held nothing that can be read.
fn attributes_are_none(letter: &Letter<'_>, page: Option<u32>, rows: Option<&[u8]>) -> bool {
    let none = [letter.class, letter.subject, letter.body, letter.from, letter.id].iter().all(Option::is_none);
    none && letter.files.is_empty() && letter.properties.is_empty() && page.is_none() && rows.is_none()
}

impl Who {
    fn of(properties: &Properties<'_>, [name, kind, address, smtp]: [Name; 4]) -> Option<Self> {
        let is_smtp = properties.line(kind).is_none_or(|kind| kind.eq_ignore_ascii_case("smtp"));
        let plain = properties.line(address).filter(|address| is_smtp && address.contains('@'));
        let address = properties.line(smtp).filter(|address| address.contains('@')).or(plain);
        let name = properties.line(name).filter(|name| Some(name) != address.as_ref());
        (name.is_some() || address.is_some()).then_some(Self { name, address })
    }
}

impl File<'_> {
    /// The name by which it is to be saved.
    pub(super) fn name(&self) -> Option<String> {
        let ansi = |octets: Option<&[u8]>| {
            let text = codepage::decode(self.page, octets?).into_owned();
            text.split('\0').next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
        };
        let of = |name| self.properties.line(name);
        let name = of(names::ATTACH_LONG_FILENAME)
            .or_else(|| ansi(self.title))
            .or_else(|| ansi(self.transport))
            .or_else(|| of(names::ATTACH_FILENAME))
            .or_else(|| of(names::DISPLAY_NAME))?;
        match of(names::ATTACH_EXTENSION) {
            Some(end) if end.starts_with('.') && end.len() < 10 && !name.contains('.') => Some(format!("{name}{end}")),
            _ => Some(name),
        }
    }
}

/// What an admin is told of it.
fn said(damage: Damage) -> String {
    match damage {
        Damage::Checksum(Id(id)) => format!("attribute {id:08x} has a wrong checksum"),
        Damage::Short(Id(id)) => format!("attribute {id:08x} is cut short"),
        Damage::Noise => "something that is no attribute".to_owned(),
    }
}

/// A date of seven numbers (MS-OXTNEF §2.1.3.3.5), in UTC.
fn moment(data: &[u8]) -> Option<Timestamp> {
    let mut numbers = data.chunks_exact(2).filter_map(|pair| pair.first_chunk()).map(|pair| i16::from_le_bytes(*pair));
    let year = numbers.next()?;
    let mut next = || numbers.next().and_then(|number| i8::try_from(number).ok());
    let (month, day, hour, minute, second) = (next()?, next()?, next()?, next()?, next()?);
    let valid = (1601..4500).contains(&year)
        && jiff::civil::Date::new(year, month, day).is_ok()
        && jiff::civil::Time::new(hour, minute, second, 0).is_ok();
    if !valid {
        return None;
    }
    jiff::tz::TimeZone::UTC.to_timestamp(date(year, month, day).at(hour, minute, second, 0)).ok()
}
