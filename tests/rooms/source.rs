//! A Rust source as tokens with their lines, without comments and the inside of literals, and with test code marked.

use std::fs;
use std::path::{Path, PathBuf};

pub struct Token {
    pub text: String,
    pub line: usize,
    /// Inside `#[cfg(test)]`, or a file that such an item names.
    pub test: bool,
}

pub struct Source {
    /// Below `src`, with `/`: `store/keep.rs`.
    pub path: String,
    pub lines: usize,
    pub tokens: Vec<Token>,
}

impl Source {
    pub fn of(path: &str, text: &str) -> Self {
        let mut source = Self { path: path.to_owned(), lines: text.lines().count(), tokens: lex(text) };
        source.mark_tests();
        source
    }

    /// Every source below the folder, in order of path.
    pub fn all(folder: &Path) -> Vec<Self> {
        let mut files = Vec::new();
        gather(folder, &mut files);
        files.sort();
        let mut sources: Vec<_> = files
            .iter()
            .map(|file| {
                let path = file.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
                Self::of(&path, &fs::read_to_string(file).unwrap())
            })
            .collect();
        let modules: Vec<String> = sources.iter().flat_map(Self::test_modules).collect();
        for source in &mut sources {
            let is = |m: &String| source.path == format!("{m}.rs") || source.path.starts_with(&format!("{m}/"));
            if modules.iter().any(is) {
                source.tokens.iter_mut().for_each(|token| token.test = true);
            }
        }
        sources
    }

    /// The first folder or file: `store`, `app`.
    pub fn room(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    pub fn is_within(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path == *place || (place.ends_with('/') && self.path.starts_with(place)))
    }

    /// Tokens that are not test code, each with what comes before and after it.
    pub fn code(&self) -> impl Iterator<Item = (usize, &Token)> {
        self.tokens.iter().enumerate().filter(|(_, token)| !token.test)
    }

    /// The text of the token at this distance from that one; empty past the ends.
    pub fn at(&self, from: usize, distance: isize) -> &str {
        from.checked_add_signed(distance).and_then(|i| self.tokens.get(i)).map_or("", |token| &token.text)
    }

    /// Whether these are the tokens from here on.
    pub fn reads(&self, from: usize, tokens: &[&str]) -> bool {
        tokens.iter().enumerate().all(|(i, text)| self.tokens.get(from + i).is_some_and(|token| token.text == *text))
    }

    /// What a path goes on with behind the `::` before `from`: one name, or the first of each in a group.
    pub fn first_names(&self, from: usize) -> Vec<(usize, String)> {
        if self.at(from, 0) != "{" {
            return vec![(from, self.at(from, 0).to_owned())];
        }
        let (mut names, mut depth) = (Vec::new(), 0);
        for i in from..self.tokens.len() {
            match self.at(i, 0) {
                "{" => depth += 1,
                "}" => depth -= 1,
                name if depth == 1 && matches!(self.at(i, -1), "{" | ",") => names.push((i, name.to_owned())),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        names
    }

    fn mark_tests(&mut self) {
        for i in 0..self.tokens.len() {
            if self.reads(i, &["#", "!", "[", "cfg", "(", "test", ")", "]"]) {
                self.tokens.iter_mut().for_each(|token| token.test = true);
            }
            if self.is_test_attribute(i) {
                let end = self.item_end(i);
                self.tokens[i..end].iter_mut().for_each(|token| token.test = true);
            }
        }
    }

    fn is_test_attribute(&self, at: usize) -> bool {
        self.reads(at, &["#", "[", "cfg", "(", "test", ")"])
            || self.reads(at, &["#", "[", "cfg", "(", "all", "(", "test", ","])
    }

    /// Past the item that the attribute at `from` belongs to.
    fn item_end(&self, from: usize) -> usize {
        let mut depth = 0;
        for i in from..self.tokens.len() {
            match self.at(i, 0) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            let ends = depth == 0 && matches!(self.at(i, 0), "}" | ";");
            // Below zero: it was a field of what ends here.
            if ends || depth < 0 {
                return i + 1;
            }
        }
        self.tokens.len()
    }

    /// `trust/sender/tests`, where `trust/sender.rs` has `#[cfg(test)] mod tests;`.
    fn test_modules(&self) -> Vec<String> {
        let folder = match self.path.strip_suffix(".rs").unwrap_or(&self.path) {
            "lib" | "main" => String::new(),
            path => format!("{}/", path.strip_suffix("/mod").unwrap_or(path)),
        };
        (0..self.tokens.len())
            .filter(|i| self.tokens[*i].test && self.at(*i, 0) == "mod" && self.at(*i, 2) == ";")
            .map(|i| format!("{folder}{}", self.at(i, 1)))
            .collect()
    }
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

fn lex(text: &str) -> Vec<Token> {
    let (mut tokens, mut rest, mut line) = (Vec::new(), text, 1);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => block_comment(rest),
            _ if rest.starts_with("::") => 2,
            '"' => 1 + string(&rest[1..]),
            '\'' => quote(rest),
            c if c.is_alphanumeric() || c == '_' => {
                let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                word + literal_after(&rest[..word], &rest[word..])
            }
            c => c.len_utf8(),
        };
        let (text, after) = rest.split_at(length);
        let is_comment = text.starts_with("//") || text.starts_with("/*");
        if !is_comment && !first.is_whitespace() {
            // Of a literal only the beginning: what stands in it is nobody's business.
            let text = if text.contains('"') { "\"".to_owned() } else { text.to_owned() };
            tokens.push(Token { text, line, test: false });
        }
        line += text.matches('\n').count();
        rest = after;
    }
    tokens
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// To past the closing quote.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        match c {
            '"' if !escaped => return i + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

/// A character literal; of a lifetime, the quote alone.
fn quote(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((i, c))) => {
            let from = i + c.len_utf8();
            text[from..].find('\'').map_or(text.len(), |end| from + end + 1)
        }
        (Some(_), Some((i, '\''))) => i + 1,
        _ => 1,
    }
}

/// `b"…"`, `r#"…"#`, `b'…'`: what belongs to the literal behind the prefix.
fn literal_after(word: &str, after: &str) -> usize {
    let hashes = after.len() - after.trim_start_matches('#').len();
    match word {
        "b" if after.starts_with('\'') => quote(after),
        "b" | "c" if after.starts_with('"') => 1 + string(&after[1..]),
        "r" | "br" | "cr" if after[hashes..].starts_with('"') => {
            let end = format!("\"{}", "#".repeat(hashes));
            let from = hashes + 1;
            after[from..].find(&end).map_or(after.len(), |i| from + i + end.len())
        }
        _ => 0,
    }
}
