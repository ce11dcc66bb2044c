//! A store in tables: what it does, in the statements that both databases understand.
//!
//! Every change is one transaction in which nobody else writes. So growth is never added to a
//! baseline that somebody has just forgotten: whoever adds has seen all marks before.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::sql::{Connected, Row, Sql, Value};
use super::statements::{
    ACCEPT_BASELINES, ACCEPT_EVENTS, APPEND_EVENT, BASELINES, DELETE_BASELINES, DELETE_EVENTS,
    EVENTS, MARK_ONE, MARK_SELECTED, MARKS, PUT_BASELINE,
};
use super::{
    Batch, Decision, EventQuery, Found, Mark, Selection, Store, StoreError, StoredBaseline,
    StoredEvent, Writer,
};
use crate::drift::{Baseline, BaselineKey, Event, Growth};

impl<S: Connected> Store for S {
    fn baselines(&mut self, selection: &Selection) -> Result<Found<StoredBaseline>, StoreError> {
        let rows = self
            .connection_mut()
            .query(BASELINES, &selected(selection))?;
        Ok(Found::of(rows.into_iter().map(baseline)))
    }

    fn events(&mut self, query: &EventQuery) -> Result<Found<StoredEvent>, StoreError> {
        let mut values = selected(&query.selection);
        values.push(query.since.map(micros).into());
        values.push(i64::try_from(query.limit).unwrap_or(i64::MAX).into());
        let rows = self.connection_mut().query(EVENTS, &values)?;
        Ok(Found::of(rows.into_iter().rev().map(event)))
    }

    fn write(&mut self, batch: &Batch) -> Result<Vec<Mark>, StoreError> {
        transaction(self.connection_mut(), |sql| {
            let marks = marks(sql, &batch.writer, batch.seen)?;
            if is_new(sql, batch)? {
                for growth in &batch.growth {
                    // What was learned before the decision is not what was decided.
                    if !marks.iter().any(|mark| mark.tool == growth.tool) {
                        apply(sql, &batch.writer, growth)?;
                    }
                }
                for (index, event) in batch.events.iter().enumerate() {
                    append(sql, batch, index, event)?;
                }
            }
            Ok(marks)
        })
    }

    fn accept(&mut self, selection: &Selection) -> Result<u64, StoreError> {
        transaction(self.connection_mut(), |sql| {
            decide(sql, selection, Decision::Accept)?;
            let mut values = vec![Value::from(micros(SystemTime::now()))];
            values.extend(selected(selection));
            sql.execute(ACCEPT_EVENTS, &values)?;
            values.push(Value::Bytes(Vec::new()));
            sql.execute(ACCEPT_BASELINES, &values)
        })
    }

    fn reset(&mut self, selection: &Selection) -> Result<u64, StoreError> {
        transaction(self.connection_mut(), |sql| {
            decide(sql, selection, Decision::Reset)?;
            sql.execute(DELETE_BASELINES, &selected(selection))
        })
    }

    fn clear_events(&mut self, selection: &Selection) -> Result<u64, StoreError> {
        transaction(self.connection_mut(), |sql| {
            sql.execute(DELETE_EVENTS, &selected(selection))
        })
    }

    fn prune(&mut self, before: SystemTime) -> Result<u64, StoreError> {
        transaction(self.connection_mut(), |sql| {
            let before = [Value::from(micros(before))];
            sql.execute("DELETE FROM telemetry_marks WHERE at < $1", &before)?;
            sql.execute("DELETE FROM telemetry_writers WHERE seen_at < $1", &before)?;
            sql.execute("DELETE FROM telemetry_events WHERE at < $1", &before)
        })
    }

    fn last_mark(&mut self) -> Result<i64, StoreError> {
        let rows = self
            .connection_mut()
            .query("SELECT COALESCE(MAX(id), 0) FROM telemetry_marks", &[])?;
        rows.into_iter()
            .next()
            .map_or(Ok(0), |mut row| row.integer())
    }

    fn place(&self) -> String {
        self.connection().place()
    }
}

fn transaction<S: Sql, T>(
    sql: &mut S,
    body: impl FnOnce(&mut S) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    sql.begin()?;
    match body(sql) {
        Ok(value) => sql.commit().map(|()| value),
        Err(error) => {
            // The first error is the one to tell.
            _ = sql.roll_back();
            Err(error)
        }
    }
}

