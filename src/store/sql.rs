//! One SQL text on either database. Three types of values, and rows that are read by position.

use std::fmt::Write as _;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Row as _};

use super::error::StoreError;

/// A parameter. A NULL has a type, too: PostgreSQL asks for it.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

macro_rules! value_from {
    ($($from:ty => |$it:ident| $to:expr),+ $(,)?) => {$(
        impl From<$from> for Value {
            fn from($it: $from) -> Self { $to }
        }
    )+};
}

value_from! {
    i64 => |it| Self::Int(Some(it)),
    u32 => |it| Self::Int(Some(it.into())),
    bool => |it| Self::Int(Some(it.into())),
    Option<i64> => |it| Self::Int(it),
    &str => |it| Self::Text(Some(clean(it))),
    String => |it| Self::Text(Some(if it.contains('\0') { clean(&it) } else { it })),
    Option<&str> => |it| Self::Text(it.map(clean)),
    Option<String> => |it| Self::Text(it.map(|it| clean(&it))),
    Vec<u8> => |it| Self::Bytes(Some(it)),
    &[u8] => |it| Self::Bytes(Some(it.to_vec())),
    [u8; 16] => |it| Self::Bytes(Some(it.to_vec())),
    [u8; 32] => |it| Self::Bytes(Some(it.to_vec())),
    Option<[u8; 16]> => |it| Self::Bytes(it.map(|it| it.to_vec())),
    Option<Vec<u8>> => |it| Self::Bytes(it),
}

/// PostgreSQL's texts cannot hold U+0000, and a header field may: one message must not fail for it.
fn clean(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() }
}

/// A list of parameters: `values![id, text]`.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::sql::Value::from($value)),*] };
}
pub(super) use values;

/// A row, read by position.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! columns {
    ($($name:ident: $type:ty),+ $(,)?) => {$(
        pub(super) fn $name(&self, at: usize) -> Result<$type, StoreError> {
            match self {
                Self::Sqlite(row) => row.try_get(at),
                Self::Postgres(row) => row.try_get(at),
            }
            .map_err(|error| StoreError::Contradiction(error.to_string()))
        }
    )+};
}

impl Row {
    columns! {
        int: i64,
        int_option: Option<i64>,
        text: String,
        text_option: Option<String>,
        bytes: Vec<u8>,
        bytes_option: Option<Vec<u8>>,
    }

    /// An id's sixteen bytes.
    pub(super) fn id(&self, at: usize) -> Result<[u8; 16], StoreError> {
        self.bytes(at)?.try_into().map_err(|_| StoreError::Contradiction("an id that has not sixteen bytes".to_owned()))
    }
}

pub(super) fn for_sqlite(values: Vec<Value>) -> Result<SqliteArguments, StoreError> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(values.len(), 0);
    for value in values {
        match value {
            Value::Int(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

pub(super) fn for_postgres(values: Vec<Value>) -> Result<PgArguments, StoreError> {
    let mut arguments = PgArguments::default();
    arguments.reserve(values.len(), 0);
    for value in values {
        match value {
            Value::Int(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// `($1, $2, $3), ($4, …`: places for `rows` rows of `columns` values. Without numbers for SQLite, which looks each
/// numbered one up in a list as long as they are many.
pub(super) fn places(rows: usize, columns: usize, numbered: bool) -> String {
    let mut text = String::with_capacity(rows * columns * 6);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            text.push_str(if column == 0 { "" } else { ", " });
            if numbered {
                let _ = write!(text, "${}", row * columns + column + 1);
            } else {
                text.push('?');
            }
        }
        text.push(')');
    }
    text
}

/// `($1, $2, $3)`, for IN, counted from `first`.
pub(super) fn list(first: usize, many: usize) -> String {
    let mut text = String::from("(");
    for at in 0..many {
        let _ = write!(text, "{}${}", if at == 0 { "" } else { ", " }, first + at);
    }
    text.push(')');
    text
}
