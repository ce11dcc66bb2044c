//! A thread that reads files for all others, who await it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use telemetry_runtime::{Current, current, tool};

use super::answer::{Promise, answer};

/// Where requests go. The thread ends with the last of these.
#[derive(Clone)]
pub(crate) struct Disk {
    requests: mpsc::Sender<Request>,
}

struct Request {
    path: PathBuf,
    limit: u64,
    /// The call that asks: what the thread does for it belongs to its trace.
    inside: Current,
    result: Promise<io::Result<Vec<u8>>>,
}

impl Disk {
    pub(crate) fn open() -> io::Result<Self> {
        let (requests, incoming) = mpsc::channel::<Request>();
        let work = move || {
            for Request {
                path,
                limit,
                inside,
                result,
            } in incoming
            {
                result.keep(inside.run(|| load(&path, limit)));
            }
        };
        thread::Builder::new().name("disk".to_owned()).spawn(work)?;
        Ok(Self { requests })
    }

    /// The file's bytes; at most one more than `limit`.
    pub(crate) async fn read(&self, path: PathBuf, limit: u64) -> io::Result<Vec<u8>> {
        let (result, loaded) = answer();
        let request = Request {
            path,
            limit,
            inside: current(),
            result,
        };
        // Without the thread the request is dropped, and its answer with it.
        let _ = self.requests.send(request);
        loaded
            .await
            .unwrap_or_else(|| Err(io::Error::other("the thread that reads is gone")))
    }
}

/// Runs on the thread `disk`, inside the call that awaits it.
#[tool]
fn load(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    current().set_attribute("file.bytes", bytes.len());
    Ok(bytes)
}
