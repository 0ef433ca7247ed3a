//! The connections that read, shared. A connection comes back only after a whole answer, so that a question that was
//! given up half-way leaves nothing behind; one that the server has cut is made anew, and the question asked again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::{SqlSafeStr, SqlStr};
use tokio::sync::Semaphore;

use super::connection::{Address, Connection};
use super::error::{Fault, StoreError};
use super::sql::{Row, Value};

/// How long a question waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Readers {
    address: Address,
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(address: Address) -> Self {
        let permits = Semaphore::new(address.readers());
        Self { address, permits, idle: Mutex::new(Vec::new()) }
    }

    pub(super) async fn fetch(&self, text: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let text = text.into_sql_str();
        let permit = tokio::time::timeout(PATIENCE, self.permits.acquire()).await;
        let _permit = permit.map_err(|_| Fault::Late)?.map_err(|_| Fault::Closed)?;
        let idle = self.idle().pop();
        if let Some(connection) = idle {
            match self.ask(connection, text.clone(), values.clone()).await {
                // Whatever cut this one has cut the others.
                Err(error) if error.is_away() => self.idle().clear(),
                end => return end,
            }
        }
        let connection = self.address.connect_to_read().await?;
        self.ask(connection, text, values).await
    }

    async fn ask(&self, mut connection: Connection, text: SqlStr, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let end = connection.fetch(text, values).await;
        if !end.as_ref().is_err_and(StoreError::is_away) && !self.permits.is_closed() {
            self.idle().push(connection);
        }
        end
    }

    pub(super) async fn fetch_option(
        &self,
        text: impl SqlSafeStr,
        values: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch(text, values).await?.into_iter().next())
    }

    pub(super) async fn close(&self) {
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            connection.close().await;
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
