//! A lease that goes on: short leases are soon free again after a gateway has died, and long deliveries renew theirs.

use std::time::Duration;

use super::error::StoreError;
use super::open::Store;
use super::sql::values;
use crate::domain::reply::Claimed;

impl Store {
    /// Lets the lease of a claimed item end `lease` from now.
    ///
    /// # Errors
    /// [`StoreError::Forbidden`] when it had ended and another gateway has claimed the item, or a report has failed it.
    pub async fn renew(&self, claimed: &Claimed, lease: Duration) -> Result<(), StoreError> {
        let (id, fence) = (claimed.id, claimed.fence);
        self.desk()
            .write(move |write| {
                Box::pin(async move {
                    let end =
                        write.now.as_millisecond().saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
                    let text = "UPDATE outbox SET due = $3 WHERE id = $1 AND fence = $2 AND state = 'sending'";
                    match write.connection.execute(text, values![id.to_bytes(), fence, end]).await? {
                        1 => Ok(()),
                        _ => Err(StoreError::Forbidden(format!(
                            "outbox item {id} is no longer ours: its lease had ended"
                        ))),
                    }
                })
            })
            .await
    }
}
