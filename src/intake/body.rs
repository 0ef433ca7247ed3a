//! The parts of a message that are shown: its own, and those of the messages that it encloses, each under its heading.

use std::collections::HashSet;

use mail_parser::PartKind;

use super::charset::unlabelled;
use super::enclosed::Heading;
use super::html::{self, Document, Shown};
use super::pictures::{self, Pictures};
use super::record::ReadOptions;
use super::text::{Faults, decoded, plain, tidy};
use super::tree::{Fate, Node, Tree, is_unopened};
use super::{Limits, defects, fields, openpgp};
use crate::domain::record::Defect;

/// Octets shown of a multipart that cannot be divided.
const UNDIVIDED: usize = 64 << 10;

/// Text and HTML, each as far as there is any.
pub(super) struct Body {
    /// UTF-8 with LF.
    pub(super) text: String,
    /// Where in the text each enclosed message begins.
    pub(super) begins: Vec<usize>,
    /// Each with the message that it is of.
    html: Vec<(usize, Piece)>,
    /// Of the text, else of the HTML.
    pub(super) language: Option<String>,
}

/// With the language of the part.
enum Piece {
    Html(Document, Option<String>),
    Text(String, Option<String>),
    Heading(Heading),
}

/// A piece of the plain view.
enum Line {
    /// An enclosed message begins.
    Heading(String),
    /// Text.
    Text(String),
    /// The text of this piece of HTML, where no text beside it stands for it.
    OfHtml(usize),
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    lines: Vec<(usize, Line)>,
    html: Vec<(usize, Piece)>,
    has_html: bool,
    budget: html::Budget,
    /// Places of the message's pictures.
    located: HashSet<String>,
    languages: (Option<String>, Option<String>),
}

impl Reader {
    fn part(&mut self, node: &Node<'_>, limits: &Limits, found: &mut Vec<Defect>) {
        let Fate::Shown { text: in_text, html: in_html, offered } = node.fate else { return };
        let (part, message) = (&node.part, node.message);
        // What is shown whole may take more octets in UTF-8 than it had.
        let (source, mut faults) = decoded(part, if offered { node.room } else { limits.body_bytes.saturating_mul(4) });
        let said = fields::language(part.headers());
        if matches!(part.kind(), PartKind::Html) {
            let document = Document::of(&source, &mut self.budget);
            note(&document, &self.located, &mut faults);
            if self.languages.1.is_none() {
                self.languages.1 = said.clone().or_else(|| document.language.clone());
            }
            if in_text {
                self.lines.push((message, Line::Text(text_of(&document))));
            } else {
                self.lines.push((message, Line::OfHtml(self.html.len())));
            }
            if in_html {
                let fit = !document.is_too_complex() && !offered;
                self.has_html |= fit;
                let piece = if fit { Piece::Html(document, said) } else { Piece::Text(text_of(&document), said) };
                self.html.push((message, piece));
            }
        } else {
            let text = plain(part, &source, &mut faults);
            let text = openpgp::cleartext(&text).map_or(text, |shown| shown.trim_end().to_owned());
            if self.languages.0.is_none() {
                self.languages.0.clone_from(&said);
            }
            if in_html {
                self.html.push((message, Piece::Text(text.clone(), said)));
            }
            if in_text {
                self.lines.push((message, Line::Text(text)));
            }
        }
        found.extend(faults.into_iter().map(|(code, detail)| defects::at(&node.number, code, detail)));
    }

