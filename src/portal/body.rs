//! A plain text as a page shows it: in paragraphs of what is new and what is quoted. Quotes are folded, never cut:
//! the pieces, put together, are the text.

/// A run of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What an earlier message said: shown folded.
    pub quoted: bool,
    /// The lines, as words and links in turn.
    pub spans: Vec<Span>,
    /// How many lines.
    pub lines: usize,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// As it stands in the text.
    pub text: String,
    /// Whether it is an address on the web.
    pub link: bool,
}

/// Cuts a text in what is new and what is quoted. Quoted is what stands behind `>`, and what follows the line with
/// which a mail program of an office introduces the earlier message. A text that is nothing but quotes is shown as it
/// is: somebody forwarded it.
#[must_use]
pub fn pieces(text: &str) -> Vec<Piece> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let rest = (0..lines.len()).find(|&n| opens_quote(&lines, n)).unwrap_or(lines.len());
    let mut runs: Vec<(bool, Vec<&str>)> = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        // A blank line belongs to what stands before it.
        let quoted = n >= rest
            || line.starts_with('>')
            || (line.trim().is_empty() && runs.last().is_some_and(|(quoted, _)| *quoted));
        match runs.last_mut() {
            Some((kind, run)) if *kind == quoted => run.push(line),
            _ => runs.push((quoted, vec![line])),
        }
    }
    let blank = |run: &[&str]| run.iter().all(|line| line.trim().is_empty());
    let all_quoted = runs.iter().all(|(quoted, run)| *quoted || blank(run));
    runs.into_iter()
        .map(|(quoted, run)| Piece { quoted: quoted && !all_quoted, lines: run.len(), spans: spans(&run.concat()) })
        .collect()
}

/// Whether the line opens the earlier message, and all that follows is that message.
fn opens_quote(lines: &[&str], n: usize) -> bool {
    let line = lines[n].trim();
    // -----Original Message-----, -----Ursprungligt meddelande-----, -----Alkuperäinen viesti-----
    let ruled = line.strip_prefix("-----").and_then(|rest| rest.strip_suffix("-----")).map(str::trim);
    if let Some(title) = ruled {
        return ["original message", "ursprungligt meddelande", "alkuperäinen viesti"]
            .contains(&title.to_lowercase().as_str());
    }
    // Outlook's block of header fields: an author, then a time in one of the next two lines.
    let field = |line: &str, names: &[&str]| {
        line.split_once(':').is_some_and(|(name, _)| names.contains(&name.trim().trim_matches('*')))
    };
    field(line, &["From", "Från", "Lähettäjä"])
        && lines[n + 1..]
            .iter()
            .take(2)
            .any(|next| field(next.trim(), &["Sent", "Date", "Skickat", "Datum", "Lähetetty", "Päivämäärä", "Päiväys"]))
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
    fn what_is_quoted_is_folded() {
        let text = "Hej!\n\n> Förra gången\n> skrev du\n\nTack.\n";
        let pieces = pieces(text);
        assert_eq!(pieces.iter().map(|p| p.quoted).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(whole(&pieces), text);
    }

    #[test]
    fn outlooks_block_of_fields_opens_the_earlier_message() {
        for text in [
            "Svar.\n\nFrån: Anna\nSkickat: den 3 mars\nTill: Bo\n\nFrågan\n",
            "Vastaus.\n\nLähettäjä: Anna\nLähetetty: 3.3.\n\nKysymys\n",
            "Answer.\n\n-----Original Message-----\nQuestion\n",
        ] {
            let pieces = pieces(text);
            assert_eq!(pieces.iter().map(|p| p.quoted).collect::<Vec<_>>(), [false, true], "{text}");
        }
        assert!(!pieces("From: the river\nto the sea\nand back\n")[0].quoted);
    }

    #[test]
    fn a_text_of_quotes_alone_is_shown() {
        assert!(pieces("> all\n> of it\n").iter().all(|p| !p.quoted));
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
            prop_assert_eq!(whole(&pieces(&text)), text);
        }

        #[test]
        fn nothing_is_lost_of_any_text(text in any::<String>()) {
            prop_assert_eq!(whole(&pieces(&text)), text);
        }
    }
}
