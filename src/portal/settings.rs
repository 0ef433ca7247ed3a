//! What citizens decide of their own account: language, where notices go, and whether the mailbox is in use.

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::fault::Fault;
use super::state::PortalState;
use super::view::{Frame, SettingsPage, page};
use super::visitor::Citizen;
use super::words::Words;
use crate::domain::account::AccountState;
use crate::domain::address::Mailbox;
use crate::domain::language::Language;
use crate::store::AccountChange;

/// A citizen's notices go to so many addresses at most.
pub(super) const MOST_NOTICES: usize = 5;

#[derive(Debug, Deserialize)]
pub(super) struct Saved {
    saved: Option<String>,
}

/// The page.
pub(super) async fn form(
    State(state): State<PortalState>,
    citizen: Citizen,
    Query(saved): Query<Saved>,
) -> Result<Response, Fault> {
    let notices: Vec<String> = citizen.account.notices.iter().map(Mailbox::shown).collect();
    let shown = settings_page(&state, &citizen, notices.join("\n"), None, saved.saved.is_some());
    page(StatusCode::OK, &shown)
}

fn settings_page(
    state: &PortalState,
    citizen: &Citizen,
    notices: String,
    notices_fault: Option<String>,
    saved: bool,
) -> SettingsPage {
    let words = state.words(citizen.visitor.language);
    SettingsPage {
        account_name: citizen.account.name.clone(),
        waiting: citizen.account.state == AccountState::Waiting,
        notices_hint: words.count("notices-about", MOST_NOTICES),
        notices,
        notices_fault,
        saved,
        frame: Frame::new(words, &citizen.visitor, "/settings"),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Filled {
    language: String,
    notices: String,
}

/// Saves the page's form.
pub(super) async fn save(
    State(state): State<PortalState>,
    citizen: Citizen,
    Form(filled): Form<Filled>,
) -> Result<Response, Fault> {
    let language: Language = filled.language.parse().map_err(|_| Fault::unreadable())?;
    let lines = filled.notices.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    match notices(lines, &state.words(citizen.visitor.language)) {
        Ok(notices) => {
            let change = AccountChange { language: Some(language), notices: Some(notices), state: None };
            state.store.set_account(&citizen.account.id, change).await?;
            Ok(Redirect::to("/settings?saved=yes").into_response())
        }
        Err(fault) => {
            let shown = settings_page(&state, &citizen, filled.notices, Some(fault), false);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
    }
}

/// The addresses, each once; or what is wrong. The lines are counted from 0.
pub(super) fn notices<'a>(
    lines: impl Iterator<Item = (usize, &'a str)>,
    words: &Words,
) -> Result<Vec<Mailbox>, String> {
    let mut notices: Vec<Mailbox> = Vec::new();
    for (number, line) in lines {
        let Ok(mailbox) = Mailbox::parse(line) else {
            return Err(words.one("notice-wrong", "line", (number + 1).to_string()));
        };
        if notices.iter().all(|known| known.folded() != mailbox.folded()) {
            notices.push(mailbox);
        }
        if notices.len() > MOST_NOTICES {
            return Err(words.count("notices-many", MOST_NOTICES));
        }
    }
    Ok(notices)
}

/// Takes the mailbox into use: this is the citizen's consent.
pub(super) async fn consent(State(state): State<PortalState>, citizen: Citizen) -> Result<Response, Fault> {
    if citizen.account.state == AccountState::Waiting {
        let change = AccountChange { state: Some(AccountState::Active), ..AccountChange::default() };
        state.store.set_account(&citizen.account.id, change).await?;
    }
    Ok(Redirect::to("/messages").into_response())
}
