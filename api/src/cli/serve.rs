//! `tributary serve`

use std::net::SocketAddr;

use clap::Args;
use tokio::net::TcpListener;

use super::{Failure, engine};
use crate::config::{DatabaseSettings, ServerSettings};
use crate::{AppState, serve};
use tributary_web::stop;

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
        let stopping = stop::requested()?;
        let engine = engine::open(&self.database).await?;
        let listener = listen(self.server.listen).await?;
        let url = self.server.public_url(listener.local_addr()?)?;
        tracing::info!(%url, "serving");
        let mut state = AppState::new(engine, url);
        state.edge = self.server.edge();
        serve(listener, state, stopping).await?;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Takes an address; port 0 is any that is free.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("cannot listen on {address}: {error}").into())
}
