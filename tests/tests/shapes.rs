//! Every shape of function that `#[tool]` takes.

#![expect(unsafe_code, reason = "unsafe functions are shapes too")]

use std::cell::RefCell;
use std::fmt::{self, Debug};
use std::future::Future;
use std::num::ParseIntError;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;

use pollster::block_on;
use telemetry_runtime::tool;
use telemetry_tests::spans::measured;

type Parsed<T> = Result<T, ParseIntError>;

#[derive(Clone, Debug, PartialEq)]
struct Counter(u64);

impl Counter {
    #[tool]
    fn new() -> Self {
        Self(0)
    }

    #[tool]
    fn bump(&mut self, by: u64) -> &mut u64 {
        self.0 += by;
        &mut self.0
    }

    #[tool]
    fn checked(&mut self, least: u64) -> Result<&mut u64, String> {
        if self.0 < least {
            return Err(format!("{} < {least}", self.0));
        }
        Ok(&mut self.0)
    }

    #[tool]
    async fn take(&mut self) -> Result<u64, String> {
        self.0 = self.0.checked_sub(1).ok_or("empty")?;
        Ok(self.0)
    }

    #[tool]
    async fn borrowed(&self, or: &u64) -> &u64 {
        let _ = or;
        &self.0
    }

    #[tool]
    fn into_inner(self) -> u64 {
        self.0
    }

    #[tool]
    fn doubled(mut self) -> Self {
        self.0 *= 2;
        self
    }

    #[tool]
    fn boxed(self: Box<Self>) -> Self {
        *self
    }

    #[tool]
    fn shared(self: Rc<Self>, other: Arc<Self>) -> u64 {
        self.0 + other.0
    }

    #[tool]
    fn pinned(mut self: Pin<&mut Self>, by: u64) -> u64 {
        self.0 += by;
        self.0
    }

    #[tool]
    async fn later(self: Arc<Self>) -> u64 {
        self.0
    }
}

trait Shape {
    fn area(&self) -> f64;

    #[tool]
    fn described(&self, unit: &str) -> String {
        format!("{} {unit}", self.area())
    }

    fn fetched(&self) -> impl Future<Output = f64>;
}

struct Square(f64);

impl Shape for Square {
    #[tool]
    fn area(&self) -> f64 {
        self.0 * self.0
    }

    #[tool]
    async fn fetched(&self) -> f64 {
        self.area()
    }
}

#[test]
fn methods() {
    let told = measured(|| {
        let mut counter = Counter::new();
        *counter.bump(1) += 1;
        assert_eq!(counter.checked(3), Err("2 < 3".to_owned()));
        *counter.checked(2).unwrap() += 1;
        assert_eq!(block_on(counter.take()), Ok(2));
        assert_eq!(*block_on(counter.borrowed(&7)), 2);
        assert_eq!(Counter::new().into_inner(), 0);
        assert_eq!(counter.clone().doubled(), Counter(4));
        assert_eq!(Box::new(counter.clone()).boxed(), Counter(2));
        assert_eq!(Rc::new(counter.clone()).shared(Arc::new(Counter(1))), 3);
        assert_eq!(pin!(&mut counter).as_mut().bump(1), &3);
        assert_eq!(pin!(counter.clone()).pinned(2), 5);
        assert_eq!(block_on(Arc::new(counter).later()), 3);
        assert_eq!(block_on(Counter(0).take()), Err("empty".to_owned()));
        assert_eq!(Square(2.0).described("m²"), "4 m²");
        assert_eq!(block_on(Square(3.0).fetched()), 9.0);
    });
    assert_eq!(
        told,
        [
            "new success",
            "bump success",
            "checked error String",
            "checked success",
            "take success",
            "borrowed success",
            "new success",
            "into_inner success",
            "doubled success",
            "boxed success",
            "shared success",
            "bump success",
            "pinned success",
            "later success",
            "take error String",
            "described success",
            "area success",
            "fetched success",
            "area success"
        ]
    );
}

