//! Rich text → HTML, as far as a letter needs it.

use super::look::{Look, Paragraph};
use super::reader::{Destination, Piece, Reader};
use super::{LONGEST, escape};

/// Links of one document, and octets of one.
const LINKS: usize = 10_000;
const LINK: usize = 4096;
/// Octets of a mark before a paragraph of a list.
const MARK: usize = 64;

/// The document as HTML.
pub(super) fn html(rtf: &[u8]) -> String {
    let mut reader = Reader::of(rtf);
    let mut page = Page::default();
    while let Some(piece) = reader.next() {
        if page.out.len() + page.line.len() > LONGEST {
            break;
        }
        let state = reader.state;
        match (piece, state.destination) {
            (Piece::Text(text), Destination::Body) => page.text(&text, state.look, state.field, state.paragraph),
            (Piece::Text(text), Destination::Mark) if page.mark.len() < MARK => page.mark.push_str(&text),
            (Piece::Text(text), Destination::Instruction) => page.instruct(state.field, &text),
            (Piece::Word(name, _), Destination::Body) => page.word(name, state.look, state.field, state.paragraph),
            _ => {}
        }
    }
    page.finish()
}

/// What is open around the paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Around {
    #[default]
    Nothing,
    Bullets,
    Numbers,
    Table,
}

#[derive(Debug, Default)]
struct Page {
    out: String,
    around: Around,
    /// The paragraph or cell being written.
    line: String,
    /// The looks that are open in it.
    look: Look,
    paragraph: Paragraph,
    mark: String,
    cells: Vec<String>,
    /// What each field says.
    fields: Vec<String>,
}

impl Page {
    fn text(&mut self, text: &str, look: Look, field: Option<usize>, paragraph: Paragraph) {
        if look.is_hidden() || text.is_empty() {
            return;
        }
        self.paragraph = paragraph;
        self.dress(look, field);
        escape(text, &mut self.line);
    }

    fn instruct(&mut self, field: Option<usize>, text: &str) {
        let Some(at) = field.filter(|at| *at < LINKS) else { return };
        if self.fields.len() <= at {
            self.fields.resize(at + 1, String::new());
        }
        if let Some(said) = self.fields.get_mut(at)
            && said.len() + text.len() <= LINK
        {
            said.push_str(text);
        }
    }

    fn word(&mut self, name: &[u8], look: Look, field: Option<usize>, paragraph: Paragraph) {
        match name {
            b"par" => {
                self.paragraph = paragraph;
                self.end_paragraph();
            }
            b"line" | b"lbr" => self.line.push_str("<br>"),
            b"tab" | b"nestcell" => self.text("\u{2003}", look, field, paragraph),
            b"nestrow" => self.line.push_str("<br>"),
            b"sect" | b"page" | b"column" if !self.line.is_empty() => {
                self.paragraph = paragraph;
                self.end_paragraph();
            }
            b"cell" => {
                let cell = self.take_line();
                self.cells.push(cell);
            }
            b"row" => self.end_row(),
            _ => {}
        }
    }

    /// Opens and closes elements until the looks are these.
    fn dress(&mut self, look: Look, field: Option<usize>) {
        let link = field.filter(|at| self.fields.get(*at).is_some_and(|said| address(said).is_some()));
        let mut look = look;
        look.link = link;
        if look == self.look {
            return;
        }
        self.undress();
        if let Some(address) = link.and_then(|at| self.fields.get(at)).and_then(|said| address(said)) {
            self.line.push_str("<a href=\"");
            escape(&address, &mut self.line);
            self.line.push_str("\">");
        }
        for element in look.elements() {
            self.line.extend(["<", element, ">"]);
        }
        self.look = look;
    }

    fn undress(&mut self) {
        for element in self.look.elements().rev() {
            self.line.extend(["</", element, ">"]);
        }
        if self.look.link.is_some() {
            self.line.push_str("</a>");
        }
        self.look = Look::default();
    }

