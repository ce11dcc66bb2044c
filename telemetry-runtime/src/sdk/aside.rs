//! A thread for what may hang, so that its caller keeps its deadline.

use std::convert::Infallible;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

use opentelemetry::Context;

/// Owns `T` on a thread of its own and runs one job on it at a time.
///
/// A job that hangs keeps the thread; later jobs are refused until it ends. The thread
/// ends, and drops `T`, when this is dropped and the job in hand has ended.
pub(super) struct Aside<T> {
    jobs: Sender<Job<T>>,
    /// Disconnected when the job in hand, if any, has ended.
    in_hand: Option<Receiver<Infallible>>,
}

type Job<T> = Box<dyn FnOnce(&mut T) + Send>;

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// An earlier job has not ended: this one was never begun.
    Busy,
    /// Begun, not ended at the deadline. It goes on.
    Unfinished,
    Panicked,
}

impl<T: Send + 'static> Aside<T> {
    pub(super) fn spawn(name: &str, mut subject: T) -> io::Result<Self> {
        let (jobs, inbox) = channel::<Job<T>>();
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                // What users' code does here must not become telemetry about sending telemetry.
                let _suppressed = Context::enter_telemetry_suppressed_scope();
                for job in inbox {
                    // The job's channels tell the caller of a panic.
                    let _ = catch_unwind(AssertUnwindSafe(|| job(&mut subject)));
                }
            })?;
        Ok(Self {
            jobs,
            in_hand: None,
        })
    }

    /// Runs `job`, as soon as the one in hand has ended, and waits for its answer.
    pub(super) fn run<R: Send + 'static>(
        &mut self,
        deadline: Instant,
        job: impl FnOnce(&mut T) -> R + Send + 'static,
    ) -> Result<R, Late> {
        if let Some(in_hand) = &self.in_hand
            && wait(in_hand, deadline) == Err(RecvTimeoutError::Timeout)
        {
            return Err(Late::Busy);
        }
        let (ending, in_hand) = channel::<Infallible>();
        let (answers, answer) = channel();
        self.in_hand = Some(in_hand);
        let job = move |subject: &mut T| {
            let _ending = ending;
            // Nobody listens any more after the deadline.
            let _ = answers.send(job(subject));
        };
        // The thread lives as long as `self`; were it gone, the answer would say so.
        let _ = self.jobs.send(Box::new(job));
        wait(&answer, deadline).map_err(|why| match why {
            RecvTimeoutError::Timeout => Late::Unfinished,
            RecvTimeoutError::Disconnected => Late::Panicked,
        })
    }
}

fn wait<R>(receiver: &Receiver<R>, deadline: Instant) -> Result<R, RecvTimeoutError> {
    receiver.recv_timeout(deadline.saturating_duration_since(Instant::now()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    fn far() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn a_hanging_job_keeps_the_thread_until_it_ends() {
        let mut aside = Aside::spawn("test", 0).unwrap();
        let (release, hold) = channel::<()>();
        let hanging = aside.run(soon(), move |count| {
            let _ = hold.recv();
            *count += 1;
        });
        assert_eq!(hanging, Err(Late::Unfinished));
        assert_eq!(aside.run(soon(), |count| *count += 10), Err(Late::Busy));
        release.send(()).unwrap();
        assert_eq!(
            aside.run(far(), |count| *count),
            Ok(1),
            "the refused job never ran"
        );
    }

    #[test]
    fn a_panic_is_an_answer_and_the_thread_goes_on() {
        let mut aside = Aside::spawn("test", ()).unwrap();
        assert_eq!(
            aside.run(far(), |()| panic!("on purpose")),
            Err::<(), _>(Late::Panicked)
        );
        assert_eq!(aside.run(far(), |()| 1), Ok(1));
    }

    #[test]
    fn what_runs_there_makes_no_telemetry() {
        let mut aside = Aside::spawn("test", ()).unwrap();
        assert_eq!(
            aside.run(far(), |()| Context::is_current_telemetry_suppressed()),
            Ok(true)
        );
    }
}
