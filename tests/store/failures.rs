//! What happens when the database does not do its part.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use brevbro::domain::arrival::Placement;
use brevbro::domain::ids::{ArrivalId, RecordId};
use brevbro::domain::status::Class;
use brevbro::store::{OpenError, Settings, Store};
use sqlx::{Connection, Executor};

use super::door::verify_chain;
use super::world::{World, anna, both, on_postgres};

async fn execute(world: &World, text: &'static str) {
    if let Some(path) = world.settings.url.strip_prefix("sqlite:") {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
        sqlx::SqliteConnection::connect_with(&options).await.unwrap().execute(text).await.unwrap();
    } else {
        sqlx::PgConnection::connect(&world.settings.url).await.unwrap().execute(text).await.unwrap();
    }
}

async fn open(settings: Settings, world: &World) -> Result<Store, OpenError> {
    Store::open(settings, world.keys.clone(), world.clock.clone(), world.ids.clone()).await
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    both(async |world| {
        world.store.close().await;
        execute(
            world,
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                        SELECT 9001, description, success, checksum, execution_time FROM _sqlx_migrations",
        )
        .await;
        let Err(error) = open(world.settings.clone(), world).await else { panic!("opened") };
        assert!(matches!(error, OpenError::Newer(9001)));
        let text = error.to_string();
        assert!(text.contains("newer version") && text.contains("start that version or a later one"), "{text}");
    });
}

#[test]
fn what_was_kept_is_there_after_a_restart() {
    both(async |world| {
        world.kept("first").await;
        world.store.close().await;
        assert_eq!(world.store.keep(world.message("x", &["anna"])).await.unwrap_err().class, Class::Unavailable);
        let store = open(world.settings.clone(), world).await.unwrap();
        assert_eq!(store.inbox(&anna(), None, 10).await.unwrap().items.len(), 1);
        store.keep(world.message("second", &["anna"])).await.unwrap();
        assert_eq!(store.inbox(&anna(), None, 10).await.unwrap().items.len(), 2);
        store.close().await;
    });
}

#[test]
fn urls_and_folders_that_cannot_be() {
    both(async |world| {
        for url in ["mysql://x", "sqlite:", "sqlite::memory:", "", "postgres://h:port/x"] {
            let settings = Settings { url: url.to_owned(), ..world.settings.clone() };
            let Err(error) = open(settings, world).await else { panic!("opened {url}") };
            assert!(matches!(error, OpenError::Url(_)), "{url}: {error}");
        }
        let file = world.folder.path().join("file");
        std::fs::write(&file, b"no database").unwrap();
        let settings = Settings { blobs: file.clone(), ..world.settings.clone() };
        assert!(matches!(open(settings, world).await, Err(OpenError::Blobs(_))));
        let settings = Settings { url: format!("sqlite:{}", file.display()), ..world.settings.clone() };
        assert!(matches!(open(settings, world).await, Err(OpenError::Database(_))));
        let settings = Settings { node: "no node".to_owned(), ..world.settings.clone() };
        assert!(matches!(open(settings, world).await, Err(OpenError::Node)));
    });
}

#[test]
fn files_are_for_this_user_alone() {
    both(async |world| {
        let Some(path) = world.settings.url.strip_prefix("sqlite:") else { return };
        world.kept("first").await;
        for name in [path.to_owned(), format!("{path}-wal"), format!("{path}-shm")] {
            assert_eq!(std::fs::metadata(&name).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
        let folder = std::path::Path::new(path).parent().unwrap();
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    });
}

#[test]
fn a_table_that_is_gone_is_ours_to_mend_and_the_store_goes_on() {
    both(async |world| {
        execute(world, "ALTER TABLE arrival RENAME TO hidden").await;
        let refusal = world.store.keep(world.message("first", &["anna"])).await.unwrap_err();
        assert_eq!(refusal.class, Class::Unavailable);
        assert!(world.store.inbox(&anna(), None, 10).await.unwrap().items.is_empty());
        execute(world, "ALTER TABLE hidden RENAME TO arrival").await;
        world.kept("first").await;
        verify_chain(world).await;
    });
}

#[test]
fn connections_that_are_cut_are_made_anew() {
    on_postgres(async |world| {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        world.kept("before").await;
        execute(world, cut).await;
        world.kept("straight after").await;
        // Under load: each is kept, or answered with 451 and kept when it is sent again.
        let keeping: Vec<_> = (0..300)
            .map(|n| {
                let (mut arrival, store) = (world.message(&format!("n {n}"), &["anna"]), world.store.clone());
                let ids = world.ids.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(n)).await;
                    let mut refused = 0;
                    loop {
                        // As a client that sends it again: everything but the message is new.
                        arrival.id = ids.next(ArrivalId::new);
                        if let Placement::Record(record) = &mut arrival.placements[0] {
                            record.id = ids.next(RecordId::new);
                        }
                        match store.keep(arrival.clone()).await {
                            Ok(_) => return refused,
                            Err(refusal) => assert_eq!(refusal.class, Class::Unavailable, "{refusal:?}"),
                        }
                        refused += 1;
                        assert!(refused < 100);
                    }
                })
            })
            .collect();
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_millis(25)).await;
            execute(world, cut).await;
        }
        for keeping in keeping {
            keeping.await.unwrap();
        }
        assert_eq!(world.store.inbox(&anna(), None, 1000).await.unwrap().items.len(), 302);
        verify_chain(world).await;
    });
}
