//! The command line, as clap reads it. Every command's `--help` ends with an example.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// An e-mail gateway between public authorities and a national citizen mailbox.
#[derive(Debug, Parser)]
#[command(name = "brevbro", version, about, propagate_version = true, disable_help_subcommand = true)]
#[command(after_help = "To begin:\n  brevbro demo\n\nExit codes: 0 done, 1 a fault was found, 2 wrong usage.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows the whole way once, with no configuration: a clerk's e-mail to a mailbox, the citizen's reply to the office
    #[command(
        after_help = "Example:\n  brevbro demo --once\n  brevbro demo --dir trial && brevbro serve --config trial/brevbro.toml"
    )]
    Demo {
        /// Ends when the way has been shown, instead of serving on
        #[arg(long)]
        once: bool,
        /// Where configuration and data stay behind [default: a new folder]
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
    /// Runs the gateway
    #[command(after_help = "Example:\n  brevbro serve --config /etc/brevbro/brevbro.toml")]
    Serve {
        /// The configuration
        #[arg(long, value_name = "FILE", default_value = DEFAULT, env = "BREVBRO_CONFIG")]
        config: PathBuf,
    },
    /// Has the gateway that runs take its configuration and certificates anew, without dropping a connection
    #[command(after_help = "Example:\n  brevbro reload --config /etc/brevbro/brevbro.toml")]
    Reload {
        /// Configuration and form.
        #[command(flatten)]
        common: Common,
    },
    /// Tells everything that is wrong at once: configuration, certificates, folders, ports, database, offices
    #[command(
        after_help = "Example:\n  brevbro check --config /etc/brevbro/brevbro.toml\n  brevbro check --running --json"
    )]
    Check {
        /// The gateway runs: its ports are taken, and should be
        #[arg(long)]
        running: bool,
        /// Asks DNS about every office: SPF, DKIM, DMARC, MTA-STS, MX, TLSA
        #[arg(long)]
        online: bool,
        /// Configuration and form.
        #[command(flatten)]
        common: Common,
    },
    /// Takes offices, accounts and addresses from files, all or nothing, and shows the difference
    #[command(
        after_help = "Example:\n  brevbro apply config/offices.toml --dry-run\n  brevbro apply config/offices.toml"
    )]
    Apply {
        /// Files like config/offices.toml
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Shows the difference and changes nothing
        #[arg(long)]
        dry_run: bool,
        /// Configuration and form.
        #[command(flatten)]
        common: Common,
    },
    /// Writes offices, accounts and addresses as a file that `apply` takes; it holds identity codes
    #[command(after_help = "Example:\n  (umask 077; brevbro export > offices.toml)")]
    Export {
        /// Configuration and form.
        #[command(flatten)]
        common: Common,
    },
    /// Tries the rules
    #[command(subcommand)]
    Route(Route),
    /// Reads a message file and prints the record as JSON, without a database
    #[command(
        after_help = "Example:\n  brevbro parse message.eml\n  brevbro parse --explain message.eml\n  brevbro parse - < message.eml | jq .attachments"
    )]
    Parse {
        /// The message, as it is on the wire; - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Shows the tree of parts instead: number, type, size in octets, what became of it, and what is wrong with it
        #[arg(long, conflicts_with = "json")]
        explain: bool,
        /// JSON is printed in any case
        #[arg(long, hide = true)]
        json: bool,
    },
    /// Tells what became of a message
    #[command(
        after_help = "Example:\n  brevbro trace 01kb2qyjt8csh5k9e3vxa4m6nw\n  brevbro trace '<20261123.1@hel.example>'\n  brevbro trace 7k2mx-4q9tb"
    )]
    Trace {
        /// The id that the 250 gave, of a record, a reply or an outbox item, the reference at the end of a refusal, or a
        /// Message-ID
        #[arg(value_name = "ID")]
        id: String,
        /// Shows addresses as well; that you did is itself recorded
        #[arg(long)]
        reveal: bool,
        /// Configuration and form.
        #[command(flatten)]
        common: Common,
    },
    /// Looks at what waits to leave, and changes its fate
    #[command(subcommand)]
    Queue(Queue),
    /// Bearer tokens for the HTTP API
    #[command(subcommand)]
    Token(Token),
    /// Passwords with which an office's programs log in to send mail
    #[command(subcommand)]
    Password(Password),
    /// Counts: records, accounts, outbox, events, refusals
    #[command(after_help = "Example:\n  brevbro stats --json")]
    Stats {
        /// Configuration and form.
        #[command(flatten)]
        common: Common,
    },
}

/// Where the configuration is when nothing else is said.
pub const DEFAULT: &str = "config/brevbro.toml";

/// What most commands take.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = DEFAULT, env = "BREVBRO_CONFIG")]
    pub config: PathBuf,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

/// `route …`.
#[derive(Debug, Subcommand)]
pub enum Route {
    /// Asks every rule about a message that does not exist, and tells what would be answered
    #[command(
        after_help = "Example:\n  brevbro route test --from registry@hel.example --to anna.virtanen@konto.example --ip 192.0.2.10"
    )]
    Test(RouteTest),
}

