//! Reading a table key by key. Every key that is asked for is known; what is left when the section is dropped was
//! written and is not known. No fault ends the reading: the key's default, or nothing, takes its place.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::fault::{Faults, Place, Wrong, nearest};
use super::file::{Node, Table, Value};

/// What all sections of one file share.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub faults: Faults,
    /// Relative paths begin here.
    pub folder: PathBuf,
    /// Every key that was asked for, without numbers of entries: what the documentation must name.
    pub asked: RefCell<BTreeSet<String>>,
}

/// A table that is being read.
pub(super) struct Section<'a> {
    reading: &'a Reading,
    /// Goes before a key to make its path: `relay.`, `office[0] hel-social: `.
    prefix: String,
    /// The same without numbers and names: `listener.`
    family: String,
    written: Table,
    place: Place,
    known: Vec<&'static str>,
}

type Read<T> = Result<T, Wrong>;

impl<'a> Section<'a> {
    /// The file itself.
    pub fn root(reading: &'a Reading, table: Table, file: &str) -> Self {
        Self {
            reading,
            prefix: String::new(),
            family: String::new(),
            written: table,
            place: Place::of(file),
            known: Vec::new(),
        }
    }

    /// Where the section begins.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The file's folder.
    pub fn folder(&self) -> &Path {
        &self.reading.folder
    }

    /// From here on the paths of keys bear this name: `office[0] hel-social: `.
    pub fn name(&mut self, name: &str) {
        let plain = self.prefix.trim_end_matches('.').to_owned();
        self.prefix = format!("{plain} {name}: ");
    }

    /// Reports something that concerns this key, or the section where the key is empty.
    pub fn fault(&self, place: &Place, key: &str, wrong: Wrong) {
        let path = format!("{}{key}", self.prefix);
        self.reading.faults.add(place, path.trim_end_matches(['.', ' ', ':']), wrong);
    }

    /// Whether the key is there, and no empty list.
    pub fn is_written(&self, key: &str) -> bool {
        self.written.find(key).is_some_and(|entry| !entry.node.is_empty_list())
    }

    /// Reports that a key is not there.
    pub fn missing(&self, key: &str, remedy: &str) {
        self.fault(&self.place, key, Wrong::new("this key is missing", remedy));
    }

    fn ask(&mut self, key: &'static str) -> Option<Node> {
        self.known.push(key);
        self.reading.asked.borrow_mut().insert(format!("{}{key}", self.family));
        self.written.take(key).map(|entry| entry.node)
    }

    /// A key that may be absent.
    pub fn optional<T>(&mut self, key: &'static str, read: impl FnOnce(&Node) -> Read<T>) -> Option<T> {
        let node = self.ask(key)?;
        read(&node).map_err(|wrong| self.fault(&node.place, key, wrong)).ok()
    }

    /// A key that has a default.
    pub fn or<T>(&mut self, key: &'static str, default: T, read: impl FnOnce(&Node) -> Read<T>) -> T {
        self.optional(key, read).unwrap_or(default)
    }

    /// A key that must be there; `remedy` says what to write. `None`: it is missing or wrong, and that is reported.
    pub fn required<T>(&mut self, key: &'static str, remedy: &str, read: impl FnOnce(&Node) -> Read<T>) -> Option<T> {
        let Some(node) = self.ask(key) else {
            self.missing(key, remedy);
            return None;
        };
        read(&node).map_err(|wrong| self.fault(&node.place, key, wrong)).ok()
    }

    /// A list, each entry read by itself and reported as `key[n]`. `None`: the key is absent, or no list. From the
    /// environment, words with commas between make a list as well.
    pub fn list<T>(&mut self, key: &'static str, read: impl Fn(&Node) -> Read<T>) -> Option<Vec<T>> {
        let node = self.ask(key)?;
        let entries = match &node.value {
            Value::List(entries) => entries.clone(),
            Value::Text(words) if node.from_environment => words
                .split(',')
                .map(str::trim)
                .filter(|word| !word.is_empty())
                .map(|word| Node { value: Value::Text(word.to_owned()), ..node.clone() })
                .collect(),
            other => {
                let remedy = format!("write {key} = [ … ]");
                self.fault(&node.place, key, Wrong::new(format!("a list was expected, not {}", other.kind()), remedy));
                return None;
            }
        };
        let each = |(at, entry): (usize, &Node)| {
            read(entry).map_err(|wrong| self.fault(&entry.place, &format!("{key}[{at}]"), wrong)).ok()
        };
        Some(entries.iter().enumerate().filter_map(each).collect())
    }

