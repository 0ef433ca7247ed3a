//! The admins' side, and the gateway's health.

use brevbro::store::Principal;

use crate::house::{House, Letter};

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_sees_fates_and_no_content() {
    let house = House::new().await;
    let id = house.letter(Letter::default(), "Hemligt ämne", "hemlig text").await;
    house.program("anna").await.multipart(&format!("/api/v1/messages/{id}/reply"), &[("text", None, b"hemligt svar")]);
    let token = house.store.create_token(Principal::Admin, None).await.unwrap();
    let admin = house.browser().with("Authorization", &format!("Bearer {token}"));
    let stats = admin.get("/api/v1/admin/stats").json();
    assert_eq!((stats["records"].as_u64(), stats["outbox"]["waiting"].as_u64()), (Some(1), Some(2)));
    let trace = admin.get(&format!("/api/v1/admin/trace/{id}")).json();
    let turns: Vec<&str> = trace["items"].as_array().unwrap().iter().map(|e| e["what"].as_str().unwrap()).collect();
    assert!(turns.contains(&"kept") && turns.contains(&"queued"), "{turns:?}");
    let queue = admin.get("/api/v1/admin/queue?state=waiting").json();
    let item = queue["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(admin.get(&format!("/api/v1/admin/queue/{item}")).json()["id"], item.as_str());
    assert_eq!(admin.get("/api/v1/admin/queue?state=wrong").status, 400);
    assert_eq!(admin.get("/api/v1/admin/trace/nothing").status, 404);
    assert_eq!(admin.get("/api/v1/messages").status, 403, "an admin has no mailbox");
    for anybody in [house.browser(), house.citizen("anna").await] {
        assert_ne!(anybody.get("/api/v1/admin/stats").status, 200);
    }

    let door = house.browser();
    assert_eq!(door.get("/admin/").field("location"), Some("/admin/sign-in"));
    assert_eq!(house.citizen("anna").await.get("/admin/").status, 303);
    assert_eq!(door.form("/admin/sign-in", &[("token", "bb_wrong")]).status, 422);
    let entered = door.form("/admin/sign-in", &[("token", &token)]);
    assert!(entered.field("set-cookie").unwrap().contains("Path=/admin; HttpOnly; SameSite=Strict"));
    let pages = door.with("Cookie", &entered.cookie());
    for path in
        ["/admin/", "/admin/queue", "/admin/queue?state=waiting", "/admin/trace", &format!("/admin/trace?id={id}")]
    {
        let page = pages.get(path);
        assert_eq!(page.status, 200, "{path}");
        let text = page.text();
        for secret in ["Hemligt", "hemlig", "anna@", "kerstin.ek", "Virtanen"] {
            assert!(!text.contains(secret), "{path}: {secret}");
        }
    }
    pages.form("/admin/sign-out", &[]);
    assert_eq!(pages.get("/admin/").status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_says_how_it_is() {
    let house = House::new().await;
    house.letter(Letter::default(), "Hej", "text").await;
    let probe = house.browser();
    assert_eq!(probe.get("/health/live").status, 200);
    assert_eq!(probe.get("/health/ready").text(), "ready\n");
    let figures = probe.get("/metrics").text();
    for line in [
        "brevbro_store_up 1",
        "brevbro_records 1",
        "brevbro_accounts{state=\"active\"} 2",
        "brevbro_outbox_items{state=\"waiting\"} 1",
    ] {
        assert!(figures.lines().any(|l| l == line), "{line}\n{figures}");
    }
    house.health.stop();
    let leaving = probe.get("/health/ready");
    assert_eq!((leaving.status, leaving.text().as_str()), (503, "stopping\n"));
    assert_eq!(probe.get("/health/live").status, 200);
}
