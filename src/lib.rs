//! Brevbro, an e-mail gateway between authorities' mail and a national citizen mailbox.
//!
//! One way through the house: `listener → trust → routing → intake → store`, and back `store → relay`. The walks are
//! written out in `inbound` and `outbound`; `docs/architecture.md` has the map.
#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::pedantic)]
#![allow(clippy::module_name_repetitions, clippy::missing_panics_doc)]

pub mod acme;
pub mod admin;
pub mod app;
pub mod authentication;
pub mod clock;
pub mod commands;
pub mod config;
pub mod domain;
pub mod health;
pub mod inbound;
pub mod intake;
pub mod listener;
pub mod outbound;
pub mod portal;
pub mod relay;
pub mod routing;
pub mod scanner;
pub mod smime;
pub mod smtp;
pub mod store;
pub mod texts;
pub mod trace;
pub mod trust;
