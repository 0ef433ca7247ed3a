//! Declarations of CSS: a short list of properties with plain values. Anything that could fetch, overlay or hide
//! something is left out whole; sizes become relative, so that a reader's own size of letters counts.

use std::fmt::Write;

use super::colour::Colour;

/// Colours, letters, boxes and tables, sorted. Not: position, display, visibility, opacity, content, anything animated.
const PROPERTIES: &[&str] = &[
    "background-color",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-left-color",
    "border-left-style",
    "border-left-width",
    "border-radius",
    "border-right",
    "border-right-color",
    "border-right-style",
    "border-right-width",
    "border-spacing",
    "border-style",
    "border-top",
    "border-top-color",
    "border-top-style",
    "border-top-width",
    "border-width",
    "clear",
    "color",
    "direction",
    "float",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-width",
    "min-height",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
    "word-spacing",
];
/// The only functions: colours.
const FUNCTIONS: &[&str] = &["rgb", "rgba", "hsl", "hsla", "light-dark"];
/// Larger lengths would push what follows out of sight. In CSS pixels.
const LONGEST: f64 = 1200.0;
/// Of margins and paddings.
const INSET: f64 = 160.0;
/// Of letters, in rem.
const SMALLEST: f64 = 0.75;
const LARGEST: f64 = 4.0;
/// Declarations of one element.
const MOST: usize = 64;

/// What an element's declarations come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Declared {
    list: Vec<(&'static str, String)>,
    /// The author does not want it to be seen.
    pub(super) hidden: bool,
    /// Its letters are pictures: `Symbol`, `Wingdings`.
    pub(super) pictorial: bool,
}

impl Declared {
    /// The declarations in this text.
    pub(super) fn of(css: &str) -> Self {
        let mut declared = Self::default();
        declared.read(css);
        declared
    }

    /// Whether a style, or the name of a font, says that letters are pictures; `None`: it says nothing of letters.
    pub(super) fn letters(style: &str) -> Option<bool> {
        let mut families = style.split(';').filter_map(|declaration| declaration.split_once(':'));
        match families.rfind(|(property, _)| property.trim().eq_ignore_ascii_case("font-family")) {
            Some((_, family)) => Some(is_pictorial(family.trim())),
            None if style.contains(':') => None,
            None => Some(is_pictorial(style)),
        }
    }

    /// Adds what the text declares; the later goes before the earlier.
    pub(super) fn read(&mut self, css: &str) {
        for declaration in css.split(';') {
            let Some((property, value)) = declaration.split_once(':') else { continue };
            let property = property.trim().to_ascii_lowercase();
            let value = value.trim();
            let value =
                value.strip_suffix("important").and_then(|v| v.trim_end().strip_suffix('!')).unwrap_or(value).trim();
            self.declare(&property, value);
        }
    }

    /// Adds another's declarations.
    pub(super) fn extend(&mut self, other: &Self) {
        for (property, value) in &other.list {
            self.put(property, value.clone());
        }
        self.hidden |= other.hidden;
        self.pictorial |= other.pictorial;
    }

    /// Adds one.
    pub(super) fn declare(&mut self, property: &str, value: &str) {
        let is = |word: &str| value.eq_ignore_ascii_case(word);
        match property {
            "display" => self.hidden = is("none"),
            "visibility" => self.hidden |= is("hidden"),
            "mso-hide" => self.hidden |= is("all"),
            "background" => {
                if let Some(ground) = pieces(value).into_iter().find_map(Colour::parse) {
                    self.put("background-color", ground.written());
                }
            }
            "color" | "background-color" => {
                if let Some(colour) = Colour::parse(value) {
                    self.put(property, colour.written());
                }
            }
            "font" => self.font(value),
            "font-size" => {
                if let Some(size) = font_size(value) {
                    self.put("font-size", size);
                }
            }
            "line-height" if !is_open(value) => {}
            "white-space" if is("nowrap") => {}
            // Letters would stand over what follows: a box may be higher than said, not lower.
            "max-height" => {}
            // Set in further, nothing would be left of a narrow page.
            _ if is_inset(property)
                && pieces(value).into_iter().any(|piece| pixels(piece).is_some_and(|px| px > INSET)) => {}
            _ if is_plain(value) && is_short(value) => {
                if property == "font-family" {
                    self.pictorial = is_pictorial(value);
                    if self.pictorial {
                        return;
                    }
                }
                self.put(property, value.replace('"', "'"));
            }
            _ => {}
        }
    }

    fn put(&mut self, property: &str, value: String) {
        let Ok(at) = PROPERTIES.binary_search(&property) else { return };
        let Some(property) = PROPERTIES.get(at).copied() else { return };
        self.list.retain(|(known, _)| *known != property);
        if self.list.len() < MOST {
            self.list.push((property, value));
        }
    }

