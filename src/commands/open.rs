//! The store, for a command: the one that the configuration names.

use std::path::Path;

use super::Failure;
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::store::{Settings, Store, StoreError};

/// A configuration and its store.
pub(super) struct Opened {
    pub config: Config,
    pub store: Store,
}

impl Opened {
    /// Opens the store, and makes it where there is none yet.
    pub async fn or_made(file: &Path, clock: &Clock) -> Result<Self, Failure> {
        let config = Config::load(file)?;
        let settings = Settings {
            url: config.database.url.reveal().to_owned(),
            blobs: config.blobs.folder.clone(),
            node: config.node.id.clone(),
            inline_limit: usize::try_from(config.blobs.inline_limit).unwrap_or(usize::MAX),
        };
        let ids = Ids::system(clock.clone());
        let store = Store::open(settings, config.node.keys.clone(), clock.clone(), ids).await.map_err(|error| {
            Failure::new(file, "database.url", error.to_string(), "brevbro check looks at all of it")
        })?;
        Ok(Self { config, store })
    }

    /// Opens the store; where there is none there is nothing to ask.
    pub async fn existing(file: &Path, clock: &Clock) -> Result<Self, Failure> {
        let config = Config::load(file)?;
        if let Some(path) = config.database.shown.strip_prefix("sqlite:")
            && !Path::new(path).exists()
        {
            let remedy = "begin with brevbro apply, or name another configuration with --config";
            return Err(Failure::new(file, "database.url", format!("there is no database {path} yet"), remedy));
        }
        Self::or_made(file, clock).await
    }

    /// An operation that was not done.
    pub fn failed(&self, error: &StoreError) -> Failure {
        let remedy = match error {
            StoreError::Forbidden(_) => "",
            _ if error.is_full() => "make room on its disk",
            _ if error.is_away() => "see that the database runs and answers, then try again",
            _ => "brevbro check looks at all of it",
        };
        Failure::new(&self.config.file, "database.url", error.to_string(), remedy)
    }
}