    /// The plain view, and where in it each enclosed message begins.
    fn text(&mut self) -> (String, Vec<usize>) {
        // An empty text beside HTML with content says nothing.
        let says = |line: &Line| matches!(line, Line::Text(text) if !text.trim().is_empty());
        let saying: HashSet<usize> = self.lines.iter().filter(|(_, line)| says(line)).map(|(m, _)| *m).collect();
        let (mut out, mut begins) = (String::new(), Vec::new());
        for (message, line) in std::mem::take(&mut self.lines) {
            let (text, begins_here) = match line {
                Line::Heading(text) => (text, true),
                Line::Text(text) => (text, false),
                Line::OfHtml(at) if !saying.contains(&message) => match self.html.get(at) {
                    Some((_, Piece::Html(document, _))) => (text_of(document), false),
                    Some((_, Piece::Text(text, _))) => (text.clone(), false),
                    Some((_, Piece::Heading(_))) | None => continue,
                },
                Line::OfHtml(_) => continue,
            };
            if text.trim().is_empty() {
                continue;
            }
            if !out.is_empty() {
                out.push_str("\n\n");
            }
            if begins_here {
                begins.push(out.len());
            }
            out.push_str(&text);
        }
        (out, begins)
    }
}

impl Body {
    /// Reads it.
    pub(super) fn read(tree: &Tree<'_>, limits: &Limits, found: &mut Vec<Defect>) -> Self {
        let mut reader = Reader { located: pictures::located(tree), ..Reader::default() };
        for node in &tree.nodes {
            if node.opens {
                let heading = Heading::of(node.part.headers());
                reader.lines.push((node.message, Line::Heading(heading.text())));
                reader.html.push((node.message, Piece::Heading(heading)));
            }
            reader.part(node, limits, found);
        }
        let (mut text, begins) = reader.text();
        if !reader.has_html {
            reader.html.clear();
        }
        // A multipart that cannot be divided, and nothing else: an attachment, but its beginning can be read here.
        if let Some(root) = tree.nodes.first().filter(|root| is_unopened(&root.part))
            && text.is_empty()
            && reader.html.is_empty()
        {
            let body = root.part.raw_body();
            let shown = unlabelled(&body[..body.len().min(UNDIVIDED)], &mut Faults::new()).into_owned();
            tidy(&shown, &mut Faults::new()).trim().clone_into(&mut text);
        }
        Self { text, begins, html: reader.html, language: reader.languages.0.or(reader.languages.1) }
    }

    /// The HTML that is shown, each with the message that it is of.
    pub(super) fn documents(&self) -> impl Iterator<Item = (usize, &Document)> {
        self.html.iter().filter_map(|(message, piece)| match piece {
            Piece::Html(document, _) => Some((*message, document)),
            Piece::Text(..) | Piece::Heading(_) => None,
        })
    }

    /// Sanitised; `None` when no part is HTML that can be shown. `forwarded`: the message hands on another.
    pub(super) fn html(&self, pictures: &Pictures, options: &ReadOptions, forwarded: bool) -> Option<String> {
        let (base, page) = (options.inline_base.as_deref(), options.page.as_ref());
        let piece = |(message, piece): &(usize, Piece)| match piece {
            Piece::Html(document, language) => {
                let shown = Shown { pictures: pictures.of_message(*message), base, page, forwarded };
                document.sanitised(&shown, language.as_deref())
            }
            Piece::Text(text, language) => html::of_text(text, language.as_deref()),
            Piece::Heading(heading) => heading.html(),
        };
        let pieces: Vec<String> = self.html.iter().map(piece).collect();
        let html = pieces.join("\n");
        (!html.trim().is_empty()).then_some(html)
    }
}

/// A text of HTML is made only where there is no other: it takes as long as building the tree.
fn text_of(document: &Document) -> String {
    tidy(&document.text(), &mut Faults::new()).trim_end().to_owned()
}

fn note(document: &Document, located: &HashSet<String>, faults: &mut Faults) {
    let missing = |source: &String| !source.starts_with("cid:") && !pictures::is_located(source, located);
    for (is, code) in [
        (document.is_too_complex(), defects::HTML_TOO_COMPLEX),
        (document.remote || document.pictures.iter().any(missing), defects::REMOTE_CONTENT),
        (document.active, defects::ACTIVE_CONTENT),
    ] {
        if is {
            faults.push((code, String::new()));
        }
    }
}
