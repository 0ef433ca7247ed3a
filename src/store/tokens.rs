//! Bearer tokens and sessions. The secret is shown once; what is kept is its hash, and what is looked up is a hash, so
//! that neither a copy of the database nor a clock tells a secret.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};

use super::error::StoreError;
use super::open::Store;
use super::rows::slug;
use super::sql::values;
use crate::domain::base32;
use crate::domain::event::What;
use crate::domain::ids::AccountId;

/// Who a secret speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A citizen, in their own mailbox.
    Citizen(AccountId),
    /// An admin.
    Admin,
}

const TOKEN: (&str, &str) = ("token", "bb_");
const SESSION: (&str, &str) = ("session", "bs_");

fn hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

impl Store {
    /// A bearer token for the HTTP API: `bb_` and 160 bits of chance. `life`: until when; `None`: until it is removed.
    ///
    /// # Errors
    /// [`StoreError::Forbidden`] when there is no such account.
    pub async fn create_token(&self, whose: Principal, life: Option<Duration>) -> Result<String, StoreError> {
        if let Principal::Citizen(account) = &whose
            && self.account(account).await?.is_none()
        {
            return Err(StoreError::Forbidden(format!("there is no account {account}")));
        }
        self.create(TOKEN, whose, life).await
    }

    /// Who a bearer token speaks for; `None` when it is none of ours, or has ended.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn token(&self, secret: &str) -> Result<Option<Principal>, StoreError> {
        self.principal(TOKEN.0, secret).await
    }

    /// A session, of a citizen or an admin.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn create_session(&self, whose: Principal, life: Duration) -> Result<String, StoreError> {
        self.create(SESSION, whose, Some(life)).await
    }

    /// Whose session it is; `None` when there is none, or it has ended.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn session(&self, secret: &str) -> Result<Option<Principal>, StoreError> {
        self.principal(SESSION.0, secret).await
    }

    /// Ends a session or a token.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn end_session(&self, secret: &str) -> Result<(), StoreError> {
        let hash = hash(secret);
        self.desk()
            .write(move |write| {
                let hash = hash.clone();
                Box::pin(async move {
                    write.connection.execute("DELETE FROM token WHERE hash = $1", values![hash]).await.map(drop)
                })
            })
            .await
    }

    async fn create(
        &self,
        (purpose, prefix): (&'static str, &str),
        whose: Principal,
        life: Option<Duration>,
    ) -> Result<String, StoreError> {
        let secret = format!("{prefix}{}", base32::encode(&self.ids().bytes::<20>()));
        let hash = hash(&secret);
        self.desk()
            .write(move |write| {
                let (hash, whose) = (hash.clone(), whose.clone());
                Box::pin(async move {
                    let now = write.now.as_millisecond();
                    let end = life.map(|life| now.saturating_add(i64::try_from(life.as_millis()).unwrap_or(i64::MAX)));
                    let account = match &whose {
                        Principal::Citizen(account) => Some(account.as_str()),
                        Principal::Admin => None,
                    };
                    // What has ended goes, so that the table does not grow with every login.
                    write.connection.execute("DELETE FROM token WHERE expires <= $1", values![now]).await?;
                    let text =
                        "INSERT INTO token (hash, purpose, account, created, expires) VALUES ($1, $2, $3, $4, $5)";
                    write.connection.execute_one("token", text, values![hash, purpose, account, now, end]).await?;
                    if purpose == TOKEN.0 {
                        write.note(What::Admin, &"token", format!("created for={}", account.unwrap_or("admin")));
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(secret)
    }

    async fn principal(&self, purpose: &str, secret: &str) -> Result<Option<Principal>, StoreError> {
        let text = "SELECT account FROM token WHERE hash = $1 AND purpose = $2 AND (expires IS NULL OR expires > $3)";
        let values = values![hash(secret), purpose, self.clock().now().as_millisecond()];
        let Some(row) = self.read().fetch_option(text, values).await? else { return Ok(None) };
        Ok(Some(match row.text_option(0)? {
            Some(account) => Principal::Citizen(slug(&account)?),
            None => Principal::Admin,
        }))
    }
}
