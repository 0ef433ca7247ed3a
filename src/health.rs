//! Whether this gateway lives, whether it can be sent work, and its figures.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::store::{Stats, Store};

/// A load balancer asks every few seconds, and must not wait for a database that hangs.
const PATIENCE: Duration = Duration::from_secs(2);
/// The store's counts read whole indexes.
const COUNT_EVERY: i64 = 15;

/// A figure that the process itself keeps: connections open, replies under way.
#[derive(Clone)]
pub struct Meter {
    /// `brevbro_smtp_connections`; a counter's ends in `_total`.
    pub name: &'static str,
    /// What it counts, in one sentence.
    pub help: &'static str,
    /// Whether it only rises.
    pub counter: bool,
    /// The figure now.
    pub read: Arc<dyn Fn() -> u64 + Send + Sync>,
}

/// A figure for each of some things: seconds to the end of each certificate. What there is may change.
#[derive(Clone)]
pub struct Meters {
    /// `brevbro_certificate_expires_seconds`.
    pub name: &'static str,
    /// What it counts, in one sentence.
    pub help: &'static str,
    /// What tells the things apart.
    pub label: &'static str,
    /// The things and their figures now.
    pub read: Arc<dyn Fn() -> Vec<(String, u64)> + Send + Sync>,
}

/// The state of this gateway. Cheap to clone.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    meters: Vec<Meter>,
    each: Vec<Meters>,
    stopping: AtomicBool,
    counted: Mutex<Option<(Timestamp, Stats)>>,
}

impl Health {
    /// Over this store, with these figures of the process.
    #[must_use]
    pub fn new(store: Store, clock: Clock, meters: Vec<Meter>, each: Vec<Meters>) -> Self {
        let (stopping, counted) = (AtomicBool::new(false), Mutex::new(None));
        Self(Arc::new(Inner { store, clock, meters, each, stopping, counted }))
    }

    /// From now on this gateway is not ready: it is being stopped, and takes no new work.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
    }

    async fn store_answers(&self) -> bool {
        matches!(tokio::time::timeout(PATIENCE, self.0.store.ping()).await, Ok(Ok(())))
    }

    /// The store's counts, a quarter of a minute old at most.
    async fn stats(&self) -> Option<Stats> {
        let mut counted = self.0.counted.lock().await;
        let now = self.0.clock.now();
        if let Some((at, stats)) = &*counted
            && now.as_second() - at.as_second() < COUNT_EVERY
        {
            return Some(stats.clone());
        }
        let stats = tokio::time::timeout(PATIENCE, self.0.store.stats()).await.ok()?.ok()?;
        *counted = Some((now, stats.clone()));
        Some(stats)
    }
}

/// `/health/live`: the process answers. `/health/ready`: it can be sent work; 503 with the reason when it cannot.
pub fn router(health: Health) -> Router {
    Router::new()
        .route("/health/live", get(|| async { plain(StatusCode::OK, "alive\n") }))
        .route("/health/ready", get(ready))
        .with_state(health)
}

async fn ready(State(health): State<Health>) -> Response {
    if health.0.stopping.load(Ordering::Relaxed) {
        plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else if health.store_answers().await {
        plain(StatusCode::OK, "ready\n")
    } else {
        plain(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], text).into_response()
}

/// `/metrics`, in the text format of Prometheus; for a port of its own, which the world does not reach.
pub fn metrics(health: Health) -> Router {
    Router::new().route("/metrics", get(figures)).with_state(health)
}

async fn figures(State(health): State<Health>) -> Response {
    let mut page = Page::default();
    page.family("brevbro_build_info", "The version that runs.", false);
    page.sample("brevbro_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    page.family("brevbro_store_up", "Whether the database answers.", false);
    page.sample("brevbro_store_up", &[], u64::from(health.store_answers().await));
    let (messages, syncs) = health.0.store.messages_and_syncs();
    page.one("brevbro_kept_messages_total", "Messages that this process has put through the door.", true, messages);
    page.one("brevbro_syncs_total", "Syncs that they shared.", true, syncs);
    for meter in &health.0.meters {
        page.one(meter.name, meter.help, meter.counter, (meter.read)());
    }
    for meters in &health.0.each {
        page.family(meters.name, meters.help, false);
        for (thing, figure) in (meters.read)() {
            page.sample(meters.name, &[(meters.label, &thing)], figure);
        }
    }
    if let Some(stats) = health.stats().await {
        page.one("brevbro_records", "Records in all mailboxes.", false, stats.records);
        page.one("brevbro_events", "Events of all gateways.", false, stats.events);
        for (name, help, label, counts) in [
            ("brevbro_accounts", "Accounts by state.", "state", &stats.accounts),
            ("brevbro_outbox_items", "Outbox items by state.", "state", &stats.outbox),
            ("brevbro_refusals", "Refused messages by class, of all gateways.", "class", &stats.refusals),
        ] {
            page.family(name, help, false);
            for (value, count) in counts {
                page.sample(name, &[(label, value)], *count);
            }
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page.0).into_response()
}

/// The page as it is written.
#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, help: &str, counter: bool) {
        let kind = if counter { "counter" } else { "gauge" };
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], figure: u64) {
        self.0.push_str(name);
        for (n, (label, value)) in labels.iter().enumerate() {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{}{label}=\"{value}\"", if n == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.0, "{} {figure}", if labels.is_empty() { "" } else { "}" });
    }

    fn one(&mut self, name: &str, help: &str, counter: bool, figure: u64) {
        self.family(name, help, counter);
        self.sample(name, &[], figure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_in_the_text_format() {
        let mut page = Page::default();
        page.one("a_total", "All.", true, 3);
        page.family("b", "Some.", false);
        page.sample("b", &[("x", "a\"b"), ("y", "c")], 1);
        assert_eq!(
            page.0,
            "# HELP a_total All.\n# TYPE a_total counter\na_total 3\n# HELP b Some.\n# TYPE b gauge\nb{x=\"a\\\"b\",y=\"c\"} 1\n"
        );
    }
}