    fn take_line(&mut self) -> String {
        self.undress();
        // What stands in a cell can begin with a mark as well.
        let mark = std::mem::take(&mut self.mark);
        let mut line = String::with_capacity(mark.len() + self.line.len());
        if !mark.trim().is_empty() {
            escape(mark.trim(), &mut line);
            line.push(' ');
        }
        line.push_str(&self.line);
        self.line.clear();
        line
    }

    fn end_paragraph(&mut self) {
        if self.paragraph.in_table {
            self.undress();
            self.line.push_str("<br>");
            return;
        }
        let mark = std::mem::take(&mut self.mark);
        let (around, number) = listed(mark.trim());
        if around == Around::Nothing {
            self.mark = mark;
        }
        let line = self.take_line();
        self.enter(around, number);
        if matches!(around, Around::Bullets | Around::Numbers) {
            self.out.push_str("<li>");
            self.out.push_str(&line);
            self.out.push_str("</li>\n");
            return;
        }
        let element = match self.paragraph.heading {
            Some(level) if !line.is_empty() => ["h1", "h2", "h3", "h4", "h5", "h6"][usize::from(level.min(5))],
            _ => "div",
        };
        self.out.extend(["<", element]);
        if let Some(align) = self.paragraph.align {
            self.out.extend([" align=\"", align, "\""]);
        }
        self.out.extend([">", if line.is_empty() { "<br>" } else { &line }, "</", element, ">\n"]);
    }

    fn end_row(&mut self) {
        let rest = self.take_line();
        if !rest.is_empty() {
            self.cells.push(rest);
        }
        self.enter(Around::Table, None);
        self.out.push_str("<tr>");
        for cell in std::mem::take(&mut self.cells) {
            let cell = cell.strip_suffix("<br>").unwrap_or(&cell);
            self.out.extend(["<td>", cell, "</td>"]);
        }
        self.out.push_str("</tr>\n");
    }

    /// Ends what is around the paragraphs and begins this instead, unless it is the same.
    fn enter(&mut self, around: Around, number: Option<u32>) {
        if self.around == around {
            return;
        }
        self.out.push_str(match self.around {
            Around::Nothing => "",
            Around::Bullets => "</ul>\n",
            Around::Numbers => "</ol>\n",
            Around::Table => "</table>\n",
        });
        match (around, number) {
            (Around::Nothing, _) => {}
            (Around::Bullets, _) => self.out.push_str("<ul>\n"),
            (Around::Numbers, Some(number)) if number != 1 => {
                self.out.push_str("<ol start=\"");
                self.out.push_str(&number.to_string());
                self.out.push_str("\">\n");
            }
            (Around::Numbers, _) => self.out.push_str("<ol>\n"),
            (Around::Table, _) => self.out.push_str("<table border=\"1\">\n"),
        }
        self.around = around;
    }

    fn finish(mut self) -> String {
        if !self.cells.is_empty() {
            self.end_row();
        }
        self.undress();
        if !self.line.is_empty() {
            self.paragraph.in_table = false;
            self.end_paragraph();
        }
        self.enter(Around::Nothing, None);
        // Empty paragraphs at the end are the editor's.
        while let Some(shorter) = self.out.strip_suffix("<div><br></div>\n") {
            self.out.truncate(shorter.len());
        }
        self.out
    }
}

/// The list that a mark belongs to, with its number.
fn listed(mark: &str) -> (Around, Option<u32>) {
    if matches!(mark, "•" | "·" | "▪" | "-" | "–" | "o" | "➢" | "§" | "*") {
        return (Around::Bullets, None);
    }
    match mark.strip_suffix(['.', ')']).map(str::parse) {
        Some(Ok(number)) => (Around::Numbers, Some(number)),
        _ => (Around::Nothing, None),
    }
}

/// Where a field leads: `HYPERLINK "https://…"`.
fn address(said: &str) -> Option<String> {
    let rest = said.trim_start().strip_prefix("HYPERLINK")?.trim_start();
    let address = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split_whitespace().next(),
    }?;
    let address = address.trim();
    let known = ["http://", "https://", "mailto:"];
    let is = |scheme: &&str| address.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme));
    known.iter().any(is).then(|| address.to_owned())
}
