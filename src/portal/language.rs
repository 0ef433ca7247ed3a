//! In which language to answer, and the switch between the three.

use axum::extract::{Form, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use serde::Deserialize;
use unic_langid::LanguageIdentifier;

use super::cookie::{self, Keep};
use super::fault::Fault;
use super::state::PortalState;
use super::visitor::Visitor;
use crate::domain::language::Language;
use crate::store::AccountChange;

const COOKIE: &str = "brevbro_language";

/// The language that the cookie names, else the one the browser likes best among ours, else English.
pub(super) fn of_request(headers: &HeaderMap) -> Language {
    let chosen = cookie::value(headers, COOKIE).and_then(|tag| tag.parse().ok());
    chosen.unwrap_or_else(|| {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|field| field.to_str().ok());
        accepted.map_or(Language::default(), negotiate)
    })
}

/// RFC 9110 §12.5.4. The crate takes the order for the weight, so the weights are put in order first.
fn negotiate(field: &str) -> Language {
    let mut accepted: Vec<(f32, LanguageIdentifier)> = field
        .split(',')
        .take(32)
        .filter_map(|range| {
            let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
            Some((weight.trim().parse().ok()?, tag.trim().parse().ok()?))
        })
        .filter(|(weight, _)| *weight > 0.0)
        .collect();
    accepted.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let wanted: Vec<LanguageIdentifier> = accepted.into_iter().map(|(_, tag)| tag).collect();
    let ours: Vec<LanguageIdentifier> = Language::ALL.iter().filter_map(|l| l.tag().parse().ok()).collect();
    let found = negotiate_languages(&wanted, &ours, None, NegotiationStrategy::Filtering);
    found.first().and_then(|tag| tag.language.as_str().parse().ok()).unwrap_or_default()
}

#[derive(Debug, Deserialize)]
pub(super) struct Switch {
    language: String,
    back: Option<String>,
}

/// Takes the switch. Whoever is signed in switches the account, so that notices follow.
pub(super) async fn switch(
    State(state): State<PortalState>,
    visitor: Visitor,
    Form(form): Form<Switch>,
) -> Result<Response, Fault> {
    let language: Language = form.language.parse().map_err(|_| Fault::unreadable())?;
    if let Some(account) = visitor.account {
        let change = AccountChange { language: Some(language), ..AccountChange::default() };
        state.store.set_account(&account.id, change).await?;
    }
    let mut response = Redirect::to(cookie::local_path(form.back.as_deref())).into_response();
    if let Some(cookie) = cookie::set(COOKIE, language.tag(), Keep::Year, state.settings.is_secure()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_is_taken_at_its_word() {
        for (field, language) in [
            ("sv-FI,sv;q=0.9,en;q=0.8", Language::Sv),
            ("de,fi;q=0.5,sv;q=0.4", Language::Fi),
            ("en;q=0.2,sv;q=0.7", Language::Sv),
            ("sv;q=0,fi", Language::Fi),
            ("de", Language::En),
            ("", Language::En),
            (";;;,q=", Language::En),
        ] {
            assert_eq!(negotiate(field), language, "{field}");
        }
    }
}
