//! Time and chance, handed in: whoever needs either takes a [`Clock`] or [`Ids`], so that tests choose both.
//! `clippy.toml` forbids the ambient ones everywhere else.

use std::sync::Arc;

use jiff::Timestamp;

/// What time it is.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The system's.
    #[must_use]
    #[allow(clippy::disallowed_methods)] // the one place
    pub fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    /// A clock that says whatever the function says.
    #[must_use]
    pub fn of(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

/// Chance, for ids and secrets.
#[derive(Clone)]
pub struct Ids {
    clock: Clock,
    fill: Arc<Fill>,
}

/// Fills bytes with chance.
type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Ids {
    /// Chance from the operating system.
    ///
    /// # Panics
    /// Where the system has no source of chance, nothing can be made safely.
    #[must_use]
    #[allow(clippy::disallowed_methods)] // the one place
    pub fn system(clock: Clock) -> Self {
        Self { clock, fill: Arc::new(|bytes| getrandom::fill(bytes).expect("the system gives random bytes")) }
    }

    /// Chance that the function chooses.
    #[must_use]
    pub fn of(clock: Clock, fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self { clock, fill: Arc::new(fill) }
    }

    /// A new id of any of the types in [`crate::domain::ids`]: `ids.next(RecordId::new)`.
    pub fn next<T>(&self, make: impl FnOnce(i64, [u8; 10]) -> T) -> T {
        make(self.clock.now().as_millisecond(), self.bytes())
    }

    /// Random bytes: a secret, a nonce.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.fill)(&mut bytes);
        bytes
    }
}
