//! The account itself.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::account::{Account, AccountState};
use crate::domain::address::Mailbox;
use crate::domain::language::Language;
use crate::portal::fault::{Fault, FieldFault, Problem};
use crate::portal::settings;
use crate::portal::state::PortalState;
use crate::portal::visitor::{Caller, Visitor};
use crate::store::AccountChange;

/// Whose mailbox it is, and what they have decided.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountJson {
    /// The person's name.
    pub name: String,
    /// `active` or `waiting`.
    pub state: &'static str,
    /// Of pages and notices: `sv`, `fi` or `en`.
    pub language: &'static str,
    /// Where arrival notices go.
    pub notices: Vec<String>,
}

impl From<&Account> for AccountJson {
    fn from(account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            state: account.state.word(),
            language: account.language.tag(),
            notices: account.notices.iter().map(Mailbox::shown).collect(),
        }
    }
}

/// What is to be changed; what is left out stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountChange)]
pub struct ChangeJson {
    /// `sv`, `fi` or `en`.
    pub language: Option<String>,
    /// All addresses that arrival notices shall go to, five at most.
    pub notices: Option<Vec<String>>,
    /// `active`: takes a waiting mailbox into use. Nothing else can be asked.
    pub state: Option<String>,
}

/// The account.
#[utoipa::path(
    get, path = "/api/v1/account", tag = "account",
    responses(
        (status = 200, body = AccountJson),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::portal) async fn show(caller: Caller) -> Json<AccountJson> {
    Json((&caller.account).into())
}

/// Changes the account (RFC 7396, as far as it goes).
#[utoipa::path(
    patch, path = "/api/v1/account", tag = "account",
    request_body(content = ChangeJson, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, body = AccountJson),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::portal) async fn change(
    State(state): State<PortalState>,
    caller: Caller,
    visitor: Visitor,
    Json(asked): Json<ChangeJson>,
) -> Result<Json<AccountJson>, Fault> {
    let words = state.words(visitor.language);
    let mut faults = Vec::new();
    let mut change = AccountChange::default();
    if let Some(language) = &asked.language {
        match language.parse::<Language>() {
            Ok(language) => change.language = Some(language),
            Err(_) => faults.push(FieldFault { field: "language", detail: words.t("fault-language") }),
        }
    }
    if let Some(notices) = &asked.notices {
        match settings::notices(notices.iter().map(String::as_str).enumerate(), &words) {
            Ok(notices) => change.notices = Some(notices),
            Err(detail) => faults.push(FieldFault { field: "notices", detail }),
        }
    }
    match asked.state.as_deref() {
        Some("active") if caller.account.state == AccountState::Waiting => change.state = Some(AccountState::Active),
        Some("active") | None => {}
        Some(_) => faults.push(FieldFault { field: "state", detail: words.t("fault-state") }),
    }
    if !faults.is_empty() {
        return Err(Fault::fields(faults));
    }
    let account = state.store.set_account(&caller.account.id, change).await?.ok_or_else(Fault::not_found)?;
    Ok(Json((&account).into()))
}