#[tool]
fn longest<'a, T: AsRef<str> + ?Sized>(a: &'a T, b: &'a T) -> &'a str {
    if a.as_ref().len() < b.as_ref().len() {
        b.as_ref()
    } else {
        a.as_ref()
    }
}

#[tool]
async fn parsed(text: impl AsRef<str>) -> Parsed<Vec<u64>> {
    let numbers = text
        .as_ref()
        .split(',')
        .map(str::parse)
        .collect::<Parsed<_>>()?;
    Ok(numbers)
}

#[tool]
fn nothing(into: &mut Vec<u8>) {
    into.push(1);
}

#[tool]
fn up_to(end: u64) -> impl Iterator<Item = u64> {
    0..end
}

#[tool]
async fn later_up_to(end: u64) -> Result<impl Iterator<Item = u64>, fmt::Error> {
    if end == 0 {
        Err(fmt::Error)?;
    }
    Ok(0..end)
}

#[tool]
fn array<T: Copy + Default, const N: usize>(first: T) -> [T; N]
where
    [T; N]: Debug,
{
    let mut all = [T::default(); N];
    if let Some(slot) = all.first_mut() {
        *slot = first;
    }
    all
}

#[tool]
fn dynamic(even: bool) -> Box<dyn Iterator<Item = u32>> {
    if even {
        Box::new((0..).step_by(2))
    } else {
        Box::new(0..)
    }
}

#[tool]
fn fails(why: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let Ok(number) = why.parse::<u8>() else {
        Err(why)?
    };
    'found: {
        if number > 3 {
            break 'found;
        }
        return Ok(());
    }
    Err("too large".into())
}

#[tool]
fn borrows(byte: &mut u8) -> Result<&u8, fmt::Error> {
    *byte = byte.checked_sub(1).ok_or(fmt::Error)?;
    Ok(byte)
}

#[tool]
fn inner_result(fails: bool) -> Result<Result<u8, String>, fmt::Error> {
    Ok(if fails {
        Err("inside".to_owned())
    } else {
        Ok(1)
    })
}

#[tool]
fn found(at: usize) -> Option<u8> {
    [7].get(at).copied()
}

#[tool]
fn exits() -> ExitCode {
    ExitCode::FAILURE
}

#[tool]
fn generic_error<E>(error: Option<E>) -> Result<(), E> {
    error.map_or(Ok(()), Err)
}

#[tool]
fn factorial(n: u64) -> u64 {
    if n == 0 { 1 } else { n * factorial(n - 1) }
}

#[test]
fn free_functions() {
    let told = measured(|| {
        assert_eq!(longest("a", "bc"), "bc");
        assert_eq!(block_on(parsed("1,2")), Ok(vec![1, 2]));
        assert!(block_on(parsed("1,x")).is_err());
        let mut into = Vec::new();
        nothing(&mut into);
        assert_eq!(into, [1]);
        assert_eq!(up_to(3).count(), 3);
        assert_eq!(block_on(later_up_to(3)).map(Iterator::count), Ok(3));
        assert!(block_on(later_up_to(0)).is_err());
        assert_eq!(array::<u8, 2>(1), [1, 0]);
        assert_eq!(dynamic(true).nth(1), Some(2));
        assert_eq!(dynamic(false).nth(1), Some(1));
        assert_eq!(fails("x").unwrap_err().to_string(), "x");
        assert_eq!(fails("4").unwrap_err().to_string(), "too large");
        assert!(fails("3").is_ok());
        assert_eq!(generic_error(Some(())), Err(()));
        assert_eq!(borrows(&mut 3), Ok(&2));
        assert!(borrows(&mut 0).is_err());
        assert_eq!(inner_result(true), Ok(Err("inside".to_owned())));
        assert_eq!((found(0), found(1)), (Some(7), None));
        assert_eq!(exits(), ExitCode::FAILURE);
        assert_eq!(factorial(5), 120);
    });
    assert_eq!(
        told,
        [
            "longest success",
            "parsed success",
            "parsed error ParseIntError",
            "nothing success",
            "up_to success",
            "later_up_to success",
            "later_up_to error fmt::Error",
            "array success",
            "dynamic success ×2",
            "fails error dyn Error ×2",
            "fails success",
            "generic_error error ()",
            "borrows success",
            "borrows error fmt::Error",
            "inner_result success",
            "found success ×2",
            "exits success",
            "factorial success ×6"
        ]
    );
}

