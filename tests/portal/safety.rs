//! Who sees what, and what a browser is told.

use crate::house::{House, Letter};

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_only_their_own() {
    let house = House::new().await;
    let id = house.letter(Letter::default(), "Hemligt", "mycket").await;
    let (anna, bo) = (house.citizen("anna").await, house.citizen("bo").await);
    let sent = house.program("anna").await.multipart(
        &format!("/api/v1/messages/{id}/reply"),
        &[("text", None, b"ja"), ("file", Some(("a.txt", "text/plain")), b"fil")],
    );
    let reply = sent.json()["id"].as_str().unwrap().to_owned();
    let conversation = sent.json()["conversation"].as_str().unwrap().to_owned();
    let paths = [
        format!("/messages/{id}"),
        format!("/messages/{id}/html"),
        format!("/messages/{id}/raw"),
        format!("/messages/{id}/attachments/0"),
        format!("/replies/{reply}/files/0"),
    ];
    for path in &paths {
        assert_eq!(bo.get(path).status, 404, "{path}");
        assert_eq!(house.browser().get(path).status, 303, "{path}");
    }
    assert_eq!(anna.get(&paths[4]).body, b"fil");
    assert!(!bo.get("/messages").text().contains("Hemligt"));
    let program = house.program("bo").await;
    for path in [
        format!("/api/v1/messages/{id}"),
        format!("/api/v1/messages/{id}/raw"),
        format!("/api/v1/messages/{id}/attachments/0"),
        format!("/api/v1/replies/{reply}"),
        format!("/api/v1/replies/{reply}/files/0"),
        format!("/api/v1/conversations/{conversation}"),
    ] {
        assert_eq!(program.get(&path).status, 404, "{path}");
        assert_eq!(house.browser().get(&path).status, 401, "{path}");
    }
    assert_eq!(program.multipart(&format!("/api/v1/messages/{id}/reply"), &[("text", None, b"ja")]).status, 404);
    assert_eq!(bo.multipart(&format!("/messages/{id}/reply"), &[("text", None, b"ja")]).status, 404);
    for list in ["/api/v1/messages", "/api/v1/conversations"] {
        assert_eq!(program.get(list).json()["items"].as_array().unwrap().len(), 0, "{list}");
    }
    let another = format!("/messages/{}", "0".repeat(26));
    assert_eq!(
        bo.get(&another).text().replace(&another, "X"),
        bo.get(&paths[0]).text().replace(&paths[0], "X"),
        "told apart"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_cannot_act() {
    let house = House::new().await;
    let anna = house.citizen("anna").await;
    for (name, value) in
        [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"), ("Origin", "https://evil.example")]
    {
        assert_eq!(anna.with(name, value).form("/sign-out", &[]).status, 403, "{name}: {value}");
    }
    assert_eq!(anna.get("/messages").status, 200);
    let own = anna.with("Origin", &format!("http://{}", house.address));
    assert_eq!(own.form("/sign-out", &[]).status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_told_to_do_no_harm() {
    let house = House::new().await;
    let id = house.letter(Letter::default(), "Hej", "text").await;
    let anna = house.citizen("anna").await;
    for path in [
        "/sign-in",
        "/messages",
        "/nothing",
        "/api/v1/nothing",
        "/api/v1/messages",
        &format!("/messages/{id}"),
        "/admin/sign-in",
    ] {
        let answer = anna.get(path);
        assert!(answer.field("content-security-policy").unwrap().contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.field("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.field("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(answer.field("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.field("strict-transport-security"), None, "{path}: only over TLS");
        let page = answer.text();
        assert!(!page.contains("<script") && !page.contains(" style=") && !page.contains("onclick"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_style_sheet_may_be_kept_for_ever() {
    let house = House::new().await;
    let page = house.browser().get("/sign-in").text();
    let path = page.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let style = house.browser().get(path);
    assert_eq!(style.field("content-type"), Some("text/css; charset=utf-8"));
    assert!(style.field("cache-control").unwrap().contains("immutable"));
    assert_eq!(house.browser().get("/assets/style-000000000000.css").status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_stand_as_they_should() {
    let house = House::new().await;
    let id = house.letter(Letter::default(), "Hej", "text").await;
    let anna = house.citizen("anna").await;
    for path in ["/messages", "/settings", &format!("/messages/{id}"), "/nothing"] {
        let page = anna.get(path).text();
        for part in [
            "<html lang=\"sv\">",
            "class=\"skip\" href=\"#content\"",
            "<main id=\"content\"",
            "<header",
            "<footer",
            "<nav",
            " – Brevbro</title>",
        ] {
            assert!(page.contains(part), "{path}: {part}");
        }
        assert_eq!(page.matches("<h1").count(), 1, "{path}");
        let levels: Vec<u32> =
            page.match_indices("<h").filter_map(|(at, _)| page[at + 2..].chars().next()?.to_digit(10)).collect();
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{path}: {levels:?}");
        // Every field has its label.
        for (at, _) in page.match_indices(" id=\"") {
            let id = page[at + 5..].split('"').next().unwrap();
            let tag = &page[page[..at].rfind('<').unwrap()..at];
            if tag.starts_with("<input") || tag.starts_with("<textarea") {
                assert!(page.contains(&format!("<label for=\"{id}\"")), "{path}: {id}");
            }
        }
    }
}
