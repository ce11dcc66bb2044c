//! A PostgreSQL server: Debian's, or whichever `pg_config` or the usual folders lead to.

use std::env;
use std::fs;
use std::io::{Write, stderr};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::patience::eventually;
use super::ports;

/// A cluster of its own in a temporary folder, on a free port of this machine.
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

const USER: &str = "telemetry";
pub(crate) const PASSWORD: &str = "s3cret";

impl Postgres {
    /// `None`, after one line on standard error, where there is none. Where `CI` is set there has to be one.
    pub(crate) fn start(test: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(
                env::var_os("CI").is_none(),
                "PostgreSQL is needed: apt-get install postgresql"
            );
            let line = format!("skipped: {test}: no PostgreSQL; apt-get install postgresql\n");
            stderr().write_all(line.as_bytes()).expect("standard error");
            return None;
        };
        let folder = TempDir::with_prefix("telemetry-postgres-").expect("a temporary folder");
        let mut server = Self {
            programs,
            folder,
            port: ports::free(),
            process: None,
        };
        server.make();
        server.go();
        Some(server)
    }

    /// For the store; the database is there.
    pub(crate) fn url(&self) -> String {
        self.url_with("")
    }

    pub(crate) fn url_with(&self, options: &str) -> String {
        format!(
            "postgres://{USER}:{PASSWORD}@localhost:{}/postgres{options}",
            self.port
        )
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// As a machine does that is switched off.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // SIGQUIT, as for an immediate shutdown; its children end with it.
            let pid = process.id().to_string();
            let told = Command::new("kill").args(["-QUIT", &pid]).status();
            assert!(told.is_ok_and(|status| status.success()));
            process.wait().expect("it ends");
        }
    }

    /// Starts again, with what it held.
    pub(crate) fn go(&mut self) {
        let log = fs::File::create(self.folder.path().join("log")).expect("a log");
        let process = self
            .command("postgres")
            .arg("-D")
            .arg(self.data())
            .stderr(log)
            .spawn()
            .expect("postgres starts");
        self.process = Some(process);
        eventually("PostgreSQL takes questions", || {
            self.try_query("SELECT 1").map(drop)
        });
    }

    /// Answers as `psql` prints them, by rows and `|`.
    pub(crate) fn query(&self, question: &str) -> String {
        self.try_query(question).unwrap()
    }

    pub(crate) fn try_query(&self, question: &str) -> Result<String, String> {
        let output = self
            .command("psql")
            .env("PGPASSWORD", PASSWORD)
            .args([
                "-X",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                "127.0.0.1",
                "-U",
                USER,
            ])
            .args([
                "-p",
                &self.port.to_string(),
                "-d",
                "postgres",
                "-c",
                question,
            ])
            .stdout(Stdio::piped())
            .output()
            .map_err(|error| error.to_string())?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    /// From its next start on it offers TLS with this certificate and key.
    pub(crate) fn certify(&self, certificate: &str, key: &str) {
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = self.data().join(name);
            fs::write(&path, text).expect("it is written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode is set");
            self.give(&path);
        }
        let settings = self.data().join("postgresql.conf");
        let mut text = fs::read_to_string(&settings).expect("it is there");
        text.push_str("ssl = on\n");
        fs::write(settings, text).expect("it is written");
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn make(&self) {
        self.give(self.folder.path());
        let password = self.folder.path().join("password");
        fs::write(&password, PASSWORD).expect("it is written");
        self.give(&password);
        let made = self
            .command("initdb")
            .arg("-D")
            .arg(self.data())
            .args([
                "-U",
                USER,
                "--auth=scram-sha-256",
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C",
            ])
            .arg("--pwfile")
            .arg(&password)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .output()
            .expect("initdb starts");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = ''\nfsync = off\nmax_connections = 50\n",
            self.port
        );
        let path = self.data().join("postgresql.conf");
        let mut text = fs::read_to_string(&path).expect("it is there");
        text.push_str(&settings);
        fs::write(path, text).expect("it is written");
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program of PostgreSQL. It refuses to be root's, who has a user for it from the package.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.stdin(Stdio::null()).current_dir(self.folder.path());
        if let Some((user, group)) = other_user() {
            command.uid(user).gid(group);
        }
        command
    }

    fn give(&self, path: &Path) {
        if let Some((user, group)) = other_user() {
            std::os::unix::fs::chown(path, Some(user), Some(group)).expect("it changes hands");
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            eprintln!(
                "--- the end of PostgreSQL's log\n{}",
                lines[lines.len().saturating_sub(20)..].join("\n")
            );
        }
    }
}

fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .ok()
        .into_iter()
        .flatten();
    let debian = debian.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let on_path = env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<_> = env::split_paths(&on_path).collect();
    let mut all: Vec<_> = debian.chain(on_path).collect();
    all.retain(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file());
    all.into_iter().next()
}

/// For root: the package's user, else nobody. `None` for everybody else.
fn other_user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    let ours = fs::metadata("/proc/self").ok()?.uid();
    if ours != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let found = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let is_it = fields.next() == Some("postgres");
        let ids = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        is_it.then_some(ids)
    });
    Some(found.unwrap_or((65_534, 65_534)))
}