#[tool]
fn stops(code: u8) -> ! {
    panic!("stopped with {code}")
}

#[tool]
async fn stops_later() -> ! {
    panic!("stopped later")
}

#[test]
fn that_never_return() {
    let told = measured(|| {
        let stopped = std::panic::catch_unwind(|| stops(3)).unwrap_err();
        assert_eq!(stopped.downcast_ref::<String>().unwrap(), "stopped with 3");
        let stopped = std::panic::catch_unwind(|| block_on(stops_later())).unwrap_err();
        assert_eq!(*stopped.downcast_ref::<&str>().unwrap(), "stopped later");
    });
    assert_eq!(told, ["stops panic", "stops_later panic"]);
}

#[tool]
unsafe fn read(from: *const u8) -> u8 {
    // SAFETY: the caller gives a pointer to a byte that lives.
    unsafe { *from }
}

#[tool]
async unsafe fn read_later(from: *const u8) -> u8 {
    // SAFETY: as above.
    unsafe { *from }
}

#[tool]
extern "C" fn called_from_c(a: i32) -> i32 {
    a + 1
}

#[test]
fn unsafe_and_foreign() {
    let told = measured(|| {
        let byte = 7;
        // SAFETY: `byte` lives until the end of the test.
        let read = unsafe { (read(&byte), block_on(read_later(&byte))) };
        assert_eq!(read, (7, 7));
        let pointer: extern "C" fn(i32) -> i32 = called_from_c;
        assert_eq!(pointer(1), 2);
    });
    assert_eq!(
        told,
        [
            "read success",
            "read_later success",
            "called_from_c success"
        ]
    );
}

struct Pair<A, B> {
    a: A,
    b: B,
}

