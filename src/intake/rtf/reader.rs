//! RTF as a run of text and control words: groups, charsets, Unicode and what is not text taken care of, so that what
//! comes out is to be written down, or a word to be obeyed.

use std::collections::HashMap;

use super::look::{Look, Paragraph};
use super::token::{Token, Tokens};
use crate::intake::codepage;

/// Groups inside one another that are told apart. Deeper ones share the look of the last.
const DEEPEST: usize = 500;
/// Fonts of one document.
const FONTS: usize = 4096;
/// The code page of fonts whose octets are pictures.
const SYMBOLS: u32 = 42;

/// What a group's text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Destination {
    /// To be read.
    #[default]
    Body,
    /// For programs.
    Nothing,
    /// A piece of the HTML that this was made of (MS-OXRTFEX §2.1.3.1).
    HtmlTag,
    /// The table of fonts.
    Fonts,
    /// What a field is computed from.
    Instruction,
    /// The mark before a paragraph of a list.
    Mark,
}

/// What ends with its group.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct State {
    pub(super) destination: Destination,
    /// Inside what was added to HTML to make RTF of it (MS-OXRTFEX §2.1.3.2).
    pub(super) html_rtf: bool,
    pub(super) look: Look,
    pub(super) paragraph: Paragraph,
    /// The field that this stands in.
    pub(super) field: Option<usize>,
    font: Option<i32>,
    /// How many characters after `\u` stand for the same, for older readers.
    fallback: usize,
}

/// What comes out.
#[derive(Debug, PartialEq)]
pub(super) enum Piece<'r> {
    /// Text, under [`Reader::state`].
    Text(String),
    /// A control word that was not the reader's own affair.
    Word(&'r [u8], Option<i32>),
    /// The end of a group whose destination this was.
    End(Destination),
}

#[derive(Debug, Clone, Copy, Default)]
struct Font {
    page: Option<u32>,
    wingdings: bool,
}

/// Reads RTF once, from its beginning.
#[derive(Debug)]
pub(super) struct Reader<'r> {
    tokens: Tokens<'r>,
    pub(super) state: State,
    stack: Vec<State>,
    /// Groups that the stack had no place for.
    deeper: usize,
    fonts: HashMap<i32, Font>,
    default_font: Option<i32>,
    page: u32,
    /// Octets whose characters are not complete yet, and what they stand under.
    octets: Vec<u8>,
    /// Characters to be left out: they stand for the last `\u`.
    skip: usize,
    high: Option<u16>,
    /// A token that had to wait until the text before it was out.
    waiting: Option<Token<'r>>,
    starred: bool,
    fields: usize,
}

impl<'r> Reader<'r> {
    /// From the beginning.
    pub(super) fn of(rtf: &'r [u8]) -> Self {
        Self {
            tokens: Tokens::of(rtf),
            state: State { fallback: 1, ..State::default() },
            stack: Vec::new(),
            deeper: 0,
            fonts: HashMap::new(),
            default_font: None,
            page: codepage::WESTERN,
            octets: Vec::new(),
            skip: 0,
            high: None,
            waiting: None,
            starred: false,
            fields: 0,
        }
    }

    fn font(&self) -> Font {
        // Tags stand in the document's own charset, whatever font is on around them.
        let number = match self.state.destination {
            Destination::HtmlTag => None,
            _ => self.state.font.or(self.default_font),
        };
        number.and_then(|number| self.fonts.get(&number)).copied().unwrap_or_default()
    }

