//! Batches in a file: first in, first out, never larger than its bound.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crc32fast::Hasher;
use fs4::FileExt;

/// A file of one process: a header, and a ring of records. Positions only grow; where one lies in
/// the file is its remainder by the ring's capacity, so that a record may go on at the beginning.
///
/// A record is written before the header that counts it in, and stays until the header that
/// counts it out: who is killed in between loses nothing. What a record says is under a checksum.
/// It is not forced to the disk: this is for processes that end, not for machines that do.
#[derive(Debug)]
pub(super) struct Ring {
    file: File,
    header: Header,
}

/// What the file says of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Header {
    /// Bytes of the ring, those of the header not counted.
    capacity: u64,
    /// Position of the oldest record.
    head: u64,
    /// Position behind the newest.
    tail: u64,
    batches: u64,
    items: u64,
}

/// Whose bytes a record holds.
#[derive(Debug, PartialEq)]
pub(super) struct Record {
    pub(super) items: u64,
    /// What the bytes are, as their owner numbers it.
    pub(super) kind: u8,
    pub(super) bytes: Vec<u8>,
}

/// Why a record was not taken in or given out.
#[derive(Debug)]
pub(super) enum Fault {
    /// There is no room for it.
    Full,
    /// What is there cannot be read.
    Damaged,
    Io(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

const MAGIC: [u8; 8] = *b"tlmspil1";
/// Bytes that the header takes.
const HEADER: usize = 64;
/// Bytes before those of a record.
const RECORD: usize = 24;
/// How often the first position has gone round already: records can go before it.
const LAPS: u64 = 1 << 20;
/// The largest ring, in bytes: positions are 64 bits.
const LARGEST: u64 = 1 << 42;

impl Ring {
    /// Opens a file, or makes one, of at most `max_bytes`. `None`: it is in use.
    ///
    /// A file that is none of ours, or whose header is damaged, is an error of the kind
    /// `InvalidData`.
    pub(super) fn open(path: &Path, max_bytes: u64, make: bool) -> io::Result<Option<Self>> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(make).open(path)?;
        match FileExt::try_lock(&file) {
            Ok(()) => {}
            Err(fs4::TryLockError::WouldBlock) => return Ok(None),
            Err(fs4::TryLockError::Error(error)) => return Err(error),
        }
        let empty = Header::empty(max_bytes);
        let mut ring = Self {
            header: empty,
            file,
        };
        if ring.file.metadata()?.len() > 0 {
            let mut bytes = [0; HEADER];
            ring.file.read_exact(&mut bytes).map_err(|_| damaged())?;
            ring.header = Header::read(&bytes).ok_or_else(damaged)?;
        }
        if ring.header.batches == 0 {
            ring.header = empty;
        }
        Ok(Some(ring))
    }

    /// Behind all others.
    pub(super) fn push_back(&mut self, record: &Record) -> Result<(), Fault> {
        let length = self.room_for(record)?;
        self.write_record(self.header.tail, record)?;
        let header = Header {
            tail: self.header.tail + length,
            ..self.header.with(record.items)
        };
        self.write_header(&header)?;
        self.header = header;
        Ok(())
    }

    /// Before all others.
    pub(super) fn push_front(&mut self, record: &Record) -> Result<(), Fault> {
        let length = self.room_for(record)?;
        let head = self.header.head - length;
        self.write_record(head, record)?;
        let header = Header {
            head,
            ..self.header.with(record.items)
        };
        self.write_header(&header)?;
        self.header = header;
        Ok(())
    }

    /// The oldest record, which stays. `None` if there is none.
    pub(super) fn front(&mut self) -> Result<Option<Record>, Fault> {
        if self.header.batches == 0 {
            return Ok(None);
        }
        let mut head = [0; RECORD];
        self.read_at(self.header.head, &mut head)?;
        let length = u64::from(u32_at(&head, 4));
        if RECORD as u64 + length > self.header.tail - self.header.head {
            return Err(Fault::Damaged);
        }
        let mut bytes = vec![0; length as usize];
        self.read_at(self.header.head + RECORD as u64, &mut bytes)?;
        if checksum(&[&head[4..], &bytes]) != u32_at(&head, 0) {
            return Err(Fault::Damaged);
        }
        Ok(Some(Record {
            items: u64_at(&head, 8),
            kind: head[16],
            bytes,
        }))
    }

    /// Takes the oldest record out, which has so many items and bytes. An error says that another
    /// process would still find it.
    pub(super) fn pop_front(&mut self, items: u64, bytes: usize) -> io::Result<()> {
        let header = self.header;
        if header.batches <= 1 {
            return self.clear();
        }
        self.header = Header {
            head: header.head + length(bytes),
            batches: header.batches - 1,
            items: header.items.saturating_sub(items),
            ..header
        };
        self.write_header(&{ self.header })
    }

    /// Forgets all, and gives the disk's room back.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.header = Header::empty(self.header.capacity + HEADER as u64);
        self.write_header(&{ self.header })?;
        self.file.set_len(HEADER as u64)
    }

