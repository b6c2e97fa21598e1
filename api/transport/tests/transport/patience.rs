//! Sockets whose clients are quiet, slow or gone.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tributary_transport::gateway::Timings;

use crate::sockets::{SHORT, Socket};
use crate::world::World;

#[tokio::test]
async fn a_quiet_client_is_pinged_and_one_that_is_gone_is_dropped() {
    let timings = Timings {
        ping: SHORT,
        silence: SHORT * 6,
        ..Timings::default()
    };
    let world = World::with(timings).await;

    // Reading answers pings, so this one outlives the silence many times.
    let mut quiet = Socket::open(&world).await;
    quiet.subscribe("1", "subscription { forever }").await;
    assert_eq!(quiet.receive().await["type"], "next");
    let mut pings = 0;
    while pings < 20 {
        assert!(matches!(quiet.frame().await, Some(Message::Ping(_))));
        pings += 1;
    }
    assert_eq!(world.streams(), 1);

    // Not reading, it answers none.
    world.until_streams(0).await;
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_operations() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    socket.subscribe("1", "subscription { forever }").await;
    socket.subscribe("2", "subscription { forever }").await;
    world.until_streams(2).await;
    drop(socket);
    world.until_streams(0).await;
}

#[tokio::test]
async fn a_slow_reader_is_waited_for_and_loses_nothing_in_order() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    socket
        .subscribe("1", "subscription { count(to: 5000) }")
        .await;
    tokio::time::sleep(SHORT * 4).await;
    for n in 1..=5000 {
        assert_eq!(
            socket.receive().await["payload"]["data"],
            json!({ "count": n })
        );
    }
    assert_eq!(socket.receive().await["type"], "complete");
}

#[tokio::test]
async fn a_client_that_never_reads_is_dropped() {
    let timings = Timings {
        silence: SHORT * 6,
        ..Timings::default()
    };
    let world = World::with(timings).await;
    let mut socket = Socket::open(&world).await;
    socket.subscribe("1", "subscription { forever }").await;
    socket.subscribe("2", "subscription { flood }").await;
    world.until_streams(2).await;
    world.until_streams(0).await;
}

/// Takes nothing while the server has ever more to say to it.
async fn stalled(world: &World) -> Socket {
    let mut socket = Socket::open(world).await;
    socket.subscribe("1", "subscription { forever }").await;
    socket.subscribe("2", "subscription { flood }").await;
    world.until_streams(2).await;
    // Until the queue is full, and the pong has to wait behind it.
    tokio::time::sleep(SHORT * 4).await;
    socket.send(json!({ "type": "ping" })).await;
    tokio::time::sleep(SHORT).await;
    socket
}

#[tokio::test]
async fn a_client_that_takes_nothing_keeps_no_operation_once_its_key_is_revoked() {
    let timings = Timings {
        recheck: SHORT,
        ..Timings::default()
    };
    let world = World::with(timings).await;
    let _stalled = stalled(&world).await;
    world.revoke();
    world.until_streams(0).await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_does_not_keep_the_server_from_stopping() {
    let world = World::new().await;
    let _stalled = stalled(&world).await;
    world.stop.send_replace(true);
    world.until_streams(0).await;
}
