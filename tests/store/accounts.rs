//! What admins enrol, how it is found, and who may come in.

use std::time::Duration;

use brevbro::domain::account::AccountState;
use brevbro::domain::directory::ServiceAddress;
use brevbro::domain::language::Language;
use brevbro::domain::lookup::Lookup;
use brevbro::domain::office::{CertificateRule, Proof, RelayTls, RelayTo, TrustRule};
use brevbro::domain::record::Kind;
use brevbro::domain::wanted::Wanted;
use brevbro::store::{AccountChange, Principal, StoreError};

use super::world::{anna, bo, both, citizen, mailbox, office};

fn service() -> ServiceAddress {
    ServiceAddress {
        address: mailbox("begaran.social@konto.example"),
        office: "hel-social".parse().unwrap(),
        kind: Some(Kind::Request),
        replies_allowed: Some(true),
        case_prefix: Some("HEL ".to_owned()),
    }
}

#[test]
fn what_is_applied_is_exported() {
    both(async |world| {
        let mut office = office("hel-social");
        office.trust.push(TrustRule(vec![
            Proof::Dkim(brevbro::domain::address::Domain::parse("hel.example").unwrap()),
            Proof::Login,
        ]));
        office.certificates = vec![
            CertificateRule::Sha256([0xab; 32], None),
            CertificateRule::Sha256([0xcd; 32], Some("2027-03-01T12:00:00Z".parse().unwrap())),
            CertificateRule::Name(brevbro::domain::address::Domain::parse("mail.hel.example").unwrap()),
        ];
        office.relay.to = RelayTo::Host {
            host: brevbro::domain::address::Domain::parse("[IPv6:::1]").unwrap(),
            port: 2525,
            implicit_tls: true,
        };
        office.relay.tls = RelayTls::Clear;
        office.name.en = None;
        let mut anna = citizen("anna");
        anna.identity = Some("hetu:131052-308T".parse().unwrap());
        anna.opaque = vec!["k7m2xq4d9tfa".to_owned()];
        anna.aliases.push(mailbox("\"anna v\"@konto.example"));
        anna.aliases.sort_by_key(brevbro::domain::address::Mailbox::folded);
        let wanted = Wanted {
            offices: vec![super::world::office("esp-social"), office],
            accounts: vec![anna, citizen("bo")],
            services: vec![service()],
        };
        let version = world.store.directory_version().await.unwrap();
        let dry = world.store.apply(&wanted, true).await.unwrap();
        assert_eq!(world.store.directory_version().await.unwrap(), version);
        assert_eq!(
            dry.iter().map(|change| (change.what.as_str(), change.how)).collect::<Vec<_>>(),
            [
                ("office hel-social", "changed"),
                ("address begaran.social@konto.example", "added"),
                ("account anna", "changed"),
            ]
        );
        assert_eq!(dry[2].keys, ["identity", "aliases"]);
        assert_eq!(dry[0].keys, ["name", "trust", "certificates", "relay_to", "relay_tls"]);
        assert_eq!(world.store.apply(&wanted, false).await.unwrap(), dry);
        assert_eq!(world.store.directory_version().await.unwrap(), version + 1);
        assert!(world.store.apply(&wanted, false).await.unwrap().is_empty());
        assert_eq!(world.store.directory_version().await.unwrap(), version + 1);
        assert_eq!(world.store.export().await.unwrap(), wanted);
        let directory = world.store.directory().await.unwrap();
        assert_eq!(directory.offices().len(), 2);
        assert_eq!(directory.service(&mailbox("BEGARAN.social@konto.example")), Some(&service()));
    });
}

#[test]
fn every_way_leads_to_the_account() {
    both(async |world| {
        let mut wanted = citizen("anna");
        wanted.identity = Some("hetu:131052-308T".parse().unwrap());
        wanted.opaque = vec!["k7m2xq4d9tfa".to_owned()];
        world.store.apply(&Wanted { accounts: vec![wanted], ..Wanted::default() }, false).await.unwrap();
        let record = world.kept("first").await;
        let conversation = world.store.record(&anna(), record).await.unwrap().unwrap().conversation;
        for (lookup, office) in [
            (Lookup::Alias(mailbox("Anna.Virtanen@konto.example")), None),
            (Lookup::Opaque("k7m2xq4d9tfa".to_owned()), None),
            (Lookup::Identity("hetu:131052-308t".parse().unwrap()), None),
            (Lookup::Conversation(conversation), Some("hel-social")),
        ] {
            let found = world.store.find(&lookup).await.unwrap().unwrap();
            assert_eq!(found.account.id, anna(), "{lookup:?}");
            assert_eq!(found.office.as_ref().map(brevbro::domain::ids::OfficeId::as_str), office);
        }
        for lookup in [
            Lookup::Alias(mailbox("nobody@konto.example")),
            Lookup::Opaque("k7m2xq4d9tfb".to_owned()),
            Lookup::Identity("hetu:131052X308T".parse().unwrap()),
            Lookup::Conversation(brevbro::domain::ids::ConversationId::from_bytes([1; 16])),
        ] {
            assert!(world.store.find(&lookup).await.unwrap().is_none(), "{lookup:?}");
        }
    });
}

