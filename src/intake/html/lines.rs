//! The text of HTML, laid out in lines: blocks apart, quotations marked, lists numbered and set in, cells of a table with
//! tabs between.

use super::symbols;
use super::tree::Id;

/// What a piece of text inherits from where it stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// White space counts in it.
    pub(super) verbatim: bool,
    /// How many quotations it stands in.
    pub(super) quotes: usize,
    /// Spaces before each line.
    pub(super) indent: usize,
    /// Its letters are pictures.
    pub(super) pictorial: bool,
    /// It stands in a row of a table that is one line.
    pub(super) row: bool,
    pub(super) block: Block,
}

/// The nearest element that begins a line of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// No two blocks have the same.
    pub(super) number: usize,
    /// Line breaks before and after.
    pub(super) space: usize,
}

/// Text laid out in lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) out: String,
    /// Of each line, the piece of text that it begins with.
    pub(super) origins: Vec<Id>,
    block: Block,
    breaks: usize,
    gap: Option<char>,
    /// A list's mark stands there, and its text comes behind it.
    marked: bool,
}

impl Lines {
    /// Adds text of this origin.
    pub(super) fn text(&mut self, text: &str, place: Place, origin: Id) {
        for c in text.chars() {
            let c = if place.pictorial { symbols::picture(c).unwrap_or(c) } else { c };
            match c {
                '\n' if place.verbatim && !place.row => self.breaks = (self.breaks + 1).min(2),
                c if c.is_whitespace() && !place.verbatim => self.gap = self.gap.or(Some(' ')),
                c if (c.is_control() && c != '\t') || crate::intake::fields::turns_direction(c) => {}
                c => self.push(c, place, origin),
            }
        }
    }

    fn push(&mut self, c: char, place: Place, origin: Id) {
        if self.block != place.block {
            let space = self.block.space.max(place.block.space);
            if !std::mem::take(&mut self.marked) {
                self.breaks = self.breaks.max(space);
            }
            self.block = place.block;
        }
        self.marked = false;
        if self.breaks > 0 || self.out.is_empty() {
            if !self.out.is_empty() {
                self.end_lines(place);
            }
            self.origins.push(origin);
            self.out.extend(std::iter::repeat_n("> ", place.quotes));
            self.out.extend(std::iter::repeat_n(' ', place.indent));
            (self.breaks, self.gap) = (0, None);
        }
        self.out.extend(self.gap.take());
        self.out.push(c);
    }

    fn end_lines(&mut self, place: Place) {
        self.out.push('\n');
        for _ in 1..self.breaks {
            // Between two paragraphs of one quotation the mark stands too.
            let last = self.origins.last().copied().unwrap_or_default();
            let quoted = if self.quoted_before() && place.quotes > 0 { ">" } else { "" };
            self.origins.push(last);
            self.out.push_str(quoted);
            self.out.push('\n');
        }
    }

    fn quoted_before(&self) -> bool {
        self.out.trim_end_matches('\n').rsplit('\n').next().is_some_and(|line| line.starts_with('>'))
    }

    /// Ends a block that had something in it.
    pub(super) fn leave(&mut self, block: Block) {
        self.breaks = self.breaks.max(block.space);
    }

    /// An empty paragraph.
    pub(super) fn blank(&mut self) {
        self.breaks = 2;
    }

    /// Begins a new line.
    pub(super) fn end_line(&mut self, place: Place) {
        if place.row {
            self.gap = self.gap.or(Some(' '));
        } else {
            self.breaks = (self.breaks + 1).min(2);
        }
    }

    /// What comes next stands in the next cell of its row.
    pub(super) fn next_cell(&mut self) {
        self.gap = Some('\t');
    }

    /// A list's mark.
    pub(super) fn mark(&mut self, mark: &str, place: Place, origin: Id) {
        self.marked = false;
        for c in mark.chars() {
            self.push(c, place, origin);
        }
        self.gap = Some(' ');
        self.marked = true;
    }
}

/// Line breaks before and after an element; none where it stands in a line.
pub(super) fn space_around(name: &str) -> usize {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "ul" | "ol" | "dl" | "pre" | "hr" | "blockquote" => 2,
        "div" | "tr" | "li" | "dt" | "dd" | "address" | "article" | "aside" | "center" | "footer" | "form"
        | "header" | "section" | "figure" | "figcaption" | "caption" | "fieldset" | "main" | "nav" | "details"
        | "summary" | "select" | "option" => 1,
        _ => 0,
    }
}
