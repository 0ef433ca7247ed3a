//! An enclosed message begins: who wrote it, when, and about what, without words of any language.

use mail_parser::{HeaderName, Headers};

use super::{fields, html};

/// People named; the rest is in the message to fetch.
const PEOPLE: usize = 5;

/// What stands above an enclosed message.
pub(super) struct Heading {
    subject: String,
    from: String,
    /// `2026-11-23 14:05 +02:00`: as the author's clock showed it.
    date: String,
}

impl Heading {
    /// Of the message with this header.
    pub(super) fn of(headers: Headers<'_>) -> Self {
        let mut people = fields::people(headers, HeaderName::From);
        people.truncate(PEOPLE);
        let person = |person: crate::domain::record::Person| match person.name {
            Some(name) if person.address.is_empty() => name,
            Some(name) => format!("{name} <{}>", person.address),
            None => person.address,
        };
        let from = people.into_iter().map(person).collect::<Vec<_>>().join(", ");
        Self { subject: fields::subject(headers), from, date: fields::local_date(headers).unwrap_or_default() }
    }

    /// For the plain view. It looks like no quotation: what follows is part of this letter, and must not be folded away.
    pub(super) fn text(&self) -> String {
        let title = if self.subject.is_empty() { "✉".to_owned() } else { format!("✉ {}", self.subject) };
        let lines = [&*title, &*self.from, &*self.date];
        lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// For the HTML view.
    pub(super) fn html(&self) -> String {
        let title = if self.subject.is_empty() { "✉" } else { &*self.subject };
        let lines = [&*self.from, &*self.date];
        let about = lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        let about = if about.is_empty() { about } else { html::of_text(&about, None) };
        format!("<hr><h2>{}</h2>{about}", html::escaped(title))
    }
}
