//! Who writes: one task, with one connection. It takes all that wait, does them in one transaction and one sync, and
//! gives each its own answer. It waits for nobody: a batch is what had come when the last sync ended.
//!
//! One bad job never fails its neighbours: when a batch fails, each job of it is done again alone. No failure leaves
//! a trace in here: the transaction is rolled back, or the connection is thrown away and made anew.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, oneshot};

use super::chain::{Head, NewEvent};
use super::checkpoints::Checkpoints;
use super::connection::{Address, Connection};
use super::error::{Fault, StoreError};
use super::keep::Prepared;
use super::placing;
use super::sql::values;
use crate::clock::Clock;
use crate::domain::Receipt;
use crate::domain::event::What;
use crate::domain::ids::OutboxId;
use crate::domain::status::Refusal;

/// The most jobs of one transaction.
const JOBS: usize = 256;
/// The most octets of messages of one transaction: so that a batch of large ones does not hold the next one up.
const OCTETS: usize = 8 << 20;
/// How often a job is tried for a lost connection, or for a link of the chain that another process wrote.
const TRIES: u32 = 3;

/// A transaction that is open, and what is to be noted in it.
pub(super) struct Write {
    pub(super) connection: Connection,
    /// When the batch began.
    pub(super) now: Timestamp,
    node: Arc<str>,
    events: Vec<NewEvent>,
    queued: bool,
}

impl Write {
    /// The Message-ID of an outbox item, without brackets: fixed for ever when it is queued.
    pub(super) fn message_id(&self, item: OutboxId) -> String {
        format!("{item}@{}", self.node)
    }

    /// Notes an event, to be committed with what caused it.
    pub(super) fn note(&mut self, what: What, subject: &dyn std::fmt::Display, detail: String) {
        self.events.push(NewEvent { what, subject: subject.to_string(), detail });
    }

    /// Says that something can leave: wakes whoever sends, after the commit.
    pub(super) fn wake(&mut self) {
        self.queued = true;
    }
}

/// What a [`Deed`] is doing.
pub(super) type Doing<'t, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 't>>;

/// Any write but a message. It may be run more than once, each time in a transaction of which nothing stayed.
trait Deed: Send {
    fn run<'t>(&'t mut self, write: &'t mut Write) -> Doing<'t, ()>;
    fn answer(self: Box<Self>, end: Result<(), StoreError>);
}

struct Typed<F, T> {
    run: F,
    result: Option<T>,
    to: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Deed for Typed<F, T>
where
    F: for<'t> Fn(&'t mut Write) -> Doing<'t, T> + Send + Sync,
    T: Send,
{
    fn run<'t>(&'t mut self, write: &'t mut Write) -> Doing<'t, ()> {
        Box::pin(async move {
            self.result = Some((self.run)(write).await?);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, end: Result<(), StoreError>) {
        let Self { result, to, .. } = *self;
        // Whoever asked may have gone.
        let _ = to.send(end.and_then(|()| result.ok_or(StoreError::Driver(Fault::Closed))));
    }
}

enum Job {
    Keep(Prepared, oneshot::Sender<Result<Result<Receipt, Refusal>, StoreError>>),
    Deed(Box<dyn Deed>),
}

impl Job {
    fn octets(&self) -> usize {
        match self {
            Self::Keep(message, _) => message.octets(),
            Self::Deed(_) => 0,
        }
    }

    fn fail(self, error: StoreError) {
        match self {
            Self::Keep(_, to) => drop(to.send(Err(error))),
            Self::Deed(deed) => deed.answer(Err(error)),
        }
    }
}

/// What the door has done since the store was opened: messages shared syncs.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) messages: AtomicU64,
    pub(super) syncs: AtomicU64,
}

/// The way to the committer.
#[derive(Clone)]
pub(super) struct Desk(mpsc::Sender<Job>);

impl Desk {
    /// One at which nobody sits.
    pub(super) fn closed() -> Self {
        Self(mpsc::channel(1).0)
    }

    /// A message.
    pub(super) async fn keep(&self, message: Prepared) -> Result<Result<Receipt, Refusal>, StoreError> {
        let (to, answer) = oneshot::channel();
        self.hand_in(Job::Keep(message, to)).await?;
        answer.await.unwrap_or(Err(Fault::Closed.into()))
    }

    /// Any other write. `run` may be called more than once.
    pub(super) async fn write<T, F>(&self, run: F) -> Result<T, StoreError>
    where
        F: for<'t> Fn(&'t mut Write) -> Doing<'t, T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let (to, answer) = oneshot::channel();
        self.hand_in(Job::Deed(Box::new(Typed { run, result: None, to }))).await?;
        answer.await.unwrap_or(Err(Fault::Closed.into()))
    }

    async fn hand_in(&self, job: Job) -> Result<(), StoreError> {
        self.0.send(job).await.map_err(|_| Fault::Closed.into())
    }
}

/// The task.
pub(super) struct Committer {
    address: Address,
    node: Arc<str>,
    clock: Clock,
    counts: Arc<Counts>,
    wake: Arc<Notify>,
    connection: Option<Connection>,
    head: Option<Head>,
    /// Messages and syncs that the database has not been told of, and when it last was.
    untold: (i64, i64, Timestamp),
}