    /// The octets that wait, as text.
    fn text(&mut self) -> Option<Piece<'r>> {
        if self.octets.is_empty() {
            return None;
        }
        let font = self.font();
        let text = match font.page {
            Some(SYMBOLS) => self.octets.iter().map(|&octet| symbol(octet, font.wingdings)).collect(),
            page => codepage::decode(page.unwrap_or(self.page), &self.octets).into_owned(),
        };
        self.octets.clear();
        Some(Piece::Text(text))
    }

    fn add(&mut self, octets: &[u8]) {
        let skipped = self.skip.min(octets.len());
        self.skip -= skipped;
        let octets = &octets[skipped..];
        match self.state.destination {
            Destination::Nothing => {}
            Destination::Fonts => self.name_font(octets),
            _ => self.octets.extend_from_slice(octets),
        }
    }

    fn name_font(&mut self, octets: &[u8]) {
        let pictures = octets.trim_ascii_start().get(..9).is_some_and(|name| name.eq_ignore_ascii_case(b"wingdings"));
        if let Some(font) = self.state.font.and_then(|number| self.fonts.get_mut(&number))
            && pictures
        {
            font.wingdings = true;
        }
    }

    fn open(&mut self) {
        if self.stack.len() < DEEPEST {
            self.stack.push(self.state);
        } else {
            self.deeper += 1;
        }
    }

    fn close(&mut self) -> Option<Piece<'r>> {
        let left = self.state.destination;
        self.skip = 0;
        if self.deeper > 0 {
            self.deeper -= 1;
            return None;
        }
        self.state = self.stack.pop()?;
        (left != self.state.destination).then_some(Piece::End(left))
    }

    /// Obeys a control word as far as it is the reader's affair.
    fn word(&mut self, name: &'r [u8], value: Option<i32>) -> Option<Piece<'r>> {
        let starred = std::mem::take(&mut self.starred);
        if self.state.destination == Destination::Nothing {
            return None;
        }
        if let Some(destination) = destination(name, starred) {
            self.state.destination = destination;
            return None;
        }
        match name {
            b"ansicpg" => self.page = value.and_then(|v| u32::try_from(v).ok()).filter(|v| *v > 0).unwrap_or(self.page),
            b"mac" => self.page = 10000,
            b"pc" => self.page = 437,
            b"pca" => self.page = 850,
            b"deff" => self.default_font = value,
            b"uc" => self.state.fallback = usize::try_from(value.unwrap_or(1)).unwrap_or(0),
            b"f" => {
                self.state.font = value;
                if self.state.destination == Destination::Fonts && self.fonts.len() < FONTS {
                    self.fonts.extend(value.map(|number| (number, Font::default())));
                }
            }
            b"fcharset" | b"cpg" if self.state.destination == Destination::Fonts => {
                let page = value.and_then(|value| if name == b"cpg" { u32::try_from(value).ok() } else { page(value) });
                if let Some(font) = self.state.font.and_then(|number| self.fonts.get_mut(&number))
                    && page.is_some()
                {
                    font.page = page;
                }
            }
            b"htmlrtf" => self.state.html_rtf = value != Some(0),
            b"field" => {
                self.state.field = Some(self.fields);
                self.fields += 1;
            }
            b"plain" => {
                self.state.look = Look::default();
                self.state.font = None;
            }
            b"pard" => self.state.paragraph = Paragraph::default(),
            _ if self.state.look.obeys(name, value) || self.state.paragraph.obeys(name, value) => {}
            _ => return Some(Piece::Word(name, value)),
        }
        None
    }

    /// `\u`: one UTF-16 unit, then so many characters for those who do not know it.
    fn unicode(&mut self, value: i32) -> Option<Piece<'r>> {
        self.skip = self.state.fallback;
        // Written as a signed number of 16 bits.
        let unit = u16::try_from(value & 0xFFFF).unwrap_or_default();
        let units: Vec<u16> = self.high.take().into_iter().chain([unit]).collect();
        if (0xD800..0xDC00).contains(&unit) {
            self.high = Some(unit);
            return None;
        }
        let silent = matches!(self.state.destination, Destination::Nothing | Destination::Fonts);
        (!silent).then(|| Piece::Text(String::from_utf16_lossy(&units)))
    }

    fn obey(&mut self, token: Token<'r>) -> Option<Piece<'r>> {
        match token {
            Token::Open => {
                self.skip = 0;
                self.open();
                None
            }
            Token::Close => self.close(),
            Token::Word(b"u", value) => self.unicode(value?),
            Token::Word(name, value) => {
                if self.skip > 0 {
                    self.skip -= 1;
                    return None;
                }
                match character(name) {
                    Some(text) if self.is_read() => Some(Piece::Text(text.to_owned())),
                    Some(_) => None,
                    None => self.word(name, value),
                }
            }
            Token::Symbol(symbol) => {
                if symbol == b'*' {
                    self.starred = true;
                    return None;
                }
                if self.skip > 0 {
                    self.skip -= 1;
                    return None;
                }
                let text = match symbol {
                    b'~' => "\u{a0}",
                    b'-' => "\u{ad}",
                    b'_' => "\u{2011}",
                    b'\t' => "\t",
                    _ => return None,
                };
                self.is_read().then(|| Piece::Text(text.to_owned()))
            }
            Token::Octet(_) | Token::Text(_) => None,
        }
    }

    fn is_read(&self) -> bool {
        !matches!(self.state.destination, Destination::Nothing | Destination::Fonts)
    }
}

