//! The lines of iCalendar and vCard (RFC 5545 §3.1, RFC 6350 §3.2).

/// Octets of a line.
const LINE: usize = 75;
/// Characters of a value; more are cut.
const LONGEST: usize = 100_000;

/// What is being written.
#[derive(Debug)]
pub(super) struct Card {
    out: String,
}

impl Card {
    /// Begins it.
    pub(super) fn begin(kind: &str) -> Self {
        let mut card = Self { out: String::new() };
        card.open(kind);
        card
    }

    pub(super) fn open(&mut self, kind: &str) -> &mut Self {
        self.line("BEGIN", kind)
    }

    pub(super) fn close(&mut self, kind: &str) -> &mut Self {
        self.line("END", kind)
    }

    /// Ends it.
    pub(super) fn finish(mut self, kind: &str) -> String {
        self.close(kind);
        self.out
    }

    /// A field whose value needs no escapes, folded where it is long. No control character passes: it could begin a field.
    pub(super) fn line(&mut self, name: &str, value: &str) -> &mut Self {
        let mut length = 0;
        for c in name.chars().chain([':']).chain(value.chars()).filter(|c| !c.is_control()) {
            if length + c.len_utf8() > LINE {
                self.out.push_str("\r\n ");
                length = 1;
            }
            self.out.push(c);
            length += c.len_utf8();
        }
        self.out.push_str("\r\n");
        self
    }

    /// A field of text, if there is any.
    pub(super) fn text(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value.filter(|value| !value.is_empty()) {
            Some(value) => self.line(name, &Self::escaped(value)),
            None => self,
        }
    }

    /// Text as a value (RFC 5545 §3.3.11).
    pub(super) fn escaped(text: &str) -> String {
        let mut out = String::with_capacity(text.len().min(LONGEST));
        for c in text.chars().take(LONGEST) {
            match c {
                '\\' | ';' | ',' => out.extend(['\\', c]),
                '\n' => out.push_str("\\n"),
                c => out.push(c),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_and_values_escaped() {
        let mut card = Card::begin("X");
        card.text("A", Some("b;c,d\\e\r\nBEGIN:VALARM"));
        card.line("B\r\nC", "d\ne");
        card.text("D", Some(&"ä".repeat(60)));
        let out = card.finish("X");
        assert!(out.starts_with("BEGIN:X\r\nA:b\\;c\\,d\\\\e\\nBEGIN:VALARM\r\nBC:de\r\nD:ä"), "{out}");
        assert!(out.lines().all(|line| line.len() <= LINE), "{out}");
        assert_eq!(out.replace("\r\n ", "").matches('ä').count(), 60);
    }
}
