//! Citizens' accounts.

use std::sync::Arc;

use super::error::StoreError;
use super::open::Store;
use super::rows::{ACCOUNT, account, mailboxes_text, postmaster};
use super::sql::values;
use crate::domain::account::{Account, AccountState};
use crate::domain::address::Mailbox;
use crate::domain::event::What;
use crate::domain::ids::AccountId;
use crate::domain::language::Language;

/// What is to be changed of an account; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// Of pages and notices.
    pub language: Option<Language>,
    /// Where arrival notices go: all of them.
    pub notices: Option<Vec<Mailbox>>,
    /// Whether anything can be put in.
    pub state: Option<AccountState>,
}

impl Store {
    /// An account. The postmaster's is always there, and is nobody's whom `apply` names.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        if *id == postmaster() {
            return Ok(Some(Account {
                id: postmaster(),
                name: "Postmaster".to_owned(),
                state: AccountState::Active,
                language: Language::En,
                notices: Vec::new(),
            }));
        }
        let text = format!("SELECT {ACCOUNT} FROM account a WHERE a.id = $1");
        let row = self.read().fetch_option(sqlx::AssertSqlSafe(text), values![id.as_str()]).await?;
        row.as_ref().map(account).transpose()
    }

    /// The first accounts by id: for the page of test citizens.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn accounts(&self, limit: u32) -> Result<Vec<Account>, StoreError> {
        let text = format!("SELECT {ACCOUNT} FROM account a ORDER BY a.id LIMIT $1");
        self.read().fetch(sqlx::AssertSqlSafe(text), values![limit]).await?.iter().map(account).collect()
    }

    /// Changes an account: what it is afterwards, or `None` when there is no such account.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn set_account(&self, id: &AccountId, change: AccountChange) -> Result<Option<Account>, StoreError> {
        let asked = Arc::new((id.clone(), change));
        self.desk()
            .write(move |write| {
                let asked = Arc::clone(&asked);
                Box::pin(async move {
                    let (id, change) = &*asked;
                    let text = "UPDATE account SET language = coalesce($2, language), notices = coalesce($3, notices), \
                                state = coalesce($4, state) WHERE id = $1";
                    let values = values![
                        id.as_str(),
                        change.language.map(Language::tag),
                        change.notices.as_deref().map(mailboxes_text),
                        change.state.map(AccountState::word),
                    ];
                    if write.connection.execute(text, values).await? == 0 {
                        return Ok(None);
                    }
                    let keys = [
                        change.language.map(|_| "language"),
                        change.notices.as_ref().map(|_| "notices"),
                        change.state.map(AccountState::word),
                    ];
                    let keys = keys.into_iter().flatten().collect::<Vec<_>>().join(",");
                    write.note(What::Admin, &format!("account {id}"), format!("changed={keys}"));
                    let text = sqlx::AssertSqlSafe(format!("SELECT {ACCOUNT} FROM account a WHERE a.id = $1"));
                    let row = write.connection.fetch_option(text, values![id.as_str()]).await?;
                    row.as_ref().map(account).transpose()
                })
            })
            .await
    }
}
