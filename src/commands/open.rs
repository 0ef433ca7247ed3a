//! The store, for a command: the one that the configuration names.

use std::path::{Path, PathBuf};

use super::Failure;
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::store::{Settings, Store, StoreError};

/// A configuration and its store.
pub(super) struct Opened {
    pub config: Box<Config>,
    pub store: Store,
    /// The folder of a store that was made to be compared with, and goes.
    passing: Option<PathBuf>,
}

impl Opened {
    /// Opens the store, and makes it where there is none yet.
    pub async fn or_made(file: &Path, clock: &Clock) -> Result<Self, Failure> {
        let config = Box::new(Config::load(file)?);
        let (url, blobs) = (config.database.url.reveal().to_owned(), config.blobs.folder.clone());
        Box::pin(Self::at(config, url, blobs, None, clock)).await
    }

    /// Opens the store; where there is none there is nothing to ask.
    pub async fn existing(file: &Path, clock: &Clock) -> Result<Self, Failure> {
        let config = Box::new(Config::load(file)?);
        if let Some(path) = absent(&config) {
            let remedy = "begin with brevbro apply, or name another configuration with --config";
            return Err(Failure::new(file, "database.url", format!("there is no database {path} yet"), remedy));
        }
        Self::or_made(file, clock).await
    }

    /// Opens the store; where there is none yet, an empty one somewhere else, so that nothing is left behind.
    pub async fn or_empty(file: &Path, clock: &Clock) -> Result<Self, Failure> {
        let config = Box::new(Config::load(file)?);
        if absent(&config).is_none() {
            return Self::or_made(file, clock).await;
        }
        let folder = std::env::temp_dir().join(format!("brevbro-dry-run-{}", std::process::id()));
        let url = format!("sqlite:{}", folder.join("empty.sqlite").display());
        Box::pin(Self::at(config, url, folder.join("blobs"), Some(folder), clock)).await
    }

    async fn at(
        config: Box<Config>,
        url: String,
        blobs: PathBuf,
        passing: Option<PathBuf>,
        clock: &Clock,
    ) -> Result<Self, Failure> {
        let inline_limit = usize::try_from(config.blobs.inline_limit).unwrap_or(usize::MAX);
        let settings = Settings { url, blobs, node: config.node.id.clone(), inline_limit };
        let ids = Ids::system(clock.clone());
        match Box::pin(Store::open(settings, config.node.keys.clone(), clock.clone(), ids)).await {
            Ok(store) => Ok(Self { config, store, passing }),
            Err(error) => {
                let sentence = format!("{}: {error}", config.database.shown);
                Err(Failure::new(&config.file, "database.url", sentence, "brevbro check looks at all of it"))
            }
        }
    }

    /// Ends what has been begun.
    pub async fn close(self) {
        self.store.close().await;
        if let Some(folder) = self.passing {
            // What cannot be removed lies among the system's temporary files, and is empty.
            let _ = std::fs::remove_dir_all(folder);
        }
    }

    /// An operation that was not done.
    pub fn failed(&self, error: &StoreError) -> Failure {
        if let StoreError::Forbidden(sentence) = error {
            return Failure::of("", sentence, "");
        }
        let remedy = match error {
            _ if error.is_full() => "make room on its disk",
            _ if error.is_away() => "see that the database runs and answers, then try again",
            _ => "brevbro check looks at all of it",
        };
        Failure::new(&self.config.file, "database.url", format!("{}: {error}", self.config.database.shown), remedy)
    }
}

/// The path of an embedded database that is not there.
fn absent(config: &Config) -> Option<&str> {
    config.database.shown.strip_prefix("sqlite:").filter(|path| !Path::new(path).exists())
}