#[expect(unexpected_cfgs, reason = "nobody sets it")]
#[expect(clippy::too_many_arguments, reason = "one of each")]
#[tool]
fn patterns(
    mut a: u8,
    (b, mut c): (u8, &u8),
    _: String,
    &d: &u8,
    Pair { a: e, b: (f, ..) }: Pair<u8, (u8, String)>,
    [g, rest @ ..]: [u8; 3],
    &(ref h, i): &(String, u8),
    r#type: u8,
    #[cfg(telemetry_absent)] absent: Absent,
    #[cfg(not(telemetry_absent))] present: u8,
) -> u64 {
    a += 1;
    c = if b > *c { &9 } else { c };
    [a, b, *c, d, e, f, g, rest[0], rest[1], i, r#type, present]
        .iter()
        .map(|&n| u64::from(n))
        .sum::<u64>()
        + h.len() as u64
}

#[tool]
async fn patterns_later((a, b): (u8, u8), Pair { a: ref c, .. }: Pair<String, ()>) -> (u8, usize) {
    (a + b, c.len())
}

#[test]
fn patterns_as_parameters() {
    let told = measured(|| {
        let pair = Pair {
            a: 1,
            b: (2, String::new()),
        };
        let sum = patterns(
            1,
            (2, &3),
            String::new(),
            &4,
            pair,
            [5, 6, 7],
            &("12".to_owned(), 8),
            9,
            10,
        );
        assert_eq!(sum, 2 + 2 + 3 + 4 + 1 + 2 + 5 + 6 + 7 + 2 + 8 + 9 + 10);
        assert_eq!(
            block_on(patterns_later(
                (1, 2),
                Pair {
                    a: "a".to_owned(),
                    b: ()
                }
            )),
            (3, 1)
        );
    });
    assert_eq!(told, ["patterns success", "patterns_later success"]);
}

#[track_caller]
#[tool]
fn here() -> &'static Location<'static> {
    Location::caller()
}

#[tool]
#[track_caller]
fn owns(mut text: String, _: u8) -> (String, u32) {
    text.push('!');
    (text, Location::caller().line())
}

#[test]
fn a_tracked_caller_is_the_caller() {
    let told = measured(|| {
        assert_eq!((here().file(), here().line()), (file!(), line!()));
        assert_eq!(owns("a".to_owned(), 1), ("a!".to_owned(), line!()));
    });
    assert_eq!(told, ["here success ×2", "owns success"]);
}

macro_rules! made {
    ($(#[$attr:meta])* $vis:vis fn $name:ident($param:ident: $ty:ty) -> $output:ty $body:block) => {
        $(#[$attr])*
        #[tool]
        $vis fn $name($param: $ty, params: u8, output: u8) -> $output {
            let inner = $body;
            inner + <$output>::from(params) + <$output>::from(output)
        }
    };
}

made! {
    #[must_use]
    pub(crate) fn made_by_a_macro(number: u16) -> u32 { u32::from(number) + 1 }
}

macro_rules! bodied {
    (fn $name:ident() -> u8 $body:block) => {
        #[tool]
        fn $name() -> u8 $body
    };
}

bodied!(
    fn with_a_given_body() -> u8 {
        3
    }
);

#[test]
fn by_macro_rules() {
    let told = measured(|| {
        assert_eq!(made_by_a_macro(1, 2, 3), 7);
        assert_eq!(with_a_given_body(), 3);
    });
    assert_eq!(
        told,
        ["made_by_a_macro success", "with_a_given_body success"]
    );
}

#[tool]
fn with_inner_attributes(a: u8) -> u8 {
    #![allow(unused_variables, reason = "an inner attribute has to stay at the top")]
    let b = a;
    a
}

#[tool(skip(a))]
fn nested(a: u8) -> u8 {
    #[tool(name = "inner tool", skip_all)]
    fn inner(a: u8) -> u8 {
        a * 2
    }
    inner(a) + 1
}

#[tool]
fn borrows_a_temporary(cell: RefCell<u8>) -> u8 {
    *cell.borrow()
}

#[test]
fn in_functions_and_blocks() {
    let told = measured(|| {
        assert_eq!(with_inner_attributes(1), 1);
        assert_eq!(nested(1), 3);
        assert_eq!(borrows_a_temporary(RefCell::new(1)), 1);
    });
    assert_eq!(
        told,
        [
            "with_inner_attributes success",
            "nested success",
            "inner tool success",
            "borrows_a_temporary success"
        ]
    );
}

/// Others' attributes, on either side.
mod beside_others {
    use super::{fmt, tool};

    /// Documented.
    #[must_use]
    #[tool]
    #[inline]
    pub(super) fn kept(a: u8) -> u8 {
        a
    }

    #[tool]
    #[must_use]
    #[inline(never)]
    #[doc = "Documented."]
    pub(super) async fn kept_later(a: u8) -> u8 {
        a
    }

    #[tool]
    #[tokio::main(flavor = "current_thread")]
    pub(super) async fn main_below(fails: bool) -> Result<u8, fmt::Error> {
        tokio::task::yield_now().await;
        if fails { Err(fmt::Error) } else { Ok(1) }
    }

    #[tokio::main(flavor = "current_thread")]
    #[tool]
    pub(super) async fn main_above(fails: bool) -> Result<u8, fmt::Error> {
        tokio::task::yield_now().await;
        if fails { Err(fmt::Error) } else { Ok(1) }
    }

    #[tool]
    #[tokio::test]
    async fn a_tokio_test_below() {
        tokio::task::yield_now().await;
    }

    #[tokio::test]
    #[tool]
    async fn a_tokio_test_above() -> Result<(), fmt::Error> {
        Ok(())
    }

    #[test]
    #[tool]
    fn a_test_above() -> Result<(), fmt::Error> {
        Ok(())
    }
}

#[test]
fn beside_other_attributes() {
    let told = measured(|| {
        assert_eq!(beside_others::kept(1), 1);
        assert_eq!(block_on(beside_others::kept_later(1)), 1);
        assert!(beside_others::main_below(true).is_err());
        assert!(beside_others::main_above(true).is_err());
        assert!(beside_others::main_above(false).is_ok());
    });
    assert_eq!(
        told,
        [
            "kept success",
            "kept_later success",
            "main_below error fmt::Error",
            "main_above error fmt::Error",
            "main_above success"
        ]
    );
}

/// Says when it is dropped.
struct Dropped<'a>(&'static str, &'a RefCell<Vec<&'static str>>);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

/// The same function with and without the attribute.
macro_rules! both {
    ($($body:tt)*) => {
        mod bare {
            use super::*;
            $($body)*
        }
        mod tools {
            use super::*;
            #[tool]
            $($body)*
        }
    };
}

mod drop_order {
    use super::{Dropped, RefCell, block_on, tool};

    type Log = RefCell<Vec<&'static str>>;

    both! {
        pub(super) fn sync<'a>(
            a: Dropped<'a>,
            (b, _): (Dropped<'a>, Dropped<'a>),
            _: Dropped<'a>,
            c: Dropped<'a>,
            (_, d): (Dropped<'a>, Dropped<'a>),
        ) {
            let _ = (&b, &d, &c, &a);
        }
    }

    mod later {
        use super::*;
        both! {
            pub(super) async fn run<'a>(a: Dropped<'a>, (b, _): (Dropped<'a>, Dropped<'a>), _: Dropped<'a>) {
                let _ = (&b, &a);
            }
        }

        #[test]
        fn is_kept() {
            let logs = [Log::default(), Log::default()];
            block_on(bare::run(
                new("a", &logs[0]),
                (new("b", &logs[0]), new("b rest", &logs[0])),
                new("_", &logs[0]),
            ));
            block_on(tools::run(
                new("a", &logs[1]),
                (new("b", &logs[1]), new("b rest", &logs[1])),
                new("_", &logs[1]),
            ));
            assert_eq!(logs[0].borrow().len(), 4);
            assert_eq!(logs[0], logs[1]);
        }
    }

    fn new<'a>(name: &'static str, log: &'a Log) -> Dropped<'a> {
        Dropped(name, log)
    }

    #[test]
    fn is_kept() {
        let logs = [Log::default(), Log::default()];
        for (log, run) in logs.iter().zip([bare::sync, tools::sync]) {
            let new = |name| new(name, log);
            run(
                new("a"),
                (new("b"), new("b rest")),
                new("_"),
                new("c"),
                (new("d rest"), new("d")),
            );
        }
        assert_eq!(logs[0].borrow().len(), 7);
        assert_eq!(logs[0], logs[1]);
    }

    struct Two<'a> {
        first: Dropped<'a>,
        second: Dropped<'a>,
    }

    trait Consume {
        fn bare(self);
        fn tool(self);
    }

    impl Consume for Two<'_> {
        fn bare(self) {
            let _ = (&self.second, self.first.0);
        }

        #[tool]
        fn tool(self) {
            let _ = (&self.second, self.first.0);
        }
    }

    #[test]
    fn is_kept_in_a_receiver() {
        let logs = [Log::default(), Log::default()];
        let two = |log| Two {
            first: new("first", log),
            second: new("second", log),
        };
        two(&logs[0]).bare();
        two(&logs[1]).tool();
        assert_eq!(*logs[0].borrow(), ["first", "second"]);
        assert_eq!(logs[0], logs[1]);
    }
}

#[tool]
async fn holds_across_await(text: String, n: &u8) -> usize {
    std::future::ready(()).await;
    text.len() + usize::from(*n)
}

#[test]
fn a_future_stays_send() {
    fn send<T: Send>(value: T) -> T {
        value
    }
    assert_eq!(block_on(send(holds_across_await("a".to_owned(), &1))), 2);
}
