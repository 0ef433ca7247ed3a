//! What an admin wants, against what is: the differences, and all of them in one transaction.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::committer::Write;
use super::connection::Connection;
use super::error::StoreError;
use super::identity::Sealer;
use super::open::Store;
use super::rows::{ACCOUNT, account, mailbox, mailboxes_text, postmaster, slug};
use super::sql::{Value, list, values};
use super::written;
use crate::domain::account::Account;
use crate::domain::address::Mailbox;
use crate::domain::directory::ServiceAddress;
use crate::domain::event::What;
use crate::domain::ids::AccountId;
use crate::domain::office::Office;
use crate::domain::wanted::{Change, Wanted, WantedAccount};

/// Accounts that are compared at a time.
const MANY: usize = 400;

impl Store {
    /// Compares what is wanted with what is, and makes it so, in one transaction; with `dry_run` only compares. What
    /// is not named stays as it is. Of an account that is named, aliases are replaced; opaque aliases are added and
    /// never taken away (they have been given out), and an identity code that is not named stays.
    ///
    /// The door waits for it: 100,000 new accounts take some seconds.
    ///
    /// # Errors
    /// [`StoreError::Forbidden`] when an alias or identity code belongs to another account, or a service address
    /// names an office that there is not.
    pub async fn apply(&self, wanted: &Wanted, dry_run: bool) -> Result<Vec<Change>, StoreError> {
        let asked = Arc::new((wanted.clone(), self.clone()));
        self.desk()
            .write(move |write| {
                let asked = Arc::clone(&asked);
                Box::pin(async move {
                    let (wanted, store) = &*asked;
                    let mut changes = offices(write, &wanted.offices, dry_run).await?;
                    changes.extend(services(write, wanted, dry_run).await?);
                    for wanted in wanted.accounts.chunks(MANY) {
                        changes.extend(accounts(write, wanted, store.sealer(), dry_run).await?);
                    }
                    if !dry_run && !changes.is_empty() {
                        let text = "UPDATE directory SET version = version + 1";
                        write.connection.execute_one("directory", text, Vec::new()).await?;
                        for change in &changes {
                            let detail = format!("{} keys={}", change.how, change.keys.join(","));
                            // A service address is an address: it stands in no event.
                            let subject = change.what.split('@').next().unwrap_or_default();
                            write.note(What::Admin, &subject, detail);
                        }
                    }
                    Ok(changes)
                })
            })
            .await
    }

    /// All of it, as `apply` takes it: identity codes in clear. The export is itself an event.
    ///
    /// # Errors
    /// When the database is away, or an identity code does not open with our key.
    pub async fn export(&self) -> Result<Wanted, StoreError> {
        self.note(What::Admin, "export", "identity codes revealed").await?;
        let directory = self.directory().await?;
        let mut accounts: BTreeMap<AccountId, WantedAccount> = BTreeMap::new();
        let text = format!("SELECT {ACCOUNT} FROM account a");
        for row in self.read().fetch(sqlx::AssertSqlSafe(text), Vec::new()).await? {
            let account = account(&row)?;
            let wanted =
                WantedAccount { account: account.clone(), identity: None, aliases: Vec::new(), opaque: Vec::new() };
            accounts.insert(account.id, wanted);
        }
        for row in self.read().fetch("SELECT account, sealed FROM identity", Vec::new()).await? {
            let id = slug(&row.text(0)?)?;
            let code = self.sealer().open(&id, &row.bytes(1)?)?;
            if let Some(wanted) = accounts.get_mut(&id) {
                wanted.identity = Some(code);
            }
        }
        for row in self.read().fetch("SELECT account, address FROM alias ORDER BY address", Vec::new()).await? {
            let (id, address): (AccountId, String) = (slug(&row.text(0)?)?, row.text(1)?);
            let Some(wanted) = accounts.get_mut(&id) else { continue };
            if address.contains('@') {
                wanted.aliases.push(alias(&address)?);
            } else {
                wanted.opaque.push(address);
            }
        }
        let mut services: Vec<ServiceAddress> = directory.services().cloned().collect();
        services.sort_by_key(|service| service.address.folded());
        let offices = directory.offices().iter().map(|office| (**office).clone()).collect();
        Ok(Wanted { offices, accounts: accounts.into_values().collect(), services })
    }
}

/// An alias of its folded form, in which a local part stands without its quotes.
fn alias(folded: &str) -> Result<Mailbox, StoreError> {
    let quoted = || {
        let (local, domain) = folded.rsplit_once('@')?;
        let local = local.replace('\\', "\\\\").replace('"', "\\\"");
        Mailbox::parse(&format!("\"{local}\"@{domain}")).ok()
    };
    mailbox(folded).or_else(|fault| quoted().ok_or(fault))
}

/// Which keys of the new object are other than in the old one.
fn keys(old: Option<&Map<String, Json>>, new: &Map<String, Json>) -> Vec<String> {
    new.iter()
        .filter(|(key, value)| old.and_then(|old| old.get(*key)) != Some(value))
        .map(|(key, _)| key.clone())
        .collect()
}

