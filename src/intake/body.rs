//! The parts of a message that are shown.

use std::collections::{HashMap, HashSet};

use mail_parser::{HeaderName, MessagePart, PartKind};

use super::html::{self, Document, Shown};
use super::text::{Faults, decoded, plain, tidy, unlabelled};
use super::tree::{Fate, Tree, is_unopened};
use super::{Limits, attachments, defects, fields};
use crate::domain::record::Defect;

/// Octets shown of a multipart that cannot be divided.
const UNDIVIDED: usize = 64 << 10;

/// Text and HTML, each as far as there is any.
pub(super) struct Body {
    /// UTF-8 with LF.
    pub(super) text: String,
    html: Vec<Piece>,
    /// Of the text, else of the HTML.
    pub(super) language: Option<String>,
}

/// With the language of the part.
enum Piece {
    Html(Document, Option<String>),
    Text(String, Option<String>),
}

impl Body {
    /// Reads it.
    pub(super) fn read(tree: &Tree<'_>, limits: &Limits, found: &mut Vec<Defect>) -> Self {
        let mut texts: Vec<String> = Vec::new();
        let mut html = Vec::new();
        let mut has_html = false;
        let mut budget = html::Budget::default();
        let mut languages = (None, None);
        let located: HashSet<String> = tree.attachments().filter_map(|node| location(&node.part)).collect();
        for node in &tree.nodes {
            let Fate::Shown { text: in_text, html: in_html, .. } = node.fate else { continue };
            let part = &node.part;
            let (source, mut faults) = decoded(part, limits.body_bytes);
            let said = fields::language(part.headers());
            if matches!(part.kind(), PartKind::Html) {
                let document = Document::of(&source, &mut budget);
                note(&document, &located, &mut faults);
                languages.1 = languages.1.or(said.clone()).or_else(|| document.language.clone());
                if in_text {
                    texts.push(text_of(&document));
                }
                if in_html {
                    let fit = !document.is_too_complex() && part.raw_body().len() <= limits.body_bytes;
                    has_html |= fit;
                    let piece = if fit { None } else { Some(Piece::Text(text_of(&document), said.clone())) };
                    html.push(piece.unwrap_or(Piece::Html(document, said)));
                }
            } else {
                let text = plain(part, &source, &mut faults);
                languages.0 = languages.0.or(said.clone());
                if in_html {
                    html.push(Piece::Text(text.clone(), said));
                }
                if in_text {
                    texts.push(text);
                }
            }
            found.extend(faults.into_iter().map(|(code, detail)| defects::at(&node.number, code, detail)));
        }
        let joined = |texts: Vec<String>| {
            let texts: Vec<_> = texts.into_iter().filter(|text| !text.trim().is_empty()).collect();
            texts.join("\n\n")
        };
        let mut text = joined(texts);
        // An empty text beside HTML with content says nothing.
        if text.is_empty() {
            let of_html = html.iter().map(|piece| match piece {
                Piece::Html(document, _) => text_of(document),
                Piece::Text(text, _) => text.clone(),
            });
            text = joined(of_html.collect());
        }
        if !has_html {
            html.clear();
        }
        // A multipart that cannot be divided, and nothing else: an attachment, but its beginning can be read here.
        if let Some(root) = tree.nodes.first().filter(|root| is_unopened(&root.part))
            && text.is_empty()
            && html.is_empty()
        {
            let body = root.part.raw_body();
            let shown = unlabelled(&body[..body.len().min(UNDIVIDED)], &mut Faults::new()).into_owned();
            tidy(&shown, &mut Faults::new()).trim().clone_into(&mut text);
        }
        Self { text, html, language: languages.0.or(languages.1) }
    }

    fn documents(&self) -> impl Iterator<Item = &Document> {
        self.html.iter().filter_map(|piece| match piece {
            Piece::Html(document, _) => Some(document),
            Piece::Text(..) => None,
        })
    }

    /// Sanitised; `None` when no part is HTML that can be shown.
    pub(super) fn html(&self, shown: &Shown<'_>) -> Option<String> {
        let pieces: Vec<String> = self
            .html
            .iter()
            .map(|piece| match piece {
                Piece::Html(document, language) => document.sanitised(shown, language.as_deref()),
                Piece::Text(text, language) => html::of_text(text, language.as_deref()),
            })
            .collect();
        let html = pieces.join("\n");
        (!html.trim().is_empty()).then_some(html)
    }
}

/// A text of HTML is made only where there is no other: it takes as long as building the tree.
fn text_of(document: &Document) -> String {
    tidy(&document.text(), &mut Faults::new()).trim_end().to_owned()
}

fn note(document: &Document, located: &HashSet<String>, faults: &mut Faults) {
    let missing = |source: &String| !source.starts_with("cid:") && !is_located(source, located);
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

/// Content-Location of a picture (RFC 2557).
fn location(part: &MessagePart<'_>) -> Option<String> {
    let value = part.headers().value(HeaderName::ContentLocation)?;
    let location = fields::clean(value.as_text()?);
    (!location.is_empty() && attachments::is_picture(part)).then_some(location)
}

/// Whether a picture of the message stands at the place that the HTML names, or ends in it.
fn is_located(source: &str, located: &HashSet<String>) -> bool {
    located.contains(source) || located.iter().take(100).any(|location| names(source, location))
}

fn names(source: &str, location: &str) -> bool {
    source == location || (!source.contains(':') && location.rsplit('/').next() == Some(source))
}

/// The attachments that the HTML shows.
pub(super) fn pictures_shown(tree: &Tree<'_>, limits: &Limits) -> HashSet<usize> {
    let body = Body::read(tree, limits, &mut Vec::new());
    pictures(tree, &body).into_values().collect()
}

/// What the HTML calls its pictures → their index.
pub(super) fn pictures(tree: &Tree<'_>, body: &Body) -> HashMap<String, usize> {
    let mut pictures = HashMap::new();
    let wanted: HashSet<&String> = body.documents().flat_map(|document| &document.pictures).collect();
    if wanted.is_empty() {
        return pictures;
    }
    for (index, node) in tree.attachments().enumerate().filter(|(_, node)| attachments::is_picture(&node.part)) {
        let by_id = attachments::content_id(&node.part).map(|id| format!("cid:{id}"));
        let by_place = location(&node.part)
            .and_then(|location| wanted.iter().find(|source| names(source, &location)).map(|source| (*source).clone()));
        // The first of several with one name, as mail programs do.
        for name in by_id.filter(|id| wanted.contains(id)).into_iter().chain(by_place) {
            pictures.entry(name).or_insert(index);
        }
    }
    pictures
}
