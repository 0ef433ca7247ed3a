//! Passwords with which an office's programs log in: `OFFICE/LABEL`. Kept is what checks one, never what makes one.

use jiff::Timestamp;

use super::error::StoreError;
use super::open::Store;
use super::rows::{contradiction, slug, time, time_option};
use super::sql::values;
use crate::domain::event::What;
use crate::domain::ids::OfficeId;
use crate::domain::office::Login;
use crate::domain::sasl::scram::Keys;

/// A day, in milliseconds: a password's use is noted no finer.
const DAY: i64 = 86_400_000;

/// A password, as an admin sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password {
    /// Whose it is.
    pub office: OfficeId,
    /// Which program or person of the office.
    pub label: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
    /// When it was ended.
    pub revoked: Option<Timestamp>,
    /// The last day on which it was used.
    pub used: Option<Timestamp>,
}

/// What checks a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets {
    /// Argon2id, in the PHC string format.
    pub argon2: String,
    /// For SCRAM.
    pub scram: Keys,
}

/// What there is of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// A password.
    Good(Secrets),
    /// One whose time is over.
    Ended,
    /// One that was ended by hand.
    Revoked,
}

/// Good at $3: neither revoked nor ended.
const GOOD: &str = "office = $1 AND label = $2 AND revoked IS NULL AND (expires IS NULL OR expires > $3)";

impl Store {
    /// Keeps a password under a name that was never used, and notes that.
    ///
    /// # Errors
    /// [`StoreError::Forbidden`] when there is no such office, or the name has been used.
    pub async fn create_password(
        &self,
        login: &Login,
        secrets: &Secrets,
        expires: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let (login, secrets) = (login.clone(), secrets.clone());
        self.desk()
            .write(move |write| {
                let (login, secrets) = (login.clone(), secrets.clone());
                Box::pin(async move {
                    let (office, label) = (login.office.as_str(), login.label.as_str());
                    let text = "SELECT id FROM office WHERE id = $1";
                    if write.connection.fetch(text, values![office]).await?.is_empty() {
                        return Err(StoreError::Forbidden(format!("there is no office {office}")));
                    }
                    let text = "SELECT label FROM password WHERE office = $1 AND label = $2";
                    if !write.connection.fetch(text, values![office, label]).await?.is_empty() {
                        let sentence = format!("{office}/{label} has been the name of a password already");
                        return Err(StoreError::Forbidden(sentence));
                    }
                    let text = "INSERT INTO password (office, label, created, expires, argon2, salt, iterations, \
                                stored_key, server_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
                    let values = values![
                        office,
                        label,
                        write.now.as_millisecond(),
                        expires.map(Timestamp::as_millisecond),
                        secrets.argon2.as_str(),
                        &secrets.scram.salt[..],
                        secrets.scram.iterations.get(),
                        secrets.scram.stored,
                        secrets.scram.server,
                    ];
                    write.connection.execute_one("password", text, values).await?;
                    let until = expires.map_or_else(|| "revoked".to_owned(), |at| at.to_string());
                    write.note(What::Admin, &"password", format!("created login={office}/{label} until={until}"));
                    Ok(())
                })
            })
            .await
    }

    /// Every password there is and was, by office and label.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn passwords(&self) -> Result<Vec<Password>, StoreError> {
        let text = "SELECT office, label, created, expires, revoked, used FROM password ORDER BY office, label";
        let rows = self.read().fetch(text, Vec::new()).await?;
        let password = |row: &super::sql::Row| {
            Ok(Password {
                office: slug(&row.text(0)?)?,
                label: row.text(1)?,
                created: time(row.int(2)?)?,
                expires: time_option(row.int_option(3)?)?,
                revoked: time_option(row.int_option(4)?)?,
                used: time_option(row.int_option(5)?)?,
            })
        };
        rows.iter().map(password).collect()
    }

    /// Ends a password, and notes that: no login succeeds with it any more, and one that did ends at its next MAIL.
    ///
    /// # Errors
    /// [`StoreError::Forbidden`] when there is none of this name, or it was revoked before.
    pub async fn revoke_password(&self, login: &Login) -> Result<(), StoreError> {
        let login = login.clone();
        self.desk()
            .write(move |write| {
                let login = login.clone();
                Box::pin(async move {
                    let (office, label) = (login.office.as_str(), login.label.as_str());
                    let text = "UPDATE password SET revoked = $3, argon2 = NULL, salt = NULL, iterations = NULL, \
                                stored_key = NULL, server_key = NULL \
                                WHERE office = $1 AND label = $2 AND revoked IS NULL";
                    let values = values![office, label, write.now.as_millisecond()];
                    if write.connection.execute(text, values).await? == 0 {
                        return Err(StoreError::Forbidden(format!("there is no password {office}/{label}")));
                    }
                    write.note(What::Admin, &"password", format!("revoked login={office}/{label}"));
                    Ok(())
                })
            })
            .await
    }

    /// What is kept of this password; `None` when there never was one of this name.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn password(&self, login: &Login) -> Result<Option<Kept>, StoreError> {
        self.kept(login.office.as_str(), login.label.as_str()).await
    }

    /// Looks for a password that cannot be, for the time that a look takes.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn no_password(&self) -> Result<Option<Kept>, StoreError> {
        self.kept("", "").await
    }

    async fn kept(&self, office: &str, label: &str) -> Result<Option<Kept>, StoreError> {
        let text = "SELECT argon2, salt, iterations, stored_key, server_key, revoked, expires FROM password \
                    WHERE office = $1 AND label = $2";
        let Some(row) = self.read().fetch_option(text, values![office, label]).await? else { return Ok(None) };
        if row.int_option(5)?.is_some() {
            return Ok(Some(Kept::Revoked));
        }
        if row.int_option(6)?.is_some_and(|end| end <= self.clock().now().as_millisecond()) {
            return Ok(Some(Kept::Ended));
        }
        let fault = || contradiction("a password that cannot be checked");
        let key = |at| row.bytes(at)?.try_into().map_err(|_| fault());
        let iterations = u32::try_from(row.int(2)?).ok().and_then(|n| n.try_into().ok()).ok_or_else(fault)?;
        let salt = row.bytes(1)?.try_into().map_err(|_| fault())?;
        let scram = Keys { salt, iterations, stored: key(3)?, server: key(4)? };
        Ok(Some(Kept::Good(Secrets { argon2: row.text(0)?, scram })))
    }

    /// Whether a login with this password still holds.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn password_holds(&self, login: &Login) -> Result<bool, StoreError> {
        let text = format!("SELECT label FROM password WHERE {GOOD}");
        let values = values![login.office.as_str(), login.label.as_str(), self.clock().now().as_millisecond()];
        Ok(self.read().fetch_option(sqlx::AssertSqlSafe(text), values).await?.is_some())
    }

    /// Notes that the password was used today: written once a day at most.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn password_used(&self, login: &Login) -> Result<(), StoreError> {
        let now = self.clock().now().as_millisecond();
        let today = now - now.rem_euclid(DAY);
        let text = "SELECT label FROM password WHERE office = $1 AND label = $2 AND used >= $3";
        let values = values![login.office.as_str(), login.label.as_str(), today];
        if self.read().fetch_option(text, values).await?.is_some() {
            return Ok(());
        }
        let login = login.clone();
        self.desk()
            .write(move |write| {
                let values = values![login.office.as_str(), login.label.as_str(), today];
                Box::pin(async move {
                    let text = "UPDATE password SET used = $3 WHERE office = $1 AND label = $2";
                    write.connection.execute(text, values).await.map(drop)
                })
            })
            .await
    }
}
