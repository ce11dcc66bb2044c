//! The `#[tool]` attribute of `telemetry-runtime`. Use it from there.
//!
//! `expand::tool` is the whole macro: `args::Args` and `item::Item` are parsed, their
//! faults gathered in `errors::Errors`, and the call wrapped. What a call *does* is in
//! `telemetry_runtime::__private`, not in the tokens written here.

#![forbid(unsafe_code)]

mod args;
mod argument;
mod container;
mod errors;
mod expand;
mod function;
mod item;
mod nearest;
mod parameter;
mod returns;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Measures each call of a function: a span of its trace, a point in its metrics.
///
/// ```
/// use telemetry_runtime::tool;
///
/// #[tool]
/// fn search(query: &str, limit: u32) -> Result<Vec<String>, std::num::ParseIntError> {
///     query.split(' ').take(limit as usize).map(|word| Ok(word.parse::<u8>()?.to_string())).collect()
/// }
///
/// assert!(search("1 2 3", 2).is_ok());
/// ```
///
/// The span is `tool.search` and has the attributes `tool.param.query` and
/// `tool.param.limit`. A call is a `success`, an `error` where the function gives an `Err`,
/// a `panic`, or `cancelled`: a future that is dropped before it is ready.
///
/// The function stays what it was: its type, its lifetimes, whether its future is `Send`,
/// the order in which parameters are dropped, and what the compiler says of its body.
///
/// # What is measured
///
/// | shape | a call lasts |
/// |---|---|
/// | `fn`, also `unsafe`, `extern`, generic, a method, `-> !` | from its start until it gives a value or panics |
/// | `async fn` | from the first poll until it is ready, panics or is dropped |
/// | `fn` that gives a future: `impl Future`, `Pin<Box<dyn Future>>`, `BoxFuture`, `LocalBoxFuture`, what `#[async_trait]` writes, what [`future`](#future) names | from the first poll of the future until it is ready, panics or is dropped; one that is never polled is no call |
/// | `fn` that gives a stream: `impl Stream`, `Pin<Box<dyn Stream>>`, `BoxStream`, `LocalBoxStream`, what [`stream`](#stream) names | from the first poll of the stream until it ends, panics or is dropped; its items are counted |
/// | `#[track_caller] fn` | as `fn`; an `Err` is not seen, since no closure can have a caller |
///
/// A `const fn` is refused: it can run while compiling.
///
/// ```
/// use telemetry_runtime::tool;
///
/// struct Store(Vec<String>);
///
/// impl Store {
///     #[tool(name = "Store::get")]
///     async fn get(&self, key: usize) -> Result<&str, String> {
///         self.0.get(key).map(String::as_str).ok_or_else(|| format!("no {key}"))
///     }
/// }
///
/// let store = Store(vec!["a".to_owned()]);
/// assert_eq!(pollster::block_on(store.get(0)), Ok("a"));
/// assert!(pollster::block_on(store.get(1)).is_err());
/// ```
///
/// # On an `impl`, a `trait`, a `mod`
///
/// Every function with a body in it is a tool, in modules and `impl`s inside of it too. The
/// names are `Type::method` (without path and generics, also for an `impl` of a trait), and
/// `Trait::method` for a trait's own. An own `#[tool(…)]` says what is different for one
/// function, `#[tool(skip)]` leaves one out. Left out are `const fn`s, tests and `main`.
/// Arguments that can hold for all functions may stand above: `skip` then names parameters
/// wherever they occur.
///
/// The attribute is known by its path: `tool`, or `tool` of the crate. Functions that a macro
/// inside makes are not seen, nor is the file of a `mod name;`.
///
/// ```
/// use telemetry_runtime::tool;
///
/// struct Account(i64);
///
/// #[tool(skip(pin))]
/// impl Account {
///     const LIMIT: i64 = 1000;
///
///     fn withdraw(&mut self, amount: i64, pin: &str) -> Result<i64, String> {
///         if pin != "1234" || amount > Self::LIMIT {
///             return Err("refused".to_owned());
///         }
///         self.0 -= amount;
///         Ok(self.balance())
///     }
///
///     #[tool(name = "deposit")]
///     fn put(&mut self, amount: i64) {
///         self.0 += amount;
///     }
///
///     #[tool(skip)]
///     fn balance(&self) -> i64 {
///         self.0
///     }
/// }
///
/// let mut account = Account(5);
/// account.put(5);
/// assert_eq!(account.withdraw(3, "1234"), Ok(7));
/// ```
///
/// # Arguments
///
/// ## `future`
///
/// The function gives a future in a box, which an alias hides. The call lasts from its first
/// poll on, wherever that is. Parameters are looked at before the body has them, unless it is
/// known by then that the span is not sent. `future = false` measures the making of a future
/// instead.
///
/// ```
/// # use telemetry_runtime::tool;
/// use std::pin::Pin;
///
/// type Answer<'a> = Pin<Box<dyn Future<Output = Option<u8>> + Send + 'a>>;
///
/// #[tool(future)]
/// fn ask(question: &str) -> Answer<'_> {
///     Box::pin(async move { question.parse().ok() })
/// }
/// assert_eq!(pollster::block_on(ask("7")), Some(7));
/// ```
///
/// ## `stream`
///
/// The same of a stream. The span says how many items there were (`tool.stream.items`), also where
/// the stream is dropped before its end, which is `cancelled`. Items are looked at as values of a
/// function are: an `Err` makes the call an `error`, with the type and text of the first one, and
/// `tool.stream.errors` says how many; `error_if`, `ok_if`, `error_type`, `err` hold for each item.
/// After an error it is an `error` also where it is dropped, since who reads with `?` goes no
/// further. The time in which whoever reads does something else is part of the call.
///
/// ```
/// # use telemetry_runtime::tool;
/// use futures_util::stream::{self, BoxStream, StreamExt};
///
/// #[tool]
/// fn words(text: &str) -> BoxStream<'_, Result<u8, std::num::ParseIntError>> {
///     stream::iter(text.split(' ').map(str::parse)).boxed()
/// }
///
/// type Rows<'a> = BoxStream<'a, u8>;
///
/// #[tool(stream)]
/// fn rows(end: u8) -> Rows<'static> {
///     stream::iter(0..end).boxed()
/// }
/// assert_eq!(pollster::block_on(words("1 2 x").count()), 3);
/// assert_eq!(pollster::block_on(rows(2).count()), 2);
/// ```
///
/// ## `name = "…"`
///
/// The tool's name, else the function's. Two places with one name are one tool. It becomes a metric's
/// label and is asked for in queries: one line of at most 256 bytes that can be seen, without spaces
/// around it, quotes and backslashes, and without `*` and `?`, which stand for others in the
/// configuration. `_other` is telemetry's own.
///
/// ```
/// # use telemetry_runtime::tool;
/// #[tool(name = "cache.get")]
/// fn get(key: &str) -> Option<u32> {
///     key.parse().ok()
/// }
/// # get("a");
/// ```
///
/// ## `skip(parameter, …)`, `skip_all`
///
/// Parameters that are not captured. The others are, where the span is sampled: numbers,
/// truth values and texts as what they are, other types by `Debug` where they have it (a
/// generic one where its bounds say so), else they are left out. `self` never is. Names that
/// look like secrets are captured as `[redacted]`.
///
/// ```
/// # use telemetry_runtime::tool;
/// #[tool(skip(document))]
/// fn store(name: &str, document: &[u8]) -> usize {
///     name.len() + document.len()
/// }
///
/// #[tool(skip_all)]
/// fn merge(left: &[u8], right: &[u8]) -> Vec<u8> {
///     [left, right].concat()
/// }
/// # store("a", &[]);
/// # merge(&[], &[]);
/// ```
///
/// ## `only(parameter, …)`, `redact(parameter, …)`
///
/// `only` captures these and no others, whatever their names look like and whatever
/// `params_capture` says. `redact` says of these no more than that they are there.
///
/// ```
/// # use telemetry_runtime::tool;
/// #[tool(only(user))]
/// fn sign_in(user: &str, password: &str) -> bool {
///     user.len() < password.len()
/// }
///
/// #[tool(redact(card))]
/// fn charge(card: &str, cents: u64) -> u64 {
///     cents + card.len() as u64
/// }
/// # sign_in("a", "b");
/// # charge("1", 2);
/// ```
///
/// ## `fields(key = expression, …)`
///
/// Further attributes of the span. An expression sees the parameters, `self` too, as they are
/// before the body has them, which it cannot take away from it, and is evaluated only where the span is sampled; names that a
/// pattern binds are references there. Values are captured as parameters are, also where
/// `params_capture` is `none`. A key is a word, words with dots, or a text.
///
/// ```
/// # use telemetry_runtime::tool;
/// #[tool(skip(items), fields(items.count = items.len(), "shop.region" = region()))]
/// fn order(items: Vec<String>) -> usize {
///     items.into_iter().map(|item| item.len()).sum()
/// }
///
/// fn region() -> &'static str {
///     "eu"
/// }
/// # order(Vec::new());
/// ```
///
/// ## `error_if = function`, `ok_if = function`, `error_type = function`
///
/// What counts as a failure, and how it is called. `error_if` and `ok_if` look at what the
/// function gives, beside the `Err` of a `Result`, which is a failure otherwise; where both hold,
/// `ok_if` wins. `error_type` is `error.type` of span and metrics: a text, or of a `Result`'s error
/// a function that gives a text. There should not be many different ones. Without it, it is the
/// name of the error's type.
///
/// A function here is a path or a closure, which sees no parameters: the body has them. A
/// `Result` inside of another one's `Ok` is a success, and an `ExitCode` always is.
///
/// ```
/// # use telemetry_runtime::tool;
/// #[derive(Debug)]
/// enum Refused {
///     Busy,
///     NotFound,
/// }
///
/// impl Refused {
///     fn code(&self) -> &'static str {
///         match self {
///             Self::Busy => "busy",
///             Self::NotFound => "not_found",
///         }
///     }
/// }
///
/// #[tool(error_type = Refused::code, ok_if = |found| matches!(found, Err(Refused::NotFound)))]
/// fn find(id: u8) -> Result<u8, Refused> {
///     match id {
///         0 => Err(Refused::NotFound),
///         1 => Err(Refused::Busy),
///         id => Ok(id),
///     }
/// }
///
/// #[tool(error_if = Option::is_none, error_type = "missing")]
/// fn first(list: &[u8]) -> Option<u8> {
///     list.first().copied()
/// }
/// # let _ = (find(0), find(1), find(2), first(&[]));
/// ```
///
/// ## `err`, `ret`
///
/// The text of an error is on the span as `error.message`, by its `Display`, else by its `Debug`,
/// and what it names as its `source`, and so on, as `error.source`: a line each, at most eight. That
/// is of an `Error`, a `Box<dyn Error>`, or what gives one by `AsRef`, as anyhow's and eyre's types
/// do. `err = false` leaves both out, a function and `Debug` the second. `ret` puts what the function gives on the span too, of a `Result`
/// what is in an `Ok`, as `tool.return`, captured as parameters are. Both take `Debug`, `Display` or
/// a function in brackets.
///
/// ```
/// # use telemetry_runtime::tool;
/// #[tool(ret, err(Debug))]
/// fn parse(text: &str) -> Result<u8, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// #[tool(ret(Vec::len))]
/// fn words(text: &str) -> Vec<&str> {
///     text.split(' ').collect()
/// }
/// # let _ = (parse("a"), words("b c"));
/// ```
///
/// ## `parent = span`, `follows_from = span`
///
/// The span's parent, in place of the innermost call or span that is active, and other spans that
/// it is linked with. The expression sees the parameters as `fields` does, is evaluated where
/// telemetry runs, and gives a `Current`, an `opentelemetry::Context`, a `SpanContext`, a reference
/// to one, or an `Option`, an array or a `Vec` of them. One that names no span changes nothing.
///
/// ```
/// # use telemetry_runtime::tool;
/// use telemetry_runtime::Current;
///
/// struct Job {
///     from: Current,
///     causes: Vec<Current>,
/// }
///
/// #[tool(parent = &job.from, follows_from = &job.causes, skip_all)]
/// fn work(job: Job) -> usize {
///     job.causes.len()
/// }
/// # work(Job { from: telemetry_runtime::current(), causes: Vec::new() });
/// ```
///
/// ## `kind = "server"`
///
/// OpenTelemetry's kind of the span: `internal` (if nothing is said), `server`, `client`,
/// `producer`, `consumer`.
///
/// ```
/// # use telemetry_runtime::tool;
/// #[tool(kind = "client")]
/// async fn query(sql: &str) -> usize {
///     sql.len()
/// }
/// # pollster::block_on(query("a"));
/// ```
///
/// ## `level = "debug"`
///
/// The level of the lines about its calls in the log, where a call went well: `trace`, `debug`,
/// `info`, `warn`, `error`.
///
/// ```
/// # use telemetry_runtime::tool;
/// #[tool(level = "debug")]
/// fn heartbeat() {}
/// # heartbeat();
/// ```
///
/// ## `drift = false`
///
/// The tool is not watched for drift: what it does is too various to have a normal.
///
/// ```
/// # use telemetry_runtime::tool;
/// #[tool(drift = false)]
/// fn run_command(line: &str) -> usize {
///     line.len()
/// }
/// # run_command("ls");
/// ```
///
/// ## `objective(success = 99.9, latency_ms = 250, quantile = 99)`
///
/// What the tool's calls should be: so many percent of them end without an error, and `quantile`
/// percent take no more than `latency_ms`; 99 where only a latency is given. Each number goes out as
/// a gauge, for alert rules: `tool.objective.success`, `tool.objective.latency_ms`,
/// `tool.objective.quantile`. The counter `tool.slow` counts calls over the objective's latency.
///
/// ```
/// # use telemetry_runtime::tool;
/// #[tool(objective(success = 99.9, latency_ms = 250))]
/// fn checkout(cents: u64) -> Result<u64, String> {
///     Ok(cents)
/// }
/// # checkout(1).unwrap();
/// ```
///
/// ## `threshold_ms = 250`, `sample = 0.1`
///
/// From how many milliseconds on a call is slow, and which ratio of the calls is sampled that
/// are roots of their trace. The configuration's `thresholds.<name>` and `tools` win over both;
/// `thresholds.default` and `traces_sample_rate` do not.
///
/// ```
/// # use telemetry_runtime::tool;
/// #[tool(threshold_ms = 250, sample = 0.1)]
/// fn poll_queue() -> Option<u8> {
///     None
/// }
/// # poll_queue();
/// ```
///
/// ## `crate = path`
///
/// Where the runtime is, when it is renamed or another crate exports it again.
///
/// ```
/// use telemetry_runtime as telemetry;
///
/// #[telemetry::tool(crate = telemetry)]
/// fn ping() {}
/// # ping();
/// ```
///
/// # What it becomes
///
/// `#[tool] fn add(a: u64, b: u64) -> u64 { a + b }` is
///
/// ```text
/// fn add(a: u64, b: u64) -> u64 {
///     ::telemetry_runtime::__private::call(
///         ::telemetry_runtime::__private::site!("add", "add", 2),
///         &mut |__params| {
///             __params.param("tool.param.a", &a).telemetry_capture();
///             __params.param("tool.param.b", &b).telemetry_capture();
///         },
///     )
///     .run(
///         move || -> u64 {
///             let (a, b) = (a, b);
///             { a + b }
///         },
///         |output| ::telemetry_runtime::__private::failure!(output),
///     )
/// }
/// ```
///
/// An `async fn` becomes a plain one that gives a future, so that this holds the parameters once: it
/// is the body's with at most 64 bytes around it, whatever the parameters are. They are looked at in the
/// first poll, before the body has them; what that takes is no part of the call's duration.
///
/// ```text
/// fn fetch(id: u64) -> impl ::core::future::Future<Output = Page> {
///     ::telemetry_runtime::__private::call_async(
///         ::telemetry_runtime::__private::site!("fetch", "fetch", 1),
///         async move {
///             ::telemetry_runtime::__private::returns!(Page);
///             ::telemetry_runtime::__private::params(&mut |__params| {
///                 __params.param("tool.param.id", &id).telemetry_capture();
///             });
///             let id = id;
///             { get(id).await }
///         },
///         |output| ::telemetry_runtime::__private::failure!(output),
///     )
/// }
/// ```
///
/// It stays an `async fn`, whose future holds parameters twice, where something else looks at that
/// word: another attribute below this one or on what is around (`#[async_trait]`, `#[tokio::main]`),
/// `#[must_use]`, which holds for what the future gives, the functions of a `trait` with the
/// attribute, which the lint `async_fn_in_trait` looks at, and `-> !`.
///
/// # What it cannot keep
///
/// * rustdoc and editors show an `async fn` as one that gives `impl Future`.
/// * The lint `async_fn_in_trait` does not see a default method that has the attribute itself; put
///   it on the `trait`.
/// * `unconditional_recursion`, and of clippy `missing_const_for_fn`, `needless_lifetimes`,
///   `needless_pass_by_value`, `needless_return` at the end of a body, `only_used_in_recursion`, `ptr_arg`,
///   `unnecessary_wraps`, `unused_async` and others that look at the whole of a body's function: the
///   body is in a closure, or an async block, of it.
/// * Inside a body, messages of the compiler say "closure" or "async block" where they said
///   "function". Their code and place stay.
/// * A macro decides by names: a type that only looks like a future (`BoxFuture`, `Stream`) is taken
///   for one; `future = false` and `stream = false` say that it is none.
///
/// # What it can know of a value
///
/// Whether a parameter is a number, has `Debug` or neither, and whether a value is a `Result` whose
/// error has `Display`, the compiler decides where the function stands, with the types as they are
/// known there. So a generic parameter is what its bounds say (`T` without any is left out), a
/// `Result` behind a generic type is none, and so is one behind a reference. `skip`, `fields` and
/// `error_if` say more. An `Option` that is `None` and an `ExitCode` are successes, as is a
/// `Result` inside of an `Ok`.
///
/// `error.type` is the last word of the error's type, with its path where that says nothing
/// (`io::error::Error`), of a `Box` or `Arc` what is inside: `dyn Error` for `Box<dyn Error>`,
/// `anyhow::Error` for that, `String` and `str` for texts.
#[proc_macro_attribute]
pub fn tool(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::tool(args.into(), item.into()).into()
}
