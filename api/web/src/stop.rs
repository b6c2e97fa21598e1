//! Being asked to stop, and stopping.

use std::future::{Future, pending};
use std::io;
use std::process::exit;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

/// What open requests and sockets get to finish once a stop is asked for.
pub const GRACE: Duration = Duration::from_secs(10);

/// What the process gets beyond the grace to end by itself.
const MARGIN: Duration = Duration::from_secs(2);

/// Done at the first SIGINT or SIGTERM. The process ends at the second, and
/// after [`GRACE`] and two seconds in any case: a thread of its own waits for
/// signals, so nothing that runs can keep the process.
///
/// # Errors
///
/// When signals cannot be waited for.
pub fn requested() -> io::Result<impl Future<Output = ()>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _inside = runtime.enter();
        Signals::listen()?
    };
    let (sender, mut asked) = watch::channel(false);
    let waiting = async move {
        signals.next().await;
        sender.send_replace(true);
        tokio::select! {
            () = signals.next() => exit(130),
            () = sleep(GRACE + MARGIN) => {
                tracing::error!("what still runs is given up");
                exit(1)
            }
        }
    };
    let thread = thread::Builder::new().name("signals".to_owned());
    thread.spawn(move || runtime.block_on(waiting))?;
    Ok(async move {
        if asked.wait_for(|asked| *asked).await.is_err() {
            pending::<()>().await;
        }
    })
}

/// The signals that ask to stop.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