    /// The shorthand, as far as it says something of its own.
    fn font(&mut self, value: &str) {
        let mut rest = value;
        while let Some(word) = rest.split_ascii_whitespace().next() {
            rest = rest.trim_start().get(word.len()..).unwrap_or_default();
            match word.to_ascii_lowercase().as_str() {
                "bold" | "bolder" => self.put("font-weight", "bold".to_owned()),
                "italic" | "oblique" => self.put("font-style", "italic".to_owned()),
                "normal" => {}
                word => {
                    if let Some(size) = font_size(word.split('/').next().unwrap_or_default()) {
                        self.put("font-size", size);
                        self.declare("font-family", rest.trim());
                        return;
                    }
                }
            }
        }
    }

    /// One of them.
    pub(super) fn get(&self, property: &str) -> Option<&str> {
        self.list.iter().find(|(known, _)| *known == property).map(|(_, value)| value.as_str())
    }

    /// One of them that is a colour.
    pub(super) fn colour(&self, property: &str) -> Option<Colour> {
        self.get(property).and_then(Colour::parse)
    }

    /// Takes `height` as the least height, for boxes that hold text.
    pub(super) fn relax(&mut self) {
        for (property, _) in self.list.iter_mut().filter(|(property, _)| *property == "height") {
            *property = "min-height";
        }
    }

    /// As it stands in `style`. `paint` says how a colour of text, ground or border is to be written; the colours of
    /// text and ground that it needs stand in `list` like the others.
    pub(super) fn written(&self, paint: impl Fn(&str, Colour) -> String) -> String {
        let mut out = String::new();
        for (property, value) in &self.list {
            if !out.is_empty() {
                out.push(';');
            }
            out.push_str(property);
            out.push(':');
            if property.ends_with("color") || property.starts_with("border") {
                for (n, piece) in pieces(value).into_iter().enumerate() {
                    out.push_str(if n > 0 { " " } else { "" });
                    match Colour::parse(piece) {
                        Some(colour) => out.push_str(&paint(property, colour)),
                        None => out.push_str(piece),
                    }
                }
            } else {
                out.push_str(value);
            }
        }
        out
    }
}

fn is_pictorial(family: &str) -> bool {
    let first = family.trim_start_matches(['"', '\'']).to_ascii_lowercase();
    first.starts_with("wingdings") || first.starts_with("symbol")
}