/// Whether the batch was not applied before; it counts as applied from here on.
fn is_new(sql: &mut impl Sql, batch: &Batch) -> Result<bool, StoreError> {
    let writer = Value::from(&*batch.writer.id);
    let number = i64::try_from(batch.number).unwrap_or(i64::MAX);
    let known = sql.query(
        "SELECT last_batch FROM telemetry_writers WHERE writer = $1",
        std::slice::from_ref(&writer),
    )?;
    if let Some(mut row) = known.into_iter().next()
        && row.integer()? >= number
    {
        return Ok(false);
    }
    let now = micros(SystemTime::now());
    sql.execute(
        "INSERT INTO telemetry_writers (writer, last_batch, seen_at) VALUES ($1, $2, $3) \
         ON CONFLICT (writer) DO UPDATE SET last_batch = excluded.last_batch, seen_at = excluded.seen_at",
        &[writer, number.into(), now.into()],
    )?;
    Ok(true)
}

fn marks(sql: &mut impl Sql, writer: &Writer, seen: i64) -> Result<Vec<Mark>, StoreError> {
    let values = [
        Value::from(seen),
        (&*writer.service).into(),
        (&*writer.environment).into(),
        (&*writer.version).into(),
        (&*writer.id).into(),
    ];
    let mark = |mut row: Row| {
        let (id, tool) = (row.integer()?, row.text()?);
        let decision = Decision::from_name(&row.text()?);
        let at = time(row.integer()?);
        Ok(decision.map(|decision| Mark {
            id,
            tool,
            decision,
            at,
        }))
    };
    let rows = sql.query(MARKS, &values)?.into_iter();
    rows.filter_map(|row| mark(row).transpose()).collect()
}

fn apply(sql: &mut impl Sql, writer: &Writer, growth: &Growth) -> Result<(), StoreError> {
    let selection = Selection::default()
        .service(&*writer.service)
        .environment(&*writer.environment)
        .version(&*writer.version)
        .tool(&*growth.tool);
    if growth.replace {
        mark(sql, writer, &growth.tool, Decision::Accept)?;
        let now = SystemTime::now();
        let mut values = vec![Value::from(micros(now))];
        values.extend(selected(&selection));
        sql.execute(ACCEPT_EVENTS, &values)?;
        return put(sql, writer, &growth.tool, &growth.baseline, Some(now));
    }
    let stored = sql.query(BASELINES, &selected(&selection))?;
    let stored = Found::of(stored.into_iter().map(baseline));
    if !stored.unreadable.is_empty() {
        // A later release may read it. `reset` makes room.
        return Ok(());
    }
    let stored = stored.rows.into_iter().next();
    let accepted = stored.as_ref().and_then(|stored| stored.accepted);
    match stored.and_then(|stored| stored.baseline) {
        Some(mut whole) => {
            whole.merge(&growth.baseline);
            put(sql, writer, &growth.tool, &whole, accepted)
        }
        None => put(sql, writer, &growth.tool, &growth.baseline, accepted),
    }
}

fn put(
    sql: &mut impl Sql,
    writer: &Writer,
    tool: &str,
    baseline: &Baseline,
    accepted: Option<SystemTime>,
) -> Result<(), StoreError> {
    let values = [
        Value::from(&*writer.service),
        (&*writer.environment).into(),
        (&*writer.version).into(),
        tool.into(),
        Value::Bytes(match baseline.calls() {
            // Nothing is known: to be learned anew.
            0 => Vec::new(),
            _ => baseline.to_bytes(),
        }),
        micros(SystemTime::now()).into(),
        accepted.map(micros).into(),
    ];
    sql.execute(PUT_BASELINE, &values).map(drop)
}

fn append(
    sql: &mut impl Sql,
    batch: &Batch,
    index: usize,
    event: &Event,
) -> Result<(), StoreError> {
    let writer = &batch.writer;
    let values = [
        Value::Text(format!("{}:{}:{index}", writer.id, batch.number)),
        (&*writer.service).into(),
        (&*writer.environment).into(),
        (&*writer.version).into(),
        (&*writer.id).into(),
        (&*event.tool_name).into(),
        micros(event.timestamp).into(),
        event.drift_type.as_str().into(),
        event.severity.as_str().into(),
        Value::Text(event.to_json().to_string()),
    ];
    sql.execute(APPEND_EVENT, &values).map(drop)
}