impl Committer {
    /// Starts the task. It ends when the last [`Desk`] is gone.
    pub(super) fn start(
        address: Address,
        connection: Connection,
        node: String,
        clock: Clock,
        counts: Arc<Counts>,
        wake: Arc<Notify>,
    ) -> (Desk, tokio::task::JoinHandle<()>) {
        let (desk, jobs) = mpsc::channel(1024);
        let untold = (0, 0, Timestamp::MIN);
        let node = node.into();
        let this = Self { address, node, clock, counts, wake, connection: Some(connection), head: None, untold };
        (Desk(desk), tokio::spawn(this.run(jobs)))
    }

    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut checkpoints = Checkpoints::start(&self.address);
        while let Some(first) = jobs.recv().await {
            let mut octets = first.octets();
            let mut batch = vec![first];
            while batch.len() < JOBS && octets < OCTETS {
                let Ok(next) = jobs.try_recv() else { break };
                octets += next.octets();
                batch.push(next);
            }
            let many = batch.len();
            self.settle(batch).await;
            if let (Some(checkpoints), Some(connection)) = (&mut checkpoints, &mut self.connection) {
                checkpoints.after(connection, many, octets).await;
            }
        }
        self.untold.2 = Timestamp::MIN;
        let _ = self.attempt(&mut []).await;
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }

    /// Does the batch, and answers.
    async fn settle(&mut self, mut batch: Vec<Job>) {
        match self.persist(&mut batch).await {
            Ok(kept) => answer(batch, kept),
            Err(error) if error.is_away() || batch.len() == 1 => fail(batch, error),
            Err(_) => {
                let mut away: Option<StoreError> = None;
                for job in batch {
                    let mut alone = vec![job];
                    if let Some(error) = &away {
                        fail(alone, error.shared());
                        continue;
                    }
                    match self.persist(&mut alone).await {
                        Ok(kept) => answer(alone, kept),
                        Err(error) => {
                            away = error.is_away().then(|| error.shared());
                            fail(alone, error);
                        }
                    }
                }
            }
        }
    }

    /// Tries again when the connection had been lost before anything was committed, or the chain had grown elsewhere.
    async fn persist(&mut self, batch: &mut [Job]) -> Result<Vec<Result<Receipt, Refusal>>, StoreError> {
        let mut tries = 1;
        loop {
            match self.attempt(batch).await {
                Err(StoreError::Driver(Fault::Unknown)) => return Err(Fault::Unknown.into()),
                Err(error) if tries < TRIES && (error.is_taken() || (error.is_away() && tries == 1)) => tries += 1,
                end => return end,
            }
        }
    }

    /// One transaction.
    async fn attempt(&mut self, batch: &mut [Job]) -> Result<Vec<Result<Receipt, Refusal>>, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.address.connect().await?,
        };
        let mut write = Write {
            connection,
            now: self.clock.now(),
            node: Arc::clone(&self.node),
            events: Vec::new(),
            queued: false,
        };
        let done = self.work(&mut write, batch).await;
        let (kept, head, told) = match done {
            Ok(done) => done,
            Err(error) => {
                self.head = None;
                if !error.is_away() && write.connection.roll_back().await {
                    self.connection = Some(write.connection);
                }
                return Err(error);
            }
        };
        if let Err(error) = write.connection.commit().await {
            self.head = None;
            if error.is_away() {
                return Err(Fault::Unknown.into());
            }
            if write.connection.roll_back().await {
                self.connection = Some(write.connection);
            }
            return Err(error);
        }
        self.connection = Some(write.connection);
        self.head = head;
        if told {
            self.untold = (0, 0, write.now);
        }
        if !kept.is_empty() {
            self.untold.0 += i64::try_from(kept.len()).unwrap_or_default();
            self.untold.1 += 1;
            self.counts.messages.fetch_add(kept.len() as u64, Ordering::Relaxed);
            self.counts.syncs.fetch_add(1, Ordering::Relaxed);
        }
        if write.queued {
            self.wake.notify_one();
        }
        Ok(kept)
    }

    #[allow(clippy::type_complexity)] // the three things that follow from the work, taken apart at once
    async fn work(
        &self,
        write: &mut Write,
        batch: &mut [Job],
    ) -> Result<(Vec<Result<Receipt, Refusal>>, Option<Head>, bool), StoreError> {
        write.connection.begin().await?;
        let messages: Vec<&Prepared> =
            batch.iter().filter_map(|job| if let Job::Keep(message, _) = job { Some(message) } else { None }).collect();
        let kept = if messages.is_empty() { Vec::new() } else { placing::place(write, &messages).await? };
        for job in batch {
            if let Job::Deed(deed) = job {
                deed.run(write).await?;
            }
        }
        let mut head = self.head;
        let events = std::mem::take(&mut write.events);
        if !events.is_empty() {
            let last = match head {
                Some(head) => head,
                None => Head::read(&mut write.connection, &self.node).await?,
            };
            head = Some(last.append(&mut write.connection, &self.node, write.now, events).await?);
        }
        let (messages, syncs, last) = self.untold;
        let tell = syncs > 0 && write.now.as_second() != last.as_second();
        if tell {
            let text = "INSERT INTO door (node, messages, syncs) VALUES ($1, $2, $3) ON CONFLICT (node) DO UPDATE \
                        SET messages = door.messages + $2, syncs = door.syncs + $3";
            write.connection.execute(text, values![&*self.node, messages, syncs]).await?;
        }
        Ok((kept, head, tell))
    }
}

fn answer(batch: Vec<Job>, kept: Vec<Result<Receipt, Refusal>>) {
    let mut kept = kept.into_iter();
    for job in batch {
        match job {
            Job::Keep(_, to) => {
                let _ = to.send(kept.next().ok_or(StoreError::Driver(Fault::Closed)));
            }
            Job::Deed(deed) => deed.answer(Ok(())),
        }
    }
}

/// Each gets an error of its own, since the driver's cannot be copied.
fn fail(mut batch: Vec<Job>, error: StoreError) {
    if batch.len() == 1
        && let Some(job) = batch.pop()
    {
        return job.fail(error);
    }
    for job in batch {
        job.fail(error.shared());
    }
}
