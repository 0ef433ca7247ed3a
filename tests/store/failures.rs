//! What happens when the database does not do its part.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use brevbro::domain::arrival::{Placement, Raw};
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
                        SELECT 9001, description, success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1",
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

/// A small disk of its own, gone with the value.
struct Disk(std::path::PathBuf);

impl Disk {
    fn mount(folder: &std::path::Path) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(folder);
        let done = mount.output().is_ok_and(|output| output.status.success());
        done.then(|| Self(folder.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[test]
fn a_full_disk_is_answered_and_outlived() {
    both(async |world| {
        if !world.settings.url.starts_with("sqlite:") {
            return; // PostgreSQL's disk is its server's
        }
        let Some(disk) = Disk::mount(&world.folder.path().join("disk")) else {
            eprintln!("skipped: no tmpfs can be mounted here");
            return;
        };
        let ballast = disk.0.join("ballast");
        std::fs::write(&ballast, vec![0; 1 << 20]).unwrap();
        let url = format!("sqlite:{}", disk.0.join("brevbro.db").display());
        let settings = Settings { url, blobs: disk.0.join("blobs"), ..world.settings.clone() };
        let store = open(settings, world).await.unwrap();
        let wanted = world.store.export().await.unwrap();
        store.apply(&wanted, false).await.unwrap();
        let (mut kept, mut full) = (0, 0);
        let mut n = 0;
        while full < 3 {
            let batch: Vec<_> = (0..8)
                .map(|_| {
                    n += 1;
                    let mut arrival = world.message(&format!("n {n}"), &["anna"]);
                    arrival.raw = Raw::Memory(vec![b'x'; 3000].into());
                    let store = store.clone();
                    tokio::spawn(async move { store.keep(arrival).await })
                })
                .collect();
            let mut refused = 0;
            for keeping in batch {
                match keeping.await.unwrap() {
                    Ok(_) => kept += 1,
                    Err(refusal) => {
                        assert_eq!(refusal.class, Class::StorageFull, "{refusal:?}");
                        refused += 1;
                    }
                }
            }
            full += usize::from(refused == 8);
            assert!(n < 10_000);
        }
        assert!(kept > 50, "{kept}");
        let mut large = world.message("large", &["anna"]);
        large.raw = Raw::Memory(vec![b'x'; 2 << 20].into());
        assert_eq!(store.keep(large.clone()).await.unwrap_err().class, Class::StorageFull);
        assert_eq!(store.inbox(&anna(), None, 10_000).await.unwrap().items.len(), kept);
        // Space comes back, and so does the store, by itself.
        std::fs::remove_file(&ballast).unwrap();
        let again = world.message("after", &["anna"]);
        store.keep(again).await.unwrap();
        assert_eq!(store.inbox(&anna(), None, 10_000).await.unwrap().items.len(), kept + 1);
        for record in store.inbox(&anna(), None, 10_000).await.unwrap().items {
            assert!(store.raw(&anna(), record.id).await.unwrap().is_some());
        }
        store.close().await;
    });
}
