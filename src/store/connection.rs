//! The databases: where they are, and connections to them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, Row as _, SqlSafeStr};

use super::error::{Fault, OpenError, StoreError};
use super::sql::{Row, Value, for_postgres, for_sqlite, places};

/// Where the database is, and how to reach it.
#[derive(Clone)]
pub(super) enum Address {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

/// How long a statement waits for another process's transaction on the same file.
const BUSY: Duration = Duration::from_secs(10);
/// Eight MiB: the inner pages of every index. SQLite walks through its whole cache at each commit that has moved pages
/// about (`pcache1TruncateUnsafe`): a larger cache costs more than it saves.
const CACHE: &str = "-8192";
/// Pages in the log after which SQLite checkpoints by itself. [`super::checkpoints`] does it long before.
const CHECKPOINT: &str = "32768";
/// How many statements of the door's many lengths a connection keeps prepared.
const STATEMENTS: usize = 512;

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, OpenError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(':') || path.contains('?') {
                return Err(OpenError::Url("sqlite: needs the path of a file".to_owned()));
            }
            return Ok(Self::Sqlite(
                SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .foreign_keys(true)
                    .busy_timeout(BUSY)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .statement_cache_capacity(STATEMENTS)
                    .pragma("temp_store", "memory")
                    .disable_statement_logging(),
            ));
        }
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options: PgConnectOptions =
                url.parse().map_err(|_| OpenError::Url("not a PostgreSQL URL".to_owned()))?;
            return Ok(Self::Postgres(
                options.application_name("brevbro").statement_cache_capacity(STATEMENTS).disable_statement_logging(),
            ));
        }
        Err(OpenError::Url("unknown kind of database".to_owned()))
    }

    /// The connection that writes.
    pub(super) async fn connect(&self) -> Result<Connection, StoreError> {
        Ok(match self {
            Self::Sqlite(options) => Connection::new(Engine::Sqlite(
                options.clone().pragma("cache_size", CACHE).pragma("wal_autocheckpoint", CHECKPOINT).connect().await?,
            )),
            Self::Postgres(options) => {
                let mut connection = in_time(options.connect()).await?;
                // A server may be set to answer before it has synced: the promise of a 250 is ours, not its.
                let row =
                    sqlx::query("SELECT current_setting('synchronous_commit')").fetch_one(&mut connection).await?;
                if row.try_get::<String, _>(0)? == "off" {
                    sqlx::query("SET synchronous_commit = on").execute(&mut connection).await?;
                }
                Connection::new(Engine::Postgres(connection))
            }
        })
    }

    /// A connection that reads.
    pub(super) async fn connect_to_read(&self) -> Result<Connection, StoreError> {
        match self {
            Self::Sqlite(options) => {
                let options = options.clone().create_if_missing(false).pragma("query_only", "on");
                Ok(Connection::new(Engine::Sqlite(options.connect().await?)))
            }
            Self::Postgres(options) => Ok(Connection::new(Engine::Postgres(in_time(options.connect()).await?))),
        }
    }

    /// How many connections read at once: SQLite's each have a thread.
    pub(super) fn readers(&self) -> usize {
        match self {
            Self::Sqlite(_) => 4,
            Self::Postgres(_) => 8,
        }
    }
}

enum Engine {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A connection, of which a gateway has one that writes.
pub(super) struct Connection {
    engine: Engine,
    /// The texts of inserts of many rows, by their beginning and their number of rows.
    texts: HashMap<(&'static str, usize), Arc<str>>,
    ahead: Ahead,
}

/// SQLite's statements that wait for the next one, to go with it: each way to the driver's thread and back costs two
/// switches between threads, which is more than most statements do. Their places have no numbers.
#[derive(Default)]
struct Ahead {
    text: String,
    values: Vec<Value>,
}

impl Ahead {
    fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn put(&mut self, text: &str, values: Vec<Value>) {
        self.text.push_str(text);
        self.text.push(';');
        self.values.extend(values);
    }

    /// Everything that waits, and this behind it.
    fn take(&mut self, text: &str, values: Vec<Value>) -> (String, Vec<Value>) {
        let mut all = std::mem::take(self);
        all.text.push_str(text);
        all.values.extend(values);
        (all.text, all.values)
    }
}

/// How many rows one statement inserts: each length is a prepared statement of its own, and each statement a way to
/// the database and back.
const ROWS: usize = 32;
/// How many values may wait to go with the next statement.
const AHEAD: usize = 1024;
/// How long PostgreSQL may take over a statement: no answer is a lost connection.
const PATIENCE: Duration = Duration::from_secs(30);

async fn in_time<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Fault::Late.into()),
    }
}

impl Connection {
    fn new(engine: Engine) -> Self {
        Self { engine, texts: HashMap::new(), ahead: Ahead::default() }
    }

    /// Inserts rows of `columns` values each, `head` being `INSERT INTO … VALUES`; as few statements as it takes.
    /// On SQLite they go with the next statement: what is wrong with them is told there.
    pub(super) async fn insert(
        &mut self,
        head: &'static str,
        tail: &'static str,
        columns: usize,
        mut values: Vec<Value>,
    ) -> Result<(), StoreError> {
        while !values.is_empty() {
            let (text, rest) = self.many(head, tail, columns, &mut values);
            let values = std::mem::replace(&mut values, rest);
            match &self.engine {
                Engine::Sqlite(_) => {
                    if self.ahead.values.len() >= AHEAD {
                        self.catch_up().await?;
                    }
                    self.ahead.put(&text, values);
                }
                Engine::Postgres(_) => drop(self.execute(AssertSqlSafe(text), values).await?),
            }
        }
        Ok(())
    }

