//! A plain text as a page shows it: in paragraphs of what is new, what is quoted and what is a signature. The pieces, put
//! together, are the text.

use crate::intake::quotes::{self, Part};

/// A run of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub part: Part,
    /// The lines, as words and links in turn.
    pub spans: Vec<Span>,
    /// How many lines.
    pub lines: usize,
}

impl Piece {
    /// What an earlier message said: shown folded.
    #[must_use]
    pub fn is_earlier(&self) -> bool {
        self.part == Part::Earlier
    }

    /// Shown folded.
    #[must_use]
    pub fn is_signature(&self) -> bool {
        self.part == Part::Signature
    }

    /// Quoted, and answered.
    #[must_use]
    pub fn is_quoted(&self) -> bool {
        self.part == Part::Quoted
    }
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// As it stands in the text.
    pub text: String,
    /// Whether it is an address on the web.
    pub link: bool,
}

/// Cuts a text in what is new, what is quoted and what is a signature. `forwarded`: the message hands on another.
#[must_use]
pub fn pieces(text: &str, forwarded: bool) -> Vec<Piece> {
    let mut lines = text.split_inclusive('\n');
    let runs = quotes::runs(text, forwarded).into_iter();
    runs.map(|run| {
        let count = run.lines.len();
        let words: String = lines.by_ref().take(count).collect();
        Piece { part: run.part, lines: count, spans: spans(&words) }
    })
    .collect()
}

/// The text as words and web addresses in turn; put together, they are the text.
fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let (mut done, mut from) = (0, 0);
    while let Some(found) = text[from..].find("http") {
        let start = from + found;
        let end = start + link_length(&text[start..]);
        from = end.max(start + 4);
        let inside_word = text[..start].chars().next_back().is_some_and(char::is_alphanumeric);
        if end == start || inside_word {
            continue;
        }
        if start > done {
            spans.push(Span { text: text[done..start].to_owned(), link: false });
        }
        spans.push(Span { text: text[start..end].to_owned(), link: true });
        done = end;
    }
    if done < text.len() {
        spans.push(Span { text: text[done..].to_owned(), link: false });
    }
    spans
}

/// How far a web address goes; 0 when there is none.
fn link_length(text: &str) -> usize {
    let scheme = ["https://", "http://"].into_iter().find(|s| text.starts_with(s)).map_or(0, str::len);
    if scheme == 0 {
        return 0;
    }
    let stops = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\\' | '^' | '`' | '|');
    let link = &text[..text.find(stops).unwrap_or(text.len())];
    let mut link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', ']', '}', '*', '_']);
    // A closing bracket belongs to the sentence unless it was opened in the address.
    while link.ends_with(')') && link.matches(')').count() > link.matches('(').count() {
        link = link[..link.len() - 1].trim_end_matches(['.', ',', ';']);
    }
    if link.len() > scheme { link.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(pieces: &[Piece]) -> String {
        pieces.iter().flat_map(|p| &p.spans).map(|s| s.text.as_str()).collect()
    }

    #[test]
    fn what_stands_below_is_folded_and_nothing_cut() {
        let text = "Hej!\n\nTack.\n\n> Förra gången\n> skrev du\n";
        let pieces = pieces(text, false);
        assert_eq!(pieces.iter().map(Piece::is_earlier).collect::<Vec<_>>(), [false, true]);
        assert_eq!(whole(&pieces), text);
    }

    #[test]
    fn web_addresses_are_links_and_nothing_else_is() {
        let links =
            |text: &str| -> Vec<String> { spans(text).into_iter().filter(|s| s.link).map(|s| s.text).collect() };
        assert_eq!(
            links("Se https://hel.example/a?b=(c). Eller (http://x.example)."),
            ["https://hel.example/a?b=(c)", "http://x.example",]
        );
        assert!(links("javascript:alert(1) xhttps://a https:// http:").is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "(> |From: |Sent: |https?://|[a-zå)(.]| |\n){0,80}") {
            prop_assert_eq!(whole(&pieces(&text, false)), text);
        }

        #[test]
        fn nothing_is_lost_of_any_text(text in any::<String>()) {
            prop_assert_eq!(whole(&pieces(&text, false)), text);
        }
    }
}
