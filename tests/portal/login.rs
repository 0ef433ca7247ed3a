//! Signing in and out, and the language of the pages.

use brevbro::domain::account::AccountState;
use brevbro::domain::language::Language;

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_test_citizen_signs_in_and_out() {
    let house = House::new().await;
    let browser = house.browser();
    let away = browser.get("/messages?before=06h0hm2p52mkf12p1apwnbcetr");
    assert_eq!(away.status, 303);
    assert_eq!(away.field("location"), Some("/sign-in?next=%2Fmessages%3Fbefore%3D06h0hm2p52mkf12p1apwnbcetr"));

    let form = browser.get("/sign-in?next=/settings").text();
    for name in ["Anna Virtanen", "Bo Korhonen", "Cilla Berg"] {
        assert!(form.contains(name), "{name}");
    }
    assert!(!form.contains("Dag Lind"), "a closed account cannot be opened");

    let entered = browser.form("/sign-in", &[("account", "anna"), ("next", "/settings")]);
    assert_eq!((entered.status, entered.field("location")), (303, Some("/settings")));
    let field = entered.field("set-cookie").unwrap();
    assert!(field.contains("HttpOnly") && field.contains("SameSite=Lax") && !field.contains("Secure"), "{field}");
    let anna = browser.with("Cookie", &entered.cookie());
    assert!(anna.get("/messages").text().contains("Anna Virtanen"));

    let left = anna.form("/sign-out", &[]);
    assert_eq!(left.field("location"), Some("/sign-in"));
    assert_eq!(anna.get("/messages").status, 303, "the session is dead, not only forgotten by the browser");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_away_and_a_closed_account_stays_closed() {
    let house = House::new().await;
    let browser = house.browser();
    let entered = browser.form("/sign-in", &[("account", "anna"), ("next", "//evil.example/")]);
    assert_eq!(entered.field("location"), Some("/messages"));
    assert_eq!(browser.form("/sign-in", &[("account", "dag")]).status, 404);
    assert_eq!(browser.form("/sign-in", &[("account", "nobody")]).status, 404);
    let dag = house.citizen("dag").await;
    assert_eq!(dag.get("/messages").status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn test_citizens_are_for_this_machine_alone() {
    let house = House::new().await;
    for (name, value) in [("Host", "rebound.example"), ("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1")]
    {
        let browser = house.browser().with(name, value);
        let form = browser.get("/sign-in");
        assert!(form.status == 200 && !form.text().contains("Anna"), "{name}");
        assert_eq!(browser.form("/sign-in", &[("account", "anna")]).status, 403, "{name}");
    }
    let open = House::with(|settings| settings.listen = "0.0.0.0:8025".parse().unwrap()).await;
    assert_eq!(open.browser().form("/sign-in", &[("account", "anna")]).status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_secure_where_the_portal_is() {
    let house = House::with(|settings| settings.public_url = "https://konto.example".to_owned()).await;
    let entered = house.browser().form("/sign-in", &[("account", "anna")]);
    assert!(entered.field("set-cookie").unwrap().contains("; Secure"));
    assert!(entered.field("strict-transport-security").unwrap().contains("max-age=63072000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_is_the_accounts_then_the_cookies_then_the_browsers() {
    let house = House::new().await;
    let browser = house.browser().with("Accept-Language", "fi-FI,fi;q=0.9,en;q=0.5");
    assert!(browser.get("/sign-in").text().contains("<html lang=\"fi\">"));
    let switched = browser.form("/language", &[("language", "sv"), ("back", "/sign-in")]);
    assert_eq!((switched.status, switched.field("location")), (303, Some("/sign-in")));
    let browser = browser.with("Cookie", &switched.cookie());
    assert!(browser.get("/sign-in").text().contains("<html lang=\"sv\">"));
    assert!(browser.get("/nothing").text().contains("Sidan finns inte"));

    let bo = house.citizen("bo").await.with("Accept-Language", "sv");
    assert!(bo.get("/messages").text().contains("<html lang=\"fi\">"));
    bo.form("/language", &[("language", "en")]);
    assert!(bo.get("/messages").text().contains("<html lang=\"en\">"));
    let account = house.store.account(&"bo".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(account.language, Language::En, "notices follow");
    assert_eq!(bo.form("/language", &[("language", "de")]).status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_saved_or_said_to_be_wrong() {
    let house = House::new().await;
    let anna = house.citizen("anna").await;
    assert!(anna.get("/settings").text().contains("anna@mail.example"));
    let wrong = anna.form("/settings", &[("language", "sv"), ("notices", "a@mail.example\r\n\r\nnot an address")]);
    assert_eq!(wrong.status, 422);
    let text = wrong.text();
    assert!(text.contains("Rad 3 är ingen e-postadress") && text.contains("not an address"), "{text}");
    assert!(text.contains("<title>Fel: "));
    let saved = anna
        .form("/settings", &[("language", "fi"), ("notices", "a@mail.example\r\nA@mail.example\r\nb@mail.example")]);
    assert_eq!(saved.field("location"), Some("/settings?saved=yes"));
    let account = house.store.account(&"anna".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((account.language, account.notices.len()), (Language::Fi, 2));
    assert!(anna.get("/settings?saved=yes").text().contains("Asetuksesi on tallennettu"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_mailbox_is_taken_into_use() {
    let house = House::new().await;
    let cilla = house.citizen("cilla").await;
    assert!(cilla.get("/messages").text().contains("not in use yet"));
    assert_eq!(cilla.form("/settings/consent", &[]).status, 303);
    assert!(!cilla.get("/messages").text().contains("not in use yet"));
    let account = house.store.account(&"cilla".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(account.state, AccountState::Active);
}
