//! A message with everything opened that was packed into one part of it: each packed part's content becomes a layer, a
//! MIME entity of its own that hangs where the packed part stands. One reader reads all layers alike, so what came packed
//! has numbers, attachments, a status and a place in the text as if it had come plain.

use std::borrow::Cow;
use std::ops::ControlFlow;

use mail_parser::{Message, PartId};

use super::defects::NOT_OPENED;
use super::sealed::Seal;
use super::text::Faults;
use super::tree::{Fate, Tree};
use super::unpack::{self, Packing};
use super::{Limits, attachments};
use crate::smime::Keyring;

/// Layers in one message. Each is parsed and kept in memory while the message is read.
const LAYERS: usize = 64;
/// What has been opened inside what has been opened.
const DEEPEST: usize = 8;

/// The message as received, and what was opened of it.
#[derive(Debug)]
pub struct Opened<'r> {
    pub(super) layers: Vec<Layer<'r>>,
    pub(super) packed: Vec<Packed>,
    pub(super) limits: Limits,
}

/// One part, as it is looked through.
#[derive(Debug)]
pub struct Leaf<'l> {
    /// `1.2`, as in the record's parts.
    pub part: &'l str,
    /// Safe to say to the sender.
    pub filename: String,
    /// `type/subtype`, lower case.
    pub media_type: String,
    /// Decoded.
    pub octets: Cow<'l, [u8]>,
}

/// One MIME entity.
#[derive(Debug)]
pub(super) struct Layer<'r> {
    pub(super) octets: Cow<'r, [u8]>,
    depth: usize,
}

/// What became of one packed part.
#[derive(Debug)]
pub(super) struct Packed {
    /// The layer it stands in.
    pub(super) layer: usize,
    /// Its place there.
    pub(super) part: PartId,
    pub(super) packing: Packing,
    /// The layer that it became; `None` where nothing could be opened.
    pub(super) inner: Option<usize>,
    /// What was wrong with it.
    pub(super) faults: Faults,
    /// How it was sealed.
    pub(super) seal: Option<Seal>,
    /// What came out is a whole message, whose header the seal protects.
    pub(super) wrapped: bool,
    /// Whether the packed part is offered as well, as it came: it was damaged, or is of use by itself.
    pub(super) offered: bool,
}

impl<'r> Opened<'r> {
    /// Opens whatever can be opened. Never fails; what stays closed is offered as it came.
    #[must_use]
    pub fn of(raw: &'r [u8], limits: &Limits, keyring: &Keyring) -> Self {
        let mut opened = Self {
            layers: vec![Layer { octets: Cow::Borrowed(raw), depth: 0 }],
            packed: Vec::new(),
            limits: limits.clone(),
        };
        // Of what is opened, all together; a few octets of compressed text can become many.
        let mut room = limits.opened_bytes;
        let mut at = 0;
        while at < opened.layers.len() {
            let (found, fresh) = opened.open_layer(at, keyring, &mut room);
            opened.packed.extend(found);
            opened.layers.extend(fresh);
            at += 1;
        }
        opened
    }

    fn open_layer(&self, layer: usize, keyring: &Keyring, room: &mut usize) -> (Vec<Packed>, Vec<Layer<'r>>) {
        let (mut found, mut fresh) = (Vec::new(), Vec::new());
        let depth = self.layers[layer].depth + 1;
        let Some(message) = self.limits.parse(&self.layers[layer].octets) else { return (found, fresh) };
        for part in message.parts() {
            let Some(packing) = unpack::packing(&part) else { continue };
            let next = self.layers.len() + fresh.len();
            let mut packed = Packed {
                layer,
                part: part.id(),
                packing,
                inner: None,
                faults: Faults::new(),
                seal: None,
                wrapped: false,
                offered: true,
            };
            if depth <= DEEPEST && next < LAYERS {
                let unpacked = unpack::unpack(packing, &part, keyring, *room);
                packed.faults = unpacked.faults;
                packed.offered = unpacked.offered;
                packed.seal = unpacked.seal;
                packed.wrapped = unpacked.wrapped;
                if let Some(entity) = unpacked.entity {
                    *room = room.saturating_sub(entity.len());
                    packed.inner = Some(next);
                    fresh.push(Layer { octets: Cow::Owned(entity), depth });
                }
            } else {
                packed.faults.push((NOT_OPENED, String::new()));
            }
            found.push(packed);
        }
        (found, fresh)
    }

    /// The structure of every layer, by which [`super::tree::Tree`] is made. A layer that is no message at all stays
    /// `None`.
    pub(super) fn parsed(&self) -> Vec<Option<Message<'_>>> {
        self.layers.iter().map(|layer| self.limits.parse(&layer.octets)).collect()
    }

    /// Every part that holds octets of its own, decoded one at a time: what is looked through for malware. Of what was
    /// packed, both the packed part and what came out of it; of enclosed messages their parts. `look` ends it by
    /// breaking off.
    pub fn leaves(&self, mut look: impl FnMut(Leaf<'_>) -> ControlFlow<()>) {
        let parsed = self.parsed();
        let tree = Tree::of(self, &parsed);
        for (at, node) in tree.nodes.iter().enumerate() {
            if !matches!(node.fate, Fate::Container) {
                let filename = attachments::file_name(&node.part, at);
                let media_type = attachments::media_type(&node.part);
                let leaf = Leaf { part: &node.number, filename, media_type, octets: node.part.decoded() };
                if look(leaf).is_break() {
                    return;
                }
            }
        }
    }

    /// The octets as received.
    pub(super) fn raw(&self) -> &[u8] {
        self.layers.first().map_or(&[], |layer| &layer.octets)
    }
}
