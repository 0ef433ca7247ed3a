//! Who else a message went to, and whether a field holds one of them.

use std::collections::{HashMap, HashSet};

use mail_parser::HeaderForm;

use super::Field;
use super::kinds::{Kind, kind};
use super::views::Views;
use crate::domain::address::Mailbox;
use crate::domain::identity::{code_at, codes_in};
use crate::intake::fields;

/// With recipients on more domains than this, no field is searched for each: none keeps an address but the citizen's own
/// and the author's.
const DOMAINS: usize = 100;
/// Octets of a local part (RFC 5321 §4.5.3.1.1).
const LONGEST: usize = 64;

/// What a field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Care {
    /// What is not another recipient's, as far as the header tells.
    Needed,
    /// And no address of ours but the citizen's own, no identity code, and nothing that cannot be read.
    Known,
    /// And no address at all but the citizen's own and the author's.
    Strict,
}

/// Who else it went to.
pub(super) struct Others<'a> {
    is_own: &'a dyn Fn(&Mailbox) -> bool,
    is_ours: &'a dyn Fn(&Mailbox) -> bool,
    /// Folded.
    authors: HashSet<String>,
    /// Local parts by domain, in every form that either is written in, in lower case.
    people: HashMap<String, HashSet<String>>,
    /// Identity codes in their addresses, in lower case.
    codes: HashSet<String>,
}

impl<'a> Others<'a> {
    /// Those whom the fields of a header name as recipients.
    pub(super) fn named<'f>(
        header: impl Iterator<Item = Field<'f>> + Clone,
        is_own: &'a dyn Fn(&Mailbox) -> bool,
        is_ours: &'a dyn Fn(&Mailbox) -> bool,
    ) -> Self {
        let (authors, people, codes) = (HashSet::new(), HashMap::new(), HashSet::new());
        let mut others = Self { is_own, is_ours, authors, people, codes };
        for field in header.clone().filter(|field| field.is("from") || field.is("sender")) {
            others.authors.extend(people_of(field.value).iter().map(Mailbox::folded));
        }
        for field in header.filter(|field| matches!(kind(field.name), Kind::List | Kind::Envelope)) {
            let found = Views::of(field.value).texts;
            let found =
                found.iter().flat_map(|text| addresses(text)).flat_map(|(_, readings)| readings.into_iter().take(1));
            for (_, mailbox) in found {
                others.add(&mailbox);
            }
            for mailbox in people_of(field.value) {
                others.add(&mailbox);
            }
        }
        others
    }

    fn add(&mut self, mailbox: &Mailbox) {
        if self.is_known(mailbox) {
            return;
        }
        let local = mailbox.local.as_str().to_lowercase();
        self.codes.extend(codes_in(&local).map(str::to_owned));
        for domain in [mailbox.domain.wire().to_lowercase(), mailbox.domain.shown().to_lowercase()] {
            self.people.entry(domain).or_default().extend([local.clone(), mailbox.local.wire().to_lowercase()]);
        }
    }

    /// Whether it is the citizen's own or an author's.
    fn is_known(&self, mailbox: &Mailbox) -> bool {
        (self.is_own)(mailbox) || self.authors.contains(&mailbox.folded())
    }

    /// Whether an address may stand where people are named that are not recipients.
    pub(super) fn may_show(&self, mailbox: &Mailbox) -> bool {
        let folded = mailbox.folded();
        let (local, domain) = folded.rsplit_once('@').unwrap_or_default();
        let is_other = self.people.get(domain).is_some_and(|people| people.contains(local));
        self.is_known(mailbox) || !(is_other || (self.is_ours)(mailbox))
    }

    /// Whether a field, or a piece of one, holds nothing that it may not.
    pub(super) fn are_not_in(&self, field: &[u8], care: Care) -> bool {
        let care = if self.people.len() > DOMAINS { Care::Strict } else { care };
        let views = Views::of(field);
        (care == Care::Needed || !views.is_opaque)
            && views.texts.iter().all(|text| self.are_not_in_text(text, care))
            && views.joined.iter().all(|text| self.are_not_in_text(text, Care::Needed))
    }

    fn are_not_in_text(&self, text: &str, care: Care) -> bool {
        let mut masked = String::with_capacity(text.len());
        let mut done = 0;
        for (end, readings) in addresses(text) {
            let is_named = |mailbox: &Mailbox| {
                let local = mailbox.local.as_str().to_lowercase();
                self.people.get(mailbox.domain.wire()).is_some_and(|people| people.contains(&local))
            };
            if readings.first().is_some_and(|(_, mailbox)| is_named(mailbox)) {
                return false;
            }
            if let Some((start, _)) = readings.iter().find(|(_, mailbox)| self.is_known(mailbox)) {
                masked.push_str(&text[done..*start]);
                masked.push(' ');
                done = end;
            } else if care >= Care::Known && readings.iter().any(|(_, mailbox)| self.returns_to_ours(mailbox)) {
                return false;
            }
        }
        masked.push_str(&text[done..]);
        let has_code = match care {
            Care::Needed => self.codes.iter().any(|code| masked.contains(code)),
            Care::Known | Care::Strict => (0..masked.len()).any(|at| code_at(&masked, at).is_some()),
        };
        let has_address = care == Care::Strict && masked.contains(['@', '\u{ff20}', '\u{fe6b}']);
        !(has_code || has_address || self.are_written_in(&masked))
    }

    /// Whether it is an address of ours, or one that returns mail from one: `bounce-name=konto.example@lists.example`.
    fn returns_to_ours(&self, mailbox: &Mailbox) -> bool {
        let local = mailbox.local.as_str();
        let inner = local.match_indices('=').filter_map(|(at, _)| {
            let domain = local[at + 1..].split('=').next().unwrap_or_default();
            Mailbox::parse(&format!("{}@{domain}", &local[..at])).ok()
        });
        (self.is_ours)(mailbox) || inner.into_iter().any(|mailbox| (self.is_ours)(&mailbox))
    }

    /// Whether a local part stands beside its domain, whatever parts them: `@`, or `=` as list servers write it; also
    /// behind it, as forwarders do (`SRS0=…=konto.example=name@`).
    fn are_written_in(&self, text: &str) -> bool {
        self.people.iter().any(|(domain, people)| {
            memchr::memmem::find_iter(text.as_bytes(), domain).any(|at| {
                let (before, after) = (&text[..at], &text[at + domain.len()..]);
                let mut before = before.chars();
                let parted = before.next_back().is_some_and(|c| !c.is_alphanumeric());
                let mut behind = after.chars();
                let ends = behind.next().is_none_or(|c| !c.is_alphanumeric());
                (parted && ends && ends_with_one(before.as_str(), people))
                    || (ends && begins_with_one(behind.as_str(), people))
            })
        })
    }
}

