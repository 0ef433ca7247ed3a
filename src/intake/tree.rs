//! Every part of the message and what becomes of it. Nothing is left out: each part is a container, shown, shown in its
//! place, converted, held back, or offered as it came. (RFC 8621 §4.1.4 says which text parts are the body.)

use mail_parser::{Message, MessagePart, PartKind};

use super::attachments::{self, media_type};
use super::opened::{Opened, Packed};
use super::outside::{self, Shown};
use super::unpack::Packing;

/// Messages inside one another whose text is shown. A deeper one is there to fetch with the one around it.
const SHOWN_DEPTH: u8 = 4;

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
    /// Of which message it is a part: 0 the one received, then each enclosed one that is shown.
    pub(super) message: usize,
    /// An enclosed message that is shown begins with it: the header is that message's.
    pub(super) opens: bool,
    /// How many octets of it may be shown.
    pub(super) room: usize,
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
    /// It stands inside an enclosed message too deep to be shown, which is offered as it came.
    Enclosed,
}

/// Why a part is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Nothing is in it.
    Empty,
    /// Its text is shown already: the message says the same outside.
    Repeated,
    /// It signs other parts, and says nothing to a person.
    Signature,
    /// What a Macintosh keeps beside a file's content (RFC 1740).
    ResourceFork,
    /// Another form of the text that is shown, for programs that nobody reads letters with.
    Alternative,
}

impl Held {
    /// The word in the account of parts.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Repeated => "repeated",
            Self::Signature => "signature",
            Self::ResourceFork => "resource-fork",
            Self::Alternative => "alternative",
        }
    }
}

/// Whose text the parts of a message may be.
#[derive(Debug, Clone, Copy)]
struct Body {
    text: bool,
    html: bool,
    /// Messages around it.
    depth: u8,
    /// Nothing in it is shown or offered by itself.
    closed: bool,
    /// What is not shown of it is shown elsewhere.
    repeated: bool,
}

impl Body {
    /// Inside a message that this one's parts enclose. Of a report the message that it is about is not shown: it went out
    /// from here, or stands in the report's words.
    fn inside(self, part: &MessagePart<'_>) -> Self {
        let in_report = part.parent().is_some_and(|parent| media_type(&parent) == "multipart/report");
        let closed = self.closed || in_report || self.depth >= SHOWN_DEPTH;
        let depth = self.depth + u8::from(!closed);
        Self { text: !closed, html: !closed, depth, closed, repeated: false }
    }

    /// What of that which was opened may be the body. What Outlook packed is what the message would be without it; what was
    /// sealed stands where the seal stood.
    fn of(self, packing: Packing, part: &MessagePart<'_>, shown: Option<Shown>) -> Self {
        match (packing, shown) {
            (Packing::EncodedMessage, _) => self.inside(part),
            (Packing::Uuencoded, _) => {
                Self { text: self.text && part.in_text_body(), html: self.html && part.in_html_body(), ..self }
            }
            (Packing::Tnef, Some(Shown { text, html, .. })) => {
                Self { text: self.text && text, html: self.html && html, repeated: !text, ..self }
            }
            (Packing::Tnef, None) | (Packing::Smime, _) => self,
        }
    }
}

/// What is still to be visited.
struct Visit<'t> {
    number: String,
    part: MessagePart<'t>,
    layer: usize,
    body: Body,
    /// An enclosed message begins here.
    opens: bool,
    message: usize,
}

