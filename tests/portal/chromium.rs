//! Chromium by way of chromedriver's HTTP interface (W3C WebDriver), as far as these tests need it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// One browser; it ends when dropped.
pub struct Chromium {
    driver: Child,
    port: u16,
    session: String,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Starts one with these rules for names (`--host-resolver-rules`). `None`, and a word about it, where none is
    /// installed; a panic where `BREVBRO_TEST_CHROMIUM` asks for one.
    pub fn start(rules: &str) -> Option<Self> {
        let found = Command::new("chromedriver")
            .args(["--port=0", "--allowed-ips=127.0.0.1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut driver) = found else {
            assert!(std::env::var_os("BREVBRO_TEST_CHROMIUM").is_none(), "no chromedriver");
            println!("skipped: no chromedriver (tests/peers/install chromium)");
            return None;
        };
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.ok()?;
            line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
        });
        // What it says later must be read, or it would stop.
        std::thread::spawn(move || lines.for_each(drop));
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self { driver, port: port.expect("a port"), session: String::new(), _profile: profile };
        let options = json!({ "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
            "--disable-features=OptimizationHints,MediaRouter,NetworkPrediction,AutofillServerCommunication",
            format!("--user-data-dir={}", browser._profile.path().display()),
            format!("--host-resolver-rules={rules}"),
        ]});
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "performance": "ALL" },
            "unhandledPromptBehavior": "ignore",
            "pageLoadStrategy": "normal",
        }}});
        let made = browser.call("POST", "/session", Some(&wanted));
        browser.session = made["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {made}")).to_owned();
        Some(browser)
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.port,
            body.len()
        );
        connection.write_all(head.as_bytes()).unwrap();
        connection.write_all(body.as_bytes()).unwrap();
        let mut answer = BufReader::new(connection);
        let mut length = 0;
        loop {
            let mut line = String::new();
            answer.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut octets = vec![0; length];
        answer.read_exact(&mut octets).unwrap();
        serde_json::from_slice::<Value>(&octets).unwrap()["value"].take()
    }

    /// Asks the session.
    pub fn get(&self, what: &str) -> Value {
        self.call("GET", &format!("/session/{}/{what}", self.session), None)
    }

    /// Tells the session.
    pub fn post(&self, what: &str, body: &Value) -> Value {
        self.call("POST", &format!("/session/{}/{what}", self.session), Some(body))
    }

    fn devtools(&self, command: &str, params: Value) -> Value {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": params }))
    }

    /// Opens a page, and waits until it and its frames are there.
    pub fn open(&self, url: &str) {
        self.post("url", &json!({ "url": url }));
    }

    /// The page's title.
    pub fn title(&self) -> String {
        self.get("title").as_str().unwrap_or_default().to_owned()
    }

    /// Where the browser is.
    pub fn address(&self) -> String {
        self.get("url").as_str().unwrap_or_default().to_owned()
    }

    /// Whether nothing asks for an answer.
    pub fn is_without_dialog(&self) -> bool {
        self.get("alert/text")["error"] == "no such alert"
    }

    /// Every address that was asked for since the last time.
    pub fn requests(&self) -> Vec<String> {
        let log = self.post("se/log", &json!({ "type": "performance" }));
        let entries = log.as_array().unwrap_or_else(|| panic!("no log: {log}"));
        let messages =
            entries.iter().filter_map(|entry| serde_json::from_str::<Value>(entry["message"].as_str()?).ok());
        messages
            .filter(|entry| entry["message"]["method"] == "Network.requestWillBeSent")
            .filter_map(|entry| Some(entry["message"]["params"]["request"]["url"].as_str()?.to_owned()))
            .collect()
    }

    /// The window, in CSS pixels.
    pub fn size(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// `light` or `dark`.
    pub fn scheme(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", features);
    }

    /// How wide the page is, what one must scroll to counted.
    pub fn content_width(&self) -> f64 {
        self.devtools("Page.getLayoutMetrics", json!({}))["cssContentSize"]["width"].as_f64().unwrap()
    }

    fn element(&self, selector: &str) -> String {
        let found = self.post("element", &json!({ "using": "css selector", "value": selector }));
        let id = found.as_object().and_then(|o| o.values().next()).and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("no {selector}: {found}")).to_owned()
    }

    /// An element's height, in CSS pixels.
    pub fn height_of(&self, selector: &str) -> f64 {
        self.get(&format!("element/{}/rect", self.element(selector)))["height"].as_f64().unwrap()
    }

    /// The name by which a screen reader calls it.
    pub fn accessible(&self, selector: &str) -> String {
        self.get(&format!("element/{}/computedlabel", self.element(selector))).as_str().unwrap_or_default().to_owned()
    }

    /// Clicks it.
    pub fn click(&self, selector: &str) {
        let answer = self.post(&format!("element/{}/click", self.element(selector)), &json!({}));
        assert!(answer.is_null(), "{answer}");
    }

    /// PNG of the window.
    pub fn screenshot(&self) -> Vec<u8> {
        STANDARD.decode(self.get("screenshot").as_str().unwrap()).unwrap()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let _ = self.call("DELETE", &format!("/session/{}", self.session), None);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
