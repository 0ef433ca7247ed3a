//! A real Chromium looks at messages. Skipped, and said so, where there is none; `BREVBRO_TEST_CHROMIUM=1` asks for it.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::chromium::Chromium;
use crate::house::{House, Letter};

/// What the worst message asks of the network.
const CANARY: &str = "canary.example";

fn mail(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/testdata/mail/{name}.eml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The names of the messages that have HTML.
fn with_html() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/mail");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "eml"))
        .filter(|path| brevbro::intake::read(&std::fs::read(path).unwrap(), &Default::default()).html.is_some())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert!(names.len() > 20);
    names
}

/// A listener that no message may reach, and how often it was reached.
fn canary() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let hits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&hits);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            drop(connection);
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, hits)
}

/// A browser that takes every name that stands in a message for the canary's, and is signed in as Anna.
async fn browser(house: &House, canary: u16) -> Option<Chromium> {
    let rules = format!("MAP *.example 127.0.0.1:{canary}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1");
    let browser = Chromium::start(&rules)?;
    let cookie = house.session("anna").await;
    let (name, value) = cookie.split_once('=').unwrap();
    browser.open(&format!("http://{}/sign-in", house.address));
    browser.post("cookie", &json!({ "cookie": { "name": name, "value": value, "path": "/" } }));
    Some(browser)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worst_message_asks_nothing_of_the_network_and_runs_nothing() {
    let house = House::new().await;
    let (port, hits) = canary();
    let Some(browser) = browser(&house, port).await else { return };
    let own = format!("http://{}/", house.address);
    for name in with_html() {
        let id = house.deliver(Letter::default(), &mail(&name)).await;
        for path in [format!("messages/{id}"), format!("messages/{id}/html")] {
            browser.open(&format!("{own}{path}"));
            assert!(browser.is_without_dialog(), "{name}: {path}");
            assert_ne!(browser.title(), "Tagen", "{name}: {path}");
            assert!(browser.address().starts_with(&format!("{own}{path}")), "{name}: {}", browser.address());
            let requests = browser.requests();
            assert!(requests.iter().any(|url| url.contains(&path)), "{name}: no requests seen");
            // The browser's own first page loads late.
            for url in requests.into_iter().filter(|url| !url.starts_with("chrome://")) {
                assert!(url.starts_with(&own) || url.starts_with("data:image/"), "{name}: {path} asks for {url}");
            }
        }
    }
    assert_eq!(hits.load(Ordering::SeqCst), 0, "something was asked of the network");
    // The canary can be heard.
    browser.open(&format!("https://{CANARY}/"));
    assert!(hits.load(Ordering::SeqCst) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_fits_a_narrow_page() {
    let house = House::new().await;
    let (port, _) = canary();
    let Some(browser) = browser(&house, port).await else { return };
    // 1280 pixels at 400 % are 320 (WCAG 2.2, 1.4.10).
    browser.size(320, 640);
    let mut wide = Vec::new();
    for name in with_html() {
        let id = house.deliver(Letter::default(), &mail(&name)).await;
        for path in [format!("messages/{id}"), format!("messages/{id}/html")] {
            browser.open(&format!("http://{}/{path}", house.address));
            let width = browser.content_width();
            if width > 320.5 {
                wide.push(format!("{name}: {path} is {width} wide"));
            }
        }
    }
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn folds_open_without_scripts() {
    let house = House::new().await;
    let (port, _) = canary();
    let Some(browser) = browser(&house, port).await else { return };
    let id = house.deliver(Letter::default(), &mail("html-outlook-thread-sv")).await;
    browser.open(&format!("http://{}/messages/{id}/html", house.address));
    let folded = browser.height_of("details.earlier");
    browser.click("details.earlier > summary");
    assert!(browser.height_of("details.earlier") > folded + 20.0);
    let name = browser.accessible("details.earlier > summary");
    assert_eq!(name, "Visa de tidigare meddelandena");
}

/// Pictures of messages to look at: `BREVBRO_SHOTS=folder BREVBRO_SHOWN=name,name`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures for a person"]
async fn shots() {
    let folder = std::env::var("BREVBRO_SHOTS").expect("BREVBRO_SHOTS");
    let wanted = std::env::var("BREVBRO_SHOWN").unwrap_or_default();
    let house = House::new().await;
    let (port, _) = canary();
    let Some(browser) = browser(&house, port).await else { return };
    for name in wanted.split(',').filter(|name| !name.is_empty()) {
        let id = house.deliver(Letter::default(), &mail(name)).await;
        for (look, scheme, width) in
            [("light", "light", 900), ("dark", "dark", 900), ("narrow", "light", 320), ("narrow-dark", "dark", 320)]
        {
            browser.scheme(scheme);
            browser.size(width, 1000);
            for (page, path) in [("page", format!("messages/{id}")), ("html", format!("messages/{id}/html"))] {
                browser.open(&format!("http://{}/{path}", house.address));
                std::fs::write(format!("{folder}/{name}-{page}-{look}.png"), browser.screenshot()).unwrap();
            }
        }
    }
    let _: Value = browser.get("url");
}
