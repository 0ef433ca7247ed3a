//! The portal over real HTTP, on a store of its own.

mod house;
mod http;
mod look;
