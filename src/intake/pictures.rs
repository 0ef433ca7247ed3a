//! The message's own pictures in its HTML: which part a `cid:` (RFC 2392) or a Content-Location (RFC 2557) means. Each
//! message finds those of its own parts alone.

use std::collections::{HashMap, HashSet};

use mail_parser::{HeaderName, MessagePart};

use super::body::Body;
use super::tree::Tree;
use super::{Limits, attachments, fields};

/// The index of each picture that the HTML shows, by the message that shows it and what its HTML calls it.
#[derive(Default)]
pub(super) struct Pictures {
    by_message: HashMap<usize, HashMap<String, usize>>,
    none: HashMap<String, usize>,
}

impl Pictures {
    /// Those that the body shows.
    pub(super) fn of(tree: &Tree<'_>, body: &Body) -> Self {
        let mut asked: HashMap<usize, HashSet<&String>> = HashMap::new();
        for (message, document) in body.documents().filter(|(_, document)| !document.pictures.is_empty()) {
            asked.entry(message).or_default().extend(&document.pictures);
        }
        let mut pictures = Self::default();
        if asked.is_empty() {
            return pictures;
        }
        for (index, node) in tree.attachments().enumerate().filter(|(_, node)| attachments::is_picture(&node.part)) {
            let Some(wanted) = asked.get(&node.message) else { continue };
            let by_id = attachments::content_id(&node.part).map(|id| format!("cid:{id}"));
            let by_place = location(&node.part).and_then(|location| {
                wanted.iter().find(|source| names(source, &location)).map(|source| (*source).clone())
            });
            // The first of several with one name, as mail programs do.
            for name in by_id.filter(|id| wanted.contains(id)).into_iter().chain(by_place) {
                pictures.by_message.entry(node.message).or_default().entry(name).or_insert(index);
            }
        }
        pictures
    }

    /// Those of one message.
    pub(super) fn of_message(&self, message: usize) -> &HashMap<String, usize> {
        self.by_message.get(&message).unwrap_or(&self.none)
    }

    /// Their indices.
    pub(super) fn shown(&self) -> HashSet<usize> {
        self.by_message.values().flat_map(HashMap::values).copied().collect()
    }
}

/// The attachments that the HTML shows.
pub(super) fn shown(tree: &Tree<'_>, limits: &Limits) -> HashSet<usize> {
    let body = Body::read(tree, limits, &mut Vec::new());
    Pictures::of(tree, &body).shown()
}

/// Places of the message's pictures.
pub(super) fn located(tree: &Tree<'_>) -> HashSet<String> {
    tree.attachments().filter_map(|node| location(&node.part)).collect()
}

/// Content-Location of a picture (RFC 2557).
fn location(part: &MessagePart<'_>) -> Option<String> {
    let value = part.headers().value(HeaderName::ContentLocation)?;
    let location = fields::clean(value.as_text()?);
    (!location.is_empty() && attachments::is_picture(part)).then_some(location)
}

/// Whether a picture of the message stands at the place that the HTML names, or ends in it.
pub(super) fn is_located(source: &str, located: &HashSet<String>) -> bool {
    located.contains(source) || located.iter().take(100).any(|location| names(source, location))
}

fn names(source: &str, location: &str) -> bool {
    source == location || (!source.contains(':') && location.rsplit('/').next() == Some(source))
}