    /// A list with something in it.
    pub fn required_list<T>(
        &mut self,
        key: &'static str,
        remedy: &str,
        read: impl Fn(&Node) -> Read<T>,
    ) -> Option<Vec<T>> {
        match self.written.find(key) {
            None => {
                self.ask(key);
                self.missing(key, remedy);
                None
            }
            Some(entry) if entry.node.is_empty_list() => {
                let place = entry.place.clone();
                self.ask(key);
                self.fault(&place, key, Wrong::new("this list is empty", remedy));
                None
            }
            Some(_) => self.list(key, read),
        }
    }

    /// A table below this one; an empty one where the key is absent.
    pub fn section(&mut self, key: &'static str) -> Section<'a> {
        self.table(key).unwrap_or_else(|| self.below(key, Table::default(), self.place.clone()))
    }

    /// A table below this one, if it is there.
    pub fn table(&mut self, key: &'static str) -> Option<Section<'a>> {
        let node = self.ask(key)?;
        let table = match node.value {
            Value::Table(table) => table,
            other => {
                let sentence = format!("a section was expected, not {}", other.kind());
                self.fault(&node.place, key, Wrong::new(sentence, format!("write [{}{key}]", self.prefix)));
                return None;
            }
        };
        Some(self.below(key, table, node.place))
    }

    /// A table whose keys are the admin's own: every entry as it stands.
    pub fn entries(&mut self, key: &'static str) -> Vec<super::file::Entry> {
        let Some(node) = self.ask(key) else { return Vec::new() };
        match node.value {
            Value::Table(table) => table.0,
            other => {
                let sentence = format!("a table was expected, not {}", other.kind());
                self.fault(&node.place, key, Wrong::new(sentence, format!("write {key} = {{ … }}")));
                Vec::new()
            }
        }
    }

    /// `[[key]]`, as often as it stands there.
    pub fn sections(&mut self, key: &'static str) -> Vec<Section<'a>> {
        let Some(node) = self.ask(key) else { return Vec::new() };
        let nodes = match node.value {
            Value::List(nodes) => nodes,
            Value::Table(_) => vec![node],
            other => {
                let sentence = format!("sections were expected, not {}", other.kind());
                self.fault(&node.place, key, Wrong::new(sentence, format!("write [[{key}]]")));
                return Vec::new();
            }
        };
        let mut sections = Vec::new();
        for (at, node) in nodes.into_iter().enumerate() {
            if let Value::Table(table) = node.value {
                let mut section = self.below(key, table, node.place);
                section.prefix = format!("{}{key}[{at}].", self.prefix);
                sections.push(section);
            } else {
                let wrong = Wrong::new(format!("a section was expected, not {}", node.value.kind()), "");
                self.fault(&node.place, &format!("{key}[{at}]"), wrong);
            }
        }
        sections
    }

    fn below(&self, key: &str, table: Table, place: Place) -> Section<'a> {
        Section {
            reading: self.reading,
            prefix: format!("{}{key}.", self.prefix),
            family: format!("{}{key}.", self.family),
            written: table,
            place,
            known: Vec::new(),
        }
    }
}

impl Drop for Section<'_> {
    fn drop(&mut self) {
        for entry in std::mem::take(&mut self.written.0) {
            let remedy = match nearest(&entry.key, self.known.iter().copied()) {
                Some(meant) => format!("did you mean {meant}?"),
                None => format!("known here: {}", self.known.join(", ")),
            };
            self.fault(&entry.place, &entry.key, Wrong::new("there is no such key", remedy));
        }
    }
}
