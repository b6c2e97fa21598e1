//! The messages of `graphql-transport-ws`.

use async_graphql::{Request, ServerError};
use axum::extract::ws::Message;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Incoming {
    /// Who it is.
    ConnectionInit {
        /// Carries `authorization`.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// Asks for a pong.
    Ping {
        /// Comes back with the pong.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// Answers a ping, or is sent for its own sake.
    Pong {
        /// Is not looked at.
        #[serde(default, rename = "payload")]
        _payload: Option<Map<String, Value>>,
    },
    /// Starts an operation.
    Subscribe {
        /// The client's name for it.
        id: String,
        /// The operation.
        payload: Box<Request>,
    },
    /// Stops an operation.
    Complete {
        /// The client's name for it.
        id: String,
    },
}

/// What the server says.
#[derive(Serialize)]
pub struct Outgoing<'a, P> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<P>,
}

impl Outgoing<'_, ()> {
    /// The connection is ready.
    pub fn ack() -> Self {
        Self {
            id: None,
            kind: "connection_ack",
            payload: None,
        }
    }
}

impl Outgoing<'_, Map<String, Value>> {
    /// The answer to a ping.
    pub fn pong(payload: Option<Map<String, Value>>) -> Self {
        Self {
            id: None,
            kind: "pong",
            payload,
        }
    }
}

impl<'a> Outgoing<'a, ()> {
    /// The operation ended by itself.
    pub fn complete(id: &'a str) -> Self {
        Self {
            id: Some(id),
            kind: "complete",
            payload: None,
        }
    }
}

impl<'a> Outgoing<'a, &'a [ServerError]> {
    /// The operation was turned away, and is over.
    pub fn error(id: &'a str, errors: &'a [ServerError]) -> Self {
        Self {
            id: Some(id),
            kind: "error",
            payload: Some(errors),
        }
    }
}

impl<'a, P: Serialize> Outgoing<'a, P> {
    /// One result.
    pub fn next(id: &'a str, payload: P) -> Self {
        Self {
            id: Some(id),
            kind: "next",
            payload: Some(payload),
        }
    }

    /// The text of the message.
    ///
    /// # Errors
    ///
    /// A payload that cannot be written as JSON.
    pub fn written(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The frame; `None` if it cannot be written as JSON.
    pub fn text(&self) -> Option<Message> {
        match self.written() {
            Ok(text) => Some(Message::Text(text.into())),
            Err(error) => {
                tracing::error!(%error, "a message could not be written");
                None
            }
        }
    }
}
