//! Whether the gateway lives, whether it is ready, and counts for Prometheus, on an address of their own.

use std::fmt::Write;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::store::Store;

/// `/health/live`: the process answers. `/health/ready`: the database does too, else 503. `/metrics`: counts.
#[must_use]
pub fn router(store: Store) -> Router {
    Router::new()
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(store)
}

async fn ready(State(store): State<Store>) -> impl IntoResponse {
    match store.ping().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

async fn metrics(State(store): State<Store>) -> impl IntoResponse {
    let (messages, syncs) = store.messages_and_syncs();
    let mut text = String::new();
    counter(&mut text, "brevbro_door_messages_total", "Messages that came to the store's door.", &[("", messages)]);
    counter(&mut text, "brevbro_door_syncs_total", "Syncs that they shared.", &[("", syncs)]);
    let Ok(stats) = store.stats().await else {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "text/plain")], text);
    };
    let by = |label: &str, counts: &std::collections::BTreeMap<String, u64>| -> Vec<(String, u64)> {
        counts.iter().map(|(name, count)| (format!("{{{label}=\"{name}\"}}"), *count)).collect()
    };
    counter(&mut text, "brevbro_events_total", "Events, of all gateways.", &[("", stats.events)]);
    counter(&mut text, "brevbro_refusals_total", "Messages refused, by cause.", &by("class", &stats.refusals));
    gauge(&mut text, "brevbro_records", "Records in mailboxes.", &[("", stats.records)]);
    gauge(&mut text, "brevbro_accounts", "Accounts, by state.", &by("state", &stats.accounts));
    gauge(&mut text, "brevbro_outbox_items", "Outbox items, by state.", &by("state", &stats.outbox));
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

fn counter<L: AsRef<str>>(text: &mut String, name: &str, help: &str, values: &[(L, u64)]) {
    family(text, "counter", name, help, values);
}

fn gauge<L: AsRef<str>>(text: &mut String, name: &str, help: &str, values: &[(L, u64)]) {
    family(text, "gauge", name, help, values);
}

/// One family in Prometheus' text format. Writing to a string does not fail.
fn family<L: AsRef<str>>(text: &mut String, kind: &str, name: &str, help: &str, values: &[(L, u64)]) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (labels, value) in values {
        let _ = writeln!(text, "{name}{} {value}", labels.as_ref());
    }
}