fn object(text: &str) -> Map<String, Json> {
    serde_json::from_str(text).unwrap_or_default()
}

fn change(what: String, is_new: bool, keys: Vec<String>) -> Change {
    Change { what, how: if is_new { "added" } else { "changed" }, keys }
}

async fn offices(write: &mut Write, wanted: &[Office], dry_run: bool) -> Result<Vec<Change>, StoreError> {
    let mut changes = Vec::new();
    for office in wanted {
        let row =
            write.connection.fetch_option("SELECT body FROM office WHERE id = $1", values![office.id.as_str()]).await?;
        let old = row.map(|row| row.text(0)).transpose()?.map(|text| object(&text));
        let text = written::office_text(office);
        let keys = keys(old.as_ref(), &object(&text));
        if keys.is_empty() {
            continue;
        }
        changes.push(change(format!("office {}", office.id), old.is_none(), keys));
        if !dry_run {
            let sql = "INSERT INTO office (id, body) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET body = $2";
            write.connection.execute_one("office", sql, values![office.id.as_str(), text]).await?;
        }
    }
    Ok(changes)
}

async fn services(write: &mut Write, wanted: &Wanted, dry_run: bool) -> Result<Vec<Change>, StoreError> {
    let mut changes = Vec::new();
    for service in &wanted.services {
        let address = service.address.folded();
        let known = write
            .connection
            .fetch_option("SELECT id FROM office WHERE id = $1", values![service.office.as_str()])
            .await?
            .is_some();
        if !known && wanted.offices.iter().all(|office| office.id != service.office) {
            return Err(StoreError::Forbidden(format!(
                "a service address names the office {}, which is not enrolled; add an [[office]] with this id",
                service.office
            )));
        }
        let row = write
            .connection
            .fetch_option("SELECT office, body FROM service WHERE address = $1", values![address.as_str()]);
        let complete = |office: &str, text: &str| {
            let mut all = object(text);
            all.insert("office".to_owned(), Json::from(office));
            all
        };
        let old = match row.await? {
            Some(row) => Some(complete(&row.text(0)?, &row.text(1)?)),
            None => None,
        };
        let text = written::service_text(service);
        let keys = keys(old.as_ref(), &complete(service.office.as_str(), &text));
        if keys.is_empty() {
            continue;
        }
        changes.push(change(format!("address {}", service.address.wire()), old.is_none(), keys));
        if !dry_run {
            let sql = "INSERT INTO service (address, office, body) VALUES ($1, $2, $3) \
                       ON CONFLICT (address) DO UPDATE SET office = $2, body = $3";
            write.connection.execute_one("service", sql, values![address, service.office.as_str(), text]).await?;
        }
    }
    Ok(changes)
}

/// Some accounts as they are.
#[derive(Default)]
struct Present {
    accounts: HashMap<AccountId, Account>,
    /// Whose each of the wanted addresses is, and all addresses of the wanted accounts.
    addresses: HashMap<String, AccountId>,
    /// Whose each of the wanted codes is, by their hashes, and all codes of the wanted accounts.
    codes: HashMap<Vec<u8>, AccountId>,
}

fn addresses(wanted: &WantedAccount) -> impl Iterator<Item = String> {
    wanted.aliases.iter().map(Mailbox::folded).chain(wanted.opaque.iter().cloned())
}

impl Present {
    async fn read(
        connection: &mut Connection,
        wanted: &[WantedAccount],
        hashes: &[Option<[u8; 32]>],
    ) -> Result<Self, StoreError> {
        let mut this = Self::default();
        let ids: Vec<Value> = wanted.iter().map(|wanted| wanted.account.id.as_str().into()).collect();
        let places = list(1, ids.len());
        let text = format!("SELECT {ACCOUNT} FROM account a WHERE a.id IN {places}");
        for row in connection.fetch(sqlx::AssertSqlSafe(text), ids.clone()).await? {
            let account = account(&row)?;
            this.accounts.insert(account.id.clone(), account);
        }
        let text = format!("SELECT address, account FROM alias WHERE account IN {places}");
        let mut rows = connection.fetch(sqlx::AssertSqlSafe(text), ids.clone()).await?;
        let named: Vec<Value> = wanted.iter().flat_map(addresses).map(Value::from).collect();
        for named in named.chunks(MANY) {
            let text = format!("SELECT address, account FROM alias WHERE address IN {}", list(1, named.len()));
            rows.extend(connection.fetch(sqlx::AssertSqlSafe(text), named.to_vec()).await?);
        }
        for row in rows {
            this.addresses.insert(row.text(0)?, slug(&row.text(1)?)?);
        }
        let text = format!("SELECT hash, account FROM identity WHERE account IN {places}");
        let mut rows = connection.fetch(sqlx::AssertSqlSafe(text), ids).await?;
        let hashes: Vec<Value> = hashes.iter().flatten().map(|hash| Value::from(*hash)).collect();
        if !hashes.is_empty() {
            let text = format!("SELECT hash, account FROM identity WHERE hash IN {}", list(1, hashes.len()));
            rows.extend(connection.fetch(sqlx::AssertSqlSafe(text), hashes).await?);
        }
        for row in rows {
            this.codes.insert(row.bytes(0)?, slug(&row.text(1)?)?);
        }
        Ok(this)
    }