/// `route test`.
#[derive(Debug, Args)]
pub struct RouteTest {
    /// The sender, as in MAIL FROM; <> for none
    #[arg(long, value_name = "ADDRESS")]
    pub from: String,
    /// The recipient, as in RCPT TO
    #[arg(long, value_name = "ADDRESS")]
    pub to: String,
    /// Where the connection comes from
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub ip: IpAddr,
    /// As over TLS with a client certificate of this fingerprint
    #[arg(long, value_name = "HEX")]
    pub tls_certificate_sha256: Option<String>,
    /// As over TLS with a client certificate of this name, issued by the listener's client CA
    #[arg(long, value_name = "NAME")]
    pub tls_certificate_name: Option<String>,
    /// As after a login with a password of this office
    #[arg(long, value_name = "OFFICE")]
    pub login: Option<crate::domain::ids::OfficeId>,
    /// As without TLS
    #[arg(long, conflicts_with_all = ["tls_certificate_sha256", "tls_certificate_name", "login"])]
    pub clear: bool,
    /// A message as it was sent: what DNS and its signatures say of it
    #[arg(long, value_name = "FILE")]
    pub message: Option<PathBuf>,
    /// Configuration and form.
    #[command(flatten)]
    pub common: Common,
}

/// `queue …`.
#[derive(Debug, Subcommand)]
pub enum Queue {
    /// What waits, is being sent, failed or is unsure, newest last
    #[command(after_help = "Example:\n  brevbro queue list --state failed")]
    List {
        /// Only this state: waiting, sending, sent, failed or unsure
        #[arg(long, value_parser = ["waiting", "sending", "sent", "failed", "unsure"])]
        state: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Configuration and form.
        #[command(flatten)]
        common: Common,
    },
    /// One item
    #[command(after_help = "Example:\n  brevbro queue show 01kb2qyjt8csh5k9e3vxa4m6nw")]
    Show(Item),
    /// Tries an item now; also one that failed
    #[command(after_help = "Example:\n  brevbro queue retry 01kb2qyjt8csh5k9e3vxa4m6nw")]
    Retry(Item),
    /// Keeps an item from being tried until it is released
    #[command(after_help = "Example:\n  brevbro queue hold 01kb2qyjt8csh5k9e3vxa4m6nw")]
    Hold(Item),
    /// Lets a held item go on
    #[command(after_help = "Example:\n  brevbro queue release 01kb2qyjt8csh5k9e3vxa4m6nw")]
    Release(Item),
    /// Gives an item up; the citizen sees that it was not delivered
    #[command(after_help = "Example:\n  brevbro queue cancel 01kb2qyjt8csh5k9e3vxa4m6nw")]
    Cancel(Item),
}

/// One outbox item.
#[derive(Debug, Args)]
pub struct Item {
    /// Its id
    #[arg(value_name = "ID")]
    pub id: crate::domain::ids::OutboxId,
    /// Configuration and form.
    #[command(flatten)]
    pub common: Common,
}

/// `token …`.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Makes a token and prints it once
    #[command(after_help = "Example:\n  brevbro token create --account anna --days 30\n  brevbro token create --admin")]
    Create {
        /// For this citizen's mailbox
        #[arg(long, value_name = "ID", required_unless_present = "admin", conflicts_with = "admin")]
        account: Option<crate::domain::ids::AccountId>,
        /// For the admin's part of the API
        #[arg(long)]
        admin: bool,
        /// How long it is good
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: u16,
        /// Configuration and form.
        #[command(flatten)]
        common: Common,
    },
}

/// `password …`.
#[derive(Debug, Subcommand)]
pub enum Password {
    /// Makes a password and prints it once, with the name to log in under
    #[command(
        after_help = "Example:\n  brevbro password create --office hel-social --label case-system --expires 2027-12-31"
    )]
    Create {
        /// Whose mail it is to prove
        #[arg(long, value_name = "ID")]
        office: crate::domain::ids::OfficeId,
        /// Which program or person: a name that was never used for this office
        #[arg(long, value_name = "NAME")]
        label: crate::domain::ids::OfficeId,
        /// The last day on which it is good [default: until it is revoked]
        #[arg(long, value_name = "DATE")]
        expires: Option<jiff::civil::Date>,
        /// Configuration and form.
        #[command(flatten)]
        common: Common,
    },
    /// Every password there is and was; never what it is
    #[command(after_help = "Example:\n  brevbro password list")]
    List {
        /// Configuration and form.
        #[command(flatten)]
        common: Common,
    },
    /// Ends a password at once
    #[command(after_help = "Example:\n  brevbro password revoke --office hel-social --label case-system")]
    Revoke {
        /// Whose it is
        #[arg(long, value_name = "ID")]
        office: crate::domain::ids::OfficeId,
        /// Which
        #[arg(long, value_name = "NAME")]
        label: crate::domain::ids::OfficeId,
        /// Configuration and form.
        #[command(flatten)]
        common: Common,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn each(command: &clap::Command, seen: &mut dyn FnMut(&clap::Command)) {
        for below in command.get_subcommands() {
            if below.has_subcommands() { each(below, seen) } else { seen(below) }
        }
    }

    #[test]
    fn every_command_has_an_example_that_it_takes() {
        Cli::command().debug_assert();
        let mut commands = 0;
        each(&Cli::command(), &mut |command| {
            commands += 1;
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let (_, example) = help.split_once("Example:\n  ").unwrap_or_else(|| panic!("{}", command.get_name()));
            let line = example.lines().next().unwrap();
            let line = line.split(['|', '<', '>']).next().unwrap().replace("(umask 077; ", "");
            let line = line.split("&&").next().unwrap();
            Cli::try_parse_from(line.split_whitespace()).unwrap_or_else(|error| panic!("{line}: {error}"));
        });
        assert!(commands > 12);
    }
}