impl<'r> Iterator for Reader<'r> {
    type Item = Piece<'r>;

    fn next(&mut self) -> Option<Piece<'r>> {
        loop {
            let Some(token) = self.waiting.take().or_else(|| self.tokens.next()) else { return self.text() };
            match token {
                Token::Text(text) => self.add(text),
                Token::Octet(octet) => self.add(&[octet]),
                Token::Symbol(octet @ (b'{' | b'}' | b'\\')) => self.add(&[octet]),
                token => {
                    if let Some(text) = self.text() {
                        self.waiting = Some(token);
                        return Some(text);
                    }
                    if let Some(piece) = self.obey(token) {
                        return Some(piece);
                    }
                }
            }
        }
    }
}

/// Where a group's text goes that begins so; `None`: the word begins no group of its own.
fn destination(name: &[u8], starred: bool) -> Option<Destination> {
    Some(match name {
        b"htmltag" if starred => Destination::HtmlTag,
        b"fldinst" => Destination::Instruction,
        b"pntext" | b"listtext" => Destination::Mark,
        b"fonttbl" => Destination::Fonts,
        b"colortbl" | b"stylesheet" | b"info" | b"pict" | b"objdata" | b"header" | b"headerl" | b"headerr"
        | b"headerf" | b"footer" | b"footerl" | b"footerr" | b"footerf" | b"filetbl" | b"listtable"
        | b"listoverridetable" | b"revtbl" | b"rsidtbl" | b"themedata" | b"datastore" | b"nonshppict" | b"sp"
        | b"pn" | b"pntxta" | b"pntxtb" | b"xe" | b"tc" | b"rxe" | b"annotation" | b"private" => Destination::Nothing,
        // Drawn text is text too.
        b"shpinst" | b"shptxt" | b"shprslt" => return None,
        _ if starred => Destination::Nothing,
        _ => return None,
    })
}

/// Words that are characters.
fn character(name: &[u8]) -> Option<&'static str> {
    Some(match name {
        b"lquote" => "‘",
        b"rquote" => "’",
        b"ldblquote" => "“",
        b"rdblquote" => "”",
        b"bullet" => "•",
        b"endash" => "–",
        b"emdash" => "—",
        b"emspace" => "\u{2003}",
        b"enspace" => "\u{2002}",
        b"qmspace" => "\u{2005}",
        b"zwj" => "\u{200d}",
        b"zwnj" => "\u{200c}",
        _ => return None,
    })
}

/// The code page of `\fcharset`; `None`: the document's.
fn page(charset: i32) -> Option<u32> {
    Some(match charset {
        0 => 1252,
        2 => SYMBOLS,
        77 => 10000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        254 => 437,
        255 => 850,
        _ => return None,
    })
}

/// What the pictures of symbol fonts show, as far as letters have them.
fn symbol(octet: u8, wingdings: bool) -> char {
    match (octet, wingdings) {
        // Outlook makes these of :-) and its like.
        (b'J', true) => '☺',
        (b'K', true) => '😐',
        (b'L', true) => '☹',
        (0xE0 | 0xF0, true) => '→',
        (0xDF | 0xEF, true) => '←',
        (0xFC, true) => '✓',
        (0xFB, true) => '✗',
        (0xA8 | 0x6F, true) => '☐',
        (0xFE, true) => '☑',
        (0xA7 | b'n', true) => '▪',
        (0xD8, true) => '➢',
        (0xB7 | b'l', _) => '•',
        (0x20..=0x7E, _) => char::from(octet),
        _ => '•',
    }
}
