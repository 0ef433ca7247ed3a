//! The store through its public API, every test on SQLite and on PostgreSQL. PostgreSQL is the server at
//! `BREVBRO_TEST_POSTGRES` (a URL whose user may create databases); without it, each test says that it skips it.

mod accounts;
mod door;
mod events;
mod failures;
mod mailbox;
mod outbox;
mod passwords;
mod world;