/// The value's words, functions whole.
fn pieces(value: &str) -> Vec<&str> {
    let (mut found, mut from, mut inside) = (Vec::new(), 0, 0_usize);
    for (at, c) in value.char_indices() {
        match c {
            '(' => inside += 1,
            ')' => inside = inside.saturating_sub(1),
            ' ' if inside == 0 => {
                found.push(&value[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(&value[from..]);
    found.retain(|piece| !piece.is_empty());
    found
}

/// A length in CSS pixels; `None` for what is none, or is relative.
fn pixels(text: &str) -> Option<f64> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit);
    let number: f64 = number.parse().ok()?;
    let factor = match unit.to_ascii_lowercase().as_str() {
        "px" | "" => 1.0,
        "pt" => 4.0 / 3.0,
        "pc" | "em" | "rem" => 16.0,
        "in" => 96.0,
        "cm" => 96.0 / 2.54,
        "mm" => 9.6 / 2.54,
        "ex" | "ch" => 8.0,
        // Of the whole window.
        "vw" | "vh" | "vmin" | "vmax" => f64::INFINITY,
        _ => return None,
    };
    Some(number * factor)
}

/// Letters' size, relative to the reader's own.
fn font_size(value: &str) -> Option<String> {
    let lower = value.to_ascii_lowercase();
    if matches!(&*lower, "small" | "medium" | "large" | "x-large" | "xx-large" | "smaller" | "larger") {
        return Some(lower);
    }
    if matches!(&*lower, "x-small" | "xx-small") {
        return Some("small".to_owned());
    }
    if let Some(number) = lower.strip_suffix('%') {
        let share: f64 = number.parse().ok()?;
        return (75.0..=400.0).contains(&share).then(|| format!("{share}%"));
    }
    if let Some(number) = lower.strip_suffix("em").filter(|number| !number.ends_with('r')) {
        let share: f64 = number.parse().ok()?;
        return (SMALLEST..=LARGEST).contains(&share).then(|| format!("{share}em"));
    }
    let has_unit = lower.ends_with(|c: char| c.is_ascii_alphabetic());
    let rem = pixels(&lower).filter(|px| has_unit && *px > 0.0)? / 16.0;
    let mut out = String::new();
    let _ = write!(out, "{:.3}", rem.clamp(SMALLEST, LARGEST));
    Some(format!("{}rem", out.trim_end_matches('0').trim_end_matches('.')))
}

/// Lines that do not run into each other, also when the letters are made larger.
fn is_open(value: &str) -> bool {
    let (number, least) = value.strip_suffix('%').map_or((value, 1.0), |number| (number, 100.0));
    number.parse::<f64>().is_ok_and(|number| (least..=3.0 * least).contains(&number))
}

fn is_inset(property: &str) -> bool {
    ["margin", "padding", "text-indent"].iter().any(|known| property.starts_with(known))
}

/// No length that would push what follows out of sight.
fn is_short(value: &str) -> bool {
    value.split(' ').all(|word| pixels(word).is_none_or(|length| length <= LONGEST))
}

/// Whether a `style` attribute holds nothing but declarations that may stay.
pub(super) fn is_safe(style: &str) -> bool {
    style.split(';').all(|declaration| {
        let declaration = declaration.split_once(':');
        declaration.is_some_and(|(property, value)| PROPERTIES.binary_search(&property).is_ok() && is_plain(value))
    })
}

/// Words, numbers that are not negative (they would reach over the edge), quoted names, colours. No escapes: a
/// backslash can spell anything.
fn is_plain(value: &str) -> bool {
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, ' ' | '#' | '%' | '.' | ',' | '(' | ')' | '\'' | '"' | '-' | '/');
    if value.is_empty() || value.len() > 200 || !value.chars().all(plain) {
        return false;
    }
    let balanced = |quote: char| value.matches(quote).count().is_multiple_of(2);
    let functions = value.match_indices('(').all(|(at, _)| {
        let name = value[..at].rsplit(|c: char| !c.is_alphanumeric() && c != '-').next().unwrap_or_default();
        FUNCTIONS.iter().any(|f| f.eq_ignore_ascii_case(name))
    });
    let negative = value.match_indices('-').any(|(at, _)| {
        let before = value[..at].chars().next_back();
        let after = value[at + 1..].chars().next();
        before.is_none_or(|c| !c.is_alphanumeric()) && after.is_some_and(|c| c.is_ascii_digit() || c == '.')
    });
    balanced('\'') && balanced('"') && functions && !negative
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filtered(css: &str) -> String {
        Declared::of(css).written(|_, colour| colour.written())
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(PROPERTIES.is_sorted());
    }

    #[test]
    fn plain_declarations_stay() {
        for (css, kept) in [
            ("color:red", "color:#ff0000"),
            ("font-family:\"Segoe UI\",Arial", "font-family:'Segoe UI',Arial"),
            ("margin:0 0 1.5em 10%", "margin:0 0 1.5em 10%"),
            (" COLOR : red !important; position:fixed ;width:10px", "color:#ff0000;width:10px"),
            ("color:red;color:blue", "color:#0000ff"),
            ("background:#EEE url(x.png) no-repeat", "background-color:#eeeeee"),
            ("border:1px solid rgb(1, 2, 3)", "border:1px solid #010203"),
            ("border-top:solid windowtext 1.0pt", "border-top:solid windowtext 1.0pt"),
        ] {
            assert_eq!(filtered(css), kept, "{css}");
        }
    }

    #[test]
    fn letters_follow_the_readers_size() {
        for (css, kept) in [
            ("font-size:11.0pt", "font-size:0.917rem"),
            ("font-size:16px", "font-size:1rem"),
            ("font-size:1px", "font-size:0.75rem"),
            ("font-size:0", ""),
            ("font-size:900px", "font-size:4rem"),
            ("font-size:1.2em", "font-size:1.2em"),
            ("font-size:.01em", ""),
            (
                "font:italic bold 12px/1 Arial, sans-serif",
                "font-style:italic;font-weight:bold;font-size:0.75rem;font-family:Arial, sans-serif",
            ),
            ("font:7.0pt \"Times New Roman\"", "font-size:0.75rem;font-family:'Times New Roman'"),
            ("line-height:105%", "line-height:105%"),
            ("line-height:0", ""),
            ("line-height:12px", ""),
        ] {
            assert_eq!(filtered(css), kept, "{css}");
        }
    }

    #[test]
    fn nothing_that_fetches_or_overlays() {
        for css in [
            "background:url(https://a.example/x.png)",
            "background:u\\72l(//x)",
            "width:expression(alert(1))",
            "color:red}body{color:blue",
            "background:image-set('https://x' 1x)",
            "font-family:'a",
            "margin:-100px",
            "margin:0 -.5em",
            "margin-top:5000px",
            "padding:0 90in",
            "position:absolute",
            "@import 'x'",
            "color:/**/red",
            "list-style:url (x)",
            "list-style-image:url(x)",
            "behavior:red",
            "-moz-binding:url(x)",
            "content:attr(title)",
            "cursor:url(x)",
            "width:calc(1px)",
            "color:var(--x)",
            "max-height:0",
            "opacity:0",
            "filter:blur(9px)",
            "transform:scale(0)",
            "",
        ] {
            assert_eq!(filtered(css), "", "{css}");
        }
    }

    #[test]
    fn what_is_hidden_is_known() {
        for css in ["display:none", "DISPLAY: none !important", "mso-hide:all", "visibility:hidden"] {
            assert!(Declared::of(css).hidden, "{css}");
        }
        assert!(!Declared::of("display:none;display:block").hidden);
    }

    proptest! {
        #[test]
        fn what_is_written_is_safe(css in "((color|background|font|margin|width|border|font-family|position)[:;]|[a-z0-9#%.,()'\"/\\\\@!-]{1,6}|url\\(|rgb\\(|[:;} ]){0,30}") {
            let written = filtered(&css);
            prop_assert!(written.is_empty() || is_safe(&written), "{written}");
            prop_assert!(!written.contains("url(") && !written.contains('\\'));
            prop_assert_eq!(filtered(&written), written);
        }
    }
}
