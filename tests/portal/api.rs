//! `/api/v1`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::house::{House, Letter};

#[tokio::test(flavor = "multi_thread")]
async fn a_list_pages_on_to_its_end() {
    let house = House::new().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.insert(0, house.letter(Letter::default(), &format!("nr {n}"), "text").await.to_string());
    }
    let anna = house.program("anna").await;
    for list in ["/api/v1/messages", "/api/v1/conversations"] {
        let (mut seen, mut path) = (Vec::new(), format!("{list}?limit=2"));
        loop {
            let page = anna.get(&path).json();
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| {
                let item = item.get("newest").unwrap_or(item);
                item["id"].as_str().unwrap().to_owned()
            }));
            match page["next"].as_str() {
                Some(next) => path = format!("{list}?limit=2&before={next}"),
                None => break,
            }
        }
        assert_eq!(seen, ids, "{list}");
        for wrong in ["limit=0", "limit=101", "limit=x", "before=x"] {
            assert_eq!(anna.get(&format!("{list}?{wrong}")).status, 400, "{wrong}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_the_record_and_reading_marks_it() {
    let house = House::new().await;
    let id =
        house.letter(Letter { due: Some("2026-12-31"), ..Letter::default() }, "Fråga [dnr HEL 1]", "Hej\nAnna").await;
    let anna = house.program("anna").await;
    assert_eq!(anna.get("/api/v1/messages").json()["items"][0]["read"], Value::Null);
    let record = anna.get(&format!("/api/v1/messages/{id}")).json();
    assert_eq!(record["id"], id.to_string());
    assert_eq!(record["office"], "hel-social");
    assert_eq!(record["subject"], "Fråga");
    assert_eq!(record["case_reference"], "HEL 1");
    assert_eq!(record["due"], "2026-12-31");
    assert_eq!(record["text"].as_str().unwrap().trim_end(), "Hej\nAnna");
    assert_eq!(record["from"], json!({"name": "Kerstin Ek", "address": "kerstin.ek@hel.example"}));
    assert_eq!(record["reply_allowed"], true);
    assert!(anna.get("/api/v1/messages").json()["items"][0]["read"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_made_once_per_key() {
    let house = House::new().await;
    let id = house.letter(Letter::default(), "Fråga", "?").await;
    let anna = house.program("anna").await;
    let path = format!("/api/v1/messages/{id}/reply");
    let keyed = anna.with("Idempotency-Key", "\"8e03978e\"");
    let parts: [(&str, _, &[u8]); 2] = [("text", None, b"ja"), ("file", Some(("å.txt", "text/plain")), b"fil")];
    let first = keyed.multipart(&path, &parts);
    assert_eq!(first.status, 201, "{}", first.text());
    let reply = first.json();
    assert_eq!((reply["state"].as_str(), reply["files"][0]["filename"].as_str()), (Some("waiting"), Some("å.txt")));
    assert_eq!(keyed.multipart(&path, &parts).json()["id"], reply["id"]);
    let other = keyed.multipart(&path, &[("text", None, b"nej")]);
    assert_eq!((other.status, other.json()["type"].as_str()), (422, Some("urn:brevbro:problem:key-reused")));
    assert_ne!(anna.multipart(&path, &parts).json()["id"], reply["id"], "without a key, two are two");

    let followed = anna.get(first.field("location").unwrap());
    assert_eq!(followed.json(), reply);
    let conversation = anna.get(&format!("/api/v1/conversations/{}", reply["conversation"].as_str().unwrap())).json();
    assert_eq!(conversation["messages"].as_array().unwrap().len(), 1);
    assert_eq!(conversation["replies"].as_array().unwrap().len(), 2);
    assert_eq!(anna.get("/api/v1/conversations").json()["items"][0]["replies"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_is_read_and_changed() {
    let house = House::new().await;
    let anna = house.program("anna").await;
    let shown = anna.get("/api/v1/account").json();
    assert_eq!(
        shown,
        json!({"name": "Anna Virtanen", "state": "active", "language": "sv", "notices": ["anna@mail.example"]})
    );
    let patch = |body: &str| {
        anna.with("Content-Type", "application/merge-patch+json").send("PATCH", "/api/v1/account", body.as_bytes())
    };
    let changed = patch(r#"{"language": "fi", "notices": []}"#);
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(changed.json()["language"], "fi");
    assert_eq!(changed.json()["notices"], json!([]));
    let wrong = patch(r#"{"language": "de", "notices": ["x"], "state": "closed"}"#);
    assert_eq!(wrong.status, 422);
    let fields: Vec<String> =
        wrong.json()["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap().to_owned()).collect();
    assert_eq!(fields, ["language", "notices", "state"]);
    assert_eq!(patch(r#"{"name": "Kungen"}"#).status, 422);
    assert_eq!(patch("{").status, 400);
    let cilla = house.program("cilla").await.with("Content-Type", "application/json");
    assert_eq!(cilla.send("PATCH", "/api/v1/account", br#"{"state": "active"}"#).json()["state"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_a_problem_document() {
    let house = House::with(|settings| settings.limits.reply_octets = 1000).await;
    let id = house.letter(Letter::default(), "Fråga", "?").await;
    let anna = house.program("anna").await;
    let reply = format!("/api/v1/messages/{id}/reply");
    let large = vec![b'x'; 2000];
    let answers = [
        (401, "sign-in", house.browser().get("/api/v1/messages")),
        (401, "sign-in", house.browser().with("Authorization", "Bearer bb_wrong").get("/api/v1/messages")),
        (404, "not-found", anna.get("/api/v1/nothing")),
        (404, "not-found", anna.get("/api/v1/messages/x")),
        (405, "method", anna.send("DELETE", "/api/v1/messages", b"")),
        (415, "media-type", anna.form(&reply, &[("text", "x")])),
        (415, "media-type", anna.send("PATCH", "/api/v1/account", b"{}")),
        (413, "fields", anna.multipart(&reply, &[("file", Some(("a", "text/plain")), &large)])),
        (422, "fields", anna.multipart(&reply, &[("text", None, b"")])),
        (400, "unreadable", anna.with("Content-Type", "multipart/form-data").send("POST", &reply, b"x")),
        (
            400,
            "unreadable",
            anna.with("Content-Type", "multipart/form-data; boundary=x").send("POST", &reply, b"--x\r\nbroken"),
        ),
        (403, "forbidden", anna.with("Sec-Fetch-Site", "cross-site").multipart(&reply, &[("text", None, b"x")])),
        (403, "token-needed", house.citizen("anna").await.multipart(&reply, &[("text", None, b"x")])),
        (403, "forbidden", anna.get("/api/v1/admin/stats")),
    ];
    for (status, code, answer) in answers {
        assert_eq!(answer.status, status, "{code}: {}", answer.text());
        assert_eq!(answer.field("content-type"), Some("application/problem+json"), "{code}");
        let problem = answer.json();
        assert_eq!(problem["type"], format!("urn:brevbro:problem:{code}"));
        assert_eq!(problem["status"], status);
        for words in ["title", "detail"] {
            let words = problem[words].as_str().unwrap();
            assert!(!words.is_empty() && !words.starts_with("fault-"), "{words}");
        }
        assert_eq!(answer.field("www-authenticate").is_some(), status == 401);
        assert_eq!(answer.field("allow").is_some(), status == 405);
    }
    assert!(house.replies("anna", id).await.is_empty());
    assert_eq!(house.citizen("anna").await.get("/api/v1/messages").status, 200, "a cookie is enough to read");
}

/// The names in a JSON value, as the schema that `name` leads to has them.
fn agree(document: &Value, schema: &Value, value: &Value, place: &str) {
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(path) => &document["components"]["schemas"][path.rsplit('/').next().unwrap()],
        None => schema,
    };
    if let Some(any) = schema.get("oneOf").and_then(Value::as_array) {
        let schema = any.iter().find(|s| s["type"] != "null").unwrap();
        if !value.is_null() {
            agree(document, schema, value, place);
        }
        return;
    }
    match value {
        Value::Object(fields) if schema.get("properties").is_some() => {
            let told: BTreeSet<&String> = schema["properties"].as_object().unwrap().keys().collect();
            let given: BTreeSet<&String> = fields.keys().collect();
            // Said of few parts, and left out of the others.
            let rare = |name: &String| place.ends_with(".parts") && matches!(&**name, "reason" | "attachment");
            assert!(given.is_subset(&told), "{place}: {given:?}, and told are {told:?}");
            assert!(told.difference(&given).all(|name| rare(name)), "{place}: {given:?}, and told are {told:?}");
            for (name, value) in fields {
                agree(document, &schema["properties"][name], value, &format!("{place}.{name}"));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| agree(document, &schema["items"], item, place)),
        _ => {
            let kind = match value {
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Number(n) if n.is_f64() => "number",
                Value::Number(_) => "integer",
                Value::String(_) => "string",
                Value::Array(_) | Value::Object(_) => "object",
            };
            let told = &schema["type"];
            let fits = told == kind || told.as_array().is_some_and(|kinds| kinds.iter().any(|k| k == kind));
            assert!(fits, "{place}: {kind}, told {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_true_to_the_answers() {
    let house = House::new().await;
    let raw = std::fs::read(format!("{}/testdata/mail/three-attachments.eml", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let id = house.deliver(Letter::default(), &raw).await;
    house.letter(Letter { due: Some("2026-12-31"), ..Letter::default() }, "Utan datum", "text").await;
    let anna = house.program("anna").await;
    let sent = anna.multipart(
        &format!("/api/v1/messages/{id}/reply"),
        &[("text", None, b"ja"), ("file", Some(("a.txt", "text/plain")), b"fil")],
    );
    let reply = sent.json();
    let conversation = reply["conversation"].as_str().unwrap().to_owned();
    let document = anna.get("/api/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    let answer = |method: &str, path: &str, status: &str| {
        document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"].clone()
    };
    for (template, path) in [
        ("/api/v1/messages", "/api/v1/messages".to_owned()),
        ("/api/v1/messages/{id}", format!("/api/v1/messages/{id}")),
        ("/api/v1/conversations", "/api/v1/conversations".to_owned()),
        ("/api/v1/conversations/{id}", format!("/api/v1/conversations/{conversation}")),
        ("/api/v1/replies/{id}", format!("/api/v1/replies/{}", reply["id"].as_str().unwrap())),
        ("/api/v1/account", "/api/v1/account".to_owned()),
    ] {
        let schema = answer("get", template, "200");
        assert!(!schema.is_null(), "{template}");
        agree(&document, &schema, &anna.get(&path).json(), template);
    }
    agree(&document, &answer("post", "/api/v1/messages/{id}/reply", "201"), &reply, "reply");
    let problem = anna.get("/api/v1/nothing").json();
    let told: BTreeSet<&String> =
        document["components"]["schemas"]["Problem"]["properties"].as_object().unwrap().keys().collect();
    assert!(problem.as_object().unwrap().keys().all(|name| told.contains(name)));
    // Every route of the mailbox stands in it, but the description itself.
    assert_eq!(document["paths"].as_object().unwrap().len(), 10);
}
