//! What Prometheus reads of a server.

use serde_json::json;

use crate::support::acme::Acme;
use crate::support::world::World;

story! {
    /// What is counted is there, and names nobody.
    async fn a_server_tells_prometheus_how_it_does(world: World) {
        let acme = Acme::without_program(&world).await;
        acme.owner.asks("query Greeting { __typename }", json!({})).await;
        acme.owner.post("{ nothing }", json!({})).await;
        let answer = reqwest::get(format!("{}/metrics", world.server.url)).await.unwrap();
        assert_eq!(answer.status(), 200);
        let text = answer.text().await.unwrap();
        let value = |series: &str| {
            let line = text.lines().find(|line| line.starts_with(series));
            let line = line.unwrap_or_else(|| panic!("no {series} in {text}"));
            line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
        };
        assert!(value("tributary_operations_total{operation=\"Greeting\",kind=\"query\",outcome=\"ok\"}") >= 1.0);
        assert!(value("tributary_operations_total{operation=\"unnamed\",kind=\"refused\",outcome=\"errors\"}") >= 1.0);
        assert!(value("tributary_operation_seconds_count{kind=\"query\"}") >= 1.0);
        assert!(value("tributary_statements_total") >= 1.0);
        assert!(value("tributary_work_lag_seconds") < 60.0);
        for secret in ["Acme", "ten_"] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}
