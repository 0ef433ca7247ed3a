//! `offices.toml` ↔ [`crate::domain::wanted::Wanted`].
