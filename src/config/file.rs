//! The shape as written: a TOML file and the environment over it, with the place of every word. It never leaves this
//! room; what leaves are checked values and faults.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::fault::{Faults, Place, Wrong};

/// A value, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub place: Place,
    pub value: Value,
    /// From an environment variable, where all is text.
    pub from_environment: bool,
}

impl Node {
    /// `[]`, or no word at all in the environment.
    pub fn is_empty_list(&self) -> bool {
        match &self.value {
            Value::List(list) => list.is_empty(),
            Value::Text(text) => self.from_environment && text.trim().is_empty(),
            _ => false,
        }
    }
}

/// What TOML has, as far as our files use it.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<Node>),
    Table(Table),
    /// A number with a point, a date, a number beyond 64 bits: what no key takes.
    Other(&'static str),
}

impl Value {
    /// For "… was expected, not a list".
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }
}

/// Keys in the order of the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Table(pub Vec<Entry>);

/// A key, where it stands, and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub key: String,
    pub place: Place,
    pub node: Node,
}

impl Table {
    /// A key, left in its place.
    pub fn find(&self, key: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.key == key)
    }

    /// Takes a key out.
    pub fn take(&mut self, key: &str) -> Option<Entry> {
        let at = self.0.iter().position(|entry| entry.key == key)?;
        Some(self.0.remove(at))
    }
}

/// So many lines that are not TOML are told.
const SYNTAX_FAULTS: usize = 5;

/// Reads a file. Text that is not TOML gives its faults and nothing else: what stands beside them would be guessed.
pub(super) fn parse(text: &str, file: &str, faults: &Faults) -> Option<Table> {
    let lines = Lines::new(text, file);
    let (table, errors) = DeTable::parse_recoverable(text);
    // One bracket that is missing makes a fault of every word behind it: the first ones tell.
    let mut told: Vec<Option<u32>> = Vec::new();
    for error in &errors {
        let place = error.span().map_or_else(|| Place::of(file), |span| lines.place(span.start));
        let line = place.at.map(|(line, _)| line);
        if told.len() == SYNTAX_FAULTS || told.contains(&line) {
            continue;
        }
        told.push(line);
        faults.add(&place, "", Wrong::new(format!("this is not TOML: {}", error.message()), ""));
    }
    errors.is_empty().then(|| lines.table(table.get_ref()))
}

/// Turns octets from the start into lines and columns.
struct Lines<'a> {
    text: &'a str,
    file: Arc<str>,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str, file: &str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, file: file.into(), starts }
    }

    fn place(&self, at: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        let before = self.text.get(self.starts[line]..at).unwrap_or_default();
        let count = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
        Place { file: self.file.clone(), at: Some((count(line), count(before.chars().count()))) }
    }

    fn table(&self, table: &DeTable<'_>) -> Table {
        let mut entries: Vec<(usize, Entry)> = table
            .iter()
            .map(|(key, value)| {
                let place = self.place(key.span().start);
                let node = self.node(value.get_ref(), self.place(value.span().start));
                (key.span().start, Entry { key: key.get_ref().to_string(), place, node })
            })
            .collect();
        entries.sort_by_key(|(at, _)| *at);
        Table(entries.into_iter().map(|(_, entry)| entry).collect())
    }

    fn node(&self, value: &DeValue<'_>, place: Place) -> Node {
        let value = match value {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Value::Other("a number beyond 64 bits"), Value::Integer),
            DeValue::Float(_) => Value::Other("a number with a point"),
            DeValue::Boolean(truth) => Value::Boolean(*truth),
            DeValue::Datetime(_) => Value::Other("a date"),
            DeValue::Array(list) => {
                Value::List(list.iter().map(|v| self.node(v.get_ref(), self.place(v.span().start))).collect())
            }
            DeValue::Table(table) => Value::Table(self.table(table)),
        };
        Node { place, value, from_environment: false }
    }
}

/// What the names of our variables begin with.
pub(super) const PREFIX: &str = "BREVBRO__";

/// Lays `BREVBRO__SECTION__KEY=value` over the file; an entry of a list is meant by its number,
/// `BREVBRO__LISTENER__0__ADDRESS`. A value is text as it
/// stands; a list or a table is written as in TOML.
pub(super) fn overlay(table: &mut Table, variables: impl IntoIterator<Item = (String, String)>, faults: &Faults) {
    for (name, value) in variables {
        let Some(path) = name.strip_prefix(PREFIX) else { continue };
        let path = path.to_ascii_lowercase();
        let place = Place::of(&format!("environment variable {name}"));
        let node = variable(&value, &place);
        let segments: Vec<&str> = path.split("__").collect();
        if let Err(wrong) = put(table, &segments, node, &place) {
            faults.add(&place, segments.join("."), wrong);
        }
    }
}

