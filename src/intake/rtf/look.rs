//! How text looks, as far as a letter needs it.

/// Of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Look {
    set: [bool; 7],
    /// The field whose link it is.
    pub(super) link: Option<usize>,
}

/// Element and control word of each look; the last is text that is not shown at all.
const LOOKS: [(&str, &[u8]); 7] =
    [("b", b"b"), ("i", b"i"), ("u", b"ul"), ("s", b"strike"), ("sup", b"super"), ("sub", b"sub"), ("", b"v")];
const UNDERLINE: usize = 2;
const SUPER: usize = 4;
const SUB: usize = 5;
const HIDDEN: usize = 6;

impl Look {
    /// Obeys the word, if it is one of these.
    pub(super) fn obeys(&mut self, name: &[u8], value: Option<i32>) -> bool {
        let on = value != Some(0);
        if let Some(at) = LOOKS.iter().position(|(_, word)| *word == name) {
            self.set[at] = on;
            return true;
        }
        match name {
            b"ulnone" => self.set[UNDERLINE] = false,
            b"uld" | b"uldb" | b"ulw" | b"uldash" | b"ulwave" | b"ulth" => self.set[UNDERLINE] = on,
            b"nosupersub" => (self.set[SUPER], self.set[SUB]) = (false, false),
            b"striked" => self.set[3] = on,
            b"deleted" => self.set[HIDDEN] = on,
            _ => return false,
        }
        true
    }

    /// Not to be shown.
    pub(super) fn is_hidden(self) -> bool {
        self.set[HIDDEN]
    }

    /// The elements, outermost first.
    pub(super) fn elements(self) -> impl DoubleEndedIterator<Item = &'static str> {
        (0..HIDDEN).filter(move |at| self.set[*at]).map(|at| LOOKS[at].0)
    }
}

/// Of paragraphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Paragraph {
    pub(super) align: Option<&'static str>,
    pub(super) in_table: bool,
    /// 0 for the highest heading.
    pub(super) heading: Option<u8>,
}

impl Paragraph {
    /// Obeys the word, if it is one of these.
    pub(super) fn obeys(&mut self, name: &[u8], value: Option<i32>) -> bool {
        match name {
            b"ql" | b"qj" => self.align = None,
            b"qc" => self.align = Some("center"),
            b"qr" => self.align = Some("right"),
            b"intbl" => self.in_table = value != Some(0),
            b"outlinelevel" => self.heading = value.and_then(|v| u8::try_from(v).ok()).filter(|level| *level < 6),
            _ => return false,
        }
        true
    }
}