#[test]
fn what_belongs_to_another_is_not_given_away() {
    both(async |world| {
        let mut anna = citizen("anna");
        anna.identity = Some("hetu:131052-308T".parse().unwrap());
        world.store.apply(&Wanted { accounts: vec![anna], ..Wanted::default() }, false).await.unwrap();
        let mut bo = citizen("bo");
        bo.account.name = "Bo".to_owned();
        for change in [0, 1] {
            let mut bo = bo.clone();
            if change == 0 {
                bo.aliases.push(mailbox("anna.virtanen@konto.example"));
            } else {
                bo.identity = Some("hetu:131052-308T".parse().unwrap());
            }
            let end = world.store.apply(&Wanted { accounts: vec![bo], ..Wanted::default() }, false).await;
            let Err(StoreError::Forbidden(text)) = end else { panic!("{end:?}") };
            assert!(text.contains("bo") && text.contains("anna") && !text.contains("131052") && !text.contains('@'));
        }
        assert_eq!(
            world.store.account(&super::world::bo()).await.unwrap().unwrap().name,
            "bo Virtanen",
            "all or nothing"
        );
        let mut lost = service();
        lost.office = "nobody".parse().unwrap();
        let end = world.store.apply(&Wanted { services: vec![lost], ..Wanted::default() }, false).await;
        assert!(matches!(end, Err(StoreError::Forbidden(_))), "{end:?}");
        let taken = Wanted { accounts: vec![citizen("postmaster")], ..Wanted::default() };
        assert!(world.store.apply(&taken, false).await.is_err());
    });
}

#[test]
fn an_alias_that_is_not_named_goes_and_an_opaque_one_stays() {
    both(async |world| {
        let mut wanted = citizen("anna");
        wanted.opaque = vec!["k7m2xq4d9tfa".to_owned()];
        world.store.apply(&Wanted { accounts: vec![wanted.clone()], ..Wanted::default() }, false).await.unwrap();
        wanted.opaque = Vec::new();
        wanted.aliases = vec![mailbox("anna@konto.example")];
        world.store.apply(&Wanted { accounts: vec![wanted], ..Wanted::default() }, false).await.unwrap();
        let found = async |lookup| world.store.find(&lookup).await.unwrap().is_some();
        assert!(!found(Lookup::Alias(mailbox("anna.virtanen@konto.example"))).await);
        assert!(found(Lookup::Alias(mailbox("anna@konto.example"))).await);
        assert!(found(Lookup::Opaque("k7m2xq4d9tfa".to_owned())).await);
    });
}

#[test]
fn an_account_is_changed_in_part() {
    both(async |world| {
        let change = AccountChange { language: Some(Language::Sv), notices: Some(Vec::new()), state: None };
        let account = world.store.set_account(&anna(), change).await.unwrap().unwrap();
        assert_eq!((account.language, account.notices.len(), account.state), (Language::Sv, 0, AccountState::Active));
        assert_eq!(world.store.account(&anna()).await.unwrap().unwrap(), account);
        assert!(world.store.set_account(&"nobody".parse().unwrap(), AccountChange::default()).await.unwrap().is_none());
        assert_eq!(world.store.accounts(1).await.unwrap().len(), 1);
    });
}

#[test]
fn secrets_speak_for_their_owner_until_they_end() {
    both(async |world| {
        let (store, hour) = (&world.store, Duration::from_hours(1));
        let token = store.create_token(Principal::Citizen(anna()), None).await.unwrap();
        let admin = store.create_token(Principal::Admin, Some(hour)).await.unwrap();
        let session = store.create_session(Principal::Citizen(bo()), hour).await.unwrap();
        assert_eq!(store.token(&token).await.unwrap(), Some(Principal::Citizen(anna())));
        assert_eq!(store.token(&admin).await.unwrap(), Some(Principal::Admin));
        assert_eq!(store.session(&session).await.unwrap(), Some(Principal::Citizen(bo())));
        assert_eq!(store.session(&token).await.unwrap(), None, "a token is no session");
        assert_eq!(store.token("bb_guess").await.unwrap(), None);
        world.pass(3_600_000);
        assert_eq!(store.token(&admin).await.unwrap(), None);
        assert_eq!(store.session(&session).await.unwrap(), None);
        assert!(store.token(&token).await.unwrap().is_some());
        store.end_session(&token).await.unwrap();
        assert_eq!(store.token(&token).await.unwrap(), None);
        let nobody = store.create_token(Principal::Citizen("nobody".parse().unwrap()), None).await;
        assert!(matches!(nobody, Err(StoreError::Forbidden(_))));
    });
}