    /// Batches, and items in them.
    pub(super) fn holds(&self) -> (u64, u64) {
        (self.header.batches, self.header.items)
    }

    /// Bytes of the records.
    pub(super) fn bytes(&self) -> u64 {
        self.header.tail - self.header.head
    }

    fn room_for(&self, record: &Record) -> Result<u64, Fault> {
        let length = length(record.bytes.len());
        if self.bytes() + length > self.header.capacity {
            return Err(Fault::Full);
        }
        Ok(length)
    }

    fn write_header(&mut self, header: &Header) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header.written())
    }

    fn write_record(&mut self, position: u64, record: &Record) -> io::Result<()> {
        let mut head = [0; RECORD];
        head[4..8].copy_from_slice(&(record.bytes.len() as u32).to_le_bytes());
        head[8..16].copy_from_slice(&record.items.to_le_bytes());
        head[16] = record.kind;
        let checksum = checksum(&[&head[4..], &record.bytes]);
        head[..4].copy_from_slice(&checksum.to_le_bytes());
        self.write_at(position, &head)?;
        self.write_at(position + RECORD as u64, &record.bytes)
    }

    fn write_at(&mut self, position: u64, bytes: &[u8]) -> io::Result<()> {
        let (offset, first) = self.place(position, bytes.len());
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(&bytes[..first])?;
        if first < bytes.len() {
            self.file.seek(SeekFrom::Start(HEADER as u64))?;
            self.file.write_all(&bytes[first..])?;
        }
        Ok(())
    }

    fn read_at(&mut self, position: u64, bytes: &mut [u8]) -> Result<(), Fault> {
        let (offset, first) = self.place(position, bytes.len());
        self.file.seek(SeekFrom::Start(offset))?;
        read_whole(&mut self.file, &mut bytes[..first])?;
        if first < bytes.len() {
            self.file.seek(SeekFrom::Start(HEADER as u64))?;
            read_whole(&mut self.file, &mut bytes[first..])?;
        }
        Ok(())
    }

    /// Where a position lies in the file, and how many of the bytes fit before its end.
    fn place(&self, position: u64, length: usize) -> (u64, usize) {
        let offset = position % self.header.capacity;
        let until_end = self.header.capacity - offset;
        let first = usize::try_from(until_end).map_or(length, |until_end| length.min(until_end));
        (HEADER as u64 + offset, first)
    }
}

impl Header {
    fn empty(max_bytes: u64) -> Self {
        let capacity = max_bytes.saturating_sub(HEADER as u64).clamp(1, LARGEST);
        Self {
            capacity,
            head: LAPS * capacity,
            tail: LAPS * capacity,
            batches: 0,
            items: 0,
        }
    }

    /// With one record more.
    fn with(self, items: u64) -> Self {
        Self {
            batches: self.batches + 1,
            items: self.items + items,
            ..self
        }
    }