    /// The same with a `tail` that says RETURNING: how many rows came back.
    pub(super) async fn insert_new(
        &mut self,
        head: &'static str,
        tail: &'static str,
        columns: usize,
        mut values: Vec<Value>,
    ) -> Result<usize, StoreError> {
        let mut new = 0;
        while !values.is_empty() {
            let (text, rest) = self.many(head, tail, columns, &mut values);
            let values = std::mem::replace(&mut values, rest);
            // These places have no numbers: they go on where those ahead of them end.
            let (text, values) = self.ahead.take(&text, values);
            new += self.run(AssertSqlSafe(text), values).await?.len();
        }
        Ok(new)
    }

    /// The text for as many of the rows as one statement takes, and the values of the others.
    fn many(
        &mut self,
        head: &'static str,
        tail: &'static str,
        columns: usize,
        values: &mut Vec<Value>,
    ) -> (Arc<str>, Vec<Value>) {
        let rows = (values.len() / columns).min(ROWS);
        let rest = values.split_off(rows * columns);
        let numbered = matches!(self.engine, Engine::Postgres(_));
        let text = self.texts.entry((head, rows)).or_insert_with(|| {
            let places = places(rows, columns, numbered);
            format!("{head} {places} {tail}").into()
        });
        (Arc::clone(text), rest)
    }

    /// SQLite takes the write lock at once: a transaction that reads first could not be sure to get it later.
    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        match &mut self.engine {
            Engine::Sqlite(_) => self.ahead.put("BEGIN IMMEDIATE", Vec::new()),
            Engine::Postgres(_) => drop(self.execute("BEGIN", Vec::new()).await?),
        }
        Ok(())
    }

    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        let (text, values) = self.ahead.take("COMMIT", Vec::new());
        self.run(AssertSqlSafe(text), values).await.map(drop)
    }

    /// Whether the connection can be used further.
    pub(super) async fn roll_back(&mut self) -> bool {
        self.ahead = Ahead::default();
        match self.execute("ROLLBACK", Vec::new()).await {
            Ok(_) => true,
            // SQLite rolls back by itself when the disk is full, and then has nothing to roll back.
            Err(error) => {
                matches!(self.engine, Engine::Sqlite(_)) && error.to_string().contains("no transaction is active")
            }
        }
    }

    /// How many rows it changed.
    pub(super) async fn execute(&mut self, text: impl SqlSafeStr, values: Vec<Value>) -> Result<u64, StoreError> {
        self.catch_up().await?;
        Ok(match &mut self.engine {
            Engine::Sqlite(connection) => {
                sqlx::query_with(text, for_sqlite(values)?).execute(connection).await?.rows_affected()
            }
            Engine::Postgres(connection) => {
                in_time(sqlx::query_with(text, for_postgres(values)?).execute(connection)).await?.rows_affected()
            }
        })
    }

    /// Demands that exactly one row is changed.
    pub(super) async fn execute_one(
        &mut self,
        what: &'static str,
        text: impl SqlSafeStr,
        values: Vec<Value>,
    ) -> Result<(), StoreError> {
        match self.execute(text, values).await? {
            1 => Ok(()),
            found => Err(StoreError::Rows { what, expected: 1, found }),
        }
    }

    pub(super) async fn fetch(&mut self, text: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        if self.ahead.values.is_empty() && !self.ahead.is_empty() {
            let (text, values) = self.ahead.take(text.into_sql_str().as_str(), values);
            return self.run(AssertSqlSafe(text), values).await;
        }
        self.catch_up().await?;
        self.run(text, values).await
    }

    /// Runs what waits to go with the next statement, where that cannot take it along.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        if self.ahead.is_empty() {
            return Ok(());
        }
        let Ahead { text, values } = std::mem::take(&mut self.ahead);
        self.run(AssertSqlSafe(text), values).await.map(drop)
    }

    async fn run(&mut self, text: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        Ok(match &mut self.engine {
            Engine::Sqlite(connection) => sqlx::query_with(text, for_sqlite(values)?)
                .fetch_all(connection)
                .await?
                .into_iter()
                .map(Row::Sqlite)
                .collect(),
            Engine::Postgres(connection) => {
                in_time(sqlx::query_with(text, for_postgres(values)?).fetch_all(connection))
                    .await?
                    .into_iter()
                    .map(Row::Postgres)
                    .collect()
            }
        })
    }

    pub(super) async fn fetch_option(
        &mut self,
        text: impl SqlSafeStr,
        values: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch(text, values).await?.into_iter().next())
    }

    pub(super) async fn close(self) {
        let _ = match self.engine {
            Engine::Sqlite(connection) => connection.close().await,
            Engine::Postgres(connection) => connection.close().await,
        };
    }

    /// Brings the database to the shape that this version knows.
    pub(super) async fn migrate(&mut self) -> Result<(), OpenError> {
        let done = match &mut self.engine {
            Engine::Sqlite(connection) => sqlx::migrate!("migrations/sqlite").run(connection).await,
            Engine::Postgres(connection) => sqlx::migrate!("migrations/postgres").run(connection).await,
        };
        done.map_err(|error| match error {
            sqlx::migrate::MigrateError::VersionMissing(version) => OpenError::Newer(version),
            sqlx::migrate::MigrateError::Execute(error) => OpenError::Database(error.into()),
            other => OpenError::Shape(other.to_string()),
        })
    }
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        Self::Database(StoreError::Driver(fault))
    }
}
