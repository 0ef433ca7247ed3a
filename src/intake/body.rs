//! The parts of a message that are shown.

use std::collections::{HashMap, HashSet};

use mail_parser::PartKind;

use super::outline::{self, Outline};
use super::text::{Faults, decoded, plain, tidy, unlabelled};
use super::tree::{Fate, Tree, is_unopened};
use super::{Limits, attachments, defects, fields, html, openpgp};
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

enum Piece {
    Html(String, Outline),
    Text(String),
}

impl Body {
    /// Reads it.
    pub(super) fn read(tree: &Tree<'_>, limits: &Limits, found: &mut Vec<Defect>) -> Self {
        let mut texts: Vec<String> = Vec::new();
        let mut of_html: Vec<String> = Vec::new();
        let mut html = Vec::new();
        let mut has_html = false;
        let mut budget = outline::Budget::default();
        let mut languages = (None, None);
        for node in &tree.nodes {
            let Fate::Shown { text: in_text, html: in_html, .. } = node.fate else { continue };
            let part = &node.part;
            let (source, mut faults) = decoded(part, limits.body_bytes);
            let said = fields::language(part.headers());
            if matches!(part.kind(), PartKind::Html) {
                let outline = outline::of(&source, &mut budget);
                note(&outline, &mut faults);
                let text = tidy(&outline.text, &mut Faults::new()).trim_end().to_owned();
                languages.1 = languages.1.or(said).or_else(|| outline.language.clone());
                if in_text {
                    texts.push(text.clone());
                }
                if in_html {
                    let fit = !outline.too_complex && part.raw_body().len() <= limits.body_bytes;
                    has_html |= fit;
                    html.push(if fit { Piece::Html(source.into_owned(), outline) } else { Piece::Text(text.clone()) });
                }
                of_html.push(text);
            } else {
                let text = plain(part, &source, &mut faults);
                let text = openpgp::cleartext(&text).map_or(text, |shown| shown.trim_end().to_owned());
                languages.0 = languages.0.or(said);
                if in_html {
                    html.push(Piece::Text(text.clone()));
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
            text = joined(of_html);
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

    fn shows(&self, content_id: &str) -> bool {
        self.html.iter().any(|piece| matches!(piece, Piece::Html(_, outline) if outline.pictures.contains(content_id)))
    }

    fn shows_any(&self) -> bool {
        self.html.iter().any(|piece| matches!(piece, Piece::Html(_, outline) if !outline.pictures.is_empty()))
    }

    /// Sanitised; `None` when no part is HTML that can be shown.
    pub(super) fn html(&self, pictures: &HashMap<String, usize>, base: Option<&str>) -> Option<String> {
        let pieces: Vec<String> = self
            .html
            .iter()
            .map(|piece| match piece {
                Piece::Html(source, _) => html::sanitised(source, pictures, base),
                Piece::Text(text) => html::of_text(text),
            })
            .collect();
        let html = pieces.join("\n");
        (!html.trim().is_empty()).then_some(html)
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
    pictures(tree, &body).into_values().collect()
}

/// Content-ID → index, of the pictures that the HTML shows.
pub(super) fn pictures(tree: &Tree<'_>, body: &Body) -> HashMap<String, usize> {
    let mut pictures = HashMap::new();
    if body.shows_any() {
        for (index, node) in tree.attachments().enumerate() {
            let Some(id) = attachments::content_id(&node.part) else { continue };
            if attachments::is_picture(&node.part) && body.shows(&id) {
                // The first of several with one id, as mail programs do.
                pictures.entry(id).or_insert(index);
            }
        }
    }
    pictures
}
