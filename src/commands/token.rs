//! `brevbro token create`: a bearer token, shown once.

use std::time::Duration;

use serde::Serialize;

use super::cli::Token;
use super::open::Opened;
use super::{Failure, print_json};
use crate::clock::Clock;
use crate::domain::ids::AccountId;
use crate::store::Principal;

#[derive(Serialize)]
struct Created<'a> {
    token: &'a str,
    account: Option<&'a AccountId>,
    admin: bool,
    days: u16,
}

pub(super) async fn run(token: &Token, clock: &Clock) -> Result<(), Failure> {
    let Token::Create { account, admin, days, common } = token;
    let whose = account.clone().map_or(Principal::Admin, Principal::Citizen);
    let opened = Opened::existing(&common.config, clock).await?;
    let life = Duration::from_hours(24 * u64::from(*days));
    let token = opened.store.create_token(whose, Some(life)).await.map_err(|error| opened.failed(&error));
    opened.close().await;
    let token = token?;
    if common.json {
        print_json(&Created { token: &token, account: account.as_ref(), admin: *admin, days: *days });
    } else {
        // The token alone on standard output: TOKEN=$(brevbro token create …).
        println!("{token}");
        eprintln!("Good for {days} days, and shown only now: Authorization: Bearer …");
    }
    Ok(())
}
