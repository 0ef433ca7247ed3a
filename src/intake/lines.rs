//! The text of HTML, laid out in lines: blocks apart, quotations marked, cells of a table with tabs between.

/// What a piece of text inherits from where it stands.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    /// Elements around it.
    pub(super) depth: usize,
    /// Its text is no text: a script, the title, a template.
    pub(super) hidden: bool,
    /// White space counts in it.
    pub(super) verbatim: bool,
    /// How many quotations it stands in.
    pub(super) quotes: usize,
    pub(super) block: Block,
}

/// The nearest element that begins a line of its own.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// No two blocks have the same.
    pub(super) number: usize,
    /// Line breaks before and after.
    pub(super) space: usize,
}

/// Text laid out in lines.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) out: String,
    block: Block,
    breaks: usize,
    gap: Option<char>,
}

impl Lines {
    /// Adds text.
    pub(super) fn text(&mut self, text: &str, place: Place) {
        for c in text.chars() {
            match c {
                '\n' if place.verbatim => self.breaks = (self.breaks + 1).min(2),
                c if c.is_whitespace() && !place.verbatim => self.gap = self.gap.or(Some(' ')),
                c if c.is_control() && c != '\t' => {}
                c => self.push(c, place),
            }
        }
    }

    fn push(&mut self, c: char, place: Place) {
        if self.block != place.block {
            self.breaks = self.breaks.max(self.block.space).max(place.block.space);
            self.block = place.block;
        }
        if self.breaks > 0 || self.out.is_empty() {
            if !self.out.is_empty() {
                self.out.extend(std::iter::repeat_n('\n', self.breaks));
            }
            self.out.extend(std::iter::repeat_n("> ", place.quotes));
            (self.breaks, self.gap) = (0, None);
        }
        self.out.extend(self.gap.take());
        self.out.push(c);
    }

    /// Begins an element that is more than its text; `alt` describes a picture.
    pub(super) fn begin(&mut self, name: &str, alt: Option<&str>, place: Place) {
        match name {
            "br" => self.breaks = (self.breaks + 1).min(2),
            "td" | "th" => self.gap = Some('\t'),
            "li" => "- ".chars().for_each(|c| self.push(c, place)),
            "img" => {
                if let Some(alt) = alt.filter(|alt| !alt.trim().is_empty()) {
                    self.text(&format!(" [{}] ", alt.trim()), place);
                }
            }
            _ => {}
        }
    }
}

/// Line breaks before and after an element; none where it stands in a line.
pub(super) fn space_around(name: &str) -> usize {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "ul" | "ol" | "dl" | "pre" | "hr" | "blockquote" => 2,
        "div" | "tr" | "li" | "dt" | "dd" | "address" | "article" | "aside" | "center" | "footer" | "form"
        | "header" | "section" | "figure" | "caption" | "fieldset" => 1,
        _ => 0,
    }
}
