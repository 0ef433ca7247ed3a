//! The portal over real HTTP, on a store of its own.

mod admin;
mod api;
mod browser;
mod chromium;
mod house;
mod http;
mod login;
mod look;
mod mailbox;
mod measure;
mod replies;
mod safety;