fn variable(value: &str, place: &Place) -> Node {
    let text = Node { place: place.clone(), value: Value::Text(value.to_owned()), from_environment: true };
    if !value.starts_with(['[', '{']) {
        return text;
    }
    // An address of IPv6, [::]:25, begins like a list and is none.
    let toml = format!("value = {value}");
    let Ok(table) = DeTable::parse(&toml) else { return text };
    match Lines::new(&toml, &place.file).table(table.get_ref()).take("value") {
        Some(mut entry) => {
            settle(&mut entry.node, place);
            entry.node
        }
        None => text,
    }
}

/// Everything in a variable has the variable as its place.
fn settle(node: &mut Node, place: &Place) {
    node.place = place.clone();
    node.from_environment = true;
    match &mut node.value {
        Value::List(list) => list.iter_mut().for_each(|node| settle(node, place)),
        Value::Table(table) => table.0.iter_mut().for_each(|entry| {
            entry.place = place.clone();
            settle(&mut entry.node, place);
        }),
        _ => {}
    }
}

fn put(table: &mut Table, path: &[&str], node: Node, place: &Place) -> Result<(), Wrong> {
    let [key, rest @ ..] = path else { return Ok(()) };
    if key.is_empty() {
        return Err(Wrong::new("an empty key", format!("write {PREFIX}SECTION__KEY")));
    }
    let at = table.0.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
        let empty = Node { place: place.clone(), value: Value::Table(Table::default()), from_environment: true };
        table.0.push(Entry { key: (*key).to_owned(), place: place.clone(), node: empty });
        table.0.len() - 1
    });
    let entry = &mut table.0[at];
    if rest.is_empty() {
        *entry = Entry { key: (*key).to_owned(), place: place.clone(), node };
        return Ok(());
    }
    into(&mut entry.node, rest, node, place)
}

fn into(target: &mut Node, path: &[&str], node: Node, place: &Place) -> Result<(), Wrong> {
    match (&mut target.value, path) {
        (Value::Table(table), _) => put(table, path, node, place),
        (Value::List(list), [number, rest @ ..]) => {
            let count = list.len();
            let entry = number.parse().ok().and_then(|at: usize| list.get_mut(at)).ok_or_else(|| {
                Wrong::new(format!("there is no entry {number}"), format!("the file has {count}, counted from 0"))
            })?;
            if rest.is_empty() {
                *entry = node;
                Ok(())
            } else {
                into(entry, rest, node, place)
            }
        }
        (other, _) => Err(Wrong::new(format!("the file has {} there, which has no keys", other.kind()), "")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_word_has_its_place() {
        let faults = Faults::default();
        let table = parse("a = 1\n[\"ö\"]\nb = [ 2,\n  'ä', 3.5 ]\n", "f", &faults).unwrap();
        assert_eq!(table.0[1].key, "ö");
        let Value::Table(inner) = &table.0[1].node.value else { panic!() };
        assert_eq!(inner.0[0].place.at, Some((3, 1)));
        let Value::List(list) = &inner.0[0].node.value else { panic!() };
        assert_eq!(list[1].place.at, Some((4, 3)));
        assert_eq!(list[2].value.kind(), "a number with a point");
    }

    #[test]
    fn all_of_what_is_not_toml_is_told() {
        let faults = Faults::default();
        assert!(parse("a = \nb = 1\nc = = 2\n", "f", &faults).is_none());
        let lines: Vec<_> = faults.into_sorted().iter().map(|f| f.line).collect();
        assert!(lines.contains(&Some(1)) && lines.contains(&Some(3)), "{lines:?}");
    }

    #[test]
    fn the_environment_lies_over_the_file() {
        let faults = Faults::default();
        let mut table = parse("[a]\nb = 1\n[[l]]\nx = 1\n", "f", &faults).unwrap();
        let variables = [
            ("BREVBRO__A__B", "2"),
            ("BREVBRO__N__C__D", "[ 'x' ]"),
            ("BREVBRO__L__0__X", "9"),
            ("BREVBRO__L__1__X", "9"),
            ("BREVBRO__A__B__C", "9"),
            ("BREVBRO__A__Z", "[::]:25"),
            ("BREVBROTHER", "1"),
        ];
        overlay(&mut table, variables.map(|(n, v)| (n.to_owned(), v.to_owned())), &faults);
        let text = format!("{table:?}");
        assert!(text.contains("Text(\"2\")") && text.contains("Text(\"9\")") && text.contains("Text(\"x\")"));
        assert!(text.contains("Text(\"[::]:25\")"));
        assert_eq!(faults.into_sorted().len(), 2);
    }

    proptest! {
        #[test]
        fn nothing_written_makes_it_fall(text in "\\PC*", name in "BREVBRO__[A-Z_0-9]{0,12}", value in "[\\[{]?\\PC{0,9}") {
            let faults = Faults::default();
            let mut table = parse(&text, "f", &faults).unwrap_or_default();
            overlay(&mut table, [(name, value)], &faults);
        }
    }
}
