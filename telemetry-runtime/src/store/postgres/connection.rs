//! One connection, and the runtime that drives it.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, NoTls, Statement};

use super::schema::{LOCK, STEPS, VERSIONS};
use super::server::{Server, told};
use crate::store::StoreError;
use crate::store::error::Kind;
use crate::store::sql::{Row, Sql, Value};

/// Lives and is used on one thread, outside any other runtime.
pub(crate) struct Connection {
    runtime: Runtime,
    client: Client,
    statements: HashMap<String, Statement>,
    place: String,
    patience: Duration,
}

/// What is allowed beyond the server's own limit, so that its word comes first.
const GRACE: Duration = Duration::from_millis(500);

impl Connection {
    pub(super) fn open(server: &Server) -> Result<Self, StoreError> {
        let at = |error: StoreError| error.at(&server.place);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| at(StoreError::unavailable(error.to_string())))?;
        // The whole of it: a server that takes the connection and says nothing, too.
        let patience = server.timeout + GRACE;
        let client = runtime.block_on(limited(patience, connect(server)));
        let client = client.map_err(at)?;
        let mut connection = Self {
            runtime,
            client,
            statements: HashMap::new(),
            place: server.place.clone(),
            patience,
        };
        connection.set_up(server.timeout)?;
        Ok(connection)
    }

    fn set_up(&mut self, limit: Duration) -> Result<(), StoreError> {
        let ms = limit.as_millis();
        self.batch(&format!(
            "SET statement_timeout = {ms}; SET lock_timeout = {ms}; \
             SET idle_in_transaction_session_timeout = {ms}; SET client_min_messages = warning"
        ))?;
        if self.version()? == STEPS.len() {
            return Ok(());
        }
        self.begin()?;
        // Another process may have done it meanwhile.
        let version = self.version()?;
        if version == 0 {
            self.batch(VERSIONS)?;
        }
        for (index, step) in STEPS.iter().enumerate().skip(version) {
            self.batch(step)?;
            let version = [Value::from(index as i64 + 1)];
            self.execute(
                "INSERT INTO telemetry_schema (version) VALUES ($1)",
                &version,
            )?;
        }
        self.commit()
    }

    /// Of the tables that are there; 0 where there are none.
    fn version(&mut self) -> Result<usize, StoreError> {
        let there =
            "SELECT COUNT(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('telemetry_schema')";
        if self.one(there)? == 0 {
            return Ok(0);
        }
        let version = self.one("SELECT COALESCE(MAX(version), 0) FROM telemetry_schema")?;
        let known = STEPS.len();
        match usize::try_from(version) {
            Ok(version) if version <= known => Ok(version),
            _ => Err(StoreError::new(
                Kind::Newer,
                format!("its tables are of schema version {version}, and this program knows versions up to {known}; they are left as they are"),
            )
            .at(&self.place)),
        }
    }

    fn one(&mut self, query: &str) -> Result<i64, StoreError> {
        let row = self.query(query, &[])?.into_iter().next();
        row.map_or(Ok(0), |mut row| row.integer())
    }

    fn batch(&mut self, statements: &str) -> Result<(), StoreError> {
        let Self {
            runtime,
            client,
            patience,
            ..
        } = self;
        let done = runtime.block_on(limited(*patience, client.batch_execute(statements)));
        done.map_err(|error| error.at(&self.place))
    }

    fn run<T>(
        &mut self,
        text: &str,
        body: impl AsyncFnOnce(&Client, &Statement) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, StoreError> {
        let Self {
            runtime,
            client,
            statements,
            patience,
            ..
        } = self;
        let done = runtime.block_on(limited(*patience, async {
            if !statements.contains_key(text) {
                let statement = client.prepare(text).await?;
                statements.insert(text.to_owned(), statement);
            }
            body(client, &statements[text]).await
        }));
        done.map_err(|error| error.at(&self.place))
    }
}