    fn written(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&MAGIC);
        let numbers = [
            self.capacity,
            self.head,
            self.tail,
            self.batches,
            self.items,
        ];
        for (place, number) in bytes[8..48].chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        let checksum = checksum(&[&bytes[..48]]);
        bytes[48..52].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    fn read(bytes: &[u8; HEADER]) -> Option<Self> {
        let header = Self {
            capacity: u64_at(bytes, 8),
            head: u64_at(bytes, 16),
            tail: u64_at(bytes, 24),
            batches: u64_at(bytes, 32),
            items: u64_at(bytes, 40),
        };
        let known = bytes[..8] == MAGIC && checksum(&[&bytes[..48]]) == u32_at(bytes, 48);
        let possible = header.capacity > 0
            && header.head <= header.tail
            && header.tail - header.head <= header.capacity;
        (known && possible).then_some(header)
    }
}

/// Whether the file begins as ours do.
pub(super) fn is_ours(path: &Path) -> io::Result<bool> {
    let mut begin = Vec::new();
    File::open(path)?
        .take(MAGIC.len() as u64)
        .read_to_end(&mut begin)?;
    Ok(MAGIC.starts_with(&begin))
}

/// What a record of so many bytes takes.
fn length(bytes: usize) -> u64 {
    (RECORD + bytes) as u64
}

fn read_whole(file: &mut File, bytes: &mut [u8]) -> Result<(), Fault> {
    file.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Fault::Damaged,
        _ => Fault::Io(error),
    })
}