fn ends_with_one(text: &str, people: &HashSet<String>) -> bool {
    let starts = text.char_indices().rev().take(LONGEST + 2).map(|(at, _)| at);
    starts.into_iter().any(|at| {
        let begins = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        begins && people.contains(&text[at..])
    })
}

fn begins_with_one(text: &str, people: &HashSet<String>) -> bool {
    text.char_indices().take(LONGEST + 2).any(|(at, c)| {
        let end = at + c.len_utf8();
        let ends = text[end..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        ends && people.contains(&text[..end])
    })
}

/// Everybody whom a list of addresses names.
pub(super) fn people_of(value: &[u8]) -> Vec<Mailbox> {
    let value = String::from_utf8_lossy(value);
    let people = fields::people_in(HeaderForm::Addresses.parse(value.as_bytes()).value());
    people.iter().filter_map(|person| Mailbox::parse(&person.address).ok()).collect()
}

/// Around each `@`: where the address ends, and its readings with their beginnings, the longest first. `to=a@b.example`
/// is an address, and holds one.
fn addresses(text: &str) -> Vec<(usize, Vec<(usize, Mailbox)>)> {
    let in_local = |c: char| {
        c.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~.".contains(c)
            || !(c.is_ascii() || c.is_whitespace() || c.is_control())
    };
    let in_domain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.') || !(c.is_ascii() || c.is_whitespace());
    let mut found = Vec::new();
    let mut done = 0;
    for at in memchr::memchr_iter(b'@', text.as_bytes()) {
        let Some(before) = text.get(done..at) else { continue };
        let after = &text[at + 1..];
        let length = match after.strip_prefix('[') {
            Some(literal) => literal.find(']').map_or(0, |end| end + 2),
            None => after.find(|c| !in_domain(c)).unwrap_or(after.len()),
        };
        let domain = after[..length].trim_end_matches(['.', '-']);
        let quoted = before.strip_suffix('"').and_then(|inner| inner.rfind('"'));
        let plain = before.char_indices().rev().take(LONGEST * 2).take_while(|(_, c)| in_local(*c)).last();
        let Some(start) = quoted.or(plain.map(|(start, _)| start)) else { continue };
        let whole = before[start..].len() - before[start..].trim_start_matches(['.', '\'']).len();
        let inner = before[start..].match_indices(['=', '\'', '/']).map(|(at, _)| at + 1);
        let starts = std::iter::once(whole).chain(inner).map(|inner| done + start + inner);
        let end = at + 1 + domain.len();
        let readings = starts.filter_map(|start| Some((start, Mailbox::parse(text.get(start..end)?).ok()?)));
        found.push((end, readings.collect()));
        done = end;
    }
    found
}
