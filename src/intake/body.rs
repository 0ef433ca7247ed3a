//! The parts of a message that are shown: its own, and those of the messages that it encloses, each under its heading.

use std::collections::{HashMap, HashSet};

use mail_parser::PartKind;

use super::charset::unlabelled;
use super::enclosed::Heading;
use super::outline::{self, Outline};
use super::text::{Faults, decoded, plain, tidy};
use super::tree::{Fate, Node, Tree, is_unopened};
use super::{Limits, attachments, defects, fields, html, openpgp};
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

enum Piece {
    Html(String, Outline),
    Text(String),
    Heading(Heading),
}

/// The index of each picture that the HTML shows, by the message that shows it and its Content-ID.
#[derive(Default)]
pub(super) struct Pictures {
    by_message: HashMap<usize, HashMap<String, usize>>,
    none: HashMap<String, usize>,
}

/// A piece of the plain view.
enum Line {
    /// An enclosed message begins.
    Heading(String),
    /// Text.
    Text(String),
    /// The text of HTML that a text beside it stands for.
    OfHtml(String),
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    lines: Vec<(usize, Line)>,
    html: Vec<(usize, Piece)>,
    has_html: bool,
    budget: outline::Budget,
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
            let outline = outline::of(&source, &mut self.budget);
            note(&outline, &mut faults);
            let text = tidy(&outline.text, &mut Faults::new()).trim_end().to_owned();
            if self.languages.1.is_none() {
                self.languages.1 = said.or_else(|| outline.language.clone());
            }
            if in_html {
                let fit = !outline.too_complex && !offered;
                self.has_html |= fit;
                let piece = if fit { Piece::Html(source.into_owned(), outline) } else { Piece::Text(text.clone()) };
                self.html.push((message, piece));
            }
            self.lines.push((message, if in_text { Line::Text(text) } else { Line::OfHtml(text) }));
        } else {
            let text = plain(part, &source, &mut faults);
            let text = openpgp::cleartext(&text).unwrap_or(text);
            if self.languages.0.is_none() {
                self.languages.0 = said;
            }
            if in_html {
                self.html.push((message, Piece::Text(text.clone())));
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
                Line::OfHtml(text) if !saying.contains(&message) => (text, false),
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
        let mut reader = Reader::default();
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

    /// The Content-IDs that each message's HTML asks for.
    fn asked(&self) -> HashMap<usize, Vec<&HashSet<String>>> {
        let mut asked: HashMap<usize, Vec<&HashSet<String>>> = HashMap::new();
        for (message, piece) in &self.html {
            if let Piece::Html(_, outline) = piece
                && !outline.pictures.is_empty()
            {
                asked.entry(*message).or_default().push(&outline.pictures);
            }
        }
        asked
    }

    /// Sanitised; `None` when no part is HTML that can be shown.
    pub(super) fn html(&self, pictures: &Pictures, base: Option<&str>) -> Option<String> {
        let piece = |(message, piece): &(usize, Piece)| match piece {
            Piece::Html(source, _) => {
                html::sanitised(source, pictures.by_message.get(message).unwrap_or(&pictures.none), base)
            }
            Piece::Text(text) => html::of_text(text),
            Piece::Heading(heading) => heading.html(),
        };
        let pieces: Vec<String> = self.html.iter().map(piece).collect();
        let html = pieces.join("\n");
        (!html.trim().is_empty()).then_some(html)
    }
}

impl Pictures {
    /// Those that the body shows.
    pub(super) fn of(tree: &Tree<'_>, body: &Body) -> Self {
        let asked = body.asked();
        let mut pictures = Self::default();
        if asked.is_empty() {
            return pictures;
        }
        for (index, node) in tree.attachments().enumerate() {
            let Some(asked) = asked.get(&node.message) else { continue };
            let Some(id) = attachments::content_id(&node.part) else { continue };
            if attachments::is_picture(&node.part) && asked.iter().any(|ids| ids.contains(&id)) {
                // The first of several with one id, as mail programs do.
                pictures.by_message.entry(node.message).or_default().entry(id).or_insert(index);
            }
        }
        pictures
    }

    /// Their indices.
    pub(super) fn shown(&self) -> HashSet<usize> {
        self.by_message.values().flat_map(HashMap::values).copied().collect()
    }
}

fn note(outline: &Outline, faults: &mut Faults) {
    for (is, code) in [
        (outline.too_complex, defects::HTML_TOO_COMPLEX),
        (outline.remote, defects::REMOTE_CONTENT),
        (outline.active, defects::ACTIVE_CONTENT),
    ] {
        if is {
            faults.push((code, String::new()));
        }
    }
}

/// The attachments that the HTML shows.
pub(super) fn pictures_shown(tree: &Tree<'_>, limits: &Limits) -> HashSet<usize> {
    let body = Body::read(tree, limits, &mut Vec::new());
    Pictures::of(tree, &body).shown()
}
