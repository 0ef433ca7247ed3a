//! `brevbro password`: what an office's programs log in with, made here and shown once.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::cli::{Common, Password};
use super::open::Opened;
use super::{Failure, print_json, print_lines};
use crate::clock::{Clock, Ids};
use crate::domain::ids::OfficeId;
use crate::domain::office::{Login, LoginDemand, Office, Proof, TrustRule};
use crate::inbound::login::password::make;
use crate::store;

pub(super) async fn run(command: &Password, clock: &Clock) -> Result<(), Failure> {
    match command {
        Password::Create { office, label, expires, common } => {
            let login = Login { office: office.clone(), label: label.to_string() };
            create(&login, *expires, common, clock).await
        }
        Password::List { common } => list(common, clock).await,
        Password::Revoke { office, label, common } => {
            let login = Login { office: office.clone(), label: label.to_string() };
            let opened = Opened::existing(&common.config, clock).await?;
            let revoked = opened.store.revoke_password(&login).await.map_err(|error| opened.failed(&error));
            opened.close().await;
            revoked?;
            let login = name(&login);
            if common.json {
                print_json(&Revoked { login });
            } else {
                println!("{login} is revoked. Connections that have logged in with it send nothing more.");
            }
            Ok(())
        }
    }
}

fn name(login: &Login) -> String {
    format!("{}/{}", login.office, login.label)
}

/// The end of this day.
fn end_of(day: Date, zone: &TimeZone, now: Timestamp) -> Result<Timestamp, Failure> {
    let fault = |what: &str| Failure::of("--expires", what.to_owned(), "write a day to come: 2027-12-31");
    let next = day.checked_add(1.day()).and_then(|next| next.to_zoned_datetime(zone.clone()));
    let end = next.map_err(|_| fault("there is no such day"))?.timestamp();
    if end <= now { Err(fault("this day is over: the password would never be good")) } else { Ok(end) }
}

#[derive(Serialize)]
struct Created<'a> {
    login: &'a str,
    password: &'a str,
    expires: Option<String>,
}

#[derive(Serialize)]
struct Revoked {
    login: String,
}

async fn create(login: &Login, last: Option<Date>, common: &Common, clock: &Clock) -> Result<(), Failure> {
    let (password, secrets) = make(&Ids::system(clock.clone()))
        .map_err(|fault| Failure::of("system", fault.to_string(), "it needs 19 MiB of memory"))?;
    let opened = Opened::existing(&common.config, clock).await?;
    let zone = opened.config.portal.time_zone.clone();
    let end = last.map(|day| end_of(day, &zone, clock.now())).transpose()?;
    let kept = opened.store.create_password(login, &secrets, end).await.map_err(|error| opened.failed(&error));
    let directory = opened.store.directory().await;
    let offered = opened.config.listeners.iter().any(|listener| listener.login != LoginDemand::Off);
    opened.close().await;
    kept?;
    let name = name(login);
    if common.json {
        print_json(&Created { login: &name, password: &password, expires: end.map(|at| at.to_string()) });
        return Ok(());
    }
    // The password alone on standard output: it can be piped to where it is kept.
    eprintln!("Name: {name}\nPassword, shown only now:");
    println!("{password}");
    match last {
        Some(day) => {
            let zone = shown_zone(&zone);
            eprintln!("Good to the end of {day} ({zone}); brevbro password revoke ends it before.");
        }
        None => eprintln!("Good until brevbro password revoke ends it."),
    }
    let office = directory.ok().and_then(|all| all.offices().iter().find(|o| o.id == login.office).cloned());
    if office.is_some_and(|office| !is_trusted(&office)) {
        eprintln!(
            "Note: no trust rule of {} asks for login: add \"login\" to trust, or it proves nothing.",
            login.office
        );
    }
    if !offered {
        eprintln!("Note: no listener of this gateway offers logins: set login = \"required\" at one.");
    }
    Ok(())
}

fn is_trusted(office: &Office) -> bool {
    office.trust.iter().any(|TrustRule(proofs)| proofs.contains(&Proof::Login))
}

fn shown_zone(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("the local time")
}

#[derive(Serialize)]
struct Listed {
    login: String,
    office: OfficeId,
    label: String,
    /// `good`, `expired` or `revoked`.
    state: &'static str,
    created: String,
    expires: Option<String>,
    revoked: Option<String>,
    /// A day.
    last_used: Option<String>,
}

impl Listed {
    fn new(password: &store::Password, now: Timestamp) -> Self {
        let store::Password { office, label, created, expires, revoked, used } = password;
        let state = match (revoked, expires) {
            (Some(_), _) => "revoked",
            (None, Some(end)) if *end <= now => "expired",
            _ => "good",
        };
        Self {
            login: format!("{office}/{label}"),
            office: office.clone(),
            label: label.clone(),
            state,
            created: created.to_string(),
            expires: expires.map(|at| at.to_string()),
            revoked: revoked.map(|at| at.to_string()),
            last_used: used.map(|at| at.strftime("%Y-%m-%d").to_string()),
        }
    }

    fn line(&self) -> String {
        let day = |at: &Option<String>, none: &'static str| {
            at.as_deref().and_then(|at| at.get(..10)).unwrap_or(none).to_owned()
        };
        format!(
            "{:<40} {:<8} made {}  until {:<10}  last used {}",
            self.login,
            self.state,
            self.created.get(..10).unwrap_or_default(),
            day(if self.revoked.is_some() { &self.revoked } else { &self.expires }, "revoked"),
            day(&self.last_used, "never"),
        )
    }
}

async fn list(common: &Common, clock: &Clock) -> Result<(), Failure> {
    let opened = Opened::existing(&common.config, clock).await?;
    let passwords = opened.store.passwords().await.map_err(|error| opened.failed(&error));
    opened.close().await;
    let now = clock.now();
    let passwords: Vec<Listed> = passwords?.iter().map(|password| Listed::new(password, now)).collect();
    if common.json {
        print_json(&passwords);
    } else if passwords.is_empty() {
        print_lines(&["There are no passwords.".to_owned()]);
    } else {
        print_lines(&passwords.iter().map(Listed::line).collect::<Vec<_>>());
    }
    Ok(())
}
