//! `tributary serve`

use std::net::SocketAddr;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, engine};
use crate::config::{DatabaseSettings, ServerSettings};
use crate::{AppState, serve};

#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    server: ServerSettings,
}

impl Serve {
    pub async fn run(self) -> Result<(), Failure> {
        // Asked for first: a signal while starting must stop the start.
        let stop = interrupted()?;
        let engine = engine::open(&self.database).await?;
        let listener = listen(self.server.listen).await?;
        let url = self.server.public_url(listener.local_addr()?)?;
        tracing::info!(%url, "serving");
        let mut state = AppState::new(engine, url);
        state.edge = self.server.edge();
        serve(listener, state, stop).await?;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Takes an address; port 0 is any that is free.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("cannot listen on {address}: {error}").into())
}

/// Done at the first SIGINT or SIGTERM. A second one finds no patience left.
pub fn interrupted() -> Result<impl Future<Output = ()>, Failure> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            std::process::exit(130);
        });
    })
}