/// Leaves a mark for the processes that run, one a tool and version.
fn decide(sql: &mut impl Sql, selection: &Selection, decision: Decision) -> Result<(), StoreError> {
    let now = micros(SystemTime::now());
    let mut values = selected(selection);
    values.extend([decision.as_str().into(), now.into()]);
    sql.execute(MARK_SELECTED, &values).map(drop)
}

fn mark(
    sql: &mut impl Sql,
    writer: &Writer,
    tool: &str,
    decision: Decision,
) -> Result<(), StoreError> {
    let values = [
        Value::from(&*writer.service),
        (&*writer.environment).into(),
        (&*writer.version).into(),
        tool.into(),
        decision.as_str().into(),
        micros(SystemTime::now()).into(),
        (&*writer.id).into(),
    ];
    sql.execute(MARK_ONE, &values).map(drop)
}

fn baseline(mut row: Row) -> Result<StoredBaseline, StoreError> {
    let (service, environment) = (row.text()?, row.text()?);
    let (version, tool) = (row.text()?, row.text()?);
    let bytes = row.bytes()?;
    let baseline = if bytes.is_empty() {
        None
    } else {
        let read = Baseline::from_bytes(&bytes);
        Some(read.map_err(|why| {
            StoreError::damaged(format!(
                "the baseline of {tool} in {service} {version} ({environment}) cannot be read: {why}"
            ))
        })?)
    };
    Ok(StoredBaseline {
        key: BaselineKey {
            service,
            environment,
            version,
            tool,
        },
        baseline,
        updated: time(row.integer()?),
        accepted: row.maybe_integer()?.map(time),
    })
}

fn event(mut row: Row) -> Result<StoredEvent, StoreError> {
    let id = row.text()?;
    let (service, environment) = (row.text()?, row.text()?);
    let (version, writer) = (row.text()?, row.text()?);
    let event = Event::from_json(&row.text()?)
        .map_err(|why| StoreError::damaged(format!("the event {id} cannot be read: {why}")))?;
    Ok(StoredEvent {
        id,
        service,
        environment,
        version,
        writer,
        event,
        accepted: row.maybe_integer()?.map(time),
    })
}

fn selected(selection: &Selection) -> Vec<Value> {
    let Selection {
        service,
        environment,
        version,
        tool,
    } = selection;
    [service, environment, version, tool]
        .map(|text| text.as_deref().into())
        .to_vec()
}

/// Microseconds since 1970, as times are stored; before that, 0.
fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

fn time(micros: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use telemetry_fuzz::{Inputs, fuzz};

    use super::*;

    /// SQLite keeps in a column whatever was put there: a row is read, or is one that cannot be.
    #[test]
    fn fuzz_rows() {
        let inputs = Inputs {
            seeds: &[b"t,t,t,t,b\x00,i9,n", b"t,t,t,t,t,t{},n"],
            words: &["n,", "i-1,", "t,", "b,", "b\x01\x00\x00\x00"],
        };
        let tried = fuzz("rows of a store", inputs, |bytes| {
            let columns = bytes.split(|byte| *byte == b',').map(column);
            let columns: Vec<Value> = columns.collect();
            let baseline = baseline(Row::new(columns.clone()));
            let event = event(Row::new(columns));
            let why = |why: StoreError| why.to_string().split(':').next().map(str::to_owned);
            (
                baseline.map(drop).map_err(why),
                event.map(drop).map_err(why),
            )
        });
        assert!(tried.became.len() > 10, "{tried}");
    }

    fn column(bytes: &[u8]) -> Value {
        let (kind, rest) = bytes.split_at(bytes.len().min(1));
        let text = String::from_utf8_lossy(rest);
        match kind {
            b"i" => Value::Integer(text.parse().unwrap_or(i64::MIN)),
            b"t" => Value::Text(text.into_owned()),
            b"b" => Value::Bytes(rest.to_vec()),
            _ => Value::Nothing,
        }
    }
}
