//! Every part of the message and what becomes of it. Nothing is left out: each part is a container, shown, shown in its
//! place, converted, held back, or offered as it came. (RFC 8621 §4.1.4 says which text parts are the body.)

use mail_parser::{Message, MessagePart, PartKind};

use super::opened::{Opened, Packed};
use super::outside::{self, Shown};
use super::unpack::Packing;

/// All parts, each after the one that holds it: the order in which they stand in the message.
pub(super) struct Tree<'t> {
    pub(super) nodes: Vec<Node<'t>>,
}

/// A part in its place.
pub(super) struct Node<'t> {
    /// `0` the message itself, `1.2` the second part of its first; what was opened is the first part of what it was
    /// packed in.
    pub(super) number: String,
    pub(super) part: MessagePart<'t>,
    /// What was opened here.
    pub(super) packed: Option<&'t Packed>,
    pub(super) fate: Fate,
}

/// What becomes of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It holds other parts.
    Container,
    /// Its text is shown: in the plain view, in the HTML view, or in both.
    /// Beyond the longest that is shown it is `offered` as well.
    Shown { text: bool, html: bool, offered: bool },
    /// What was in it stands as parts of its own; `offered` tells whether it is there to fetch as well.
    Converted { offered: bool },
    /// To be fetched, or shown in its place in the HTML.
    Offered,
    /// Not for the citizen to see, though in the raw message: why.
    HeldBack(Held),
    /// It stands inside an enclosed message, which is offered as it came.
    Enclosed,
}

/// Why a part is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Nothing is in it.
    Empty,
    /// Its text is shown already: the message says the same outside.
    Repeated,
}

impl Held {
    /// The word in the account of parts.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Repeated => "repeated",
        }
    }
}

/// Whose text the parts of a message may be.
#[derive(Debug, Clone, Copy)]
struct Body {
    text: bool,
    html: bool,
    enclosed: bool,
}

impl Body {
    const ENCLOSED: Self = Self { text: false, html: false, enclosed: true };

    /// Whether what is opened may be the body. An enclosed message is not; what Outlook packed is what the message would
    /// be without it.
    fn of(packing: Packing, around: Self, shown: Option<Shown>) -> Self {
        match (packing, shown) {
            (Packing::EncodedMessage, _) => Self::ENCLOSED,
            (Packing::Tnef, Some(Shown { text, html, .. })) => {
                Self { text: around.text && text, html: around.html && html, ..around }
            }
            (Packing::Tnef, None) => around,
        }
    }
}

/// What is still to be visited.
struct Visit<'t> {
    number: String,
    part: MessagePart<'t>,
    layer: usize,
    body: Body,
}

impl<'t> Tree<'t> {
    /// The parts of all layers. `parsed` is [`Opened::parsed`] of the same.
    pub(super) fn of(opened: &'t Opened<'_>, parsed: &'t [Option<Message<'t>>]) -> Self {
        let mut tree = Self { nodes: Vec::new() };
        let Some(Some(message)) = parsed.first() else { return tree };
        let all = Body { text: true, html: true, enclosed: false };
        // Of what Outlook packed: where it is shown.
        let shown: Vec<Option<Shown>> = opened.packed.iter().map(|packed| shown(packed, parsed)).collect();
        let is_instead = |layer: usize, part: &MessagePart<'_>| {
            let mut all = opened.packed.iter().zip(&shown);
            all.any(|(packed, shown)| packed.layer == layer && shown.is_some_and(|s| s.instead == Some(part.id())))
        };
        let mut open = vec![Visit { number: "0".to_owned(), part: message.root_part(), layer: 0, body: all }];
        while let Some(Visit { number, part, layer, body }) = open.pop() {
            let found = opened.packed.iter().position(|p| p.layer == layer && p.part == part.id());
            let packed = found.and_then(|at| opened.packed.get(at));
            let shown = found.and_then(|at| shown.get(at).copied().flatten());
            let body = Body { html: body.html && !is_instead(layer, &part), ..body };
            let inner = packed.and_then(|p| {
                let index = p.inner?;
                Some((index, parsed.get(index)?.as_ref()?.root_part(), p.packing))
            });
            let below = |index: usize| if number == "0" { index.to_string() } else { format!("{number}.{index}") };
            if let Some((index, root, packing)) = inner {
                let body = Body::of(packing, body, shown);
                open.push(Visit { number: below(1), part: root, layer: index, body });
            } else {
                let enclosed = part.nested().map(|message| message.root_part());
                let body = if enclosed.is_some() { Body::ENCLOSED } else { body };
                let children: Vec<_> = part.children().chain(enclosed).enumerate().collect();
                for (index, child) in children.into_iter().rev() {
                    open.push(Visit { number: below(index + 1), part: child, layer, body });
                }
            }
            let fate = match packed.filter(|_| inner.is_some()) {
                Some(packed) => Fate::Converted { offered: packed.offered },
                None => fate(&part, body, opened.limits.body_bytes),
            };
            tree.nodes.push(Node { number, part, packed, fate });
        }
        tree
    }

    /// The parts that can be fetched, in order; an attachment's index is its place here.
    pub(super) fn attachments(&self) -> impl Iterator<Item = &Node<'t>> {
        self.nodes.iter().filter(|node| node.is_offered())
    }
}

impl Node<'_> {
    /// Whether it can be fetched.
    pub(super) fn is_offered(&self) -> bool {
        match self.fate {
            Fate::Offered => true,
            Fate::Converted { offered } | Fate::Shown { offered, .. } => offered,
            Fate::Container | Fate::HeldBack(_) | Fate::Enclosed => false,
        }
    }
}

/// Where it is shown what Outlook packed here.
fn shown(packed: &Packed, parsed: &[Option<Message<'_>>]) -> Option<Shown> {
    if packed.packing != Packing::Tnef {
        return None;
    }
    let [outside, inside] = [packed.layer, packed.inner?].map(|layer| parsed.get(layer).and_then(Option::as_ref));
    Some(outside::shown(outside?, packed.part, inside?))
}

fn fate(part: &MessagePart<'_>, body: Body, longest: usize) -> Fate {
    if body.enclosed {
        return if part.children().len() > 0 { Fate::Container } else { Fate::Enclosed };
    }
    let text = body.text && part.in_text_body();
    let html = body.html && part.in_html_body();
    if part.is_text() && (text || html) {
        return Fate::Shown { text, html, offered: part.raw_body().len() > longest };
    }
    // What Outlook packed and the message says outside too.
    if !body.text && part.is_text() && (part.in_text_body() || part.in_html_body()) {
        let blank = part.raw_body().trim_ascii().is_empty();
        return Fate::HeldBack(if blank { Held::Empty } else { Held::Repeated });
    }
    match part.kind() {
        PartKind::Multipart if part.children().len() > 0 => Fate::Container,
        PartKind::Multipart if part.raw_body().trim_ascii().is_empty() => Fate::HeldBack(Held::Empty),
        _ => Fate::Offered,
    }
}

/// Whether the part says that it is a multipart and could not be divided.
pub(super) fn is_unopened(part: &MessagePart<'_>) -> bool {
    part.children().len() == 0 && part.content_type().is_some_and(|t| t.ctype() == "multipart")
}
