//! Passwords of offices: checked while they are good, ended by time or by hand, and each name once.

use std::num::NonZeroU32;

use brevbro::domain::office::Login;
use brevbro::domain::sasl::scram::Keys;
use brevbro::store::{Kept, Secrets, StoreError};
use jiff::Timestamp;

use super::door::verify_chain;
use super::world::both;

const DAY: i64 = 86_400_000;

fn login(office: &str, label: &str) -> Login {
    Login { office: office.parse().unwrap(), label: label.to_owned() }
}

fn secrets(password: &str) -> Secrets {
    let scram = Keys::derive(password, [9; 16], NonZeroU32::new(4096).unwrap());
    Secrets { argon2: format!("$argon2id$…{password}"), scram }
}

#[test]
fn a_password_is_kept_until_it_ends() {
    both(async |world| {
        let (store, case) = (&world.store, login("hel-social", "case"));
        let end = world.clock.now().as_millisecond() + DAY;
        let until = Timestamp::from_millisecond(end).unwrap();
        assert_eq!(store.password(&case).await.unwrap(), None);
        store.create_password(&case, &secrets("a"), Some(until)).await.unwrap();
        assert_eq!(store.password(&case).await.unwrap(), Some(Kept::Good(secrets("a"))));
        assert!(store.password_holds(&case).await.unwrap());
        assert_eq!(store.password(&login("esp-social", "case")).await.unwrap(), None, "another office's");
        assert_eq!(store.no_password().await.unwrap(), None);
        world.pass(DAY);
        assert_eq!(store.password(&case).await.unwrap(), Some(Kept::Ended));
        assert!(!store.password_holds(&case).await.unwrap());
    });
}

#[test]
fn a_revoked_password_leaves_its_name_and_nothing_else() {
    both(async |world| {
        let (store, case, other) = (&world.store, login("hel-social", "case"), login("hel-social", "other"));
        store.create_password(&case, &secrets("a"), None).await.unwrap();
        store.create_password(&other, &secrets("b"), None).await.unwrap();
        store.revoke_password(&case).await.unwrap();
        assert_eq!(store.password(&case).await.unwrap(), Some(Kept::Revoked));
        assert!(!store.password_holds(&case).await.unwrap());
        assert!(store.password_holds(&other).await.unwrap());
        // The name stands for one password for ever; what is not there cannot be revoked.
        for refused in [
            store.create_password(&case, &secrets("c"), None).await,
            store.create_password(&other, &secrets("c"), None).await,
            store.create_password(&login("nobody", "case"), &secrets("c"), None).await,
            store.revoke_password(&case).await,
            store.revoke_password(&login("hel-social", "third")).await,
        ] {
            assert!(matches!(refused, Err(StoreError::Forbidden(_))), "{refused:?}");
        }
        assert_eq!(store.password(&other).await.unwrap(), Some(Kept::Good(secrets("b"))));
        let listed = store.passwords().await.unwrap();
        let shown: Vec<_> = listed.iter().map(|one| (&*one.label, one.revoked.is_some(), one.used)).collect();
        assert_eq!(shown, [("case", true, None), ("other", false, None)]);
        let events = store.trace("password").await.unwrap();
        let told: Vec<_> = events.iter().map(|event| event.detail.as_str()).collect();
        assert_eq!(
            told,
            [
                "created login=hel-social/case until=revoked",
                "created login=hel-social/other until=revoked",
                "revoked login=hel-social/case",
            ]
        );
        verify_chain(world).await;
    });
}

#[test]
fn use_is_noted_by_the_day() {
    both(async |world| {
        let (store, case) = (&world.store, login("hel-social", "case"));
        store.create_password(&case, &secrets("a"), None).await.unwrap();
        let mut days = Vec::new();
        for pass in [0, 1, DAY, 1] {
            world.pass(pass);
            store.password_used(&case).await.unwrap();
            let used = store.passwords().await.unwrap()[0].used.unwrap().as_millisecond();
            assert_eq!(used % DAY, 0);
            assert!((0..DAY).contains(&(world.clock.now().as_millisecond() - used)));
            days.push(used);
        }
        days.dedup();
        assert_eq!(days.len(), 2);
    });
}
