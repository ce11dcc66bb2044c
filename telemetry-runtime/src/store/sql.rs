//! What the two databases have in common: statements, values, one transaction at a time.

use super::StoreError;

/// A connection. Statements have numbered parameters, `$1`; what they say is understood by both.
pub(crate) trait Sql: Send {
    /// Begins a transaction in which this connection is the only one that writes.
    fn begin(&mut self) -> Result<(), StoreError>;

    fn commit(&mut self) -> Result<(), StoreError>;

    /// Fails only where the connection is of no use any more.
    fn roll_back(&mut self) -> Result<(), StoreError>;

    /// The number of rows that it changed.
    fn execute(&mut self, statement: &str, values: &[Value]) -> Result<u64, StoreError>;

    fn query(&mut self, statement: &str, values: &[Value]) -> Result<Vec<Row>, StoreError>;

    /// For people, without a password.
    fn place(&self) -> String;
}

/// Whatever has a connection is a [`Store`](super::Store).
pub(crate) trait Connected: Send {
    type Connection: Sql;

    fn connection(&self) -> &Self::Connection;

    fn connection_mut(&mut self) -> &mut Self::Connection;
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Nothing,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

/// The columns of one row, taken from left to right.
#[derive(Debug)]
pub(crate) struct Row(std::vec::IntoIter<Value>);

impl Row {
    pub(crate) fn new(columns: Vec<Value>) -> Self {
        Self(columns.into_iter())
    }

    pub(crate) fn text(&mut self) -> Result<String, StoreError> {
        match self.0.next() {
            Some(Value::Text(text)) => Ok(text),
            other => Err(unexpected("a text", other.as_ref())),
        }
    }

    pub(crate) fn integer(&mut self) -> Result<i64, StoreError> {
        self.maybe_integer()?
            .ok_or_else(|| unexpected("a number", Some(&Value::Nothing)))
    }

    pub(crate) fn maybe_integer(&mut self) -> Result<Option<i64>, StoreError> {
        match self.0.next() {
            Some(Value::Integer(number)) => Ok(Some(number)),
            Some(Value::Nothing) => Ok(None),
            other => Err(unexpected("a number", other.as_ref())),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>, StoreError> {
        match self.0.next() {
            Some(Value::Bytes(bytes)) => Ok(bytes),
            other => Err(unexpected("bytes", other.as_ref())),
        }
    }
}

/// SQLite keeps in a column whatever was put there.
fn unexpected(wanted: &str, found: Option<&Value>) -> StoreError {
    let found = match found {
        None => "no column",
        Some(Value::Nothing) => "nothing",
        Some(Value::Integer(_)) => "a number",
        Some(Value::Text(_)) => "a text",
        Some(Value::Bytes(_)) => "bytes",
    };
    StoreError::damaged(format!("found {found} where {wanted} should stand"))
}