    /// What must be written for this account: the keys that differ, and the addresses that are new and gone.
    fn compare(&self, wanted: &WantedAccount, hash: Option<[u8; 32]>) -> Result<Difference, StoreError> {
        let (id, new) = (&wanted.account.id, &wanted.account);
        let mut difference = Difference { is_new: !self.accounts.contains_key(id), ..Difference::default() };
        let old = self.accounts.get(id);
        let keys = &mut difference.keys;
        let mut differs = |key: &str, other: bool| {
            if other {
                keys.push(key.to_owned());
            }
        };
        differs("name", old.is_none_or(|old| old.name != new.name));
        differs("state", old.is_none_or(|old| old.state != new.state));
        differs("language", old.is_none_or(|old| old.language != new.language));
        differs("notices", old.is_none_or(|old| old.notices != new.notices));
        difference.row = !difference.keys.is_empty();
        if let Some(hash) = hash {
            match self.codes.get(&hash[..]) {
                Some(owner) if owner != id => {
                    return Err(StoreError::Forbidden(format!(
                        "the identity code of account {id} is account {owner}'s"
                    )));
                }
                Some(_) => {}
                None => difference.keys.push("identity".to_owned()),
            }
        }
        for address in addresses(wanted) {
            match self.addresses.get(&address) {
                Some(owner) if owner != id => {
                    return Err(StoreError::Forbidden(format!(
                        "an alias of account {id} is account {owner}'s already"
                    )));
                }
                Some(_) => {}
                None => difference.added.push(address),
            }
        }
        let kept: Vec<String> = addresses(wanted).collect();
        let ours = self.addresses.iter().filter(|(_, owner)| *owner == id).map(|(address, _)| address);
        difference.gone = ours.filter(|address| address.contains('@') && !kept.contains(address)).cloned().collect();
        if !difference.added.is_empty() || !difference.gone.is_empty() {
            difference.keys.push("aliases".to_owned());
        }
        Ok(difference)
    }
}

#[derive(Default)]
struct Difference {
    is_new: bool,
    row: bool,
    keys: Vec<String>,
    added: Vec<String>,
    gone: Vec<String>,
}

async fn accounts(
    write: &mut Write,
    wanted: &[WantedAccount],
    sealer: &Sealer,
    dry_run: bool,
) -> Result<Vec<Change>, StoreError> {
    let hashes: Vec<Option<[u8; 32]>> =
        wanted.iter().map(|wanted| wanted.identity.as_ref().map(|code| sealer.hash(code))).collect();
    let mut present = Present::read(&mut write.connection, wanted, &hashes).await?;
    let (mut changes, mut rows, mut codes, mut aliases) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (wanted, hash) in wanted.iter().zip(hashes) {
        let id = &wanted.account.id;
        if *id == postmaster() {
            return Err(StoreError::Forbidden(format!("the account name {id} is taken: it is the gateway's own")));
        }
        let difference = present.compare(wanted, hash)?;
        if difference.keys.is_empty() {
            continue;
        }
        if difference.row {
            let account = &wanted.account;
            rows.extend(values![
                id.as_str(),
                account.name.as_str(),
                account.state.word(),
                account.language.tag(),
                mailboxes_text(&account.notices),
            ]);
        }
        if let (Some(hash), Some(code), true) =
            (hash, &wanted.identity, difference.keys.iter().any(|k| k == "identity"))
        {
            codes.extend(values![hash, id.as_str(), sealer.seal(id, code)?]);
            present.codes.insert(hash.to_vec(), id.clone());
        }
        for address in &difference.added {
            aliases.extend(values![address.as_str(), id.as_str()]);
            present.addresses.insert(address.clone(), id.clone());
        }
        if !dry_run {
            for address in &difference.gone {
                write.connection.execute("DELETE FROM alias WHERE address = $1", values![address.as_str()]).await?;
            }
        }
        changes.push(change(format!("account {id}"), difference.is_new, difference.keys));
    }
    if !dry_run {
        let head = "INSERT INTO account (id, name, state, language, notices) VALUES";
        let tail = "ON CONFLICT (id) DO UPDATE SET name = excluded.name, state = excluded.state, \
                    language = excluded.language, notices = excluded.notices";
        write.connection.insert(head, tail, 5, rows).await?;
        let tail = "ON CONFLICT (account) DO UPDATE SET hash = excluded.hash, sealed = excluded.sealed";
        write.connection.insert("INSERT INTO identity (hash, account, sealed) VALUES", tail, 3, codes).await?;
        write.connection.insert("INSERT INTO alias (address, account) VALUES", "", 2, aliases).await?;
    }
    Ok(changes)
}
