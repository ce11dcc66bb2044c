//! A real Loki, as the tests start it, and how many lines it has.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The tests' configuration of it.
const CONFIG: &str = include_str!("../../../tests/backends/loki.yaml");
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs until it is dropped, with a folder of its own.
pub(crate) struct Loki {
    child: Child,
    port: u16,
    folder: PathBuf,
}

/// Where `tests/backends/build` put it.
pub(crate) fn built() -> Result<PathBuf, Box<dyn Error>> {
    let versions = include_str!("../../../tests/backends/versions");
    let version = versions.lines().find_map(|line| line.strip_prefix("LOKI="));
    let version = version.ok_or("tests/backends/versions has no LOKI")?;
    let cache = match std::env::var_os("TELEMETRY_BACKENDS_CACHE") {
        Some(cache) => PathBuf::from(cache),
        None => {
            let home = std::env::var_os("HOME").ok_or("where is Loki? --loki PATH")?;
            Path::new(&home).join(".cache/telemetry-backends")
        }
    };
    let path = cache.join(format!("loki-{version}/loki"));
    match path.is_file() {
        true => Ok(path),
        false => Err(format!(
            "{} is not there: run tests/backends/build loki",
            path.display()
        )
        .into()),
    }
}

impl Loki {
    pub(crate) fn start(program: &Path) -> Result<Self, Box<dyn Error>> {
        // Both at once, or they might be one.
        let free = [
            TcpListener::bind("127.0.0.1:0")?,
            TcpListener::bind("127.0.0.1:0")?,
        ];
        let [http, grpc] = [free[0].local_addr()?.port(), free[1].local_addr()?.port()];
        drop(free);
        let folder = std::env::temp_dir().join(format!("telemetry-lab-loki-{http}"));
        std::fs::create_dir_all(&folder)?;
        let mut config = CONFIG.to_owned();
        for (name, value) in [
            ("${HTTP_PORT}", http.to_string()),
            ("${GRPC_PORT}", grpc.to_string()),
            ("${DATA}", folder.display().to_string()),
            ("${METADATA}", "true".to_owned()),
            ("${RATE_MB}", "64".to_owned()),
            ("${MAX_LINE}", "262144".to_owned()),
        ] {
            config = config.replace(name, &value);
        }
        let file = folder.join("config.yaml");
        std::fs::write(&file, config)?;
        let child = Command::new(program)
            .arg(format!("-config.file={}", file.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let loki = Self {
            child,
            port: http,
            folder,
        };
        loki.wait(|loki| Ok(loki.get("/ready")?.starts_with("ready")))?;
        Ok(loki)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How many lines it has, once that is the same for two seconds.
    pub(crate) fn lines(&self) -> Result<u64, Box<dyn Error>> {
        let mut last = self.count()?;
        loop {
            thread::sleep(Duration::from_secs(2));
            let now = self.count()?;
            if now == last {
                return Ok(now);
            }
            last = now;
        }
    }

    fn count(&self) -> Result<u64, Box<dyn Error>> {
        let soon = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() + 30;
        // sum(count_over_time({application="lab"}[1h]))
        let query = "sum(count_over_time(%7Bapplication%3D%22lab%22%7D%5B1h%5D))";
        let answer = self.get(&format!("/loki/api/v1/query?query={query}&time={soon}"))?;
        let answer: serde_json::Value = serde_json::from_str(&answer)?;
        let value = &answer["data"]["result"][0]["value"][1];
        Ok(value.as_str().map_or(Ok(0), str::parse)?)
    }

    /// The body of its answer.
    fn get(&self, path: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        Ok(body.to_owned())
    }

    fn wait(&self, is_so: impl Fn(&Self) -> io::Result<bool>) -> Result<(), Box<dyn Error>> {
        let until = Instant::now() + PATIENCE;
        while !is_so(self).unwrap_or(false) {
            if Instant::now() > until {
                return Err("Loki does not become ready".into());
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for Loki {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