impl<'t> Tree<'t> {
    /// The parts of all layers. `parsed` is [`Opened::parsed`] of the same.
    pub(super) fn of(opened: &'t Opened<'_>, parsed: &'t [Option<Message<'t>>]) -> Self {
        let mut tree = Self { nodes: Vec::new() };
        let Some(Some(message)) = parsed.first() else { return tree };
        let all = Body { text: true, html: true, depth: 0, closed: false, repeated: false };
        // Of what Outlook packed: where it is shown.
        let places: Vec<Option<Shown>> = opened.packed.iter().map(|packed| place(packed, parsed)).collect();
        let is_instead = |layer: usize, part: &MessagePart<'_>| {
            let mut all = opened.packed.iter().zip(&places);
            all.any(|(packed, place)| packed.layer == layer && place.is_some_and(|s| s.instead == Some(part.id())))
        };
        let part = message.root_part();
        let mut open = vec![Visit { number: "0".to_owned(), part, layer: 0, body: all, opens: false, message: 0 }];
        let (mut messages, mut shown) = (0, 0_usize);
        while let Some(Visit { number, part, layer, body, opens, message }) = open.pop() {
            messages += usize::from(opens);
            let message = if opens { messages } else { message };
            let found = opened.packed.iter().position(|p| p.layer == layer && p.part == part.id());
            let packed = found.and_then(|at| opened.packed.get(at));
            let place = found.and_then(|at| places.get(at).copied().flatten());
            let body = Body { html: body.html && !is_instead(layer, &part), ..body };
            let inner = packed.and_then(|p| {
                let index = p.inner?;
                Some((index, parsed.get(index)?.as_ref()?.root_part(), p.packing))
            });
            let below = |index: usize| if number == "0" { index.to_string() } else { format!("{number}.{index}") };
            // A message, shown as the text of this one.
            let mut unfolded = false;
            if let Some((index, root, packing)) = inner {
                let within = body.of(packing, &part, place);
                let opens = within.depth > body.depth;
                open.push(Visit { number: below(1), part: root, layer: index, body: within, opens, message });
            } else if let Some(nested) = part.nested() {
                let within = body.inside(&part);
                unfolded = within.depth > body.depth;
                let root = nested.root_part();
                open.push(Visit { number: below(1), part: root, layer, body: within, opens: unfolded, message });
            } else {
                let children: Vec<_> = part.children().enumerate().collect();
                for (index, child) in children.into_iter().rev() {
                    let number = below(index + 1);
                    open.push(Visit { number, part: child, layer, body, opens: false, message });
                }
            }
            let room = opened.limits.body_bytes.min(opened.limits.shown_bytes.saturating_sub(shown));
            let fate = match packed.filter(|_| inner.is_some()) {
                _ if body.closed => closed(&part),
                Some(packed) => Fate::Converted { offered: packed.offered },
                None if unfolded => Fate::Converted { offered: true },
                None => fate(&part, body, room),
            };
            if matches!(fate, Fate::Shown { .. }) {
                shown = shown.saturating_add(part.raw_body().len().min(room));
            }
            tree.nodes.push(Node { number, part, packed, fate, message, opens, room });
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
fn place(packed: &Packed, parsed: &[Option<Message<'_>>]) -> Option<Shown> {
    if packed.packing != Packing::Tnef {
        return None;
    }
    let [outside, inside] = [packed.layer, packed.inner?].map(|layer| parsed.get(layer).and_then(Option::as_ref));
    Some(outside::shown(outside?, inside?))
}

/// What becomes of a part in a message that is not shown.
fn closed(part: &MessagePart<'_>) -> Fate {
    if part.children().len() > 0 { Fate::Container } else { Fate::Enclosed }
}

fn fate(part: &MessagePart<'_>, body: Body, room: usize) -> Fate {
    let text = body.text && part.in_text_body();
    let html = body.html && part.in_html_body();
    if part.is_text() && (text || html) {
        return Fate::Shown { text, html, offered: part.raw_body().len() > room };
    }
    if body.repeated && part.is_text() && (part.in_text_body() || part.in_html_body()) {
        let blank = part.raw_body().trim_ascii().is_empty();
        return Fate::HeldBack(if blank { Held::Empty } else { Held::Repeated });
    }
    match part.kind() {
        PartKind::Multipart if part.children().len() > 0 => Fate::Container,
        _ if is_unopened(part) && part.raw_body().trim_ascii().is_empty() => Fate::HeldBack(Held::Empty),
        _ => held(part).map_or(Fate::Offered, Fate::HeldBack),
    }
}

/// Why a part is of no use to a person, if it is of none.
fn held(part: &MessagePart<'_>) -> Option<Held> {
    let around = || part.parent().map(|parent| media_type(&parent)).unwrap_or_default();
    match &*media_type(part) {
        "application/pkcs7-signature" | "application/x-pkcs7-signature" | "application/pgp-signature" => {
            // By any other name it is of a file, which whoever checks it will want.
            let of_message = around() == "multipart/signed"
                || attachments::name_as_written(part).is_none_or(|name| {
                    ["smime.p7s", "signature.asc", "openpgp_digital_signature.asc"]
                        .contains(&&*name.to_ascii_lowercase())
                });
            of_message.then_some(Held::Signature)
        }
        "application/applefile" if around() == "multipart/appledouble" => Some(Held::ResourceFork),
        "text/x-amp-html" | "text/watch-html" if around() == "multipart/alternative" => Some(Held::Alternative),
        _ => None,
    }
}

/// Whether the part says that it is a multipart and could not be divided.
pub(super) fn is_unopened(part: &MessagePart<'_>) -> bool {
    part.children().len() == 0 && part.content_type().is_some_and(|t| t.ctype() == "multipart")
}
