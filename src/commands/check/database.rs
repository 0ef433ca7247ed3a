//! Whether the database is there, and of our version. It is read, never made or migrated.

use super::Findings;
use crate::clock::{Clock, Ids};
use crate::config::Sections;
use crate::domain::directory::Directory;
use crate::store::{OpenError, Password, Settings, Standing, Store, StoreError};

/// What is enrolled.
pub(super) struct Enrolled {
    pub directory: Directory,
    pub passwords: Vec<Password>,
}

/// The offices and passwords that the database holds; `None`: it cannot be asked, or holds none yet.
pub(super) async fn check(config: &Sections, clock: &Clock, findings: &mut Findings) -> Option<Enrolled> {
    match Box::pin(Store::standing(config.database.url.reveal())).await {
        Ok(Standing::Current) => {}
        Ok(Standing::Absent) => {
            let sentence = format!("{} holds nothing yet: it is made at the first start", config.database.shown);
            findings.note("database.url", sentence, "enrol an office: brevbro apply config/offices.toml");
            return None;
        }
        Ok(Standing::Older) => {
            let sentence =
                format!("{} is of an earlier version: it is changed at the next start", config.database.shown);
            findings.note("database.url", sentence, "make a backup before");
            return None;
        }
        Err(error) => {
            let remedy = match &error {
                // Its own sentence says what to do.
                OpenError::Url(_) | OpenError::Newer(_) | OpenError::Shape(_) => "",
                _ => "see that it runs, that the URL is right, and that this user may use it",
            };
            findings.fault("database.url", format!("{}: {error}", config.database.shown), remedy);
            return None;
        }
    }
    let settings = Settings {
        url: config.database.url.reveal().to_owned(),
        blobs: config.blobs.folder.clone(),
        node: config.node.id.clone()?,
        inline_limit: usize::try_from(config.blobs.inline_limit).unwrap_or(usize::MAX),
    };
    let ids = Ids::system(clock.clone());
    let keys = config.node.keys.clone()?;
    let store = match Box::pin(Store::open(settings, keys, clock.clone(), ids)).await {
        Ok(store) => store,
        Err(error) => {
            findings.fault("database.url", error.to_string(), "");
            return None;
        }
    };
    let read = async {
        let (directory, passwords) = (store.directory().await?, store.passwords().await?);
        Ok::<_, StoreError>(Enrolled { directory, passwords })
    };
    let enrolled = read.await;
    store.close().await;
    enrolled.map_err(|error| findings.fault("database.url", error.to_string(), "")).ok()
}