async fn connect(server: &Server) -> Result<Client, tokio_postgres::Error> {
    let config = &server.parts.config;
    // Each ends when its client is dropped, or with the connection.
    match &server.parts.tls {
        Some(tls) => {
            let (client, connection) = config.connect(tls.clone()).await?;
            tokio::spawn(connection);
            Ok(client)
        }
        None => {
            let (client, connection) = config.connect(NoTls).await?;
            tokio::spawn(connection);
            Ok(client)
        }
    }
}

async fn limited<T>(
    patience: Duration,
    done: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, StoreError> {
    match timeout(patience, done).await {
        Ok(done) => done.map_err(|error| StoreError::new(kind(&error), told(&error))),
        Err(_) => Err(StoreError::unavailable(format!(
            "no answer within {patience:?}"
        ))),
    }
}

impl Sql for Connection {
    /// Nobody else writes meanwhile: not that rows would come apart, but a mark must not be numbered
    /// before and seen after another one.
    fn begin(&mut self) -> Result<(), StoreError> {
        self.batch("BEGIN")?;
        self.batch(LOCK)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.batch("COMMIT")
    }

    fn roll_back(&mut self) -> Result<(), StoreError> {
        self.batch("ROLLBACK")
    }

    fn execute(&mut self, statement: &str, values: &[Value]) -> Result<u64, StoreError> {
        self.run(statement, async |client, statement| {
            client.execute_raw(statement, values.iter()).await
        })
    }

    fn query(&mut self, statement: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        let rows = self.run(statement, async |client, statement| {
            client.query(statement, &values).await
        })?;
        let row = |row: &tokio_postgres::Row| {
            let columns = row.columns().iter().enumerate();
            let values = columns.map(|(index, column)| value(row, index, column.type_()));
            values.collect::<Result<_, _>>().map(Row::new)
        };
        rows.iter()
            .map(row)
            .collect::<Result<_, _>>()
            .map_err(|error: tokio_postgres::Error| {
                StoreError::damaged(told(&error)).at(&self.place)
            })
    }

    fn place(&self) -> String {
        self.place.clone()
    }
}

fn value(
    row: &tokio_postgres::Row,
    index: usize,
    of: &Type,
) -> Result<Value, tokio_postgres::Error> {
    Ok(match *of {
        Type::INT8 => row.try_get::<_, Option<i64>>(index)?.into(),
        Type::BYTEA => row
            .try_get::<_, Option<Vec<u8>>>(index)?
            .map_or(Value::Nothing, Value::Bytes),
        _ => row
            .try_get::<_, Option<String>>(index)?
            .map_or(Value::Nothing, Value::Text),
    })
}

/// The statements name columns of these types only.
impl ToSql for Value {
    fn to_sql(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Nothing => Ok(IsNull::Yes),
            Self::Integer(number) => number.to_sql(of, out),
            // The one character that PostgreSQL has no place for.
            Self::Text(text) if text.contains('\0') => {
                text.replace('\0', "\u{fffd}").to_sql(of, out)
            }
            Self::Text(text) => text.to_sql(of, out),
            Self::Bytes(bytes) => bytes.to_sql(of, out),
        }
    }

    fn accepts(of: &Type) -> bool {
        [Type::INT8, Type::TEXT, Type::BYTEA].contains(of)
    }

    fn encode_format(&self, _of: &Type) -> Format {
        Format::Binary
    }

    to_sql_checked!();
}

/// By the class of its SQLSTATE
/// (<https://www.postgresql.org/docs/15/errcodes-appendix.html>): 22 and 23 are the data's fault, 28, 3D,
/// 3F and 42 that of the settings, 25006 a server that only reads.
fn kind(error: &tokio_postgres::Error) -> Kind {
    let Some(code) = error.code().map(|code| code.code()) else {
        return Kind::Unavailable;
    };
    match code.get(..2) {
        _ if code == "25006" => Kind::Refused,
        Some("22" | "23") => Kind::Unfit,
        Some("28" | "3D" | "3F" | "42") => Kind::Refused,
        _ => Kind::Unavailable,
    }
}
