//! The closing handshake, begun by either side.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::sockets::Socket;
use crate::world::World;

const WAIT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_close_is_answered_with_its_code() {
    let world = World::new().await;
    for code in [1000_u16, 1001, 4999] {
        let mut socket = Socket::open(&world).await;
        socket.subscribe("1", "subscription { flood }").await;
        world.until_streams(1).await;
        let frame = CloseFrame {
            code: code.into(),
            reason: "enough".into(),
        };
        socket.0.send(Message::Close(Some(frame))).await.unwrap();
        let answered = async {
            loop {
                match socket.0.next().await {
                    Some(Ok(Message::Close(frame))) => return frame,
                    Some(Ok(_)) => {}
                    other => panic!("{other:?}"),
                }
            }
        };
        let frame = timeout(WAIT, answered).await.unwrap().unwrap();
        assert_eq!(u16::from(frame.code), code);
        assert!(timeout(WAIT, socket.0.next()).await.unwrap().is_none());
        world.until_streams(0).await;
    }
}

/// A connection whose frames are written by hand, past the upgrade.
async fn upgraded(world: &World) -> TcpStream {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let head = "GET /graphql HTTP/1.1\r\nhost: here\r\nupgrade: websocket\r\n\
                connection: upgrade\r\nsec-websocket-version: 13\r\n\
                sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                sec-websocket-protocol: graphql-transport-ws\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(timeout(WAIT, stream.read_u8()).await.unwrap().unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101 "));
    stream
}

/// What comes until the server ends the connection.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    timeout(WAIT, stream.read_to_end(&mut rest))
        .await
        .unwrap()
        .unwrap();
    rest
}

#[tokio::test]
async fn a_close_frame_comes_before_the_connection_ends() {
    let world = World::new().await;
    // Masked with zeros: a close frame of code 1000, and one without a code.
    let mut stream = upgraded(&world).await;
    stream
        .write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
        .await
        .unwrap();
    assert_eq!(rest(&mut stream).await, [0x88, 0x02, 0x03, 0xE8]);
    let mut stream = upgraded(&world).await;
    stream.write_all(&[0x88, 0x80, 0, 0, 0, 0]).await.unwrap();
    assert_eq!(rest(&mut stream).await, [0x88, 0x00]);
}

#[tokio::test]
async fn the_servers_close_is_not_waited_for_without_end() {
    let world = World::new().await;
    // A binary message closes with 4400, and no answer comes to that.
    let mut stream = upgraded(&world).await;
    stream
        .write_all(&[0x82, 0x81, 0, 0, 0, 0, 0x01])
        .await
        .unwrap();
    let rest = rest(&mut stream).await;
    assert_eq!(
        rest[..4],
        [0x88, u8::try_from(rest.len() - 2).unwrap(), 0x11, 0x30]
    );
}