fn checksum(parts: &[&[u8]]) -> u32 {
    let mut hasher = Hasher::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

fn damaged() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "it is damaged, or no spill file",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use telemetry_fuzz::{Inputs, fuzz};

    use super::*;

    fn record(items: u64, length: usize) -> Record {
        let bytes = (0..length).map(|at| (items as usize + at) as u8).collect();
        Record {
            items,
            kind: items as u8,
            bytes,
        }
    }

    fn taken(record: &Record) -> u64 {
        length(record.bytes.len())
    }

    fn opened(path: &Path, max_bytes: u64) -> Ring {
        Ring::open(path, max_bytes, true).unwrap().unwrap()
    }

    fn path() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spill");
        (folder, path)
    }

    /// Against a queue that is known to be right, over many ways round the ring.
    #[test]
    fn first_in_first_out_however_often_it_is_opened_again() {
        let (_folder, path) = path();
        let mut random = fastrand::Rng::with_seed(1);
        let mut ring = opened(&path, 1000);
        let mut model: VecDeque<Record> = VecDeque::new();
        for step in 0..20_000 {
            match random.u8(..10) {
                0..5 => {
                    let new = record(step, random.usize(..200));
                    let room = model.iter().chain([&new]).map(taken).sum::<u64>() <= 1000 - 64;
                    let front = random.bool();
                    let pushed = if front {
                        ring.push_front(&new)
                    } else {
                        ring.push_back(&new)
                    };
                    assert_eq!(pushed.is_ok(), room, "{pushed:?}");
                    match (room, front) {
                        (true, true) => model.push_front(new),
                        (true, false) => model.push_back(new),
                        _ => {}
                    }
                }
                5..9 => {
                    let oldest = ring.front().unwrap();
                    assert_eq!(oldest.as_ref(), model.front());
                    if let Some(oldest) = oldest {
                        ring.pop_front(oldest.items, oldest.bytes.len()).unwrap();
                        model.pop_front();
                    }
                }
                _ => {
                    drop(ring);
                    ring = opened(&path, 1000);
                }
            }
            let items = model.iter().map(|record| record.items).sum::<u64>();
            assert_eq!(ring.holds(), (model.len() as u64, items));
            assert!(std::fs::metadata(&path).unwrap().len() <= 1000);
        }
    }

    #[test]
    fn an_empty_ring_takes_no_room_and_the_bound_of_today() {
        let (_folder, path) = path();
        let mut ring = opened(&path, 100_000);
        ring.push_back(&record(1, 50_000)).unwrap();
        drop(ring);
        let mut ring = opened(&path, 500);
        assert!(matches!(
            ring.push_back(&record(2, 90_000)),
            Err(Fault::Full)
        ));
        ring.push_back(&record(2, 40_000))
            .expect("the old bound, while something waits");
        for _ in 0..2 {
            let oldest = ring.front().unwrap().unwrap();
            ring.pop_front(oldest.items, oldest.bytes.len()).unwrap();
        }
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 64);
        drop(ring);
        assert!(matches!(
            opened(&path, 500).push_back(&record(3, 500)),
            Err(Fault::Full)
        ));
    }

    #[test]
    fn one_user_at_a_time() {
        let (_folder, path) = path();
        let first = opened(&path, 1000);
        assert!(Ring::open(&path, 1000, true).unwrap().is_none());
        drop(first);
        assert!(Ring::open(&path, 1000, true).unwrap().is_some());
    }

    /// Whatever byte is wrong: an error, or the records as they were; never others, no panic.
    #[test]
    fn damage_is_seen() {
        let (_folder, path) = path();
        let mut ring = opened(&path, 1000);
        ring.push_back(&record(1, 100)).unwrap();
        ring.push_back(&record(2, 100)).unwrap();
        drop(ring);
        let whole = std::fs::read(&path).unwrap();
        let mut seen = 0;
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x41;
            std::fs::write(&path, &bytes).unwrap();
            seen += u32::from(is_damaged(&path));
        }
        // What is not seen are the twelve bytes that the header does not use.
        assert_eq!(seen as usize, whole.len() - 12);
        for length in 1..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(is_damaged(&path), "{length}");
        }
    }

    fn is_damaged(path: &Path) -> bool {
        let mut ring = match Ring::open(path, 1000, true) {
            Ok(ring) => ring.unwrap(),
            Err(error) => return error.kind() == io::ErrorKind::InvalidData,
        };
        for items in [1, 2] {
            match ring.front() {
                Ok(Some(found)) => {
                    assert_eq!(found, record(items, 100));
                    ring.pop_front(found.items, found.bytes.len()).unwrap();
                }
                Err(Fault::Damaged) => return true,
                other => panic!("{other:?}"),
            }
        }
        false
    }

    /// A header that adds up, whatever it says, and whatever stands behind it.
    #[test]
    fn fuzz_files_whose_checksums_are_right() {
        let (_folder, path) = path();
        let mut ring = opened(&path, 400);
        ring.push_back(&record(1, 30)).unwrap();
        ring.push_back(&record(2, 50)).unwrap();
        drop(ring);
        let whole = std::fs::read(&path).unwrap();
        let inputs = Inputs {
            seeds: &[&whole],
            words: &["\0\0\0\0\0\0\0\0", "\x01\0\0\0\0\0\0\0"],
        };
        let tried = fuzz("spill file", inputs, |bytes| {
            let mut bytes = bytes.to_vec();
            if bytes.len() >= HEADER {
                bytes[..8].copy_from_slice(&MAGIC);
                let sum = checksum(&[&bytes[..48]]);
                bytes[48..52].copy_from_slice(&sum.to_le_bytes());
            }
            if bytes.len() >= HEADER + RECORD {
                let end = (HEADER + RECORD + 30).min(bytes.len());
                let sum = checksum(&[&bytes[HEADER + 4..end]]);
                bytes[HEADER..HEADER + 4].copy_from_slice(&sum.to_le_bytes());
            }
            std::fs::write(&path, &bytes).unwrap();
            let mut ring = match Ring::open(&path, 400, true) {
                Ok(ring) => ring.expect("nobody has it"),
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
                    return None;
                }
            };
            let mut found = 0;
            while let Ok(Some(record)) = ring.front() {
                ring.pop_front(record.items, record.bytes.len()).unwrap();
                found += 1;
                assert!(found <= bytes.len(), "each takes its place");
            }
            let pushed = ring.push_back(&record(3, 20)).is_ok();
            Some((found, pushed, ring.holds().0.min(3)))
        });
        assert!(tried.became.len() > 5, "{tried}");
    }
}
