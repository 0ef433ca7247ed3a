//! `brevbro apply` and `brevbro export`.

use std::path::PathBuf;

use serde::Serialize;

use super::cli::Common;
use super::open::Opened;
use super::{Failure, print_json, print_lines};
use crate::clock::Clock;
use crate::config::{Config, Fault, offices};
use crate::domain::wanted::{Change, Wanted};

#[derive(Serialize)]
struct Plan<'a> {
    applied: bool,
    changes: &'a [Change],
}

pub(super) async fn apply(files: &[PathBuf], dry_run: bool, common: &Common, clock: &Clock) -> Result<(), Failure> {
    // Both are read before either is complained of.
    let config = Config::load(&common.config);
    let wanted = offices::read_files(files);
    let (config, wanted) = match (config, wanted) {
        (Ok(config), Ok(wanted)) => (config, wanted),
        (config, wanted) => {
            let faults = config.err().into_iter().chain(wanted.err()).flatten().collect::<Vec<_>>();
            return Err(faults.into());
        }
    };
    let unserved = unserved(&config, &wanted);
    if !unserved.is_empty() {
        return Err(unserved.into());
    }
    let opened = if dry_run {
        Opened::or_empty(&common.config, clock).await?
    } else {
        Opened::or_made(&common.config, clock).await?
    };
    let changes = opened.store.apply(&wanted, dry_run).await.map_err(|error| opened.failed(&error));
    opened.close().await;
    let changes = changes?;
    if common.json {
        print_json(&Plan { applied: !dry_run, changes: &changes });
    } else {
        print_lines(&shown(&changes, dry_run));
    }
    Ok(())
}

/// Addresses on domains that are not ours: no mail to them would come here.
fn unserved(config: &Config, wanted: &Wanted) -> Vec<Fault> {
    let served = &config.mail.served.domains;
    let file = config.file.display().to_string();
    let fault = |domain: &str, what: String| {
        let remedy = format!("correct the address, or add \"{domain}\" to the list");
        Fault::new(&file, "mail.domains", format!("{what} is on {domain}, which is not served here"), remedy)
    };
    let aliases = wanted.accounts.iter().flat_map(|one| {
        let foreign = one.aliases.iter().filter(|alias| !served.contains(&alias.domain));
        foreign.map(|alias| fault(&alias.domain.shown(), format!("an alias of account {}", one.account.id)))
    });
    let services = wanted.services.iter().filter(|service| !served.contains(&service.address.domain));
    aliases
        .chain(services.map(|s| fault(&s.address.domain.shown(), format!("address {}", s.address.shown()))))
        .collect()
}

/// One line for each difference, `+` what is new and `~` what is changed.
fn shown(changes: &[Change], dry_run: bool) -> Vec<String> {
    let line = |change: &Change| match change.how {
        "added" => format!("+ {}", change.what),
        _ if change.keys.is_empty() => format!("~ {}", change.what),
        _ => format!("~ {}: {}", change.what, change.keys.join(", ")),
    };
    let end = match (changes.len(), dry_run) {
        (0, _) => "Nothing to change.".to_owned(),
        (1, true) => "1 change would be made.".to_owned(),
        (n, true) => format!("{n} changes would be made."),
        (1, false) => "1 change made.".to_owned(),
        (n, false) => format!("{n} changes made."),
    };
    changes.iter().map(line).chain([end]).collect()
}

#[derive(Serialize)]
struct Exported {
    toml: String,
}

pub(super) async fn export(common: &Common, clock: &Clock) -> Result<(), Failure> {
    let opened = Opened::existing(&common.config, clock).await?;
    let wanted = opened.store.export().await.map_err(|error| opened.failed(&error));
    opened.close().await;
    let toml = offices::write(&wanted?);
    if common.json {
        print_json(&Exported { toml });
    } else {
        print!("{toml}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_at_a_glance() {
        let change = |what: &str, how, keys: &[&str]| Change {
            what: what.to_owned(),
            how,
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        };
        let changes =
            [change("office hel-social", "added", &["id"]), change("account anna", "changed", &["state", "notices"])];
        let lines = ["+ office hel-social", "~ account anna: state, notices", "2 changes would be made."];
        assert_eq!(shown(&changes, true), lines);
        assert_eq!(shown(&[], false), ["Nothing to change."]);
    }
}
